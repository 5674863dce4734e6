"""Lines, paragraphs and sentences: lengths, repeats, bullets, ellipses, sentence marks.

A line stands between newlines; its length leaves outer spaces out, and one without anything else is blank and not
counted. A paragraph is a block of lines without a blank one between them. Repeats are found by 64-bit hashes.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from corpus.kernels.buffers import column, frozen, utf8
from corpus.kernels.chars import share
from corpus.kernels.memory import at, byte_at, code_point, points, skip_to, width, word_at
from corpus.kernels.numba_cache import I64, I64_GRID_OUT, I64_OUT, U8, helper, kernel
from corpus.kernels.signal import SignalCall

BULLET, DASH, CLOSER, TERMINAL, STOP = 1, 2, 4, 8, 16
_MARKS = {
    BULLET: "•‣◦⁃∙·●○■□▪▫►▶▸◆◇★☆※➢➤\uf0b7",
    DASH: "-*+–—",
    CLOSER: "\"'”’」』）)】》〉］]}｝»›＂＇",
    TERMINAL: "。！？；…．!?.;‼⁇⁈⁉｡",
    STOP: "。！？!?‼⁇⁈⁉｡",
}
ROWS = (
    "lines", "line_chars", "longest", "duplicates", "duplicate_chars", "bullets", "ellipses", "terminals",
    "paragraphs", "duplicate_paragraphs", "duplicate_paragraph_chars", "newlines", "chars",
)  # fmt: skip
_K = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)
_ONE = np.uint64(1)
_ZERO = np.uint64(0)


@functools.cache
def _marks() -> np.ndarray:
    marks = np.zeros(0x10000, np.uint8)
    for bit, characters in _MARKS.items():
        marks[[ord(character) for character in characters]] |= bit
    return frozen(marks)


@helper
def _mark(data: Any, index: int, marks: Any) -> int:
    point = code_point(data, index, byte_at(data, index))
    return at(marks, point) if point < 0x10000 else 0


@helper
def space_at(data: Any, index: int, end: int) -> int:
    """Bytes of the space at `index`; 0 when there is none. Ideographic and no-break spaces are spaces."""
    lead = byte_at(data, index)
    if lead == 0x20 or (0x09 <= lead <= 0x0D):
        return 1
    if lead == 0xC2 and byte_at(data, index + 1) == 0xA0:
        return 2
    if lead == 0xE3 and byte_at(data, index + 1) == 0x80 and byte_at(data, index + 2) == 0x80:
        return 3
    return 0


@helper
def point_before(data: Any, index: int, start: int) -> int:
    """Where the code point that ends before `index` starts."""
    index -= 1
    while index > start and (byte_at(data, index) & 0xC0) == 0x80:
        index -= 1
    return index


@helper
def _hash(data: Any, start: int, end: int) -> Any:
    value = np.uint64(end - start) * _K
    index = start
    while index + 8 <= end:
        value = (value ^ word_at(data, index)) * _K
        value ^= value >> _SHIFT
        index += 8
    last = _ZERO
    while index < end:
        last = (last << np.uint64(8)) | np.uint64(byte_at(data, index))
        index += 1
    value = (value ^ last) * _K
    value ^= value >> np.uint64(32)
    value *= _K
    return value | _ONE


@helper
def _ends(data: Any, start: int, end: int, marks: Any) -> int:
    """1 when the line ends with a sentence mark, 2 more when with an ellipsis, closing quotes left out."""
    index = end
    while index > start:
        previous = point_before(data, index, start)
        if not _mark(data, previous, marks) & CLOSER:
            break
        index = previous
    if index == start:
        return 0
    last = point_before(data, index, start)
    if not _mark(data, last, marks) & TERMINAL:
        return 0
    point = code_point(data, last, byte_at(data, last))
    if point == 0x2026:
        return 3
    if point == 0x2E or point == 0x3002:
        size = index - last
        if last - 2 * size >= start:
            one, two = last - size, last - 2 * size
            same = True
            for step in range(size):
                value = byte_at(data, last + step)
                same = same and byte_at(data, one + step) == value and byte_at(data, two + step) == value
            if same:
                return 3
    return 1


@helper
def _repeats(hashes: Any, lengths: Any, many: int, table: Any) -> Any:
    """How many of the first `many` hashes were there before, and their lengths' sum. `table` is scratch, a power of
    two of at least twice as many slots."""
    size = 16
    while size < 2 * many:
        size *= 2
    mask = np.uint64(size - 1)
    table[:size] = _ZERO
    count, total = 0, 0
    for index in range(many):
        value = hashes[index]
        slot = (value >> np.uint64(20)) & mask
        while table[slot] != _ZERO and table[slot] != value:
            slot = (slot + _ONE) & mask
        if table[slot] == value:
            count += 1
            total += lengths[index]
        else:
            table[slot] = value
    return count, total


@kernel(U8, I64, U8, I64, I64_GRID_OUT, I64_GRID_OUT)
def _measure(data: Any, offsets: Any, marks: Any, limits: Any, counts: Any, short: Any) -> None:
    """`counts[i, row]` for the names in ROWS; `short[i, row]`: lines below `limits[i]`."""
    capacity = 256
    hashes, lengths = np.empty(capacity, np.uint64), np.empty(capacity, np.int64)
    block_hashes, block_lengths = np.empty(capacity, np.uint64), np.empty(capacity, np.int64)
    table = np.empty(4 * capacity, np.uint64)
    for row in range(len(offsets) - 1):
        start, end = offsets[row], offsets[row + 1]
        lines, blocks, characters, longest = 0, 0, 0, 0
        bullets, ellipses, terminals, newlines = 0, 0, 0, 0
        inside = False
        while start < end:
            stop = skip_to(data, start, end, 10)
            newlines += stop < end
            first, last = start, stop
            start = stop + 1
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
            if first >= last:
                inside = False
                continue
            if lines == capacity:
                capacity *= 4
                hashes, lengths = _grown(hashes, capacity), _grown(lengths, capacity)
                block_hashes, block_lengths = _grown(block_hashes, capacity), _grown(block_lengths, capacity)
                table = np.empty(4 * capacity, np.uint64)
            length = points(data, first, last)
            value = _hash(data, first, last)
            hashes[lines], lengths[lines] = value, length
            lines += 1
            characters += length
            longest = max(longest, length)
            for which in range(len(limits)):
                short[which, row] += length < limits[which]
            kind = _mark(data, first, marks)
            after = first + width(byte_at(data, first))
            if kind & BULLET or (kind & DASH and after < last and space_at(data, after, last) > 0):
                bullets += 1
            ending = _ends(data, first, last, marks)
            terminals += ending & 1
            ellipses += ending >> 1
            if inside:
                so_far = block_hashes[blocks - 1]
                block_hashes[blocks - 1] = ((so_far ^ (so_far >> _SHIFT)) * _K + value) | _ONE
                block_lengths[blocks - 1] += length
            else:
                block_hashes[blocks], block_lengths[blocks] = value, length
                blocks += 1
                inside = True
        counts[0, row], counts[1, row], counts[2, row] = lines, characters, longest
        counts[3, row], counts[4, row] = _repeats(hashes, lengths, lines, table)
        counts[5, row], counts[6, row], counts[7, row] = bullets, ellipses, terminals
        counts[8, row] = blocks
        counts[9, row], counts[10, row] = _repeats(block_hashes, block_lengths, blocks, table)
        counts[11, row] = newlines
        counts[12, row] = points(data, offsets[row], end)


@helper
def _grown(array: Any, capacity: int) -> Any:
    larger = np.empty(capacity, array.dtype)
    larger[: len(array)] = array
    return larger


@kernel(U8, I64, U8, I64_OUT)
def _sentences(data: Any, offsets: Any, marks: Any, counts: Any) -> None:
    """Stretches with anything but spaces and marks in them, ended by sentence marks or the line's end.

    A full stop ends one only before a space, a closing quote or bracket, a code point beyond ASCII or the end, and
    not as part of an ellipsis; so 3.14, 1.2.3 and example.com hold none.
    """
    for row in range(len(offsets) - 1):
        index, end = offsets[row], offsets[row + 1]
        found, content = 0, False
        while index < end:
            lead = byte_at(data, index)
            if 0x30 <= lead < 0x80 and lead != 0x3F:
                content = True
                index += 1
                continue
            size = width(lead)
            if 0xE4 <= lead <= 0xE9:
                content = True
            elif lead == 10:
                found += content
                content = False
            elif lead == 0x2E:
                after = index + 1
                while after < end and byte_at(data, after) == 0x2E:
                    after += 1
                size = after - index
                if size == 1 and (
                    after == end
                    or space_at(data, after, end) > 0
                    or byte_at(data, after) >= 0x80
                    or _mark(data, after, marks) & CLOSER
                ):
                    found += content
                    content = False
            elif space_at(data, index, end) == 0:
                kind = _mark(data, index, marks)
                if kind & STOP:
                    found += content
                    content = False
                elif not kind & (CLOSER | TERMINAL):
                    content = True
            index += size
        counts[row] = found + content


def measure_lines(text: pa.Array, calls: Sequence[SignalCall]) -> list[pa.Array]:
    """The signals of the `lines` family."""
    data, offsets = utf8(text)
    limits = sorted({int(call.arguments["below"]) for call in calls if "below" in call.arguments})
    table = np.zeros((len(ROWS), len(text)), np.int64)
    short = np.zeros((len(limits), len(text)), np.int64)
    if any(call.kernel != "sentences" for call in calls):
        _measure(data, offsets, _marks(), frozen(np.array(limits, np.int64)), table, short)
    of = dict(zip(ROWS, table, strict=True))
    found: list[pa.Array] = []
    for call in calls:
        values: np.ndarray
        match call.kernel:
            case "lines" | "paragraphs":
                values = of[call.kernel]
            case "sentences":
                values = np.zeros(len(text), np.int64)
                _sentences(data, offsets, _marks(), values)
            case "max_line_length":
                values = of["longest"]
            case "short_line_ratio":
                values = share(short[limits.index(int(call.arguments["below"]))], of["lines"])
            case other:
                values = share(*(of[name] for name in _RATIOS[other]))
        floats = values.dtype == np.float32
        found.append(column(values, pa.float32() if floats else pa.int32(), text))
    return found


_RATIOS = {
    "mean_line_length": ("line_chars", "lines"),
    "duplicate_line_ratio": ("duplicates", "lines"),
    "duplicate_line_char_ratio": ("duplicate_chars", "line_chars"),
    "bullet_line_ratio": ("bullets", "lines"),
    "ellipsis_line_ratio": ("ellipses", "lines"),
    "terminal_line_ratio": ("terminals", "lines"),
    "mean_paragraph_length": ("line_chars", "paragraphs"),
    "duplicate_paragraph_ratio": ("duplicate_paragraphs", "paragraphs"),
    "duplicate_paragraph_char_ratio": ("duplicate_paragraph_chars", "line_chars"),
    "newline_ratio": ("newlines", "chars"),
}
