"""Learning the tables of `continuity` from texts as they stand: which sentence of a text follows which.

Of up to WINDOW sentences in a row, s(a, b) is to tell the one that follows a from the others of the window, and the one
that b follows from the others: the loss is the mean cross entropy of both softmaxes (Smith and Eisner 2005, contrastive
estimation; the others of the same text have its subject and its author, so only the order is learned). Steps are
Adagrad's with one number a row (Duchi et al. 2011), the rate falling by the same amount with each text to nothing.

One thread, no fast-math: the same texts in the same order give the same tables.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numba.core import types

from corpus.kernels.buffers import frozen, utf8
from corpus.kernels.continuity import CLOSING, MOST_ROWS, cut, rows_of
from corpus.kernels.numba_cache import F32_OUT, F64_OUT, I64, I64_OUT, U8, U64_OUT, helper, kernel
from corpus.kernels.repetition import token_kinds
from corpus.kernels.scratch import scratch
from corpus.kernels.unicode_tables import tables

WINDOW = 24
LEAST = 4
"""Sentences of a window at least: which of three follows says little."""
MOST = 480
_TOKENS = 1 << 15
_TINY = np.float32(1e-8)
F32_GRID_OUT = types.Array(types.float32, 2, "C")


@helper
def _put(table: Any, rows: Any, many: int, out: Any) -> None:
    size = table.shape[1]
    out[:] = 0.0
    for one in range(many):
        row = rows[one]
        for place in range(size):
            out[place] += table[row, place]
    by = np.float32(1.0 / math.sqrt(many))
    for place in range(size):
        out[place] *= by


@helper
def _step(table: Any, squares: Any, rows: Any, many: int, slope: Any, rate: Any) -> None:
    """A step against `slope`, the gradient of the sentence's vector."""
    size = table.shape[1]
    by = np.float32(1.0 / math.sqrt(many))
    square = np.float32(0.0)
    for place in range(size):
        slope[place] *= by
        square += slope[place] * slope[place]
    square /= np.float32(size)
    for one in range(many):
        row = rows[one]
        squares[row] += square
        step = np.float32(rate / math.sqrt(squares[row] + _TINY))
        for place in range(size):
            table[row, place] -= step * slope[place]


@helper
def _softmaxes(follows: Any, slopes: Any, many: int) -> float:
    """`slopes`: the gradient of the loss by s of each pair; the sum of the losses, of the first softmax alone, less
    what not to know costs."""
    loss = 0.0
    slopes[:many, :many] = 0.0
    for side in range(2):
        for one in range(many - 1):
            own = one if side == 0 else one + 1
            wanted = one + 1 if side == 0 else one
            most = -1e30
            for other in range(many):
                value = follows[own, other] if side == 0 else follows[other, own]
                if other != own:
                    most = max(most, value)
            total = 0.0
            for other in range(many):
                value = follows[own, other] if side == 0 else follows[other, own]
                if other != own:
                    total += math.exp(value - most)
            for other in range(many):
                if other == own:
                    continue
                value = follows[own, other] if side == 0 else follows[other, own]
                slope = math.exp(value - most) / total - (1.0 if other == wanted else 0.0)
                if side == 0:
                    slopes[own, other] += slope
                else:
                    slopes[other, own] += slope
            if side == 0:
                loss += math.log(total) + most - follows[own, wanted] - math.log(many - 1)
    return loss


@kernel(
    U8, I64, I64, U8, U8, I64, F32_GRID_OUT, F32_GRID_OUT, F32_OUT, F32_OUT, F64_OUT, F64_OUT, U64_OUT, I64_OUT
)  # fmt: skip
def _fit(
    data: Any,
    offsets: Any,
    order: Any,
    classes: Any,
    kinds: Any,
    closing: Any,
    left: Any,
    right: Any,
    left_squares: Any,
    right_squares: Any,
    rates: Any,
    told: Any,
    tokens: Any,
    bounds: Any,
) -> None:
    """One pass over the texts of `order`, the rate falling from `rates[0]` to `rates[1]`; `told` gets the sum of the
    losses, how many pairs of neighbours and how many texts there were."""
    size = left.shape[1]
    mask = np.uint64(len(left) - 1)
    rows = np.empty((2 * WINDOW, MOST_ROWS), np.int64)
    held = np.empty(2 * WINDOW, np.int64)
    first, second = np.empty((WINDOW, size), np.float32), np.empty((WINDOW, size), np.float32)
    turned = np.empty((size, WINDOW), np.float32)
    follows, slopes = np.empty((WINDOW, WINDOW), np.float32), np.empty((WINDOW, WINDOW), np.float32)
    slope = np.empty(size, np.float32)
    for turn in range(len(order)):
        text = order[turn]
        rate = np.float32(rates[0] + (rates[1] - rates[0]) * turn / len(order))
        sentences = cut(data, offsets[text], offsets[text + 1], classes, kinds, closing, tokens, bounds, MOST)
        told[2] += 1.0 if sentences >= LEAST else 0.0
        for begin in range(0, sentences, WINDOW):
            many = min(WINDOW, sentences - begin)
            if many < LEAST:
                continue
            for one in range(many):
                start, end = bounds[begin + one], bounds[begin + one + 1]
                held[one] = rows_of(tokens, start, end, True, mask, rows[one])
                _put(left, rows[one], held[one], first[one])
                first[one, 0] = 1.0
                held[WINDOW + one] = rows_of(tokens, start, end, False, mask, rows[WINDOW + one])
                _put(right, rows[WINDOW + one], held[WINDOW + one], second[one])
                second[one, 1] = 1.0
                for place in range(size):
                    turned[place, one] = second[one, place]
            for one in range(many):
                follows[one, :many] = 0.0
                for place in range(size):
                    value = first[one, place]
                    for other in range(many):
                        follows[one, other] += value * turned[place, other]
            told[0] += _softmaxes(follows, slopes, many)
            told[1] += many - 1
            for one in range(many):
                slope[:] = 0.0
                for other in range(many):
                    for place in range(size):
                        slope[place] += slopes[one, other] * second[other, place]
                slope[0] = 0.0
                _step(left, left_squares, rows[one], held[one], slope, rate)
                slope[:] = 0.0
                for other in range(many):
                    for place in range(size):
                        slope[place] += slopes[other, one] * first[other, place]
                slope[1] = 0.0
                _step(right, right_squares, rows[WINDOW + one], held[WINDOW + one], slope, rate)


@dataclass(frozen=True)
class Learned:
    """The tables, float32, and what the last pass saw: texts with a window, pairs of neighbours, and by how many nats a
    pair the tables tell the sentence that follows better than not knowing does, while they were still learning."""

    left: np.ndarray
    right: np.ndarray
    texts: int
    pairs: int
    gain: float


def learn(texts: pa.Array, rows: int, size: int, passes: int, rate: float, seed: int) -> Learned:
    """Tables of `rows` (a power of two) and `size` columns, learned in `passes` over the texts in orders drawn by
    `seed`. They depend on the texts and on the order they are given in."""
    data, offsets = utf8(texts)
    rng = np.random.default_rng(seed)
    left, right = (rng.normal(0.0, 0.1, (rows, size)).astype(np.float32) for _ in range(2))
    left[:, :2] = right[:, :2] = 0.0
    squares = np.zeros(rows, np.float32), np.zeros(rows, np.float32)
    tokens, bounds = scratch(0, _TOKENS, np.uint64), scratch(1, MOST + 1, np.int64)
    told = np.zeros(3)
    for turn in range(passes):
        told[:] = 0.0
        rates = np.array([rate * (1 - turn / passes), rate * (1 - (turn + 1) / passes)])
        order = frozen(rng.permutation(len(texts)).astype(np.int64))
        _fit(
            data, offsets, order, tables().classes, token_kinds(), CLOSING, left, right, *squares, rates, told,
            tokens, bounds,
        )  # fmt: skip
    return Learned(left, right, int(told[2]), int(told[1]), float(-told[0] / max(1.0, told[1])))
