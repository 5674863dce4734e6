"""Whole lines, and the end of a text."""

from __future__ import annotations

import functools
import re
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.kernels.buffers import frozen, large, utf8
from corpus.kernels.memory import at, byte_at, code_point, points, width
from corpus.kernels.numba_cache import I64, I64_OUT, INT, U8, U8_OUT, helper, kernel
from corpus.kernels.rewrites.segments import (
    FENCE,
    Rewritten,
    lines_of,
    outside_fences,
    patched,
    series,
    short_lines,
    texts_at,
    untouched,
    where_matching,
)


def _rows_with_line(text: pa.Array, pattern: str, max_chars: int) -> np.ndarray:
    """Rows with a line that matches and is not long; ValueError for a pattern that cannot be used.

    Most text is in long lines: it is not looked at.
    """
    lines, rows = short_lines(text, max_chars)
    many = len(lines)
    try:
        matching = series(lines).str.contains(pattern).to_numpy() if many else pl.Series([""]).str.contains(pattern)
    except pl.exceptions.ComputeError as error:
        raise ValueError(f"the pattern cannot be used: {str(error).strip()}") from None
    chosen = np.zeros(len(text), bool)
    chosen[rows[np.asarray(matching)[:many]]] = True
    return chosen


def lines_matching(text: pa.Array, pattern: str, max_chars: int = 80) -> Rewritten:
    """Lines go, newline and all, that have at most `max_chars` code points and match the pattern (Rust's dialect).

    The pattern sees a line without its newline. Lines inside a code fence stay.
    """
    chosen = _rows_with_line(text, pattern, max_chars)
    if not chosen.any():
        return untouched(text)
    lines = lines_of(text.filter(pa.array(chosen)))
    frame = pl.DataFrame({"whole": series(lines.text), "code": pl.Series(lines.code)})
    bare = pl.col("whole").str.strip_suffix("\n")
    goes = bare.str.contains(pattern) & (bare.str.len_chars() <= max_chars) & ~pl.col("code")
    kept = frame.select(pl.when(goes).then(pl.lit("")).otherwise(pl.col("whole"))).to_series()
    return patched(text, chosen, lines.join(large(kept)))


def spans_matching(text: pa.Array, pattern: str, min_count: int = 1) -> Rewritten:
    """What matches the pattern (Rust's dialect) goes, but for what its first group holds and for code fences.

    A text with fewer than `min_count` matches, those in code fences counted, stays. A pattern that begins with `\\A` is
    asked once, at the beginning of the text.
    """
    kept = "${1}" if re.search(r"(?<!\\)\((?!\?)", pattern) else ""
    try:
        where = where_matching(text, pattern)
    except pl.exceptions.ComputeError as error:
        raise ValueError(f"the pattern cannot be used: {str(error).strip()}") from None
    if min_count > 1 and where.any():
        where = where & (series(text).str.count_matches(pattern) >= min_count).fill_null(False).to_numpy()
    if not where.any():
        return untouched(text)
    if pattern.startswith(r"\A"):
        return patched(text, where, large(series(text.filter(pa.array(where))).str.replace(pattern, kept)))
    return outside_fences(text, where, lambda texts: texts.str.replace_all(pattern, kept))


_CLOSING, _OPENING = "，。、；：！？）】》〉」』”", "，、；（【《〈「『“‘"
_BEGINNING = rf"^\s*[{_CLOSING}][\s{_CLOSING}]*"
_ENDING = rf"[\s{_OPENING}]*[{_OPENING}]\s*$"


@functools.cache
def _edge_roles() -> np.ndarray:
    """1 for what may begin a text that loses its beginning, 2 for what may end one that loses its end, as bits."""
    roles = np.zeros(0x10000, np.uint8)
    roles[[ord(mark) for mark in _CLOSING]] |= 1
    roles[[ord(mark) for mark in _OPENING]] |= 2
    roles[[code for code in range(0x10000) if chr(code).isspace()]] = 3
    return frozen(roles)


@kernel(U8, I64, U8, U8_OUT)
def _edged(data: Any, offsets: Any, roles: Any, found: Any) -> None:
    """`found[row]`: whether the first or the last code point is a space or a mark that may go."""
    for row in range(len(offsets) - 1):
        index, end = offsets[row], offsets[row + 1]
        if index == end:
            continue
        first = code_point(data, index, byte_at(data, index))
        last = end - 1
        while last > index and (byte_at(data, last) & 0xC0) == 0x80:
            last -= 1
        point = code_point(data, last, byte_at(data, last))
        begins = first < 0x10000 and at(roles, first) & 1
        found[row] = 1 if begins or (point < 0x10000 and at(roles, point) & 2) else 0


def edge_marks(text: pa.Array) -> Rewritten:
    """Full-width marks that can begin no text (closing ones, commas, full stops) or end none (opening ones, commas)
    go from its ends, with the space among them. Marks in ASCII stay: they may be code, formulas or faces."""
    ends = np.zeros(len(text), np.uint8)
    _edged(*utf8(text), _edge_roles(), ends)
    where = ends.view(bool)
    if where.any():
        where[where] = where_matching(text.filter(pa.array(where)), f"{_BEGINNING}|{_ENDING}")
    if not where.any():
        return untouched(text)
    texts = series(text.filter(pa.array(where)))
    return patched(text, where, large(texts.str.replace(_BEGINNING, "").str.replace(_ENDING, "")))


LONGEST = 80
"""Code points that are cut off at most: what is longer is no broken sentence but a list, or a text without marks."""


@helper
def _role(data: Any, index: int, start: int, end: int) -> int:
    """What a code point is to the end of a sentence; `.`, `!` and `?` count behind a letter and before a space, a
    point behind a single capital (an initial) only at the end. `start`: where the text, or its line, begins."""
    lead = byte_at(data, index)
    if lead == 0x21 or lead == 0x3F or lead == 0x2E:
        before = byte_at(data, index - 1) if index > start else 0
        if lead == 0x2E and index + 1 < end and 0x41 <= before <= 0x5A:
            earlier = byte_at(data, index - 2) if index - 1 > start else 0
            if not 0x61 <= (earlier | 0x20) <= 0x7A:
                return 0
        letter = 0x61 <= (before | 0x20) <= 0x7A or before == 0x29 or before == 0x22 or before >= 0x80
        after = byte_at(data, index + 1) if index + 1 < end else 0x20
        return 1 if letter and (after == 0x20 or after == 0x0A or after == 0x22 or after == 0x29) else 0
    if lead == 0x22 or lead == 0x27 or lead == 0x29 or lead == 0x5D or lead == 0x2A:
        return 2
    if lead < 0xE0 or lead > 0xEF:
        return 0
    point = code_point(data, index, lead)
    if point == 0x3002 or point == 0xFF01 or point == 0xFF1F or point == 0x2026 or point == 0xFF61:
        return 1
    closer = point == 0x201D or point == 0x2019 or point == 0x300D or point == 0x300F
    if closer or point == 0xFF09 or point == 0x3011 or point == 0x300B:
        return 2
    comma = point == 0xFF0C or point == 0x3001 or point == 0xFF1B or point == 0xFF1A
    if comma or point == 0xFF08 or point == 0x2014 or point == 0x3010:
        return 3
    return 0


@kernel(U8, I64, INT, I64_OUT)
def _ends(data: Any, offsets: Any, min_chars: int, keep: Any) -> None:
    """`keep[row]`: the byte at which the text is cut; its end where nothing is."""
    for row in range(len(offsets) - 1):
        start, whole = offsets[row], offsets[row + 1]
        keep[row] = whole
        end = whole
        while end > start and (byte_at(data, end - 1) == 0x20 or byte_at(data, end - 1) == 0x0A):
            end -= 1
        line = end
        while line > start and byte_at(data, line - 1) != 0x0A:
            line -= 1
        lead = byte_at(data, line) if line < end else 0
        # Lists, tables, headings, quotes and code have no sentences to finish.
        if line == end or lead < 0x30 or lead == 0x3E or lead == 0x60 or lead == 0x7C or lead == 0x5B or lead == 0x7E:
            continue
        index, cut, after = line, -1, False
        while index < end:
            role = _role(data, index, line, end)
            size = width(byte_at(data, index))
            if role == 1 or (role == 2 and after):
                cut, after = index + size, True
            else:
                after = False
            index += size
        if cut == end:
            continue
        if cut > 0:
            first = cut
            while first < end and byte_at(data, first) == 0x20:
                first += 1
            # A dash or bracket behind the last sentence opens a remark or names whom it was said by; a comma goes on.
            if _role(data, first, line, end) != 3 and byte_at(data, first) > 0x2F and points(data, cut, end) <= LONGEST:
                keep[row] = cut
            continue
        long = points(data, line, end)
        if line == start or long < min_chars or long > LONGEST:
            continue
        before = line - 1
        while before > start and (byte_at(data, before - 1) == 0x0A or byte_at(data, before - 1) == 0x20):
            before -= 1
        previous = before - 1
        while previous > start and (byte_at(data, previous) & 0xC0) == 0x80:
            previous -= 1
        if previous >= start and before > start and _role(data, previous, start, before) == 1:
            keep[row] = before


def unfinished_tail(text: pa.Array, min_chars: int = 30) -> Rewritten:
    """The last line loses what follows its last finished sentence, or goes when it has none.

    A last line without any finished sentence goes only when it has `min_chars` code points and the line before it
    ends in a sentence mark: titles, dates, names and verses are no broken sentences. More than LONGEST code points stay
    too, as do texts without sentence marks, lists, tables, headings and code. A full stop counts behind a Latin letter
    that is no initial. Linear; a second time changes nothing.
    """
    data, offsets = utf8(text)
    keep = np.empty(len(text), np.int64)
    _ends(data, offsets, min_chars, keep)
    chosen = keep < offsets[1:]
    if chosen.any():
        chosen[chosen] = ~where_matching(text.filter(pa.array(chosen)), FENCE)
    if not chosen.any():
        return untouched(text)
    lengths = (keep - offsets[:-1])[chosen]
    data, offsets = utf8(text.filter(pa.array(chosen)))
    # Heads and tails lie side by side; every second piece is a head.
    places = np.append(np.stack([offsets[:-1], offsets[:-1] + lengths], axis=1).ravel(), offsets[-1])
    pieces = texts_at(data, np.ascontiguousarray(places, np.int64))
    return patched(text, chosen, pieces.take(pa.array(np.arange(0, len(pieces), 2))))
