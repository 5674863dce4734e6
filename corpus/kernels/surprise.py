"""How much a text says that a corpus does not let expect: nats by a model of pairs of units, counted on the corpus.

The model is two tables of counts by hash, of units (see `shingles.units`: characters of Chinese, words of English) and
of pairs of neighbours. Counts add up, so tables of parts of a corpus give those of the whole in any order. A text that
was counted is judged without its own counts: else a rare word would vouch for itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from corpus.kernels.buffers import frozen
from corpus.kernels.numba_cache import F64_OUT, I64, I64_OUT, INT, U32, helper, kernel
from corpus.kernels.shingles import Units, mixed

UNIT_BITS, PAIR_BITS = 18, 22
"""Buckets of the tables as powers of two: 2 MB and 32 MB."""
PRIOR = 20.0
"""What the frequency of a unit counts beside the pairs that were seen, as so many pairs (Dirichlet smoothing)."""

_UNIT, _PAIR = np.uint64(64 - UNIT_BITS), np.uint64(64 - PAIR_BITS)
_SHIFT, _ONE = np.uint64(32), np.uint64(1)


@dataclass(frozen=True)
class Counts:
    """Counts of a corpus: `units` and `pairs` by bucket, `totals` the units and the texts; all int64."""

    units: np.ndarray
    pairs: np.ndarray
    totals: np.ndarray

    @classmethod
    def none(cls) -> Counts:
        """Counts of no text."""
        return cls(np.zeros(1 << UNIT_BITS, np.int64), np.zeros(1 << PAIR_BITS, np.int64), np.zeros(2, np.int64))

    def add(self, found: Units) -> None:
        """Count a batch of texts into these tables."""
        _change(found.values, found.offsets, self.units, self.pairs, self.totals)

    def plus(self, other: Counts) -> Counts:
        """The counts of both."""
        return Counts(self.units + other.units, self.pairs + other.pairs, self.totals + other.totals)


@helper
def _unit(value: Any) -> Any:
    return np.int64(mixed(np.uint64(value) + _ONE) >> _UNIT)


@helper
def _pair(first: Any, second: Any) -> Any:
    """`first` is one more than a unit, or 0 before the first unit of a text."""
    return np.int64(mixed(mixed(first) ^ (np.uint64(second) << _SHIFT)) >> _PAIR)


@helper
def _turn(values: Any, start: int, end: int, by: int, units: Any, pairs: Any, totals: Any) -> None:
    """Count the units of one text `by` times."""
    before = np.uint64(0)
    for place in range(start, end):
        units[_unit(values[place])] += by
        pairs[_pair(before, values[place])] += by
        before = np.uint64(values[place]) + _ONE
    totals[0] += by * (end - start)
    totals[1] += by


@kernel(U32, I64, I64_OUT, I64_OUT, I64_OUT)
def _change(values: Any, offsets: Any, units: Any, pairs: Any, totals: Any) -> None:
    for row in range(len(offsets) - 1):
        _turn(values, offsets[row], offsets[row + 1], 1, units, pairs, totals)


@kernel(U32, I64, INT, I64_OUT, I64_OUT, I64_OUT, I64_OUT, F64_OUT, F64_OUT)
def _judge(
    values: Any, offsets: Any, own: int, units: Any, pairs: Any, totals: Any, seen: Any, nats: Any, rarity: Any
) -> None:
    """`seen[bucket]` is 1 + the last row that held the unit. The tables are as before when all is done."""
    for row in range(len(offsets) - 1):
        start, end = offsets[row], offsets[row + 1]
        if own:
            _turn(values, start, end, -1, units, pairs, totals)
        all_units = totals[0] + 0.5 * len(units)
        before, context = np.uint64(0), totals[1]
        total, rare, distinct = 0.0, 0.0, 0
        for place in range(start, end):
            bucket = _unit(values[place])
            share = (units[bucket] + 0.5) / all_units
            total -= np.log((pairs[_pair(before, values[place])] + PRIOR * share) / (context + PRIOR))
            if seen[bucket] != row + 1:
                seen[bucket] = row + 1
                rare -= np.log(share)
                distinct += 1
            before, context = np.uint64(values[place]) + _ONE, units[bucket]
        nats[row] = total
        rarity[row] = rare / distinct if distinct > 0 else np.nan
        if own:
            _turn(values, start, end, 1, units, pairs, totals)


def surprise(found: Units, counts: Counts, counted: bool) -> tuple[np.ndarray, np.ndarray]:
    """By text the nats of its units given the unit before each, and the mean nats of its different units by frequency.

    Both float64; 0 and not a number for a text without units. `counted` says that the texts are among those of
    `counts`: each is then judged by the others. While this runs nothing else may use the tables of `counts`.
    """
    many = len(found.offsets) - 1
    nats, rarity = np.zeros(many), np.full(many, np.nan)
    seen = np.zeros(len(counts.units), np.int64)
    own = int(counted)
    _judge(found.values, frozen(found.offsets), own, counts.units, counts.pairs, counts.totals, seen, nats, rarity)
    return nats, rarity
