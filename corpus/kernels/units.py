"""Lines and paragraphs of texts, as places in their bytes: what line rules judge and line frequency counts.

A line stands between newlines, a paragraph is a block of lines without a blank one between them; blank ones are not
units. A code fence (``` or ~~~), its marks with it, is never part of another paragraph, and all of it is code; a fence
that is not closed reaches to the end of the text, as Markdown has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from corpus.kernels.buffers import frozen, utf8
from corpus.kernels.lines import point_before, space_at
from corpus.kernels.memory import byte_at, points, skip_to
from corpus.kernels.numba_cache import I64, I64_GRID_OUT, I64_OUT, INT, U8, U8_OUT, kernel

Scope = Literal["line", "paragraph"]


@dataclass(frozen=True)
class Units:
    """Units of a batch of texts, in order; those of row i are `rows[i]` to `rows[i + 1]`.

    A unit's content, without outer spaces, is `data[starts:ends]`; what goes when it is cut, from the beginning of its
    first line to that of the line after it, is `data[begins:stops]`. `chars` counts the code points of the content,
    `code` marks what stands in a fence. Places are int64 and count from the beginning of `data`, those of row i from
    `offsets[i]`.
    """

    data: np.ndarray
    offsets: np.ndarray
    rows: np.ndarray
    begins: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    stops: np.ndarray
    chars: np.ndarray
    code: np.ndarray

    @property
    def row(self) -> np.ndarray:
        """The row of every unit."""
        return np.repeat(np.arange(len(self.rows) - 1), np.diff(self.rows))

    def texts(self, which: np.ndarray) -> pa.Array:
        """The contents of the units at the places `which`, as large_string."""
        return slices(self.data, self.starts[which], self.ends[which])


def slices(data: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> pa.Array:
    """`data[starts[i]:ends[i]]` for each i as large_string; the bytes must be whole code points."""
    places = np.zeros(len(starts) + 1, np.int64)
    np.cumsum(ends - starts, out=places[1:])
    gathered = np.empty(max(1, int(places[-1])), np.uint8)
    _gather(data, frozen(np.ascontiguousarray(starts, np.int64)), frozen(places), gathered)
    buffers = [None, pa.py_buffer(places), pa.py_buffer(gathered)]
    return pa.Array.from_buffers(pa.large_string(), len(starts), buffers, null_count=0)


@kernel(U8, I64, I64, U8_OUT)
def _gather(data: Any, starts: Any, places: Any, gathered: Any) -> None:
    for unit in range(len(starts)):
        start, place = starts[unit], places[unit]
        for step in range(places[unit + 1] - place):
            gathered[place + step] = data[start + step]


@kernel(U8, I64, INT, I64_OUT, I64_GRID_OUT, U8_OUT)
def _find(data: Any, offsets: Any, joined: int, rows: Any, places: Any, code: Any) -> None:
    """`places[unit]`: begin, start, end, stop and code points; `joined` makes blocks of lines one unit."""
    many = 0
    rows[0] = 0
    for row in range(len(offsets) - 1):
        index, end = offsets[row], offsets[row + 1]
        fence: Any = 0
        inside = False
        while index < end:
            begin = index
            stop = skip_to(data, index, end, 0x0A)
            first, last = index, stop
            index = stop + 1 if stop < end else end
            while first < last:
                size = space_at(data, first, last)
                if size == 0:
                    break
                first += size
            while first < last:
                previous = point_before(data, last, first)
                if space_at(data, previous, last) == 0:
                    break
                last = previous
            if first >= last and fence == 0:
                inside = False
                continue
            mark: Any = 0
            if first + 3 <= last:
                lead = byte_at(data, first)
                if (
                    (lead == 0x60 or lead == 0x7E)
                    and byte_at(data, first + 1) == lead
                    and byte_at(data, first + 2) == lead
                ):
                    mark = lead
            coded = fence != 0 or mark != 0
            opens = mark != 0 and fence == 0
            closes = mark != 0 and mark == fence
            if first >= last:
                if joined:
                    places[many - 1, 3] = index
                continue
            if joined and inside and not opens:
                places[many - 1, 2], places[many - 1, 3] = last, index
            else:
                places[many, 0], places[many, 1], places[many, 2], places[many, 3] = begin, first, last, index
                code[many] = coded
                many += 1
            inside = not closes
            if opens:
                fence = mark
            elif closes:
                fence = 0
        rows[row + 1] = many
    for unit in range(many):
        places[unit, 4] = points(data, places[unit, 1], places[unit, 2])


def units_of(text: pa.Array, scope: Scope) -> Units:
    """Every line, or paragraph, of every text that is not blank; a null text has none."""
    data, offsets = utf8(text)
    low, high = int(offsets[0]), int(offsets[-1])
    room = int(np.count_nonzero(data[low:high] == 0x0A)) + len(text) + 1
    rows = np.zeros(len(text) + 1, np.int64)
    places, code = np.empty((room, 5), np.int64), np.zeros(room, np.uint8)
    _find(data, offsets, int(scope == "paragraph"), rows, places, code)
    many = int(rows[-1])
    begins, starts, ends, stops, chars = (np.ascontiguousarray(places[:many, column]) for column in range(5))
    return Units(data, offsets, rows, begins, starts, ends, stops, chars, code[:many] != 0)
