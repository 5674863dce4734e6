"""Spans of units brought to the edges of sentences and lines, so that what is cut leaves whole ones behind.

Between two units stand punctuation and space. A sentence ends there after one of the marks below and the closing
quotes and brackets that follow (but a square one, which ends the text of a link), or where the line ends; the next one
begins after the space that follows, or at the beginning of its line. A text, and what stands between two code fences,
begins and ends a sentence.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from corpus.kernels.buffers import frozen
from corpus.kernels.memory import byte_at, code_point, width
from corpus.kernels.numba_cache import I64, I64_GRID_OUT, INT, U8, helper, kernel
from corpus.kernels.placed import Placed

_ENDS = tuple(ord(mark) for mark in "。！？!?…｡")
_CLOSES = tuple(ord(mark) for mark in "”’」』）)】》〉〕｝}\"'")
_POINT, _BRACKET = 0x2E, 0x5D
_NEWLINE = 0x0A


@helper
def _is_one_of(point: int, marks: Any) -> bool:
    found = False
    for mark in marks:
        found |= point == mark
    return found


@helper
def _blank(point: int) -> bool:
    return point == 0x20 or point == 0x09 or point == 0x3000 or point == 0xA0 or point == 0x0D


@helper
def _point_ends(data: Any, index: int, high: int) -> bool:
    """Whether the full stop before `index` ends a sentence: space, a closing mark or nothing follows."""
    if index >= high:
        return False
    point = code_point(data, index, byte_at(data, index))
    return point == _NEWLINE or _blank(point) or _is_one_of(point, _CLOSES)


@helper
def _edge(data: Any, low: int, high: int) -> Any:
    """Where a sentence ends in the bytes `low` to `high` between two units, and where the next begins; -1, -1."""
    index, closed, kept = low, -1, low
    ended, lined = False, False
    opened: Any = -1
    while index < high:
        point = code_point(data, index, byte_at(data, index))
        after = index + width(byte_at(data, index))
        if point == _NEWLINE:
            if not ended:
                ended, closed = True, kept
            lined, opened = True, after
        elif _blank(point):
            if ended and not lined:
                opened = after
        elif not lined and (
            _is_one_of(point, _ENDS)
            or (point == _POINT and _point_ends(data, after, high))
            or (ended and opened < 0 and _is_one_of(point, _CLOSES))
        ):
            ended, closed, kept = True, after, after
        elif ended and opened < 0 and point == _BRACKET:
            ended, kept = False, after  # inside the text of a link
        elif ended:
            break
        else:
            kept = after
        index = after
    if not ended:
        return -1, -1
    return closed, max(opened, closed)


@helper
def _trimmed(data: Any, low: int, high: int) -> Any:
    """Where what is not space ends in the bytes `low` to `high`."""
    index, kept = low, low
    while index < high:
        point = code_point(data, index, byte_at(data, index))
        index += width(byte_at(data, index))
        if point != _NEWLINE and not _blank(point):
            kept = index
    return kept


@kernel(U8, I64, I64, I64, I64, I64, I64, INT, I64_GRID_OUT)
def _snap(
    data: Any, starts: Any, ends: Any, runs: Any, firsts: Any, spans: Any, stops: Any, least: int, found: Any
) -> None:
    """`found[s]`: first and last byte to cut for units `spans[s]` to `stops[s]`, and how many units; -1 for none."""
    run = 0
    for span in range(len(spans)):
        first, last = spans[span], stops[span]
        while firsts[run + 1] <= first:
            run += 1
        bottom, top = runs[2 * run], runs[2 * run + 1]
        found[span, 0] = found[span, 1] = -1
        found[span, 2] = 0
        begin: Any = -1
        while first < last:
            if first == firsts[run]:
                _, begin = _edge(data, bottom, starts[first])
                begin = max(begin, bottom)
                break
            _, begin = _edge(data, ends[first - 1], starts[first])
            if begin >= 0:
                break
            first += 1
        stop: Any = -1
        while last > first:
            if last == firsts[run + 1]:
                stop = _trimmed(data, ends[last - 1], top)
                break
            stop, _ = _edge(data, ends[last - 1], starts[last])
            if stop >= 0:
                break
            last -= 1
        if begin < 0 or stop < 0 or last - first < least:
            continue
        heads_line = begin == bottom or byte_at(data, begin - 1) == _NEWLINE
        spaced = heads_line or byte_at(data, begin - 1) == 0x20
        index = stop
        while index < top and _blank(byte_at(data, index)):
            index += 1
        if index < top and byte_at(data, index) == _NEWLINE:
            if heads_line:
                stop = index + 1
        elif spaced:
            stop = index
        found[span, 0], found[span, 1], found[span, 2] = begin, stop, last - first


def whole_sentences(units: Placed, spans: np.ndarray, stops: np.ndarray, least: int) -> tuple[np.ndarray, np.ndarray]:
    """The bytes, from and to (int64, counted as in `Placed`), of the whole sentences and lines in each span of units.

    Span s is the units `spans[s]` to `stops[s]` of one run; spans ascend. Both are -1 where fewer than `least` units
    would be left. A line that goes whole takes its newline along, and a sentence one space between words.
    """
    found = np.empty((len(spans), 3), np.int64)
    places = (frozen(np.ascontiguousarray(item, np.int64)) for item in (spans, stops))
    runs = frozen(np.ascontiguousarray(units.runs[:, 1:]).reshape(-1))
    _snap(units.data, units.starts, units.ends, runs, units.firsts, *places, least, found)
    return np.ascontiguousarray(found[:, 0]), np.ascontiguousarray(found[:, 1])
