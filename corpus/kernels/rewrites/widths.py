"""Code points that become others: full-width letters, and numbers in circles, brackets and with a point."""

from __future__ import annotations

import functools
import unicodedata
from typing import Any

import numpy as np
import pyarrow as pa

from corpus.kernels.buffers import column, frozen, text_array, utf8
from corpus.kernels.memory import at, byte_at, code_point, width, word_at
from corpus.kernels.numba_cache import I32_OUT, I64, I64_OUT, U8, U8_OUT, U64, helper, kernel
from corpus.kernels.rewrites.segments import Rewritten, untouched

TABLE = 0x20000
_ONES, _HIGHS = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
ALONE = np.uint64(1 << 56)
"""Set for a sign that is left as it is beside a digit or another such sign: made plain, the two would run together."""


def _packed(text: str, alone: bool = False) -> int:
    data = text.encode()
    return int.from_bytes(data, "little") | len(data) << 48 | (1 << 56 if alone else 0)


@functools.cache
def _widths(what: str) -> np.ndarray:
    table = np.zeros(TABLE, np.uint64)
    for code in range(0xFF01, 0xFF5F):
        plain = chr(code - 0xFEE0)
        if what == "all" or plain.isalnum():
            table[code] = _packed(plain)
    return frozen(table)


@functools.cache
def _numerals() -> np.ndarray:
    """Circled numbers lose the circle; bracketed and dotted ones get brackets and a point of their own."""
    table = np.zeros(TABLE, np.uint64)
    circled = [*range(0x2460, 0x2474), *range(0x2776, 0x2794), *range(0x3280, 0x328A), *range(0x24F5, 0x24FF)]
    circled += [0x24EA, *range(0x3251, 0x3260), *range(0x32B1, 0x32C0)]
    for code in circled:
        plain = unicodedata.normalize("NFKC", chr(code))
        if plain == chr(code):
            plain = str(int(unicodedata.numeric(chr(code))))
        table[code] = _packed(plain, alone=True)
    for code in [*range(0x2474, 0x249C), *range(0x3220, 0x322A)]:
        table[code] = _packed(unicodedata.normalize("NFKC", chr(code)))
    return frozen(table)


@helper
def _holds(word: Any, byte: Any) -> Any:
    """The high bit of some byte of `word` set, when one of its bytes is `byte`."""
    word = word ^ (np.uint64(byte) * _ONES)
    return (word - _ONES) & ~word & _HIGHS


@kernel(U8, I64, U64, U8, U8_OUT)
def _needed(data: Any, offsets: Any, table: Any, leads: Any, found: Any) -> None:
    """`found[row]`: whether any code point of the row is in the table. All of those begin with one of `leads`."""
    one, two, three = leads[0], leads[1], leads[2]
    for row in range(len(offsets) - 1):
        index, end = offsets[row], offsets[row + 1]
        while index < end and not found[row]:
            stop = min(index + 8, end)
            if stop == index + 8:
                word = word_at(data, index)
                if _holds(word, one) | _holds(word, two) | _holds(word, three) == np.uint64(0):
                    index = stop
                    continue
            while index < stop:
                lead = byte_at(data, index)
                if lead in (one, two, three):
                    point = code_point(data, index, lead)
                    if point < 0x20000 and at(table, point) != np.uint64(0):
                        found[row] = 1
                index += 1


@kernel(U8, I64, U64, U8, U8_OUT, I64_OUT, I32_OUT)
def _mapped(data: Any, offsets: Any, table: Any, needed: Any, target: Any, places: Any, removed: Any) -> None:
    place = 0
    places[0] = 0
    for row in range(len(offsets) - 1):
        index, end = offsets[row], offsets[row + 1]
        if not needed[row]:
            target[place : place + end - index] = data[index:end]
            place += end - index
            places[row + 1] = place
            continue
        before_number = False
        while index < end:
            lead = byte_at(data, index)
            size = width(lead)
            point = code_point(data, index, lead)
            entry = at(table, point) if point < 0x20000 else np.uint64(0)
            alone = entry >> np.uint64(56) != np.uint64(0)
            number = alone or 0x30 <= point <= 0x39
            if alone:
                after = index + size
                if before_number:
                    entry = np.uint64(0)
                elif after < end:
                    following = byte_at(data, after)
                    next_point = code_point(data, after, following)
                    if 0x30 <= next_point <= 0x39 or (
                        next_point < 0x20000 and at(table, next_point) >> np.uint64(56) != np.uint64(0)
                    ):
                        entry = np.uint64(0)
            if entry == np.uint64(0):
                for step in range(size):
                    target[place + step] = data[index + step]
                place += size
            else:
                length: Any = np.int64((entry >> np.uint64(48)) & np.uint64(0xFF))
                grown = -1
                for step in range(length):
                    one: Any = np.int64((entry >> np.uint64(8 * step)) & np.uint64(0xFF))
                    target[place + step] = one
                    grown += (one & 0xC0) != 0x80
                removed[row] -= grown
                place += length
            before_number = number
            index += size
        places[row + 1] = place


def _leads(table: np.ndarray) -> np.ndarray:
    """The three bytes or fewer with which the code points of the table begin, one of them more than once."""
    leads = sorted({chr(code).encode()[0] for code in np.flatnonzero(table)})
    return frozen(np.array((leads * 3)[:3], np.uint8))


def _apply(text: pa.Array, table: np.ndarray) -> Rewritten:
    data, offsets = utf8(text)
    needed = np.zeros(len(text), np.uint8)
    _needed(data, offsets, table, _leads(table), needed)
    if not needed.any():
        return untouched(text)
    target = np.empty(2 * int(offsets[-1] - offsets[0]) + 8, np.uint8)
    places, removed = np.empty(len(offsets), np.int64), np.zeros(len(text), np.int32)
    _mapped(data, offsets, table, frozen(needed), target, places, removed)
    after = text_array(target[: places[-1]], places, text)
    return Rewritten(after, column(removed, pa.int32(), text), {})


def fold_width(text: pa.Array, what: str = "letters_digits") -> Rewritten:
    """Full-width ASCII letters and digits to half width; "all": punctuation too. The ideographic space stays."""
    return _apply(text, _widths(what))


def numerals(text: pa.Array) -> Rewritten:
    """Circled numbers to plain ones, bracketed and dotted ones to brackets and a point of their own.

    A circled number beside a digit or another circled number stays: "options 1, 2" must not become twelve. Letters of
    any script and Roman numerals stay.
    """
    return _apply(text, _numerals())
