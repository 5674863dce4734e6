"""Scoring by n-gram language models in back-off form, whoever made them.

A model gives some n-grams a log-probability, and some a back-off weight. The probability of a unit after a history is
that of the longest n-gram the model has, times the weights of the longer contexts it has (Katz 1987; the form of ARPA
files). n-grams are found by 64-bit hashes of their ids in one table of 16 bytes a place; what is about to be looked for
is asked for some units ahead, since in a table larger than the cache every look is a miss.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba.core import types

from corpus.kernels.buffers import frozen
from corpus.kernels.memory import at, prefetch
from corpus.kernels.ngram_units import BEGIN, UNKNOWN, Sequence
from corpus.kernels.numba_cache import I64, INT, U32, U64, U64_OUT, helper, kernel
from corpus.kernels.shingles import mixed

MAX_ORDER = 8
"""Units in an n-gram at most."""
AHEAD = 8
"""Units ahead for which the table is asked; a power of two."""
MEASURES = ("units", "bits", "worst", "deviation")

_F32 = types.Array(types.float32, 1, "C", readonly=True)
_F32_GRID = types.Array(types.float32, 2, "C", readonly=True)
_F32_OUT = types.Array(types.float32, 1, "C")
_F64_GRID_OUT = types.Array(types.float64, 2, "C")
_ONE = np.uint64(1)
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_S20 = np.uint64(20)


@dataclass(frozen=True)
class Lookup:
    """A model ready to score. `single[id]`: log2 of a unit's probability and of its back-off weight, float32; `cells`:
    of longer n-grams the hash, then both numbers as float32 in one uint64; `unknown` is added to the bits of UNKNOWN.
    """

    order: int
    single: np.ndarray
    cells: np.ndarray
    unknown: float = 0.0

    @property
    def bytes(self) -> int:
        """Memory of the tables."""
        return int(self.single.nbytes + self.cells.nbytes)


@helper
def _first(one: Any) -> Any:
    """The hash of the last unit of an n-gram."""
    return mixed((np.uint64(one) + _ONE) * _FACTOR)


@helper
def _longer(value: Any, one: Any) -> Any:
    """The hash of an n-gram from that of all but its first unit, and this one."""
    return mixed(value ^ ((np.uint64(one) + _ONE) * _FACTOR))


@helper
def _key(value: Any) -> Any:
    """A hash that is never 0, which marks an empty place."""
    return value | _ONE


@kernel(U32, INT, _F32_GRID, U64_OUT, _F32_OUT)
def _fill(ids: Any, length: int, values: Any, cells: Any, numbers: Any) -> Any:
    """Put n-grams of one length into the table; whether none was there already."""
    mask = len(cells) // 2 - 1
    for gram in range(len(values)):
        value = _first(ids[(gram + 1) * length - 1])
        for back in range(length - 2, -1, -1):
            value = _longer(value, ids[gram * length + back])
        key = _key(value)
        slot = np.int64(key >> _S20) & mask
        while cells[2 * slot] != np.uint64(0):
            if cells[2 * slot] == key:
                return False
            slot = (slot + 1) & mask
        cells[2 * slot] = key
        numbers[4 * slot + 2], numbers[4 * slot + 3] = values[gram, 0], values[gram, 1]
    return True


def lookup(single: np.ndarray, longer: list[tuple[np.ndarray, np.ndarray]], unknown: float = 0.0) -> Lookup:
    """The table of a model: `single` by id (float32, two columns), then for each length from 2 on the n-grams, as ids
    (uint32, rows by units), and their numbers (float32, two columns).

    ValueError when an n-gram is there twice, or the order is above MAX_ORDER.
    """
    order = len(longer) + 1
    if order > MAX_ORDER:
        raise ValueError(f"order {order}, {MAX_ORDER} at most")
    many = sum(len(values) for _, values in longer)
    cells = np.zeros(2 << max(4, (many + many // 2).bit_length()), np.uint64)
    for ids, values in longer:
        given = frozen(np.ascontiguousarray(ids, np.uint32).reshape(-1))
        numbers = frozen(np.ascontiguousarray(values, np.float32))
        if not _fill(given, int(ids.shape[1]), numbers, cells, cells.view(np.float32)):
            raise ValueError(f"an n-gram of {ids.shape[1]} units is there twice")
    return Lookup(order, frozen(np.ascontiguousarray(single, np.float32)), frozen(cells), unknown)


@kernel(U32, I64, INT, _F32_GRID, U64, _F32, types.float64, INT, _F64_GRID_OUT)
def _score(
    ids: Any, offsets: Any, order: int, single: Any, cells: Any, numbers: Any, unknown: float, window: int, found: Any
) -> None:
    """`found[row]`: see MEASURES. A unit after BEGIN has no history but BEGIN, which itself is not scored."""
    mask = len(cells) // 2 - 1
    ahead = np.empty((AHEAD, MAX_ORDER), np.uint64)
    back, next_back = np.zeros(MAX_ORDER + 1, np.float32), np.zeros(MAX_ORDER + 1, np.float32)
    ring = np.empty(window, np.float64)
    for row in range(len(offsets) - 1):
        start, end = offsets[row], offsets[row + 1]
        asked = start
        asked_since, since = 0, 0
        total, squares, inside, worst = 0.0, 0.0, 0.0, -np.inf
        many = 0
        for place in range(start, end):
            while asked < end and asked < place + AHEAD:
                one = at(ids, asked)
                asked_since = 1 if one == np.uint32(BEGIN) else min(asked_since + 1, order)
                value = _first(one)
                line = asked & (AHEAD - 1)
                for length in range(1, asked_since):
                    value = _longer(value, at(ids, asked - length))
                    key = _key(value)
                    ahead[line, length] = key
                    prefetch(cells, 2 * (np.int64(key >> _S20) & mask))
                asked += 1
            one = at(ids, place)
            if one == np.uint32(BEGIN):
                since = 1
                back[1] = single[one, 1]
                continue
            since = min(since + 1, order)
            line = place & (AHEAD - 1)
            score, matched = np.float64(single[one, 0]), 1
            next_back[1] = single[one, 1]
            for length in range(1, since):
                key = ahead[line, length]
                slot = np.int64(key >> _S20) & mask
                held = at(cells, 2 * slot)
                while held != key and held != np.uint64(0):
                    slot = (slot + 1) & mask
                    held = at(cells, 2 * slot)
                if held == key:
                    score, matched = np.float64(at(numbers, 4 * slot + 2)), length + 1
                    next_back[length + 1] = at(numbers, 4 * slot + 3)
                else:
                    next_back[length + 1] = np.float32(0.0)
            for length in range(matched, since):
                score += np.float64(back[length])
            back, next_back = next_back, back
            bits = -score
            if one == np.uint32(UNKNOWN):
                bits += unknown
            total += bits
            squares += bits * bits
            inside += bits
            if many >= window:
                inside -= ring[many % window]
            ring[many % window] = bits
            many += 1
            if many >= window:
                worst = max(worst, inside)
        found[row, 0], found[row, 1] = many, total
        found[row, 2], found[row, 3] = np.nan, np.nan
        if many > 0:
            mean = total / many
            found[row, 2] = worst / window if many >= window else mean
            found[row, 3] = np.sqrt(max(squares / many - mean * mean, 0.0))


def score(ids: Sequence, model: Lookup, window: int) -> np.ndarray:
    """By row (float64, columns as MEASURES): units scored, their bits, the highest mean of `window` neighbouring units
    (of a shorter row the mean of all), and the standard deviation of the bits of its units; both not a number for a row
    without units.

    Rows are sequences of ids below `len(model.single)` in which BEGIN stands where a text or a sentence begins.
    """
    found = np.empty((len(ids.offsets) - 1, len(MEASURES)), np.float64)
    numbers = model.cells.view(np.float32)
    _score(
        ids.values, ids.offsets, model.order, model.single, model.cells, frozen(numbers), model.unknown, window, found
    )
    return found
