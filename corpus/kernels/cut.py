"""Spans of bytes taken out of texts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from corpus.kernels.buffers import frozen, text_array, utf8
from corpus.kernels.memory import byte_at, points
from corpus.kernels.numba_cache import I64, I64_OUT, U8, U8_OUT, kernel


@kernel(U8, I64, I64, I64, I64, U8_OUT, I64_OUT, I64_OUT)
def _cut(data: Any, offsets: Any, rows: Any, starts: Any, ends: Any, out: Any, places: Any, lost: Any) -> None:
    """`out[places[row]:places[row + 1]]`: what is left; `lost[span]`: code points that went with the span alone."""
    used, span = 0, 0
    places[0] = 0
    for row in range(len(offsets) - 1):
        index, end = offsets[row], offsets[row + 1]
        origin, first = index, used
        while span < len(rows) and rows[span] == row:
            begin, stop = max(index, origin + starts[span]), min(end, origin + ends[span])
            if begin < stop:
                for step in range(begin - index):
                    out[used + step] = data[index + step]
                used += begin - index
                gone = points(data, begin, stop)
                # Blank lines on both sides would be one gap now: the ones behind go too.
                if used == first or (used - first >= 2 and out[used - 1] == 0x0A and out[used - 2] == 0x0A):
                    while stop < end and byte_at(data, stop) == 0x0A:
                        stop += 1
                        gone += 1
                if stop == end:
                    while used > first and out[used - 1] == 0x0A:
                        used -= 1
                        gone += 1
                    if used > first and byte_at(data, end - 1) == 0x0A:
                        out[used] = 0x0A
                        used += 1
                        gone -= 1
                lost[span] = gone
                index = stop
            span += 1
        for step in range(end - index):
            out[used + step] = data[index + step]
        used += end - index
        places[row + 1] = used


def cut_spans(text: pa.Array, rows: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> tuple[pa.Array, np.ndarray]:
    """`text` (large_string) without its spans, and by span the code points that went with it (int64).

    Span i is bytes `starts[i]` to `ends[i]` of the text of row `rows[i]`, at the edges of code points; spans ascend by
    row and start. Spans may overlap, reach over the text's end or be empty: each byte is counted for the first span
    that takes it. Newlines are tidied where something was cut: blank lines before and after a cut do not add up, and
    at the text's ends none are left that had a line beside them. Null in, null out; a text without a span stays as it
    is, byte for byte.
    """
    data, offsets = utf8(text)
    out = np.empty(max(1, int(offsets[-1] - offsets[0])), np.uint8)
    places, lost = np.zeros(len(text) + 1, np.int64), np.zeros(len(rows), np.int64)
    wide = [frozen(np.ascontiguousarray(values, np.int64)) for values in (rows, starts, ends)]
    _cut(data, offsets, *wide, out, places, lost)
    return text_array(out, places, text), lost
