"""Texts cut into pieces that lie side by side in one buffer, rewritten piece by piece, and joined again.

A cut copies nothing: pieces are new offsets into the same bytes. Joining is as cheap, because pieces that were written
side by side are the text already. So a regular expression can be kept out of code, or be asked of lines alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from corpus.kernels.buffers import column, frozen, large, text_array, utf8
from corpus.kernels.memory import byte_at, points, skip_to
from corpus.kernels.numba_cache import I64, I64_OUT, INT, U8, U8_OUT, helper, kernel

FENCE = "```|~~~"
"""What every text with a code fence holds."""


@dataclass(frozen=True)
class Rewritten:
    """The texts, by row the code points they lost (negative where they grew), and by row further counts by name."""

    text: pa.Array
    removed: pa.Array
    counts: dict[str, pa.Array]


@dataclass(frozen=True)
class Pieces:
    """`text` holds the pieces; those of row i are `rows[i]` to `rows[i + 1]`; `code` marks what stands in a fence."""

    text: pa.Array
    rows: np.ndarray
    code: np.ndarray

    def join(self, pieces: pa.Array) -> pa.Array:
        """As many texts as were cut, from as many pieces; none of them is null."""
        data, offsets = utf8(pieces)
        places = np.ascontiguousarray(offsets[self.rows])
        return text_array(data, places, pa.nulls(0, pa.large_string())) if len(places) == 1 else texts_at(data, places)


def texts_at(data: np.ndarray, places: np.ndarray) -> pa.Array:
    """The texts between `places` of `data`, which is not copied; none of them is null."""
    buffers = [None, pa.py_buffer(places), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.large_string(), len(places) - 1, buffers, null_count=0)


@helper
def _fence_mark(data: Any, index: int, stop: int) -> int:
    """The byte of which three begin the line, spaces left out: of ``` or ~~~; 0 for no fence."""
    while index < stop and byte_at(data, index) == 0x20:
        index += 1
    if index + 3 > stop:
        return 0
    lead = byte_at(data, index)
    fence = (lead == 0x60 or lead == 0x7E) and byte_at(data, index + 1) == lead and byte_at(data, index + 2) == lead
    return lead if fence else 0


@kernel(U8, I64, I64_OUT, U8_OUT, I64_OUT)
def _cut_lines(data: Any, offsets: Any, ends: Any, code: Any, rows: Any) -> None:
    """One piece a line, its newline with it; lines of a fence (``` or ~~~), the fence itself too, are code.

    A fence that is never closed reaches to the end of the text, as Markdown has it.
    """
    many = 0
    rows[0] = 0
    for row in range(len(offsets) - 1):
        index, end = offsets[row], offsets[row + 1]
        fence = 0
        while index < end:
            stop = skip_to(data, index, end, 0x0A)
            mark = _fence_mark(data, index, stop)
            code[many] = 1 if fence or mark else 0
            if mark and fence == 0:
                fence = mark
            elif mark and mark == fence:
                fence = 0
            index = stop + 1 if stop < end else end
            ends[many + 1] = index
            many += 1
        rows[row + 1] = many


def _room(data: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Arrays for the ends, marks and rows of as many pieces as there are lines."""
    low, high = int(offsets[0]), int(offsets[-1])
    room = int(np.count_nonzero(data[low:high] == 0x0A)) + len(offsets)
    ends = np.empty(room + 1, np.int64)
    ends[0] = low
    return ends, np.zeros(room, np.uint8), np.empty(len(offsets), np.int64)


def _pieces(data: np.ndarray, ends: np.ndarray, code: np.ndarray, rows: np.ndarray) -> Pieces:
    many = int(rows[-1])
    return Pieces(texts_at(data, ends[: many + 1].copy()), rows, code[:many] != 0)


def lines_of(text: pa.Array) -> Pieces:
    """Every line with its newline as a piece."""
    data, offsets = utf8(text)
    ends, code, rows = _room(data, offsets)
    _cut_lines(data, offsets, ends, code, rows)
    return _pieces(data, ends, code, rows)


@kernel(U8, I64, INT, U8_OUT, I64_OUT, I64_OUT)
def _short_lines(data: Any, offsets: Any, max_chars: int, target: Any, places: Any, rows: Any) -> int:
    """Copy the lines of at most `max_chars` code points, without newlines, to `target`; how many there are."""
    many, place = 0, 0
    places[0] = 0
    for row in range(len(offsets) - 1):
        index, end = offsets[row], offsets[row + 1]
        while index < end:
            stop = skip_to(data, index, end, 0x0A)
            size = stop - index
            if size <= max_chars or (size <= 4 * max_chars and points(data, index, stop) <= max_chars):
                for step in range(size):
                    target[place + step] = data[index + step]
                place += size
                many += 1
                places[many] = place
                rows[many - 1] = row
            index = stop + 1
    return many


def short_lines(text: pa.Array, max_chars: int) -> tuple[pa.Array, np.ndarray]:
    """The lines of at most `max_chars` code points, without newlines, and the row of each. Most text is in long lines,
    so what is asked of these alone is asked quickly."""
    data, offsets = utf8(text)
    low, high = int(offsets[0]), int(offsets[-1])
    room = int(np.count_nonzero(data[low:high] == 0x0A)) + len(text)
    target, places, rows = np.empty(high - low, np.uint8), np.empty(room + 1, np.int64), np.empty(room, np.int64)
    many = _short_lines(data, offsets, max_chars, target, places, rows)
    return texts_at(target, places[: many + 1]), rows[:many]


@kernel(U8, I64, U8, I64_OUT, U8_OUT, I64_OUT)
def _cut_fences(data: Any, offsets: Any, fenced: Any, ends: Any, code: Any, rows: Any) -> None:
    """Pieces that are code fences or what stands between them; a row that is not `fenced` is one piece."""
    many = 0
    rows[0] = 0
    for row in range(len(offsets) - 1):
        index, end = offsets[row], offsets[row + 1]
        fence = 0
        inside = False
        first = many
        while fenced[row] and index < end:
            stop = skip_to(data, index, end, 0x0A)
            mark = _fence_mark(data, index, stop)
            is_code = fence != 0 or mark != 0
            if mark and fence == 0:
                fence = mark
            elif mark and mark == fence:
                fence = 0
            index = stop + 1 if stop < end else end
            if many == first or is_code != inside:
                many += 1
            inside = is_code
            ends[many] = index
            code[many - 1] = is_code
        if not fenced[row]:
            many += 1
            ends[many] = end
        rows[row + 1] = many


def outside_code(text: pa.Array) -> Pieces:
    """Pieces that are code fences or what stands between them; a text without a fence is one piece."""
    fenced = where_matching(text, FENCE)
    if not fenced.any():
        return Pieces(text, np.arange(len(text) + 1, dtype=np.int64), np.zeros(len(text), bool))
    data, offsets = utf8(text)
    ends, code, rows = _room(data, offsets)
    _cut_fences(data, offsets, frozen(fenced.view(np.uint8)), ends, code, rows)
    return _pieces(data, ends, code, rows)


def series(text: pa.Array) -> pl.Series:
    """The strings as polars has them, also when there are none."""
    return pl.Series(text if len(text) else pa.array([], pa.large_string()), dtype=pl.String)


def lost(before: pa.Array, after: pa.Array) -> pa.Array:
    """By row the code points that went (int32), null where the text is."""
    # Arrow's own length of UTF-8 takes ten times as long.
    return (series(before).str.len_chars().cast(pl.Int32) - series(after).str.len_chars().cast(pl.Int32)).to_arrow()


def untouched(text: pa.Array) -> Rewritten:
    """The texts as they are."""
    return Rewritten(text, column(np.zeros(len(text), np.int32), pa.int32(), text), {})


def patched(text: pa.Array, where: np.ndarray, after: pa.Array) -> Rewritten:
    """`text` with the rows of `where` replaced by those of `after`, in order."""
    removed = np.zeros(len(text), np.int32)
    before = text.filter(pa.array(where))
    removed[where] = np.asarray(lost(before, after))
    if where.all():
        return Rewritten(after, pa.array(removed), {})
    return Rewritten(pc.replace_with_mask(text, pa.array(where), after), column(removed, pa.int32(), text), {})


def where_matching(text: pa.Array, pattern: str) -> np.ndarray:
    """Rows in which the pattern (Rust's dialect) is found; a null is none. Cheap, so that most texts are never cut:
    a pattern of a few literals runs at several GB/s, any other at half of one."""
    return np.asarray(series(text).str.contains(pattern).fill_null(False).to_numpy())


def outside_fences(text: pa.Array, where: np.ndarray, change: Callable[[pl.Series], pl.Series]) -> Rewritten:
    """`change` asked of what stands outside code fences in the rows of `where`; all else as it is."""
    if not where.any():
        return untouched(text)
    pieces = outside_code(text.filter(pa.array(where)))
    before = series(pieces.text)
    after = change(before)
    if pieces.code.any():
        after = pl.select(pl.when(pl.Series(pieces.code)).then(before).otherwise(after)).to_series()
    return patched(text, where, pieces.join(large(after)))
