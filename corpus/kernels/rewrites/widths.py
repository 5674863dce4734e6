"""Code points that become others: full-width letters, and numbers in circles, brackets and with a point."""

from __future__ import annotations

import functools
import unicodedata
from typing import Any

import numpy as np
import pyarrow as pa

from corpus.kernels.buffers import column, frozen, text_array, utf8
from corpus.kernels.memory import at, byte_at, code_point, width
from corpus.kernels.numba_cache import I32_OUT, I64, I64_OUT, U8, U8_OUT, U64, kernel
from corpus.kernels.rewrites.segments import Rewritten, untouched

TABLE = 0x20000
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


@kernel(U8, I64, U64, U8_OUT)
def _needed(data: Any, offsets: Any, table: Any, found: Any) -> None:
    """`found[row]`: whether any code point of the row is in the table. All of them begin with E2, E3, EF or F0."""
    for row in range(len(offsets) - 1):
        index, end = offsets[row], offsets[row + 1]
        while index < end:
            lead = byte_at(data, index)
            if lead < 0x80:
                index += 1
            elif 0xE4 <= lead <= 0xE9:
                index += 3
            else:
                point = code_point(data, index, lead)
                if point < 0x20000 and at(table, point) != np.uint64(0):
                    found[row] = 1
                    break
                index += width(lead)


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


def _apply(text: pa.Array, table: np.ndarray) -> Rewritten:
    data, offsets = utf8(text)
    needed = np.zeros(len(text), np.uint8)
    _needed(data, offsets, table, needed)
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
