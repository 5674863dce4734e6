"""Stretches between marks: segments of tables, chapter headings, and lines of few words.

A segment stands between newlines and enumeration marks (and commas, with `clauses`); outer spaces are left out and
empty ones are not counted. The lengths that lie more than three deviations from their mean are left out once, as in
xubuvd/LLMs, so one long paragraph does not hide a table.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from corpus.kernels.buffers import column, frozen, utf8
from corpus.kernels.chars import share
from corpus.kernels.memory import at, byte_at, code_point, width
from corpus.kernels.numba_cache import I64, I64_GRID_OUT, INT, U8, kernel
from corpus.kernels.signal import SignalCall
from corpus.kernels.unicode_tables import CODE_POINTS, DIGIT, FORMAT, LETTER, MARK, NUMBER, SPACE, tables

WORD, IDEOGRAPH, BLANK, BREAK, CLAUSE, NUMERAL, UNIT = (1 << bit for bit in range(7))
NUMERALS = "0123456789０１２３４５６７８９〇零○一二三四五六七八九十百千万两廿卅壹贰叁肆伍陆柒捌玖拾佰仟兩萬貳參陸"
UNITS = "章回"
MAX_NUMERALS = 10
_OFS = ("chapter", "numbered")


@functools.cache
def _roles() -> np.ndarray:
    known = tables()
    by_class = np.where(known.having(LETTER | DIGIT | NUMBER | MARK), WORD, 0)
    ideographs = known.having(LETTER) & known.of_scripts("Hani", "Kana")
    by_class = np.where(ideographs, IDEOGRAPH, by_class) | np.where(known.having(SPACE | FORMAT), BLANK, 0)
    roles = np.zeros(CODE_POINTS, np.uint8)
    roles[:] = by_class.astype(np.uint8)[known.classes]
    for bit, characters in ((BREAK, "、\n\r"), (CLAUSE, "，,"), (NUMERAL, NUMERALS), (UNIT, UNITS)):
        roles[[ord(character) for character in characters]] |= np.uint8(bit)
    return frozen(roles)


@kernel(U8, I64, U8, INT, I64_GRID_OUT)
def _segments(data: Any, offsets: Any, roles: Any, breaks: int, counts: Any) -> None:
    """`counts[:, row]`: segments, their lengths' sum and sum of squares, outliers left out.

    The lengths are kept in a buffer that grows with the longest text, so the second look costs no second decoding.
    """
    lengths = np.empty(1024, np.int64)
    for row in range(len(offsets) - 1):
        index, end = offsets[row], offsets[row + 1]
        many, length, stretch = 0, 0, 0
        total: Any = 0.0
        squares: Any = 0.0
        while index <= end:
            role: Any = breaks
            if index < end:
                lead = byte_at(data, index)
                role = np.int64(at(roles, code_point(data, index, lead)))
                index += width(lead)
            else:
                index += 1
            if role & breaks:
                if length > 0:
                    if many == len(lengths):
                        larger = np.empty(4 * many, np.int64)
                        larger[:many] = lengths
                        lengths = larger
                    lengths[many] = length
                    many += 1
                    total += length
                    squares += np.float64(length) * length
                length, stretch = 0, 0
            elif role & BLANK:
                stretch += length > 0
            else:
                stretch += 1
                length = stretch
        if many < 2:
            continue
        mean = total / many
        reach = 3.0 * np.sqrt(max(0.0, squares / many - mean * mean))
        kept, sum_of, squares_of = 0, 0, 0
        for one in range(many):
            if abs(lengths[one] - mean) <= reach + 1e-9:
                kept += 1
                sum_of += lengths[one]
                squares_of += lengths[one] * lengths[one]
        counts[0, row], counts[1, row], counts[2, row] = kept, sum_of, squares_of


@kernel(U8, I64, U8, I64, I64_GRID_OUT, I64_GRID_OUT)
def _headings(data: Any, offsets: Any, roles: Any, limits: Any, counts: Any, few: Any) -> None:
    """`counts[:, row]`: chapter marks and their code points, numbers in brackets and theirs, code points, lines.

    `few[i, row]`: lines of fewer than `limits[i]` words.
    """
    for row in range(len(offsets) - 1):
        index, end = offsets[row], offsets[row + 1]
        chars, lines = 0, 0
        # opener: 1 after 第, 2 after （; digits: how many numerals since.
        opener, digits = 0, 0
        words, ideographs, inside, content = 0, 0, False, False
        while index <= end:
            point = 10
            if index < end:
                lead = byte_at(data, index)
                point = code_point(data, index, lead)
                index += width(lead)
                chars += 1
            else:
                index += 1
            role: Any = np.int64(at(roles, point))
            if point == 10:
                if content:
                    lines += 1
                    total = words + (2 * ideographs + 2) // 3
                    for which in range(len(limits)):
                        few[which, row] += total < limits[which]
                words, ideographs, inside, content, opener = 0, 0, False, False, 0
                continue
            if role & WORD:
                words += not inside
                inside = True
            elif not (inside and (point == 0x27 or point == 0x2019)):
                inside = False
            ideographs += (role & IDEOGRAPH) > 0
            content = content or role & BLANK == 0
            if point == 0x7B2C:
                opener, digits = 1, 0
            elif point == 0xFF08:
                opener, digits = 2, 0
            elif opener > 0:
                if role & NUMERAL:
                    digits += 1
                    if digits > MAX_NUMERALS:
                        opener = 0
                elif digits > 0 and opener == 1 and role & UNIT:
                    counts[0, row] += 1
                    counts[1, row] += digits + 2
                    opener = 0
                elif digits > 0 and opener == 2 and point == 0xFF09:
                    counts[2, row] += 1
                    counts[3, row] += digits + 2
                    opener = 0
                elif role & BLANK == 0:
                    opener = 0
        counts[4, row], counts[5, row] = chars, lines


def _moments(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation of the segments' lengths; not a number below two segments."""
    many = np.where(counts[0] < 2, np.nan, counts[0].astype(np.float64))
    mean = counts[1] / many
    return mean, np.sqrt(np.maximum(0.0, counts[2] / many - mean * mean))


def measure_segments(text: pa.Array, calls: Sequence[SignalCall]) -> list[pa.Array]:
    """The signals of the `segments` family."""
    data, offsets = utf8(text)
    moments: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for name in sorted({str(call.arguments["marks"]) for call in calls if "marks" in call.arguments}):
        table = np.zeros((3, len(text)), np.int64)
        _segments(data, offsets, _roles(), BREAK if name == "lines" else BREAK | CLAUSE, table)
        moments[name] = _moments(table)
    limits = sorted({int(call.arguments["below"]) for call in calls if "below" in call.arguments})
    counts = np.zeros((6, len(text)), np.int64)
    few = np.zeros((len(limits), len(text)), np.int64)
    if any("marks" not in call.arguments for call in calls):
        _headings(data, offsets, _roles(), frozen(np.array(limits, np.int64)), counts, few)
    found: list[pa.Array] = []
    for call in calls:
        values: np.ndarray
        match call.kernel:
            case "chapter_heading_count":
                values = counts[2 * _OFS.index(str(call.arguments["of"]))]
            case "chapter_char_ratio":
                values = share(counts[2 * _OFS.index(str(call.arguments["of"])) + 1], counts[4])
            case "few_word_line_ratio":
                values = share(few[limits.index(int(call.arguments["below"]))], counts[5])
            case "mean_segment_length":
                values = moments[str(call.arguments["marks"])][0].astype(np.float32)
            case "segment_length_deviation":
                values = moments[str(call.arguments["marks"])][1].astype(np.float32)
            case _:
                mean, deviation = moments[str(call.arguments["marks"])]
                values = (mean + deviation).astype(np.float32)
        found.append(column(values, pa.float32() if values.dtype == np.float32 else pa.int32(), text))
    return found
