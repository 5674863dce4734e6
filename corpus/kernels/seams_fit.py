"""Learning the network of `seams` from texts as they stand: two sides of one place against sides of two places.

At places drawn from a text the tokens before and after are to be told from the tokens before it and after another place
of the same text (noise-contrastive estimation, Gutmann and Hyvärinen 2010, with one drawn place for each true one), by
logistic loss and Adagrad with one number a row. One thread, no fast-math: the same texts in the same order give the
same network.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numba.core import types

from corpus.kernels.buffers import frozen, utf8
from corpus.kernels.numba_cache import F32_OUT, F64_OUT, I64, I64_OUT, U8, U64, U64_OUT, helper, kernel
from corpus.kernels.repetition import token_kinds
from corpus.kernels.scratch import scratch
from corpus.kernels.seams import KNOWN, LEAK, LEAST_TOKENS, REACH, ROWS_EACH, beside, numbered, slots_of
from corpus.kernels.unicode_tables import tables

TEXT_TOKENS = 1 << 14
"""Tokens of a text that are learned from, from its beginning."""
COUNTED = 4_000_000
"""Tokens from which the frequent ones are taken."""
_TINY = np.float32(1e-6)
_GENTLE = np.float32(0.2)
_K = np.uint64(0x9E3779B97F4A7C15)
_K2 = np.uint64(0xD6E8FEB86659FD93)
_SHIFT = np.uint64(29)
F32_GRID_OUT = types.Array(types.float32, 2, "C")


@helper
def _drawn(state: Any, many: int) -> Any:
    """A number below `many`; `state[0]` goes on."""
    state[0] += _K
    value = state[0]
    value = (value ^ (value >> _SHIFT)) * _K2
    value = (value ^ (value >> _SHIFT)) * _K
    return np.int64((value ^ (value >> _SHIFT)) % np.uint64(many))


@kernel(
    U8, I64, I64, U8, U8, U64, I64, F32_GRID_OUT, F32_OUT, F32_OUT, F32_OUT, F64_OUT, F64_OUT, I64_OUT, U64_OUT
)  # fmt: skip
def _fit(
    data: Any,
    offsets: Any,
    order: Any,
    classes: Any,
    kinds: Any,
    slots: Any,
    numbers: Any,
    table: Any,
    squares: Any,
    weights: Any,
    weight_squares: Any,
    settings: Any,
    told: Any,
    known: Any,
    state: Any,
) -> None:
    """One pass over the texts of `order`; `settings` are the share of the places that is drawn and the first rate;
    `told` gets the sum of the losses of the last tenth of the texts and how many places that were."""
    size = table.shape[1]
    mask = np.uint64(len(table) - 1)
    rows = np.empty(ROWS_EACH, np.int64)
    hidden, slope = np.empty(size, np.float32), np.empty(size, np.float32)
    none = np.empty(0, np.uint64)
    for turn in range(len(order)):
        text = order[turn]
        rate = np.float32(settings[1] * (1.0 - turn / len(order)))
        many = numbered(data, offsets[text], offsets[text + 1], classes, kinds, slots, numbers, known, none)
        places = many - 2 * REACH - 1
        if places + 1 < LEAST_TOKENS:
            continue
        for _ in range(np.int64(places * settings[0] + 0.5)):
            left = REACH + 1 + _drawn(state, places)
            for side in range(2):
                right = left if side == 0 else REACH + 1 + _drawn(state, places)
                if side == 1 and right == left:
                    continue
                beside(known, left, right, mask, rows)
                hidden[:] = 0.0
                for one in range(ROWS_EACH):
                    own = rows[one]
                    for column in range(size):
                        hidden[column] += table[own, column]
                odds = weights[size]
                for column in range(size):
                    value = hidden[column]
                    odds += weights[column] * (value if value > 0 else np.float32(LEAK) * value)
                chance = 1.0 / (1.0 + math.exp(-min(max(odds, -30.0), 30.0)))
                off = np.float32(chance - (1.0 - side))
                if turn >= 0.9 * len(order):
                    told[0] -= math.log(max(chance if side == 0 else 1.0 - chance, 1e-12))
                    told[1] += 1
                square = np.float32(0.0)
                for column in range(size):
                    bend = np.float32(1.0) if hidden[column] > 0 else np.float32(LEAK)
                    slope[column] = off * weights[column] * bend
                    square += slope[column] * slope[column]
                    own_slope = off * hidden[column] * bend
                    weight_squares[column] += own_slope * own_slope
                    weights[column] -= (
                        _GENTLE * rate * own_slope / np.float32(math.sqrt(weight_squares[column] + _TINY))
                    )
                weight_squares[size] += off * off
                weights[size] -= rate * off / np.float32(math.sqrt(weight_squares[size] + _TINY))
                square /= np.float32(size)
                for one in range(ROWS_EACH):
                    own = rows[one]
                    squares[own] += square
                    step = np.float32(rate / math.sqrt(squares[own] + _TINY))
                    for column in range(size):
                        table[own, column] -= step * slope[column]


@kernel(U8, I64, U8, U8, U64, I64, I64_OUT, U64_OUT, I64_OUT)
def _tokens(
    data: Any, offsets: Any, classes: Any, kinds: Any, slots: Any, numbers: Any, known: Any, raw: Any, told: Any
) -> None:
    """Gathers the tokens of texts until `raw` is full; `told[0]`: how many."""
    for row in range(len(offsets) - 1):
        room = raw[told[0] :]
        many = numbered(data, offsets[row], offsets[row + 1], classes, kinds, slots, numbers, known, room) - 2 * REACH
        told[0] += min(many, len(room))
        if told[0] == len(raw):
            return


def frequent(texts: pa.Array) -> np.ndarray:
    """The KNOWN most frequent tokens, the most frequent first, of the first COUNTED: uint64."""
    data, offsets = utf8(texts)
    raw, told = np.empty(COUNTED, np.uint64), np.zeros(1, np.int64)
    known = scratch(0, TEXT_TOKENS, np.int64)
    _tokens(data, offsets, tables().classes, token_kinds(), *slots_of(np.zeros(0, np.uint64)), known, raw, told)
    tokens, counts = np.unique(raw[: told[0]], return_counts=True)
    return np.ascontiguousarray(tokens[np.argsort(-counts, kind="stable")][:KNOWN])


@dataclass(frozen=True)
class Learned:
    """The tokens known by themselves, the table and the weights (of its columns, and what is added), float32; the mean
    loss at the last tenth of the texts, before they were learned from, in nats: 0.69 for what knows nothing."""

    tokens: np.ndarray
    table: np.ndarray
    weights: np.ndarray
    loss: float


def learn(texts: pa.Array, rows: int, size: int, places: int, rate: float, seed: int) -> Learned:
    """A network of a table of `rows` (a power of two) and `size` columns, learned at about `places` places drawn by
    `seed`, at all of them once where there are fewer. It depends on the texts and on the order they are given in."""
    data, offsets = utf8(texts)
    rng = np.random.default_rng(seed)
    tokens = frequent(texts)
    table = rng.normal(0.0, 0.05, (rows, size)).astype(np.float32)
    weights = rng.normal(0.0, 0.5, size + 1).astype(np.float32)
    weights[size] = 0.0
    squares, weight_squares = np.zeros(rows, np.float32), np.zeros(size + 1, np.float32)
    # Three bytes a Han character; an estimate too low draws more than asked for, never less.
    share = min(1.0, places / max(1, int(offsets[-1] - offsets[0]) // 3))
    told, state = np.zeros(2), np.array([seed], np.uint64)
    order = frozen(rng.permutation(len(texts)).astype(np.int64))
    known = scratch(0, TEXT_TOKENS, np.int64)
    _fit(
        data, offsets, order, tables().classes, token_kinds(), *slots_of(tokens), table, squares, weights,
        weight_squares, np.array([share, rate]), told, known, state,
    )  # fmt: skip
    return Learned(tokens, table, weights, float(told[0] / max(1.0, told[1])))
