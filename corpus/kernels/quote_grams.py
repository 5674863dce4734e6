"""Runs of units of a fixed weight, hashed, and a table in which millions of them are looked up as a text is read.

A gram begins at each unit and is the shortest run from there whose weight is at least `need`. A word weighs as much as
`characters` and a character as much as `words`, so with need = words x characters a gram is that many words, or that
many characters, or a mixture of both in proportion; two texts that share a run of units share the grams inside it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from corpus.kernels.buffers import frozen
from corpus.kernels.memory import at
from corpus.kernels.numba_cache import I64, I64_OUT, INT, U8, U32, U64, U64_OUT, helper, kernel
from corpus.kernels.quote_units import SINGLE, QuoteUnits
from corpus.kernels.shingles import BASE, mixed

_ONE, _ZERO, _LOW, _BITS = np.uint64(1), np.uint64(0), np.uint64(63), np.uint64(6)
_S17 = np.uint64(17)


@dataclass(frozen=True)
class Weights:
    """What a character and a word weigh, and what a gram must."""

    single: int
    word: int
    need: int

    @classmethod
    def of(cls, words: int, characters: int) -> Weights:
        """Grams of that many words or characters."""
        return cls(words, characters, words * characters)

    def times(self, share: float) -> Weights:
        """Grams of that share of the weight, rounded up."""
        return Weights(self.single, self.word, math.ceil(self.need * share))

    def each(self, flags: np.ndarray) -> np.ndarray:
        """The weight of every unit, int64."""
        return np.where(flags & SINGLE, self.single, self.word).astype(np.int64)

    @property
    def longest(self) -> int:
        """Units in a gram at most."""
        return -(-self.need // min(self.single, self.word))


@helper
def _next(
    values: Any, flags: Any, stop: int, end: int, value: Any, weight: int, single: int, word: int, need: int
) -> Any:
    """Append units until the window weighs enough: (where it stops, its hash, its weight)."""
    while weight < need and stop < end:
        value = value * BASE + np.uint64(at(values, stop))
        weight += single if at(flags, stop) & SINGLE else word
        stop += 1
    return stop, value, weight


@kernel(U32, U8, I64, INT, INT, INT, U64, I64_OUT, I64_OUT, U64_OUT)
def _all(
    values: Any,
    flags: Any,
    offsets: Any,
    single: int,
    word: int,
    need: int,
    powers: Any,
    starts: Any,
    stops: Any,
    hashes: Any,
) -> int:
    """Every gram of every row; how many there are."""
    used = 0
    for row in range(len(offsets) - 1):
        stop, end = offsets[row], offsets[row + 1]
        value, weight = _ZERO, 0
        for start in range(offsets[row], end):
            stop, value, weight = _next(values, flags, stop, end, value, weight, single, word, need)
            if weight < need:
                break
            starts[used], stops[used], hashes[used] = start, stop, mixed(value)
            used += 1
            value -= np.uint64(values[start]) * powers[stop - start - 1]
            weight -= single if flags[start] & SINGLE else word
    return used


@kernel(U32, U8, I64, INT, INT, INT, U64, U64, U64, I64)
def _find(
    values: Any,
    flags: Any,
    offsets: Any,
    single: int,
    word: int,
    need: int,
    powers: Any,
    seen: Any,
    keys: Any,
    ids: Any,
) -> Any:
    """(row, start, stop, id) of every gram that the table has, in order."""
    found = np.empty((256, 4), np.int64)
    used = 0
    bits, slots = np.uint64(64 * len(seen) - 1), np.uint64(len(keys) - 1)
    for row in range(len(offsets) - 1):
        stop, end = offsets[row], offsets[row + 1]
        value, weight = _ZERO, 0
        for start in range(offsets[row], end):
            stop, value, weight = _next(values, flags, stop, end, value, weight, single, word, need)
            if weight < need:
                break
            hashed = mixed(value)
            bit = (hashed >> _S17) & bits
            if (at(seen, np.int64(bit >> _BITS)) >> (bit & _LOW)) & _ONE:
                slot = hashed & slots
                while keys[slot] != _ZERO and keys[slot] != hashed:
                    slot = (slot + _ONE) & slots
                if keys[slot] == hashed:
                    if used == len(found):
                        larger = np.empty((2 * used, 4), np.int64)
                        larger[:used] = found
                        found = larger
                    found[used, 0], found[used, 1], found[used, 2], found[used, 3] = row, start, stop, ids[slot]
                    used += 1
            value -= np.uint64(at(values, start)) * at(powers, stop - start - 1)
            weight -= single if at(flags, start) & SINGLE else word
    return found[:used]


@kernel(U64, U64_OUT, U64_OUT, I64_OUT)
def _fill(hashes: Any, seen: Any, keys: Any, ids: Any) -> None:
    bits, slots = np.uint64(64 * len(seen) - 1), np.uint64(len(keys) - 1)
    for which in range(len(hashes)):
        hashed = hashes[which]
        bit = (hashed >> _S17) & bits
        seen[bit >> _BITS] |= _ONE << (bit & _LOW)
        slot = hashed & slots
        while keys[slot] != _ZERO and keys[slot] != hashed:
            slot = (slot + _ONE) & slots
        keys[slot], ids[slot] = hashed, which


def _powers(weights: Weights) -> np.ndarray:
    powers = np.full(weights.longest + 1, BASE, np.uint64)
    powers[0] = 1
    with np.errstate(over="ignore"):
        return frozen(np.multiply.accumulate(powers))


def grams_of(units: QuoteUnits, weights: Weights) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """First unit, unit behind the last, and hash of every gram of every row: int64, int64, uint64.

    Places are those of `units.values`; a row that weighs less than a gram has none.
    """
    most = max(1, len(units.values))
    starts, stops, hashes = np.empty(most, np.int64), np.empty(most, np.int64), np.empty(most, np.uint64)
    many = _all(
        units.values,
        units.flags,
        units.offsets,
        weights.single,
        weights.word,
        weights.need,
        _powers(weights),
        starts,
        stops,
        hashes,
    )
    return starts[:many], stops[:many], hashes[:many]


class GramTable:
    """A set of gram hashes; each has the number of its place in the sorted array of them."""

    def __init__(self, hashes: np.ndarray, weights: Weights) -> None:
        """`hashes`: different ones, ascending (uint64)."""
        self.weights, self.hashes = weights, frozen(np.ascontiguousarray(hashes, np.uint64))
        slots = 1 << max(4, int(2 * len(hashes)).bit_length())
        seen, keys, ids = np.zeros(slots // 4, np.uint64), np.zeros(slots, np.uint64), np.zeros(slots, np.int64)
        _fill(self.hashes, seen, keys, ids)
        self._seen, self._keys, self._ids, self._powers = frozen(seen), frozen(keys), frozen(ids), _powers(weights)

    def find(self, units: QuoteUnits) -> np.ndarray:
        """Where grams of the table stand: int64 of shape (found, 4), row, first unit, unit behind the last, number."""
        weights = self.weights
        found: np.ndarray = _find(
            units.values,
            units.flags,
            units.offsets,
            weights.single,
            weights.word,
            weights.need,
            self._powers,
            self._seen,
            self._keys,
            self._ids,
        )
        return found
