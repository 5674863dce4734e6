"""What form a text has where its form is not prose: code, verse, dialogue. For exemptions, not for judgement.

Perplexity and rules of prose wrong such texts. Three shares of the visible code points, by one pass and no word list:

*code*: lines in a code fence, and lines that end in `{`, `}` or `;` or have a pair that prose has not (`()`, `==`,
`->`, `::`, `=>`, `);`, `":`...), at least one in twelve of their characters being a mark of code, and more other
letters than Han.

*verse*: clauses of one length, four and more in a row, of five or seven Han, or of four or six between marks; or lines
of 3 to 20 Han, or of 12 to 55 letters that begin with a capital, four and more in a row, a quarter of which and more
end in a mark. Free verse without marks is not told from a menu.

*dialogue*: other lines that begin with an opening quote or a dash, or with a name and a colon where that name begins
another line.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numba.core import types

from corpus.kernels.buffers import column, frozen, utf8
from corpus.kernels.memory import at, byte_at, code_point, width
from corpus.kernels.numba_cache import I64, U8, helper, kernel
from corpus.kernels.signal import SignalCall
from corpus.kernels.unicode_tables import DIGIT, LETTER, MARK, SPACE, UPPER, tables

FORMS = ("code_like", "verse_like", "dialogue_like")
IN_A_ROW = 4
"""Clauses or lines from which on verse is seen."""
NAME = 12
"""Code points of a speaker's name at most."""

_OTHER, _SPACE, _HAN, _LETTER, _UPPER, _DIGIT = range(6)
_CODE_MARKS = frozenset(map(ord, "{}()[]=<>;:_/\\*&|+$@#\"'"))
_ENDS = tuple(map(ord, "，。？！；：、…,.?!;:"))
_OPENS = tuple(map(ord, '“「『‘"—–'))
_PAIRS = (
    "()", "==", "!=", "->", "=>", "::", "/*", "*/", "</", "/>", "+=", "-=", "[]", "&&", "||", ");", "):", '":', "={",
    "//", "${", "@@", "<<", ">>", "))", ")]", "])", "([", "({", "})", "],", "['", "']", '["', '"]',
)  # fmt: skip
_BUCKETS = 1 << 14
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_S32 = np.uint64(32)
_GRID_OUT = types.Array(types.float64, 2, "C")


@functools.cache
def _kinds() -> np.ndarray:
    """By class of code points what it is here."""
    known = tables()
    kinds = np.where(known.having(LETTER | MARK), _LETTER, _OTHER)
    kinds = np.where(known.having(UPPER), _UPPER, kinds)
    kinds = np.where(known.having(DIGIT), _DIGIT, kinds)
    kinds = np.where(known.having(LETTER) & known.of_scripts("Hani", "Kana", "Hang"), _HAN, kinds)
    return frozen(np.where(known.having(SPACE), _SPACE, kinds).astype(np.uint8))


@functools.cache
def _marks() -> np.ndarray:
    """For ASCII whether it is a mark of code, then whether two form a pair that prose has not, first * 128 + second."""
    found = np.zeros(128 + 128 * 128, np.uint8)
    found[list(_CODE_MARKS)] = 1
    for pair in _PAIRS:
        found[128 + ord(pair[0]) * 128 + ord(pair[1])] = 1
    return frozen(found)


@helper
def _is_one_of(point: int, marks: Any) -> bool:
    found = False
    for mark in marks:
        found |= point == mark
    return found


@helper
def _even_clauses(length: int, many: int, marked: int) -> int:
    """The Han of clauses of one length in a row that are verse, else 0."""
    if many < IN_A_ROW:
        return 0
    if length == 5 or length == 7 or ((length == 4 or length == 6) and 2 * marked >= many):
        return length * many
    return 0


@helper
def _short_lines(points: int, many: int, marked: int) -> int:
    """The code points of short lines in a row that are verse, else 0."""
    return points if many >= IN_A_ROW and 4 * marked >= many else 0


@kernel(U8, I64, U8, U8, U8, _GRID_OUT)
def _measure(data: Any, offsets: Any, classes: Any, kinds: Any, marks: Any, shares: Any) -> None:
    """`shares[row]`: of the visible code points those of FORMS; not a number without any."""
    names = np.zeros(_BUCKETS, np.int32)
    named = np.empty(64, np.int64)
    sizes = np.empty(64, np.int64)
    for row in range(len(offsets) - 1):
        index, end = offsets[row], offsets[row + 1]
        visible, code, spoken, clauses, lines = 0, 0, 0, 0, 0
        labels: Any = 0
        evens_marked: Any = 0
        clause, clean, even, evens = 0, True, 0, 0
        row_points, row_lines, row_marked = 0, 0, 0
        fenced = False
        while index < end:
            here, han, letters, coded = 0, 0, 0, 0
            strong, starts, capital, equals = False, False, False, False
            before, last, first, ends = 0, 0, 0, 0
            name, label = np.uint64(0), np.int64(-1)
            stopped = False
            while index < end:
                lead = byte_at(data, index)
                point = code_point(data, index, lead)
                index += width(lead)
                if point == 0x0A:
                    stopped = True
                    break
                kind = at(kinds, np.int64(at(classes, point)))
                if kind == _HAN:
                    clause += 1
                    han += 1
                elif clause > 0 or not clean:
                    if kind in (_LETTER, _UPPER, _DIGIT):
                        clean = False
                    else:
                        if clean and clause == even:
                            evens += 1
                            evens_marked += kind == _OTHER
                        else:
                            clauses += _even_clauses(even, evens, evens_marked)
                            even, evens, evens_marked = clause if clean else 0, 1, np.int64(kind == _OTHER)
                        clause, clean = 0, True
                elif kind in (_LETTER, _UPPER, _DIGIT):
                    clean = False
                if kind == _SPACE:
                    before = 0
                    continue
                here += 1
                if here == 1:
                    first = point
                    capital = kind == _UPPER
                letters += kind in (_LETTER, _UPPER)
                if point < 128:
                    equals |= point == 0x3D and before == 0
                    coded += marks[point]
                    address = point == 0x2F and before == 0x2F and last == 0x3A
                    if before > 0 and not address and marks[128 + before * 128 + point] == 1:
                        strong = True
                        starts |= here == 2
                    last = before
                    before = point
                else:
                    last, before = point, 0
                if label < 0 and here <= NAME + 1:
                    if (point == 0x3A or point == 0xFF1A) and here > 1:
                        label = np.int64((name >> _S32) & np.uint64(_BUCKETS - 1))
                    elif kind == _OTHER or (kind == _DIGIT and here == 1):
                        label = np.int64(1 << 40)  # a mark comes first: no name
                    else:
                        name = (name ^ np.uint64(point)) * _FACTOR
                        name ^= name >> _S32
                ends = point
            if here == 0:
                if not stopped:
                    break
                continue
            visible += here
            if clause > 0 or not clean:
                if clean and clause == even:
                    evens += 1
                else:
                    clauses += _even_clauses(even, evens, evens_marked)
                    even, evens, evens_marked = clause if clean else 0, 1, 0
                clause, clean = 0, True
            fence = first == 0x60 and here >= 3 and coded == 0 and letters + 3 >= here
            if fence:
                fenced = not fenced
            strong |= equals and coded >= 3
            strong |= ends == 0x7B or ends == 0x7D or ends == 0x3B
            coding = fence or fenced or (strong and 12 * coded >= here and (starts or han < letters or han == 0))
            named_line = 0 <= label < _BUCKETS
            opening = _is_one_of(first, _OPENS)
            if coding:
                code += here
            elif opening:
                spoken += here
            elif named_line:
                if labels == len(named):
                    more, longer = np.empty(2 * labels, np.int64), np.empty(2 * labels, np.int64)
                    more[:labels], longer[:labels] = named, sizes
                    named, sizes = more, longer
                named[labels], sizes[labels] = label, here
                names[label] += 1
                labels += 1
            short = (3 <= han <= 20 and 2 * letters < 3 * han) or (han == 0 and capital and 12 <= letters <= 55)
            if short and not coding and not opening and not named_line:
                row_points += here
                row_lines += 1
                row_marked += _is_one_of(ends, _ENDS)
            else:
                lines += _short_lines(row_points, row_lines, row_marked)
                row_points, row_lines, row_marked = 0, 0, 0
        clauses += _even_clauses(even, evens, evens_marked)
        lines += _short_lines(row_points, row_lines, row_marked)
        for which in range(labels):
            if names[named[which]] > 1:
                spoken += sizes[which]
        for which in range(labels):
            names[named[which]] = 0
        if visible == 0:
            shares[row, 0] = shares[row, 1] = shares[row, 2] = np.nan
            continue
        shares[row, 0] = code / visible
        shares[row, 1] = max(clauses, lines) / visible
        shares[row, 2] = spoken / visible


def measure_forms(text: pa.Array, calls: Sequence[SignalCall]) -> list[pa.Array]:
    """The signals of the `forms` family."""
    data, offsets = utf8(text)
    shares = np.empty((len(text), len(FORMS)), np.float64)
    _measure(data, offsets, tables().classes, _kinds(), _marks(), shares)
    return [column(shares[:, FORMS.index(call.kernel)].astype(np.float32), pa.float32(), text) for call in calls]
