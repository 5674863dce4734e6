"""The view of a text that classifiers read: one line of tokens with a space between.

Each code point becomes its compatibility form, case folded, Traditional made Simplified, and Cyrillic and Greek letters
that look like Latin ones made Latin (the tables of `matchview`). A Chinese or Japanese character is a token of its own,
so that n-grams of tokens are n-grams of characters; other letters in a row are one token, cut at MAX_WORD; digits in a
row are one token of as many zeros, because how long a number is says more about a page than which number it is. Marks,
spaces and pictures separate tokens and are none, so a term that is spelled with marks between its characters reads as
the term does. Nothing of the view can be taken for a fastText label or line end: it has no underscore and no `<`.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pyarrow as pa

from corpus.kernels.buffers import frozen, text_array, utf8
from corpus.kernels.fold import encode_point
from corpus.kernels.matchview import NOTHING, OTHER, OTHER_CJK, SPREAD, classes, targets
from corpus.kernels.memory import at, byte_at, code_point, width
from corpus.kernels.numba_cache import I64, I64_OUT, U8, U32, helper, kernel
from corpus.kernels.unicode_tables import DIGIT, tables

VERSION = 1
"""Raise it when the view of any text changes: models name the version they were trained on."""
MAX_WORD = 24
"""Code points of a token at most; a longer run of letters or digits is several tokens."""

_ABSENT, _GAP, _LETTER, _DIGIT, _ALONE, _SPREAD = range(6)
_ROOM = 512
"""Bytes that one code point of a text can take in the view: 18 code points at most, each of four bytes and a space."""


@functools.cache
def _meanings() -> np.ndarray:
    """For each code point the one it becomes (bits 0 to 20) and what it does (bits 24 up), as uint32."""
    view, target, found = classes(), targets(), tables()
    digit = found.having(DIGIT)[found.classes].astype(bool)
    kind = np.full(len(view), _GAP, np.uint32)
    kind[view == NOTHING] = _ABSENT
    kind[view == OTHER] = _LETTER
    kind[view == OTHER_CJK] = _ALONE
    kind[(view == OTHER) & digit[target]] = _DIGIT
    kind[view == SPREAD] = _SPREAD
    return frozen(np.where(kind == _DIGIT, np.uint32(0x30), target).astype(np.uint32) | kind << np.uint32(24))


@helper
def _put(entry: int, last: int, length: int, target: Any, place: int) -> Any:
    """Write one code point after `last`, the kind of the token being written (0: none): (place, last, length)."""
    kind = entry >> 24
    if kind == _ABSENT:
        return place, last, length
    if kind == _GAP:
        return place, 0, 0
    if place > 0 and target[place - 1] != 0x0A and (kind == _ALONE or kind != last or length == MAX_WORD):
        target[place] = 0x20
        place += 1
        length = 0
    place = encode_point(entry & 0x1FFFFF, target, place)
    return place, kind, length + 1


@kernel(U8, I64, U32, U32, U32, I64_OUT)
def _views(data: Any, offsets: Any, meanings: Any, fold: Any, extra: Any, places: Any) -> Any:
    """The views in one buffer, which is returned, each ended by a newline; `places[row + 1]` is where row ends."""
    target = np.empty(1024 + 2 * (offsets[len(offsets) - 1] - offsets[0]), np.uint8)
    place: Any = 0
    places[0] = 0
    for row in range(len(offsets) - 1):
        index, end = offsets[row], offsets[row + 1]
        last: Any = 0
        length: Any = 0
        while index < end:
            if place + _ROOM > len(target):
                larger = np.empty(2 * len(target), np.uint8)
                larger[:place] = target[:place]
                target = larger
            lead = byte_at(data, index)
            point = code_point(data, index, lead)
            index += width(lead)
            entry = np.int64(at(meanings, point))
            if entry >> 24 == _SPREAD:
                spread = np.int64(at(fold, point))
                first, many = spread & 0x1FFFFF, (spread >> 21) & 0xFF
                for which in range(many):
                    piece = np.int64(extra[first + which]) & 0x1FFFFF
                    place, last, length = _put(np.int64(at(meanings, piece)), last, length, target, place)
            else:
                place, last, length = _put(entry, last, length, target, place)
        if place + _ROOM > len(target):
            larger = np.empty(2 * len(target), np.uint8)
            larger[:place] = target[:place]
            target = larger
        target[place] = 0x0A
        place += 1
        places[row + 1] = place
    return target[:place]


def views(text: pa.Array) -> pa.Array:
    """The view of each text as large_string, ended by a newline: that alone where nothing is left, null for null.

    Time is linear in the bytes; the view of a view (without its newline) is the view.
    """
    data, offsets = utf8(text)
    places = np.zeros(len(text) + 1, np.int64)
    found = _views(data, offsets, _meanings(), tables().fold, tables().fold_extra, places)
    return text_array(found, places, text)
