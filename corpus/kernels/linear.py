"""A supervised fastText model as one table: the score of a label is the mean of what each token and n-gram gives it.

Such a model (Joulin et al. 2017, "Bag of Tricks for Efficient Text Classification") averages the vectors of tokens and
hashed n-grams and multiplies the average by a matrix of labels. Both are linear, so every vector can be multiplied
once, when the model is loaded; what is left a token is one look-up a gram and a few additions, and no Python.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numba.core import types

from corpus.kernels.buffers import frozen, utf8
from corpus.kernels.memory import at, byte_at
from corpus.kernels.numba_cache import I64, INT, U8, U64, U64_OUT, helper, kernel

MAX_NGRAMS = 8
END = "</s>"
"""The token that fastText puts at the end of every line."""

_F32_GRID = types.Array(types.float32, 2, "C", readonly=True)
_F64_GRID_OUT = types.Array(types.float64, 2, "C")
_FNV32, _PRIME32 = 2166136261, 16777619
_FNV64, _PRIME64 = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)
_GRAM = np.uint64(116049371)
_LOW = np.uint64(0xFFFFFFFF)


@dataclass(frozen=True)
class Linear:
    """`table[i]` is what item i gives to each label: the words of the dictionary, then `buckets` of hashed n-grams.

    `slots` and `places` find a word by the 64-bit hash of its bytes (open addressing, a quarter full at most)."""

    slots: np.ndarray
    places: np.ndarray
    table: np.ndarray
    words: int
    ngrams: int

    @property
    def labels(self) -> int:
        """How many labels there are."""
        return int(self.table.shape[1])


def linear(words: Sequence[str], table: np.ndarray, ngrams: int) -> Linear:
    """The model of a dictionary of `words` and a float32 table of len(words) + buckets rows and a column a label.

    ValueError when the table has fewer rows than words, or `ngrams` is not 1 to MAX_NGRAMS.
    """
    if len(table) < len(words) or not 1 <= ngrams <= MAX_NGRAMS:
        raise ValueError(f"{len(words)} words, {len(table)} rows, n-grams of {ngrams}")
    data, offsets = utf8(pa.array(words, pa.large_string()))
    hashes = np.empty(len(words), np.uint64)
    _hashes(data, offsets, hashes)
    size = 1 << max(4, (4 * len(words)).bit_length())
    slots, places = np.zeros(size, np.uint64), np.zeros(size, np.int64)
    _fill(frozen(hashes), slots, places)
    return Linear(frozen(slots), frozen(places), frozen(np.ascontiguousarray(table, np.float32)), len(words), ngrams)


@helper
def _mixed(value: Any, byte: int) -> Any:
    return (value ^ np.uint64(byte)) * _PRIME64


@helper
def _key(value: Any) -> Any:
    """A hash that is never 0, which marks an empty slot."""
    return value if value != np.uint64(0) else np.uint64(1)


@kernel(U8, I64, U64_OUT)
def _hashes(data: Any, offsets: Any, hashes: Any) -> None:
    for row in range(len(offsets) - 1):
        value = _FNV64
        for index in range(offsets[row], offsets[row + 1]):
            value = _mixed(value, byte_at(data, index))
        hashes[row] = _key(value)


@kernel(U64, U64_OUT, types.Array(types.int64, 1, "C"))
def _fill(hashes: Any, slots: Any, places: Any) -> None:
    mask = len(slots) - 1
    for word in range(len(hashes)):
        slot = np.int64(hashes[word] >> np.uint64(20)) & mask
        while slots[slot] != np.uint64(0) and slots[slot] != hashes[word]:
            slot = (slot + 1) & mask
        slots[slot], places[slot] = hashes[word], word


@helper
def _find(value: Any, slots: Any, places: Any) -> Any:
    """The word with this hash; -1 when there is none."""
    mask = len(slots) - 1
    slot = np.int64(value >> np.uint64(20)) & mask
    while at(slots, slot) != np.uint64(0):
        if at(slots, slot) == value:
            return np.int64(at(places, slot))
        slot = (slot + 1) & mask
    return -1


@helper
def _add(table: Any, item: int, sums: Any, row: int) -> None:
    for label in range(table.shape[1]):
        sums[row, label] += table[item, label]


@kernel(U8, I64, U64, I64, _F32_GRID, INT, INT, _F64_GRID_OUT)
def _score(
    data: Any, offsets: Any, slots: Any, places: Any, table: Any, words: int, ngrams: int, sums: Any
) -> None:  # fmt: skip
    """`sums[row]`: the mean of the rows of `table` that the line's items name. A line ends with a newline, which is a
    token; a line of that alone is not a number.

    Tokens hash as in fastText (FNV-1a of 32 bits over bytes with their sign), and n-grams by h * 116049371 + next.
    """
    buckets = np.uint64(table.shape[0] - words)
    mask = buckets - np.uint64(1) if buckets & (buckets - np.uint64(1)) == np.uint64(0) else np.uint64(0)
    grams = np.zeros(MAX_NGRAMS, np.uint64)
    for row in range(len(offsets) - 1):
        index, end = offsets[row], offsets[row + 1]
        tokens, items = 0, 0
        small, large = np.uint64(_FNV32), _FNV64
        began = False
        while index < end:
            byte = byte_at(data, index)
            index += 1
            if byte > 0x20:
                signed = np.uint64(byte) if byte < 128 else np.uint64(byte) | np.uint64(0xFFFFFF00)
                small = ((small ^ signed) * np.uint64(_PRIME32)) & _LOW
                large = _mixed(large, byte)
                began = True
                continue
            last = byte == 0x0A
            while began or last:
                if not began:
                    last = False
                    small, large = np.uint64(_FNV32), _FNV64
                    for step in range(4):
                        letter = (0x3C, 0x2F, 0x73, 0x3E)[step]
                        small = ((small ^ np.uint64(letter)) * np.uint64(_PRIME32)) & _LOW
                        large = _mixed(large, letter)
                    if tokens == 0:
                        break
                word = _find(_key(large), slots, places)
                if word >= 0:
                    _add(table, word, sums, row)
                    items += 1
                token = small | np.uint64(0xFFFFFFFF00000000) if small >> np.uint64(31) else small
                for many in range(min(tokens, ngrams - 1), 0, -1):
                    gram = grams[many - 1] * _GRAM + token
                    if buckets > np.uint64(0):
                        # A division costs more than all else here; a power of two needs none.
                        bucket = gram & mask if mask > np.uint64(0) else gram % buckets
                        _add(table, words + np.int64(bucket), sums, row)
                        items += 1
                    grams[many] = gram
                grams[0] = token
                tokens += 1
                began = False
                small, large = np.uint64(_FNV32), _FNV64
        for label in range(table.shape[1]):
            sums[row, label] = sums[row, label] / items if tokens > 0 else np.nan


def scores(lines: pa.Array, model: Linear) -> np.ndarray:
    """The scores (before the softmax) of each label for lines as `lineview.views` makes them: float64, rows by labels.

    Not a number where a line has no token, or is null. Equal to what fastText computes but for rounding.
    """
    data, offsets = utf8(lines)
    sums = np.zeros((len(lines), model.labels), np.float64)
    _score(data, offsets, model.slots, model.places, model.table, model.words, model.ngrams, sums)
    return sums
