"""Units of texts with their places: what repeated spans are found in, and cut from.

A unit is what it is in `shingles` (a character of a script that is not spaced, or a word of any other), folded as in
`fold`, but every code point by itself: what is cut must be found in the text again. Nothing is left out besides
punctuation and space: markup and URLs are units like any others, because a span is cut with all that stands in it, so
all of it has to be the same. Code fences hold no units and end a run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from corpus.kernels.buffers import frozen, utf8
from corpus.kernels.memory import at, byte_at, code_point, put, width
from corpus.kernels.numba_cache import I64, I64_GRID_OUT, I64_OUT, U8, U32, helper, kernel
from corpus.kernels.shingles import (
    ROLE_DIGIT,
    ROLE_GAP,
    ROLE_GAP_POINT,
    ROLE_JOINS,
    ROLE_SINGLE,
    mixed,
    spaced_fold,
    unit_roles,
)
from corpus.kernels.unicode_tables import DROP, EXPAND, PLAIN, SOFT, tables
from corpus.kernels.units import units_of

_K1, _S32 = np.uint64(0x9FB21C651E98DF25), np.uint64(32)
_IS_WORD = np.uint64(1 << 63)
_ROOM = 32
"""More than the units that one code point can become."""


@dataclass(frozen=True)
class Placed:
    """Units of a batch of texts, and the runs they stand in.

    Unit u is `values[u]`, uint64, in the bytes `data[starts[u]:ends[u]]`; a character that folding makes several units
    of is the place of each. Run r, a text or what stands between two of its code fences, is the units `firsts[r]` to
    `firsts[r + 1]`, in the bytes `runs[r, 1]` to `runs[r, 2]` of row `runs[r, 0]`. All places are int64 and count from
    the beginning of `data`; the text of row i begins at `offsets[i]`.
    """

    data: np.ndarray
    offsets: np.ndarray
    values: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    firsts: np.ndarray
    runs: np.ndarray


@helper
def _closed(word: Any) -> Any:
    return mixed(word) | _IS_WORD


@helper
def _digit_at(data: Any, index: int, end: int, fold: Any) -> bool:
    """Whether an ASCII digit, or what folds to one, stands at `index`."""
    if index >= end:
        return False
    entry = np.int64(at(fold, code_point(data, index, byte_at(data, index))))
    return bool(0x30 <= entry <= 0x39)


@helper
def _wider(values: Any, room: int) -> Any:
    wider = np.empty(room, np.uint64)
    wider[: len(values)] = values
    return wider


@helper
def _longer(places: Any, room: int) -> Any:
    longer = np.empty(room, np.int64)
    longer[: len(places)] = places
    return longer


@kernel(U8, I64, I64, I64, I64, U32, U32, U8, I64_OUT, I64_GRID_OUT)
def _place(
    data: Any,
    offsets: Any,
    fences: Any,
    begins: Any,
    stops: Any,
    fold: Any,
    extra: Any,
    kinds: Any,
    firsts: Any,
    runs: Any,
) -> Any:
    """Values, starts and ends of all units; those of fence f, of row `fences[f]`, are left out."""
    room = 1024 + (offsets[len(offsets) - 1] - offsets[0]) // 3
    values, starts, ends = np.empty(room, np.uint64), np.empty(room, np.int64), np.empty(room, np.int64)
    used, run, fence = 0, 0, 0
    firsts[0] = 0
    for row in range(len(offsets) - 1):
        index, end = offsets[row], offsets[row + 1]
        while index < end or index == offsets[row]:
            stop, resume = end, end
            if fence < len(fences) and fences[fence] == row:
                stop, resume = begins[fence], stops[fence]
                fence += 1
            runs[run, 0], runs[run, 1], runs[run, 2] = row, index, stop
            word, inside, single = _K1, False, False
            last_digit: Any = False
            word_start, word_end = index, index
            while index < stop:
                if used + _ROOM > len(values):
                    more = 2 * len(values) + _ROOM
                    values, starts, ends = _wider(values, more), _longer(starts, more), _longer(ends, more)
                limit = len(values) - _ROOM
                while index < stop and used <= limit:
                    lead = byte_at(data, index)
                    entry = np.int64(at(fold, code_point(data, index, lead)))
                    start = index
                    index += width(lead)
                    kind = entry >> 29
                    if kind == DROP:
                        continue
                    if kind == PLAIN and at(kinds, entry) == ROLE_SINGLE:
                        if inside:
                            values[used], starts[used], ends[used] = _closed(word), word_start, word_end
                            used += 1
                            word, inside = _K1, False
                        put(values, used, np.uint64(entry))
                        put(starts, used, start)
                        put(ends, used, index)
                        used += 1
                        single, last_digit = True, False
                        continue
                    point: Any = entry & 0x1FFFFF
                    first: Any = 0
                    many: Any = 1
                    if kind == EXPAND:
                        first, many = entry & 0x1FFFFF, (entry >> 21) & 0xFF
                    elif kind == SOFT and not (last_digit and word_end == start and _digit_at(data, index, stop, fold)):
                        point = ROLE_GAP_POINT
                    for which in range(many):
                        if kind == EXPAND:
                            point = np.int64(extra[first + which]) & 0x1FFFFF
                        what = np.int64(at(kinds, point)) if point != ROLE_GAP_POINT else ROLE_GAP
                        if what <= ROLE_SINGLE and inside:
                            values[used], starts[used], ends[used] = _closed(word), word_start, word_end
                            used += 1
                            word, inside = _K1, False
                        if what == ROLE_GAP:
                            single = False
                        elif what == ROLE_SINGLE:
                            values[used], starts[used], ends[used] = np.uint64(point), start, index
                            used += 1
                            single = True
                        elif what == ROLE_JOINS and single:
                            values[used - 1] = _closed((values[used - 1] << _S32) ^ np.uint64(point))
                            ends[used - 1] = index
                        else:
                            if not inside:
                                inside, word_start = True, start
                            single = False
                            word = (word ^ np.uint64(point)) * _K1
                            word ^= word >> _S32
                            word_end = index
                        last_digit = inside and what == ROLE_DIGIT and 0x30 <= point <= 0x39
            if inside:
                values[used], starts[used], ends[used] = _closed(word), word_start, word_end
                used += 1
            run += 1
            firsts[run] = used
            index = resume
            if index == offsets[row]:
                break
    return values[:used], starts[:used], ends[:used], run


def placed_units(text: pa.Array) -> Placed:
    """The units of each text, in order; a null text has none. Linear in bytes."""
    data, offsets = utf8(text)
    fences, begins, stops = _fences(text)
    firsts = np.zeros(len(text) + len(fences) + 1, np.int64)
    runs = np.zeros((len(text) + len(fences), 3), np.int64)
    fold, extra = spaced_fold(), tables().fold_extra
    values, starts, ends, many = _place(data, offsets, fences, begins, stops, fold, extra, unit_roles(), firsts, runs)
    found = (values, starts, ends, firsts[: many + 1], runs[:many])
    return Placed(data, offsets, *(frozen(item) for item in found))


def _fences(text: pa.Array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The code fences of a batch: row, and first and last byte; ascending."""
    blocks = units_of(text, "paragraph")
    code = blocks.code
    row = np.ascontiguousarray(blocks.row[code], np.int64)
    begins, stops = (np.ascontiguousarray(places[code]) for places in (blocks.begins, blocks.stops))
    return frozen(row), frozen(begins), frozen(stops)
