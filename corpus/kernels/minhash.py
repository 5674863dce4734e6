"""MinHash signatures of texts, their bands for finding candidates, and similarities estimated from them.

A signature holds, for each of many hash functions, the smallest hash over a text's shingles; two texts agree in one
place with the probability that is the Jaccard similarity of their sets (Broder 1997).

Function i + 1 is function i plus a step, modulo 2^32: f + g, f + 2g, ..., with f and g two halves of a 64-bit hash of
the shingle, and every eight functions a new step, made from the one before. That is one addition a function instead of
a multiplication, and any two of them are independent, which is all that the variance of the estimate depends on:
J(1 - J) / permutations, as for functions drawn at random. With one step for all functions a shingle of small f and g
would be the smallest in all of them, and the estimate far off for one pair of small sets in thousands. Eight functions
of one step are still not independent all together; places are dealt to functions in a shuffled order, so that the rows
of a band have steps of their own, and bands meet their curve (`corpus.dedup.curve`).

Integers only: a signature is the same on every platform.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from corpus.kernels.buffers import frozen
from corpus.kernels.numba_cache import (
    F32_OUT,
    I32_OUT,
    I64,
    INT,
    U8_GRID,
    U8_GRID_OUT,
    U32,
    U64_GRID_OUT,
    helper,
    kernel,
)
from corpus.kernels.shingles import LEAST, SIZE, Units, distinct_shingles, mixed, shingle_room, units

PERMUTATIONS, BANDS, ROWS = 256, 32, 8
SEED = 1
_CHUNK = 1024
_LANES = 8
_S32 = np.uint64(32)
_S15, _TURN, _MOVE = np.uint32(15), np.uint32(0x2C1B3C6D), np.uint32(0x9E3779B9)
_LAST = np.uint32(0xFFFFFFFF)
_ONE, _ZERO = np.uint64(1), np.uint64(0)
_FOLD = np.uint64(0x9E3779B97F4A7C15)
_MASK = (1 << 64) - 1


@dataclass(frozen=True)
class Signatures:
    """What is known of a batch of texts, row by row.

    `bands` uint64 [rows, bands]: a hash of each band's minima, never 0 but for a text without shingles. `sketch` uint8
    [rows, permutations]: a byte of each minimum, all its bits mixed. `shingles` int32: how many different ones
    there are, 0 for a text too short to be shingled. `key` and `masked` uint64: hashes of the key text, as it is and
    with each number as one mark; 0 where no key text is left.
    """

    bands: np.ndarray
    sketch: np.ndarray
    shingles: np.ndarray
    key: np.ndarray
    masked: np.ndarray


@helper
def _minima(found: Any, many: int, seed: Any, first: Any, step: Any, minima: Any) -> None:
    """`minima[i]`: the smallest value of function i over the shingles; eight a pass, their minima in registers."""
    minima[:] = _LAST
    for begin in range(0, many, _CHUNK):
        size = min(_CHUNK, many - begin)
        for index in range(size):
            word = mixed(np.uint64(found[begin + index]) ^ seed)
            first[index], step[index] = np.uint32(word >> _S32), np.uint32(word)
        for place in range(0, len(minima), _LANES):
            m0, m1, m2, m3 = minima[place], minima[place + 1], minima[place + 2], minima[place + 3]
            m4, m5, m6, m7 = minima[place + 4], minima[place + 5], minima[place + 6], minima[place + 7]
            for index in range(size):
                by, value = step[index], first[index]
                m0, value = min(m0, value), np.uint32(value + by)
                m1, value = min(m1, value), np.uint32(value + by)
                m2, value = min(m2, value), np.uint32(value + by)
                m3, value = min(m3, value), np.uint32(value + by)
                m4, value = min(m4, value), np.uint32(value + by)
                m5, value = min(m5, value), np.uint32(value + by)
                m6, value = min(m6, value), np.uint32(value + by)
                m7 = min(m7, value)
                first[index] = np.uint32(value + by)
                step[index] = np.uint32(np.uint32(by ^ (by >> _S15)) * _TURN + _MOVE)
            minima[place], minima[place + 1], minima[place + 2], minima[place + 3] = m0, m1, m2, m3
            minima[place + 4], minima[place + 5], minima[place + 6], minima[place + 7] = m4, m5, m6, m7


@helper
def _byte(minimum: Any) -> Any:
    """A byte that depends on all bits of a minimum. The low byte itself will not do: those of functions with one step
    are equally far apart, so in small sets the bytes of unlike texts would agree by the dozen or not at all."""
    value = np.uint32((minimum ^ (minimum >> np.uint32(15))) * np.uint32(0x2C1B3C6D))
    value = np.uint32((value ^ (value >> np.uint32(12))) * np.uint32(0x297A2D39))
    return np.uint8(value >> np.uint32(24))


@kernel(U32, I64, INT, INT, INT, INT, I64, U64_GRID_OUT, U8_GRID_OUT, I32_OUT)
def _sign(
    values: Any,
    offsets: Any,
    size: int,
    least: int,
    rows: int,
    seed: int,
    order: Any,
    bands: Any,
    sketch: Any,
    shingles: Any,
) -> None:
    """Signatures from units; place i of a sketch is function `order[i]`, band k the places from `k * rows` on."""
    permutations = len(order)
    most, slots = shingle_room(offsets, size)
    table, found = np.empty(slots, np.uint32), np.empty(most, np.uint32)
    first, step = np.empty(_CHUNK, np.uint32), np.empty(_CHUNK, np.uint32)
    minima = np.empty((permutations + _LANES - 1) // _LANES * _LANES, np.uint32)
    salt = mixed(np.uint64(seed))
    for row in range(len(offsets) - 1):
        start, end = offsets[row], offsets[row + 1]
        if end - start < least:
            shingles[row] = 0
            bands[row, :] = _ZERO
            sketch[row, :] = 0
            continue
        many = distinct_shingles(values, start, end, size, table, found)
        shingles[row] = many
        _minima(found, many, salt, first, step, minima)
        for place in range(permutations):
            sketch[row, place] = _byte(minima[order[place]])
        for band in range(bands.shape[1]):
            value = np.uint64(band + 1) * _FOLD
            for place in range(band * rows, (band + 1) * rows):
                value = mixed(value ^ np.uint64(minima[order[place]])) + _FOLD
            bands[row, band] = value if value != _ZERO else _ONE


def _scrambled(state: int) -> int:
    """The finaliser of SplitMix64 (Steele, Lea and Flood 2014)."""
    state = ((state ^ state >> 30) * 0xBF58476D1CE4E5B9) & _MASK
    state = ((state ^ state >> 27) * 0x94D049BB133111EB) & _MASK
    return state ^ state >> 31


@functools.cache
def _order(permutations: int, seed: int) -> np.ndarray:
    """The numbers below `permutations` in a shuffled order that depends on the seed alone."""
    order = list(range(permutations))
    for place in range(permutations - 1, 0, -1):
        other = _scrambled((seed * permutations + place) * 0x9E3779B97F4A7C15 & _MASK) % (place + 1)
        order[place], order[other] = order[other], order[place]
    return frozen(np.array(order, np.int64))


@dataclass(frozen=True)
class Signer:
    """Signs texts with `permutations` hash functions, the first `bands * rows` of them in bands."""

    permutations: int = PERMUTATIONS
    bands: int = BANDS
    rows: int = ROWS
    seed: int = SEED
    size: int = SIZE
    least: int = LEAST

    def __post_init__(self) -> None:
        if min(self.bands, self.rows, self.size, self.least) < 1 or self.bands * self.rows > self.permutations:
            raise ValueError(
                f"{self.bands} bands of {self.rows} rows need {self.bands * self.rows} permutations, "
                f"there are {self.permutations}; each must be 1 or more"
            )

    def sign(self, text: pa.Array) -> Signatures:
        """The signatures of texts; a null text, and one of fewer than `least` units, has none."""
        return self.sign_units(units(text))

    def sign_units(self, found: Units) -> Signatures:
        """The signatures of texts whose units are known."""
        many = len(found.keys)
        bands = np.empty((many, self.bands), np.uint64)
        sketch = np.empty((many, self.permutations), np.uint8)
        shingles = np.empty(many, np.int32)
        order = _order(self.permutations, self.seed)
        least = max(self.least, self.size)
        _sign(found.values, found.offsets, self.size, least, self.rows, self.seed, order, bands, sketch, shingles)
        key, masked = (np.ascontiguousarray(found.keys[:, which]) for which in (0, 1))
        return Signatures(bands, sketch, shingles, key, masked)


@kernel(U8_GRID, U8_GRID, I64, I64, F32_OUT)
def _estimate(one: Any, other: Any, a: Any, b: Any, found: Any) -> None:
    """The estimate for row `a[i]` of `one` and row `b[i]` of `other`."""
    width = one.shape[1]
    for pair in range(len(a)):
        left, right = one[a[pair]], other[b[pair]]
        equal = 0
        for place in range(width):
            equal += left[place] == right[place]
        found[pair] = np.float32((256.0 * equal / width - 1.0) / 255.0)


def estimate(sketch_a: np.ndarray, sketch_b: np.ndarray) -> np.ndarray:
    """Estimates of the Jaccard similarity of row i of one sketch and row i of the other; float32.

    Of k minima, those that differ still share their byte once in 256 times: (m / k - 1/256) / (1 - 1/256) for m equal
    bytes, without bias; so unlike texts may get a value just below 0. Standard error sqrt(J' (1 - J') / k) * 256 / 255
    with J' = J + (1 - J) / 256: 0.029 at J = 0.7 and k = 256.
    """
    if sketch_a.shape != sketch_b.shape:
        raise ValueError(f"sketches of different shapes: {sketch_a.shape} and {sketch_b.shape}")
    rows = np.arange(len(sketch_a), dtype=np.int64)
    found = np.empty(len(rows), np.float32)
    _estimate(_grid(sketch_a), _grid(sketch_b), frozen(rows), frozen(rows), found)
    return found


def estimate_pairs(sketches: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """`estimate` for the pairs of rows `a[i]` and `b[i]` of one grid of sketches; float32."""
    found = np.empty(len(a), np.float32)
    grid = _grid(sketches)
    _estimate(grid, grid, frozen(a.astype(np.int64)), frozen(b.astype(np.int64)), found)
    return found


def _grid(sketch: np.ndarray) -> np.ndarray:
    return frozen(np.ascontiguousarray(sketch, np.uint8))
