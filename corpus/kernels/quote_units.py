"""The units of a text with where each stands: what a quotation is looked for by, and can be shown and cut by.

A unit is a character of a script whose words stand unspaced, or a word, folded as for near-duplicates (see `shingles`
and `fold`): width, case, Traditional forms, punctuation, spacing, markup and URLs make no difference. Three things
differ from there, because a question is copied by hand more often than a page is: marks inside a word end it unless
they stand between two digits, `$ # & @ + %` are no part of a word, and a single letter A to H is no unit, so that the
labels of answers come and go freely.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from corpus.kernels.buffers import frozen, utf8
from corpus.kernels.markup import STATE, begin_text, byte_roles, next_stretch, tag_names
from corpus.kernels.memory import at, byte_at, code_point, put, width
from corpus.kernels.numba_cache import I64, I64_OUT, U8, U32, helper, kernel
from corpus.kernels.shingles import K1, ROLE_GAP, ROLE_JOINS, ROLE_SINGLE, S32, mixed, spaced_fold, unit_roles
from corpus.kernels.unicode_tables import COMBINING, DROP, EXPAND, PUNCTUATION, SOFT, SYMBOL, tables

MARK, END, SINGLE = 1, 2, 4
"""What is known of a unit: a mark or a line's end stands before it; one that can end a question does; it is a
character, not a word."""

_NO_WORD = "$#&@+%"
_ENDS = "\n\r\u2028\u2029。！？；!?;.．｡（(_＿【["
_IS_WORD = np.uint64(0x80000000)
_BLOCK, _ROOM = 4096, 300
"""Bytes between two looks at the room that is left; more than the units that one code point can become."""


@dataclass(frozen=True)
class QuoteUnits:
    """The units of a batch of texts: those of row i are `offsets[i]` to `offsets[i + 1]` of the other arrays.

    `values` is uint32, `starts` and `ends` are int32 byte offsets into the row's text, at the edges of code points, and
    `flags` uint8, of the bits MARK, END and SINGLE.
    """

    values: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    flags: np.ndarray
    offsets: np.ndarray


@functools.cache
def _kinds_here() -> np.ndarray:
    kinds = unit_roles().copy()
    kinds[[ord(mark) for mark in _NO_WORD]] = ROLE_GAP
    return frozen(kinds)


@functools.cache
def _bounds() -> np.ndarray:
    """For each code point MARK and END where it is one."""
    known = tables()
    bounds = known.having(PUNCTUATION | SYMBOL)[known.classes].astype(np.uint8) * np.uint8(MARK)
    bounds[[ord(mark) for mark in _ENDS]] = MARK | END
    return frozen(bounds)


@helper
def _put(
    values: Any, starts: Any, ends: Any, flags: Any, used: int, value: Any, start: int, end: int, flag: int
) -> int:
    put(values, used, np.int64(value))
    put(starts, used, start)
    put(ends, used, end)
    put(flags, used, flag)
    return used + 1


@helper
def _is_label(letters: int, first: int) -> bool:
    return letters == 1 and 0x61 <= first <= 0x68


@kernel(U8, I64, U32, U32, U8, U8, U8, I64, I64_OUT)
def _place(
    data: Any, offsets: Any, fold: Any, extra: Any, kinds: Any, bounds: Any, roles: Any, names: Any, places: Any
) -> Any:
    """Values, starts, ends and flags of all rows; `places[row + 1]` is where row ends."""
    looking = np.empty(STATE, np.int64)
    room = 3 * _BLOCK + _ROOM + (offsets[len(offsets) - 1] - offsets[0]) // 3
    values, flags = np.empty(room, np.uint32), np.empty(room, np.uint8)
    starts, ends = np.empty(room, np.int32), np.empty(room, np.int32)
    used = 0
    places[0] = 0
    for row in range(len(offsets) - 1):
        origin, end = offsets[row], offsets[row + 1]
        index = origin
        begin_text(looking, end - index)
        first: Any = 0
        word, letters, began, stopped = K1, 0, origin, origin
        single: Any = False
        pending: Any = MARK | END
        digit_end, capital = origin - 1, False
        while index < end:
            start, stop = next_stretch(data, index, end, roles, names, looking)
            while index < start:
                if used + 3 * _BLOCK + _ROOM > room:  # a byte becomes fewer than three units
                    larger = 2 * room + 3 * _BLOCK
                    more, marks = np.empty(larger, np.uint32), np.empty(larger, np.uint8)
                    begins, stops = np.empty(larger, np.int32), np.empty(larger, np.int32)
                    more[:used], marks[:used] = values[:used], flags[:used]
                    begins[:used], stops[:used] = starts[:used], ends[:used]
                    values, flags, starts, ends, room = more, marks, begins, stops, larger
                limit = min(start, index + _BLOCK)
                while index < limit:
                    begin = index
                    lead = byte_at(data, index)
                    point = code_point(data, index, lead)
                    index += width(lead)
                    entry: Any = np.int64(at(fold, point))
                    kind = entry >> 29
                    if kind == DROP:
                        continue
                    many: Any = 1
                    place: Any = np.int64(-1)
                    if kind == EXPAND:
                        place, many = entry & 0x1FFFFF, (entry >> 21) & 0xFF
                    elif kind == SOFT:
                        entry &= 0x1FFFFF
                        inside: Any = False
                        if digit_end == begin and index < start:
                            following = np.int64(at(fold, code_point(data, index, byte_at(data, index))))
                            inside = 0x30 <= following <= 0x39
                        if not inside:
                            entry = np.int64(0x20)
                    for which in range(many):
                        one = entry if place < 0 else np.int64(at(extra, place + which))
                        folded = one & 0x1FFFFF
                        role: Any = np.int64(at(kinds, folded))
                        if one >> 29 == COMBINING:
                            role = ROLE_JOINS
                        if role <= ROLE_SINGLE:
                            if letters > 0:
                                if _is_label(letters, first):
                                    pending |= MARK | END if capital else 0
                                else:
                                    value = (mixed(word) >> S32) | _IS_WORD
                                    at_start, at_end = began - origin, stopped - origin
                                    used = _put(values, starts, ends, flags, used, value, at_start, at_end, pending)
                                    pending = 0
                                word, letters = K1, 0
                            single = role == ROLE_SINGLE
                            if single:
                                flag, at_start, at_end = pending | SINGLE, begin - origin, index - origin
                                used = _put(values, starts, ends, flags, used, folded, at_start, at_end, flag)
                                pending = 0
                            else:
                                pending |= np.int64(at(bounds, point))
                        elif role == ROLE_JOINS and single:
                            joined = mixed(np.uint64(values[used - 1]) << S32 | np.uint64(folded))
                            values[used - 1] = np.uint32((joined >> S32) | _IS_WORD)
                            ends[used - 1] = np.int32(index - origin)
                        else:
                            single = False
                            if letters == 0:
                                began, first = begin, folded
                                capital = 0x41 <= point <= 0x48 or 0xFF21 <= point <= 0xFF28
                            word = (word ^ np.uint64(folded)) * K1
                            word ^= word >> S32
                            letters, stopped = letters + 1, index
                            if 0x30 <= folded <= 0x39:
                                digit_end = index
            if letters > 0:
                if not _is_label(letters, first):
                    value, at_start = (mixed(word) >> S32) | _IS_WORD, began - origin
                    used = _put(values, starts, ends, flags, used, value, at_start, stopped - origin, pending)
                    pending = 0
                word, letters = K1, 0
            pending |= MARK | END  # what is left out ends a word, and can end a question
            index, single = stop, False
        places[row + 1] = used
    return values[:used], starts[:used], ends[:used], flags[:used]


def quote_units(text: pa.Array) -> QuoteUnits:
    """The units of each text, in order; a null text has none."""
    data, offsets = utf8(text)
    places = np.zeros(len(text) + 1, np.int64)
    fold, extra = spaced_fold(), tables().fold_extra
    found = _place(data, offsets, fold, extra, _kinds_here(), _bounds(), byte_roles(), tag_names(), places)
    values, starts, ends, flags = (frozen(np.ascontiguousarray(column)) for column in found)
    return QuoteUnits(values, starts, ends, flags, frozen(places))
