"""Spaces that a conversion put between Chinese characters, and runs of one mark; fences and tables are left alone."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pyarrow as pa

from corpus.kernels.buffers import frozen, utf8
from corpus.kernels.memory import at, byte_at, code_point, skip_to, width
from corpus.kernels.numba_cache import I64, I64_OUT, INT, U8, U8_OUT, helper, kernel
from corpus.kernels.rewrites.gates import spaced_wide
from corpus.kernels.rewrites.segments import (
    Rewritten,
    lines_of,
    outside_code,
    patched,
    texts_at,
    untouched,
    where_matching,
)

HAN, MARK = 1, 2
_WIDE_MARKS = "，。、；：！？“”‘’（）《》〈〉【】「」『』…—"
_RUNS = {"，": 1, "。": 1, "、": 1, "；": 1, "：": 1, "！": 1, "？": 1, "…": 2, "—": 2, "～": 2, "!": 1, "?": 1}
"""How many of a mark in a row are enough; an ellipsis and a dash are two signs in Chinese."""
_ASCII_RUN = 3
"""So many of an ASCII mark are a run: `??` and `!!` are operators."""


@functools.cache
def _kinds() -> np.ndarray:
    kinds = np.zeros(0x10000, np.uint8)
    for low, high in ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x3007, 0x3007)):
        kinds[low : high + 1] = HAN
    kinds[[ord(mark) for mark in _WIDE_MARKS]] = MARK
    return frozen(kinds)


@functools.cache
def _bounds() -> np.ndarray:
    bounds = np.zeros(0x10000, np.uint8)
    for mark, many in _RUNS.items():
        bounds[ord(mark)] = many
    return frozen(bounds)


@helper
def _kind_at(data: Any, index: int, kinds: Any) -> Any:
    lead = byte_at(data, index)
    if lead < 0xE2 or lead > 0xEF:
        return 0
    return np.int64(at(kinds, code_point(data, index, lead)))


@helper
def _kind_before(data: Any, start: int, index: int, kinds: Any) -> int:
    return _kind_at(data, index - 3, kinds) if index - 3 >= start and byte_at(data, index - 3) >= 0xE2 else 0


@helper
def _aligned(data: Any, start: int, stop: int) -> bool:
    """Whether a line is indented code, or has columns: a bar, a tab, or two spaces with text on both sides."""
    if stop - start >= 4:
        indent = 0
        while indent < 4 and byte_at(data, start + indent) == 0x20:
            indent += 1
        if indent == 4:
            return True
    seen = False
    index = start
    while index < stop:
        one = byte_at(data, index)
        if one == 0x7C or one == 0x09:
            return True
        if one == 0x20 and seen and index + 2 < stop and byte_at(data, index + 1) == 0x20:
            return True
        seen = seen or one != 0x20
        index += 1
    return False


@kernel(U8, I64, U8, U8, INT, U8_OUT, I64_OUT)
def _join_han(data: Any, offsets: Any, code: Any, kinds: Any, per_mille: int, target: Any, places: Any) -> None:
    place = 0
    places[0] = 0
    for row in range(len(offsets) - 1):
        start, end = offsets[row], offsets[row + 1]
        spaces, gaps = 0, 0
        marks = False
        index = start
        if not code[row]:
            while index < end:
                index = skip_to(data, index, end, 0x20)
                if index > start and index + 1 < end:
                    before = _kind_before(data, start, index, kinds)
                    after = _kind_at(data, index + 1, kinds)
                    if before == 1 and after == 1:
                        spaces += 1
                    elif before and after:
                        marks = True
                index += 1
        if (spaces == 0 and not marks) or code[row] or _aligned(data, start, end):
            target[place : place + end - start] = data[start:end]
            place += end - start
            places[row + 1] = place
            continue
        index = start
        last: Any = 0
        while index < end and spaces > 0:
            kind = _kind_at(data, index, kinds)
            gaps += kind == 1 and last == 1
            last = kind
            index += width(byte_at(data, index))
        wanted = spaces * 1000 >= per_mille * (gaps + spaces)
        index = start
        while index < end:
            stop = skip_to(data, index, end, 0x20)
            target[place : place + stop - index] = data[index:stop]
            place += stop - index
            index = stop
            if index < end:
                before = _kind_before(data, start, index, kinds)
                after = _kind_at(data, index + 1, kinds) if index + 1 < end else 0
                if not (before and after and (before == 2 or after == 2 or wanted)):
                    target[place] = 0x20
                    place += 1
                index += 1
        places[row + 1] = place


def spaces_between_han(text: pa.Array, min_share: float = 0.3) -> Rewritten:
    """One space between Han and a full-width mark goes, and between two Han where the line is written that way.

    `min_share`: so many of the gaps between neighbouring Han of a line are spaces; below it a space parts phrases, as
    between the halves of a verse, and stays. Tables, aligned columns, indented code and fences stay, newlines too.
    """
    chosen = spaced_wide(text)
    if not chosen.any():
        return untouched(text)
    lines = lines_of(text.filter(pa.array(chosen)))
    data, offsets = utf8(lines.text)
    target, places = np.empty(int(offsets[-1] - offsets[0]), np.uint8), np.empty(len(offsets), np.int64)
    _join_han(data, offsets, frozen(lines.code.view(np.uint8)), _kinds(), round(min_share * 1000), target, places)
    return patched(text, chosen, texts_at(target, np.ascontiguousarray(places[lines.rows])))


@kernel(U8, I64, U8, U8, U8_OUT, I64_OUT)
def _collapse(data: Any, offsets: Any, code: Any, bounds: Any, target: Any, places: Any) -> None:
    place = 0
    places[0] = 0
    for row in range(len(offsets) - 1):
        index, end = offsets[row], offsets[row + 1]
        if code[row]:
            target[place : place + end - index] = data[index:end]
            place += end - index
            places[row + 1] = place
            continue
        while index < end:
            lead = byte_at(data, index)
            size = width(lead)
            many = 1
            if lead == 0x21 or lead == 0x3F or lead == 0xE2 or lead == 0xE3 or lead == 0xEF:
                point = code_point(data, index, lead)
                bound = np.int64(at(bounds, point))
                if bound > 0:
                    stop = index + size
                    while stop + size <= end and byte_at(data, stop) == lead and code_point(data, stop, lead) == point:
                        stop += size
                        many += 1
                    kept = many if (size == 1 and many < 3) or many <= bound else bound
                    target[place : place + kept * size] = data[index : index + kept * size]
                    place += kept * size
                    index = stop
                    continue
            for step in range(size):
                target[place + step] = data[index + step]
            place += size
            index += size
        places[row + 1] = place


def repeated_punctuation(text: pa.Array) -> Rewritten:
    """Runs of one mark become one: full-width marks from two on, `!` and `?` from three on; `…` and `—` become two.

    Points, hyphens, number signs and every other ASCII mark stay, as do fences. Idempotent.
    """
    where = where_matching(text, r"!!!|\?\?\?|，，|。。|、、|；；|：：|！！|？？|………|———|～～～")
    if not where.any():
        return untouched(text)
    some = text.filter(pa.array(where))
    pieces = outside_code(some)
    data, offsets = utf8(pieces.text)
    target, places = np.empty(int(offsets[-1] - offsets[0]), np.uint8), np.empty(len(offsets), np.int64)
    _collapse(data, offsets, frozen(pieces.code.view(np.uint8)), _bounds(), target, places)
    return patched(text, where, texts_at(target, np.ascontiguousarray(places[pieces.rows])))
