"""The sequence of units that n-gram language models read: characters of Chinese, words of English, marks, line breaks.

A unit is one character of a script whose words stand unspaced or that is read by the syllable (as in `shingles`), one
punctuation mark, symbol or picture, a word (a run of other letters and marks), a number (a run of digits: how long it
is counts, not which one it is) or a line break. Width, case and Traditional or Simplified make no difference. A run of
one mark is one unit, so are line breaks in a row; spaces and invisible characters are none. Unlike shingles, marks and
lines stay: prose is told from menus and keyword lists by them.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from corpus.kernels.buffers import frozen, utf8
from corpus.kernels.memory import at, byte_at, code_point, width
from corpus.kernels.numba_cache import I64, I64_OUT, U8, U32, U32_OUT, kernel
from corpus.kernels.shingles import mixed
from corpus.kernels.unicode_tables import (
    CODE_POINTS,
    CONTROL,
    DIGIT,
    FORMAT,
    INVISIBLE,
    LETTER,
    MARK,
    NUMBER,
    PLAIN,
    SPACE,
    tables,
)

VERSION = 1
"""Raise it when the units of any text change: models name the version they were trained on."""
LINE = 0x0A
"""The unit of a line break."""
MAX_NUMBER = 8
"""Digits from which on all numbers are one unit."""
NONE, BEGIN, UNKNOWN, FIRST = 0, 1, 2, 3
"""Ids: no unit (what a packed n-gram shorter than the order is filled with), the beginning of a text, any unit that the
vocabulary lacks, and the first of the vocabulary."""

_NOTHING, _GAP, _BREAK, _SINGLE, _MARK, _LETTER, _DIGIT = range(7)
_APART = ("Hani", "Kana", "Hang", "Bopo", "Yiii", "Thai", "Laoo", "Khmr", "Mymr")
_WIDE_FROM, _WIDE_TO, _WIDE_BY = 0xFF01, 0xFF5E, 0xFEE0
_POINT = 0x1FFFFF
_NUMBER_UNIT = np.uint32(0x40000000)
_IS_WORD = np.uint64(0x80000000)
_SEED, _FACTOR = np.uint64(0x9FB21C651E98DF25), np.uint64(0x9E3779B97F4A7C15)
_S32 = np.uint64(32)


@dataclass(frozen=True)
class Sequence:
    """Units of a batch of texts: those of row i are `values[offsets[i]:offsets[i + 1]]` (uint32; offsets int64)."""

    values: np.ndarray
    offsets: np.ndarray


@functools.cache
def _meanings() -> np.ndarray:
    """For each code point the one it is read as (bits 0 to 20) and what it does (bits 24 up), as uint32."""
    known = tables()
    kinds = np.full(CODE_POINTS, _MARK, np.uint32)
    kinds[known.having(LETTER | NUMBER | MARK)[known.classes].astype(bool)] = _LETTER
    kinds[known.having(DIGIT)[known.classes].astype(bool)] = _DIGIT
    kinds[known.of_scripts(*_APART)[known.classes].astype(bool)] = _SINGLE
    kinds[known.having(CONTROL | FORMAT | INVISIBLE)[known.classes].astype(bool)] = _NOTHING
    kinds[known.having(SPACE)[known.classes].astype(bool)] = _GAP
    kinds[[0x0A, 0x0D, 0x85, 0x2028, 0x2029]] = _BREAK
    target = np.arange(CODE_POINTS, dtype=np.uint32)
    target[_WIDE_FROM : _WIDE_TO + 1] -= _WIDE_BY
    plain = known.fold >> 29 == PLAIN
    target[plain] = known.fold[plain] & _POINT
    return frozen(target | kinds << np.uint32(24))


@kernel(U8, I64, U32, I64_OUT)
def _sequence(data: Any, offsets: Any, meanings: Any, places: Any) -> Any:
    """The units of all rows in one buffer, which is returned; `places[row + 1]` is where row ends."""
    values = np.empty(offsets[len(offsets) - 1] - offsets[0] + 1, np.uint32)
    used = 0
    places[0] = 0
    for row in range(len(offsets) - 1):
        index, end = offsets[row], offsets[row + 1]
        word, inside, digits, last = _SEED, False, 0, np.uint32(LINE)
        while index < end:
            lead = byte_at(data, index)
            entry = np.int64(at(meanings, code_point(data, index, lead)))
            index += width(lead)
            kind, point = entry >> 24, entry & _POINT
            if kind == _NOTHING:
                continue
            if inside and kind != _LETTER:
                last = np.uint32((mixed(word) >> _S32) | _IS_WORD)
                values[used] = last
                used += 1
                word, inside = _SEED, False
            if digits > 0 and kind != _DIGIT:
                last = _NUMBER_UNIT | np.uint32(min(digits, MAX_NUMBER))
                values[used] = last
                used += 1
                digits = 0
            if kind == _LETTER:
                word = (word ^ np.uint64(point)) * _FACTOR
                word ^= word >> _S32
                inside = True
            elif kind == _DIGIT:
                digits += 1
            elif kind == _SINGLE:
                last = np.uint32(point)
                values[used] = last
                used += 1
            elif kind == _MARK:
                if last != np.uint32(point):
                    last = np.uint32(point)
                    values[used] = last
                    used += 1
            elif kind == _BREAK and last != np.uint32(LINE):
                last = np.uint32(LINE)
                values[used] = last
                used += 1
        if inside:
            values[used] = np.uint32((mixed(word) >> _S32) | _IS_WORD)
            used += 1
        elif digits > 0:
            values[used] = _NUMBER_UNIT | np.uint32(min(digits, MAX_NUMBER))
            used += 1
        elif used > places[row] and values[used - 1] == np.uint32(LINE):
            used -= 1
        places[row + 1] = used
    return values[:used].copy()


def sequence(text: pa.Array) -> Sequence:
    """The units of each text; none for a null text. Line breaks at the beginning and the end of a text are none."""
    data, offsets = utf8(text)
    places = np.zeros(len(text) + 1, np.int64)
    return Sequence(frozen(_sequence(data, offsets, _meanings(), places)), frozen(places))


@kernel(U32, I64, I64, U32_OUT)
def _identify(values: Any, offsets: Any, slots: Any, ids: Any) -> None:
    """Each row as BEGIN and the ids of its units, by `slots`: unit << 32 | id, open addressing, 0 where empty."""
    mask = len(slots) - 1
    target = 0
    for row in range(len(offsets) - 1):
        ids[target] = BEGIN
        target += 1
        for place in range(offsets[row], offsets[row + 1]):
            unit = np.int64(values[place])
            slot = np.int64(mixed(np.uint64(unit)) >> _S32) & mask
            found = at(slots, slot)
            while found != 0 and found >> 32 != unit:
                slot = (slot + 1) & mask
                found = at(slots, slot)
            ids[target] = UNKNOWN if found == 0 else found & 0xFFFFFFFF
            target += 1


@kernel(U32, I64_OUT)
def _fill(units: Any, slots: Any) -> None:
    mask = len(slots) - 1
    for place in range(len(units)):
        unit = np.int64(units[place])
        slot = np.int64(mixed(np.uint64(unit)) >> _S32) & mask
        while slots[slot] != 0:
            slot = (slot + 1) & mask
        slots[slot] = unit << 32 | (place + FIRST)


def slots_of(units: np.ndarray) -> np.ndarray:
    """The table by which `identify` finds the id of a unit: FIRST + its place in `units` (different ones, uint32)."""
    slots = np.zeros(1 << max(4, (4 * len(units)).bit_length()), np.int64)
    _fill(frozen(np.ascontiguousarray(units, np.uint32)), slots)
    return frozen(slots)


def identify(found: Sequence, slots: np.ndarray) -> Sequence:
    """Units as ids (uint32): every row begins with BEGIN; a unit that `slots` lacks is UNKNOWN."""
    rows = len(found.offsets)
    ids = np.empty(len(found.values) + rows - 1, np.uint32)
    _identify(found.values, found.offsets, slots, ids)
    return Sequence(frozen(ids), frozen(found.offsets + np.arange(rows)))
