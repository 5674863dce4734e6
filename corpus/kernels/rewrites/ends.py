"""The head and the tail of a text lose sentences of advertising, as far as phrases of word lists stand close together.

From each end, sentence by sentence: a stretch goes when it ends in a sentence with a phrase and holds, all of it, at
least `min_density` weighted phrases for each 1,000 code points; so one phrase pays for a short sentence and not for a
paragraph. The next stretch begins where the last one ended. The search ends after `patience` code points without one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numba.core import types

from corpus.kernels.buffers import large, utf8
from corpus.kernels.memory import byte_at, code_point, points, width
from corpus.kernels.numba_cache import I64, I64_OUT, INT, U8, U8_OUT, helper, kernel
from corpus.kernels.rewrites.segments import Rewritten, patched, untouched
from corpus.kernels.wordlist import Automaton, scan

HEAD, TAIL, BARRIER = 1, 2, 4
"""What a piece may be part of; a barrier (the fence of a code block) is never passed."""
_F64 = types.Array(types.float64, 1, "C", readonly=True)
_FLOAT = types.float64


@helper
def _closes(point: int) -> bool:
    """Quotes, brackets and further marks that belong to the sentence before them."""
    return (
        point == 0x22 or point == 0x27 or point == 0x29 or point == 0x20 or point == 0x201D or point == 0x2019
        or point == 0x300D or point == 0x300F or point == 0xFF09 or point == 0x3002 or point == 0xFF01
        or point == 0xFF1F or point == 0x21 or point == 0x3000
    )  # fmt: skip


@helper
def _sentence(data: Any, index: int, end: int) -> int:
    """Where the sentence that begins at `index` ends: behind its marks, or behind a newline."""
    while index < end:
        lead = byte_at(data, index)
        point = code_point(data, index, lead)
        index += width(lead)
        if point == 0x0A:
            return index
        ends = point == 0x3002 or point == 0xFF01 or point == 0xFF1F
        if point == 0x2E or point == 0x21 or point == 0x3F:
            after = byte_at(data, index) if index < end else 0x20
            ends = after == 0x20 or after == 0x0A or after == 0x22
        if ends:
            while index < end:
                lead = byte_at(data, index)
                if lead == 0x0A:
                    return index + 1
                if not _closes(code_point(data, index, lead)):
                    break
                index += width(lead)
            return index
    return end


@helper
def _fence(data: Any, index: int, end: int) -> bool:
    while index < end and byte_at(data, index) == 0x20:
        index += 1
    if index + 3 > end:
        return False
    lead = byte_at(data, index)
    return (lead == 0x60 or lead == 0x7E) and byte_at(data, index + 1) == lead and byte_at(data, index + 2) == lead


@kernel(U8, I64, INT, I64_OUT, I64_OUT, I64_OUT, U8_OUT, I64_OUT)
def _cut_ends(data: Any, offsets: Any, reach: int, starts: Any, ends: Any, lengths: Any, part: Any, rows: Any) -> None:
    """The sentences within `reach` code points of an end, and the one behind them; `part` says of which end.

    The arrays have room for 2 * (reach + 2) sentences or one a byte of each row, whichever is less.
    """
    many = 0
    rows[0] = 0
    for row in range(len(offsets) - 1):
        start, end = offsets[row], offsets[row + 1]
        total = points(data, start, end)
        index, passed, broken = start, 0, 0
        # A long middle is passed at once: the tail is looked for from a byte that is surely before it.
        safe = end - 4 * (reach + 1024)
        while index < end:
            stop = _sentence(data, index, end)
            size = points(data, index, stop)
            which = (passed <= reach) * 1 + (total - passed - size <= reach) * 2
            if which:
                starts[many], ends[many], lengths[many] = index, stop, size
                part[many] = which + (4 if broken or _fence(data, index, stop) else 0)
                many += 1
            passed += size
            index, broken = stop, 0
            if which == 0 and index < safe:
                to = safe
                while to < end and byte_at(data, to) != 0x0A and (byte_at(data, to) & 0xC0) == 0x80:
                    to += 1
                passed += points(data, index, to)
                # Most likely into the middle of a sentence, whose rest is no sentence.
                index, broken = to, 1
        rows[row + 1] = many


@helper
def _walk(
    first: int, last: int, step: int, part: Any, which: int, lengths: Any, weight: Any, limit: int, patience: int,
    density: float,
) -> Any:  # fmt: skip
    """The pieces from `first` on (towards `last`, exclusive) that go, and their code points; -1: too many would."""
    gone, size, here, clean, total, weights = 0, 0, 0, 0, 0, 0.0
    at = first
    while at != last and part[at] & which and not part[at] & BARRIER:
        here += 1
        total += lengths[at]
        weights += weight[at]
        clean = 0 if weight[at] > 0.0 else clean + lengths[at]
        if clean > patience:
            break
        if weight[at] > 0.0 and weights * 1000.0 >= density * total:
            gone += here
            size += total
            here, total, weights = 0, 0, 0.0
            if size > limit:
                return -1, 0
        at += step
    return gone, size


@kernel(I64, I64, I64, I64, U8, I64, _F64, I64, INT, INT, INT, _FLOAT, I64_OUT, I64_OUT)
def _choose(
    offsets: Any, rows: Any, starts: Any, ends: Any, part: Any, lengths: Any, weight: Any, limits: Any, which: int,
    reach: int, patience: int, density: float, low: Any, high: Any,
) -> None:  # fmt: skip
    """The bytes from `low` to `high` of each row stay."""
    for row in range(len(rows) - 1):
        low[row], high[row] = offsets[row], offsets[row + 1]
        first, last = rows[row], rows[row + 1]
        head, tail, head_size, tail_size = 0, 0, 0, 0
        limit = min(limits[row], reach)
        if which & HEAD:
            head, head_size = _walk(first, last, 1, part, HEAD, lengths, weight, limit, patience, density)
        if which & TAIL:
            tail, tail_size = _walk(last - 1, first - 1, -1, part, TAIL, lengths, weight, limit, patience, density)
        if head < 0 or tail < 0 or head_size + tail_size > limits[row]:
            continue
        if head:
            low[row] = ends[first + head - 1]
        if tail:
            high[row] = starts[last - tail]


def trim_ends(
    text: pa.Array,
    automaton: Automaton,
    ends: str = "both",
    min_density: float = 30.0,
    patience: int = 80,
    max_share: float = 0.3,
    max_chars: int = 1000,
) -> Rewritten:
    """The texts without sentences of advertising at their ends (`both`, `head` or `tail`), and without blank lines
    where something went.

    Never more than `max_share` of the code points of a text, nor `max_chars` at an end: where more would go the text
    stays as it is, because phrases all over are no end of a text and rules judge that. Code fences are not passed.
    Linear in the text; a second time changes nothing.
    """
    # Most texts hold no phrase at all; what a sentence holds, its text holds too.
    held = np.asarray(scan(text, automaton).hits.any(axis=1))
    if not held.any():
        return untouched(text)
    some = text.filter(pa.array(held))
    return patched(text, held, _trimmed(some, automaton, ends, min_density, patience, max_share, max_chars).text)


def _trimmed(
    text: pa.Array, automaton: Automaton, ends: str, min_density: float, patience: int, max_share: float, max_chars: int
) -> Rewritten:
    """As `trim_ends`; of any texts."""
    data, offsets = utf8(text)
    sizes = np.diff(offsets)
    room = int(np.minimum(sizes, 2 * (max_chars + 2)).sum())
    starts, stops, lengths = (np.empty(room, np.int64) for _ in range(3))
    part, rows = np.zeros(room, np.uint8), np.empty(len(offsets), np.int64)
    _cut_ends(data, offsets, max_chars, starts, stops, lengths, part, rows)
    many = int(rows[-1])
    starts, stops, lengths, part = starts[:many], stops[:many], lengths[:many], part[:many]
    weight = np.ascontiguousarray(scan(_pieces(data, starts, stops), automaton).weight.sum(axis=1))
    if not weight.any():
        return untouched(text)
    limits = (_code_points(text) * max_share).astype(np.int64)
    low, high = np.empty(len(text), np.int64), np.empty(len(text), np.int64)
    which = {"both": HEAD | TAIL, "head": HEAD, "tail": TAIL}[ends]
    frozen = [_read_only(one) for one in (rows, starts, stops, part, lengths, weight, limits)]
    _choose(offsets, *frozen, which, max_chars, patience, min_density, low, high)
    chosen = (low > offsets[:-1]) | (high < offsets[1:])
    if not chosen.any():
        return untouched(text)
    kept = _pieces(data, low[chosen], high[chosen])
    return patched(text, chosen, _without_blank_ends(kept, low[chosen] > offsets[:-1][chosen]))


def _read_only(values: np.ndarray) -> np.ndarray:
    found = np.ascontiguousarray(values)
    found.flags.writeable = False
    return found


def _code_points(text: pa.Array) -> np.ndarray:
    from corpus.kernels.rewrites.segments import series

    return np.asarray(series(text).str.len_chars().fill_null(0).to_numpy()).astype(np.int64)


def _pieces(data: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> pa.Array:
    """The bytes from each start to its end as texts. Pieces with gaps between them are every second one of a cut."""
    if not len(starts):
        return pa.array([], pa.large_string())
    places = np.append(np.stack([starts, ends], axis=1).ravel(), ends[-1])
    buffers = [None, pa.py_buffer(np.ascontiguousarray(places, np.int64)), pa.py_buffer(data)]
    cut = pa.Array.from_buffers(pa.large_string(), len(places) - 1, buffers, null_count=0)
    return cut.take(pa.array(np.arange(0, len(cut), 2)))


def _without_blank_ends(kept: pa.Array, head: np.ndarray) -> pa.Array:
    import polars as pl

    from corpus.kernels.rewrites.segments import series

    texts = series(kept).str.strip_chars_end(" \n\u3000")
    return large(
        pl.select(pl.when(pl.Series(head)).then(texts.str.strip_chars_start("\n")).otherwise(texts)).to_series()
    )
