"""How well sentences go on from one another: learned vectors of what they are made of, and their order compared.

A text is cut where `order` cuts it. The tokens of a sentence are its Han, kana and hangul characters, its other words
and its marks. Each token, each pair of neighbours and the edges of the sentence have a row in two tables of vectors,
one for the sentence that is followed (`left`) and one for the sentence that follows (`right`); a sentence is the sum of
its rows by the square root of how many there are. With u of one sentence and v of another,

    s(a, b) = u(a) v(b)

is, up to what depends on a or b alone, the logarithm of how much likelier b is to come next after a than another
sentence of the text. For an order o of the n sentences let

    T(o) = sum s(o_i, o_i+1) + s(o_i, o_i+2) / 2

The continuity of the text is T as it stands less the logarithm of the mean of exp T over ORDERS random orders, which
are the same for every text of n sentences: the logarithm of how much likelier the sentences stand in this order than
in any. Near or below 0 where the order is none; it grows with the length of the text.

Rows are found by hashing, and tables hold whole numbers from -127 to 127, so sums are exact in any order.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
from numba.core import types

from corpus.kernels.buffers import frozen, utf8
from corpus.kernels.inserted import ends_sentence
from corpus.kernels.memory import at, byte_at, code_point, width
from corpus.kernels.numba_cache import F32_OUT, F64_OUT, I64, I64_OUT, U8, U64_OUT, helper, kernel
from corpus.kernels.repetition import BLANK, PART, SINGLE, token_kinds
from corpus.kernels.scratch import scratch
from corpus.kernels.unicode_tables import tables

VERSION = 1
"""Of tokens and rows: a model of another version means other things by its rows."""
MIN_SENTENCES = 5
MOST_SENTENCES = 48
"""Sentences of a text that are looked at."""
MOST_TOKENS = 72
"""Tokens of a sentence that are looked at, next to where it is left or entered."""
MOST_ROWS = 2 * MOST_TOKENS + 8
EDGE = 4
ORDERS = 64
SECOND = 0.5
I8_GRID = types.Array(types.int8, 2, "C", readonly=True)
_TOKENS = 1 << 14
_K = np.uint64(0x9E3779B97F4A7C15)
_K2 = np.uint64(0xD6E8FEB86659FD93)
_SHIFT = np.uint64(29)
_MARK = np.uint64(1 << 32)
CLOSING = frozen(np.array([ord(one) for one in "”’」』）)\"'》】]"], np.int64))
_SINGLE, _PAIR, _HEAD, _TAIL, _LENGTH = (np.uint64(one << 40) for one in range(1, 6))


@helper
def _mixed(value: Any) -> Any:
    value = value * _K
    value ^= value >> _SHIFT
    value *= _K2
    return value ^ (value >> _SHIFT)


@helper
def _closes(point: int, closing: Any) -> bool:
    for place in range(len(closing)):  # noqa: SIM110, plain loops are what is compiled
        if at(closing, place) == point:
            return True
    return False


@helper
def cut(
    data: Any, start: int, end: int, classes: Any, kinds: Any, closing: Any, tokens: Any, bounds: Any, most: int
) -> int:
    """How many sentences the bytes hold: `tokens[bounds[i]:bounds[i + 1]]` are those of sentence i.

    Sentences of fewer than two words or characters are left out, and marks that close something at the beginning of
    one. It ends after `most` sentences, or where `tokens` is full.
    """
    index, kept, said, many = start, 0, 0, 0
    bounds[0] = 0
    word, inside = _K, False
    while index <= end and many < most and kept + 3 < len(tokens):
        over = index == end
        lead = 10 if over else byte_at(data, index)
        point = 10 if over else code_point(data, index, lead)
        index += 1 if over else width(lead)
        kind = at(kinds, np.int64(at(classes, point)))
        if kind == PART and not over:
            word = _mixed(word ^ np.uint64(point))
            inside = True
            continue
        if inside:
            tokens[kept] = word
            kept += 1
            said += 1
            word, inside = _K, False
        if kind == SINGLE:
            tokens[kept] = _mixed(np.uint64(point + 1))
            kept += 1
            said += 1
        elif kind != BLANK and point != 10 and not (kept == bounds[many] and _closes(point, closing)):
            tokens[kept] = _mixed(np.uint64(point) | _MARK)
            kept += 1
        if over or ends_sentence(data, point, index, end, classes, kinds):
            if said >= 2:
                many += 1
                bounds[many] = kept
            kept, said = bounds[many], 0
    return many


@helper
def rows_of(tokens: Any, start: int, end: int, left: bool, mask: Any, rows: Any) -> int:
    """The rows of a sentence in the table for the sentence that is followed (`left`) or that follows, and how many."""
    low = max(start, end - MOST_TOKENS) if left else start
    high = end if left else min(end, start + MOST_TOKENS)
    many = 0
    for place in range(low, high):
        rows[many] = np.int64(_mixed(tokens[place] ^ _SINGLE) & mask)
        many += 1
        if place + 1 < high:
            rows[many] = np.int64(_mixed(tokens[place] * _K2 + (tokens[place + 1] ^ _PAIR)) & mask)
            many += 1
    head, tail = _mixed(_HEAD), _mixed(_TAIL)
    for place in range(min(EDGE, end - start)):
        head = _mixed(head ^ tokens[start + place])
        tail = _mixed(tail ^ tokens[end - 1 - place])
        if not left or place + 1 < EDGE:
            rows[many] = np.int64(head & mask)
            many += 1
        if left:
            rows[many] = np.int64(tail & mask)
            many += 1
    rows[many] = np.int64(_mixed(_LENGTH + np.uint64(min(20, (end - start) // 6))) & mask)
    return many + 1


@helper
def _sum(table: Any, rows: Any, many: int, scale: float, out: Any, first: int) -> None:
    size = table.shape[1]
    for place in range(size):
        out[first + place] = 0.0
    for one in range(many):
        row = rows[one]
        for place in range(size):
            out[first + place] += table[row, place]
    by = np.float32(scale / math.sqrt(many))
    for place in range(size):
        out[first + place] *= by


@helper
def _total(follows: Any, order: Any, many: int) -> float:
    found = 0.0
    for place in range(many - 1):
        found += follows[order[place] * many + order[place + 1]]
        if place + 2 < many:
            found += SECOND * follows[order[place] * many + order[place + 2]]
    return found


@helper
def _compared(follows: Any, many: int, order: Any, totals: Any) -> float:
    """How much likelier the order is than a random one, as a logarithm; `follows` is s of every pair of sentences."""
    for place in range(many):
        order[place] = place
    own = _total(follows, order, many)
    most = own
    state = _K
    for one in range(ORDERS):
        for place in range(many - 1, 0, -1):
            state += _K
            other = np.int64(_mixed(state) % np.uint64(place + 1))
            order[place], order[other] = order[other], order[place]
        totals[one] = _total(follows, order, many)
        most = max(most, totals[one])
    mean = 0.0
    for one in range(ORDERS):
        mean += math.exp(totals[one] - most)
    return own - most - math.log(max(mean / ORDERS, 1e-300))


@kernel(U8, I64, U8, U8, I64, I8_GRID, I8_GRID, F64_OUT, F64_OUT, U64_OUT, I64_OUT, F32_OUT, F64_OUT)
def _measure(
    data: Any,
    offsets: Any,
    classes: Any,
    kinds: Any,
    closing: Any,
    left: Any,
    right: Any,
    scales: Any,
    found: Any,
    tokens: Any,
    places: Any,
    vectors: Any,
    follows: Any,
) -> None:
    """`found[row]`, not a number below MIN_SENTENCES sentences. Scratch: `tokens`; `places` of MOST_SENTENCES + 1 +
    MOST_ROWS; `vectors` of two for each of MOST_SENTENCES; `follows` of MOST_SENTENCES squared + ORDERS."""
    size = left.shape[1]
    mask = np.uint64(len(left) - 1)
    bounds, rows = places[: MOST_SENTENCES + 1], places[MOST_SENTENCES + 1 :]
    totals = follows[MOST_SENTENCES * MOST_SENTENCES :]
    for row in range(len(offsets) - 1):
        found[row] = np.nan
        many = cut(
            data, offsets[row], offsets[row + 1], classes, kinds, closing, tokens, bounds, MOST_SENTENCES
        )  # fmt: skip
        if many < MIN_SENTENCES:
            continue
        for one in range(many):
            held = rows_of(tokens, bounds[one], bounds[one + 1], True, mask, rows)
            _sum(left, rows, held, scales[0], vectors, 2 * one * size)
            vectors[2 * one * size] = 1.0
            held = rows_of(tokens, bounds[one], bounds[one + 1], False, mask, rows)
            _sum(right, rows, held, scales[1], vectors, (2 * one + 1) * size)
            vectors[(2 * one + 1) * size + 1] = 1.0
        for one in range(many):
            for other in range(many):
                value = 0.0
                for place in range(size):
                    value += vectors[2 * one * size + place] * vectors[(2 * other + 1) * size + place]
                follows[one * many + other] = value
        found[row] = _compared(follows, many, rows, totals)


def continuity(text: pa.Array, left: np.ndarray, right: np.ndarray, scales: tuple[float, float]) -> np.ndarray:
    """How much likelier the sentences of each text stand in their order than in any, as a logarithm: float64, not a
    number below MIN_SENTENCES sentences.

    `left` and `right` are int8 tables of one shape, a power of two of rows; a number of theirs is worth `scales`. In
    the first column of a sentence that is followed and in the second of one that follows stands 1, so that these
    columns of the other table are what a sentence brings along by itself. A row depends on its text alone.
    """
    data, offsets = utf8(text)
    found = np.empty(len(text), np.float64)
    longest = int(np.diff(offsets).max(initial=0))
    tokens = scratch(0, min(longest, _TOKENS) + 4, np.uint64)
    places = scratch(1, MOST_SENTENCES + 1 + MOST_ROWS, np.int64)
    vectors = scratch(2, 2 * MOST_SENTENCES * left.shape[1], np.float32)
    follows = scratch(3, MOST_SENTENCES * MOST_SENTENCES + ORDERS, np.float64)
    by = np.array(scales, np.float64)
    grids = frozen(np.ascontiguousarray(left)), frozen(np.ascontiguousarray(right))
    _measure(
        data, offsets, tables().classes, token_kinds(), CLOSING, *grids, by, found, tokens, places, vectors, follows
    )
    return found
