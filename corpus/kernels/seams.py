"""Whether text goes on where it goes on: a small network that looks at each place between two tokens.

The tokens are those of `continuity`, one after the other whatever sentence they are in. The most frequent ones of the
texts learned from are known by themselves, all others by what they are alone (a character, a number, a word, a mark):
what cannot be joined shows in particles, marks and the beginnings and ends of sentences, which are the same in every
subject, while rare words tell subjects apart.

What stands around a place (REACH tokens on either side, pairs, triples and fours of those next to it, and pairs to
fours across it) has rows in a table, found by hashing. Their sum x goes through one hidden layer,

    s = b + sum w_i (x_i if x_i > 0 else LEAK x_i)

and s is the logarithm of how much likelier the two sides are neighbours in a text than two sides of different places of
it. A text in which one place in 1 / RARE joins what does not belong together has at each place exp -s times RARE the
chance of it, so that for the n places of a text

    seams = 100 / n sum log(1 - RARE + RARE exp -s)

says how much likelier 100 tokens of it are with such places than without: below 0 for most prose.
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
from corpus.kernels.numba_cache import F32_OUT, F64_OUT, I64, I64_OUT, U8, U64, helper, kernel
from corpus.kernels.repetition import BLANK, PART, SINGLE, token_kinds
from corpus.kernels.scratch import scratch
from corpus.kernels.unicode_tables import tables

KNOWN = 256
"""Tokens known by themselves, at most."""
SLOTS = 1024
HAN, NUMBER, WORD, MARK, BEGIN, END = range(KNOWN, KNOWN + 6)
REACH = 8
LEAST_TOKENS = 60
MOST_TOKENS = 1 << 16
"""Tokens of a text that are looked at."""
ROWS_EACH = 32
LEAK = 0.05
RARE = 0.003
LEAST_ODDS, MOST_ODDS = -20.0, 12.0
I8_GRID = types.Array(types.int8, 2, "C", readonly=True)
F32 = types.Array(types.float32, 1, "C", readonly=True)
_K = np.uint64(0x9E3779B97F4A7C15)
_K2 = np.uint64(0xD6E8FEB86659FD93)
_SHIFT = np.uint64(29)
_BYTE = np.uint64(10)
_MARK = np.uint64(1 << 32)
_TURNED = np.uint64(32)
_SLOT = np.uint64(SLOTS - 1)


@helper
def _mixed(value: Any) -> Any:
    value = value * _K
    value ^= value >> _SHIFT
    value *= _K2
    return value ^ (value >> _SHIFT)


@helper
def _row(kind: int, first: int, second: int, third: int, fourth: int, mask: Any) -> Any:
    """The row of up to four tokens (-1: none), of a kind of neighbourhood."""
    key = np.uint64(kind)
    key = (key << _BYTE) | np.uint64(first + 1)
    key = (key << _BYTE) | np.uint64(second + 1)
    key = (key << _BYTE) | np.uint64(third + 1)
    key = (key << _BYTE) | np.uint64(fourth + 1)
    key = _mixed(key)
    return np.int64((key ^ (key >> _TURNED)) & mask)


@helper
def beside(known: Any, left: int, right: int, mask: Any, rows: Any) -> None:
    """The ROWS_EACH rows of what ends before `left` and goes on at `right`, of a text whose first and last REACH
    tokens are BEGIN and END."""
    for place in range(REACH):
        near = place if place < 4 else 4 + (place - 4) // 2
        rows[2 * place] = _row(near, known[left - 1 - place], -1, -1, -1, mask)
        rows[2 * place + 1] = _row(8 + near, known[right + place], -1, -1, -1, mask)
    one, two, three, four = known[left - 1], known[left - 2], known[left - 3], known[left - 4]
    next_one, next_two, next_three, next_four = known[right], known[right + 1], known[right + 2], known[right + 3]
    rows[16] = _row(16, two, one, -1, -1, mask)
    rows[17] = _row(17, three, two, -1, -1, mask)
    rows[18] = _row(18, four, three, -1, -1, mask)
    rows[19] = _row(19, next_one, next_two, -1, -1, mask)
    rows[20] = _row(20, next_two, next_three, -1, -1, mask)
    rows[21] = _row(21, next_three, next_four, -1, -1, mask)
    rows[22] = _row(22, three, two, one, -1, mask)
    rows[23] = _row(23, next_one, next_two, next_three, -1, mask)
    rows[24] = _row(24, four, three, two, one, mask)
    rows[25] = _row(25, next_one, next_two, next_three, next_four, mask)
    rows[26] = _row(26, one, next_one, -1, -1, mask)
    rows[27] = _row(27, two, one, next_one, -1, mask)
    rows[28] = _row(28, one, next_one, next_two, -1, mask)
    rows[29] = _row(29, two, one, next_one, next_two, mask)
    rows[30] = _row(30, two, next_one, -1, -1, mask)
    rows[31] = _row(31, one, next_two, -1, -1, mask)


@helper
def _found(token: Any, kind: int, slots: Any, numbers: Any) -> int:
    """The number of a token: its own where it is known, else that of its kind."""
    slot = np.int64(token & _SLOT)
    while slots[slot] != np.uint64(0):
        if slots[slot] == token:
            return numbers[slot]
        slot = (slot + 1) % SLOTS
    return kind


@helper
def numbered(
    data: Any, start: int, end: int, classes: Any, kinds: Any, slots: Any, numbers: Any, known: Any, raw: Any
) -> int:
    """The numbers of the tokens of the bytes, between REACH times BEGIN and REACH times END: how many lie in `known`,
    which ends where it is full. `raw`, where it has room, gets the tokens themselves.

    Sentences of fewer than two words or characters are left out, and those of more than half as many marks as words:
    addresses, rules, code."""
    for place in range(REACH):
        known[place] = BEGIN
    kept, begun, said, marks = REACH, REACH, 0, 0
    index, word, inside, digit = start, _K, False, False
    while index <= end and kept + REACH + 2 < len(known):
        over = index == end
        lead = 10 if over else byte_at(data, index)
        point = 10 if over else code_point(data, index, lead)
        index += 1 if over else width(lead)
        kind = at(kinds, np.int64(at(classes, point)))
        if kind == PART and not over:
            digit = 0x30 <= point <= 0x39 if not inside else digit
            word = _mixed(word ^ np.uint64(point))
            inside = True
            continue
        for step in range(2):
            if step == 0 and inside:
                token, sort = word, NUMBER if digit else WORD
                word, inside = _K, False
            elif step == 1 and kind == SINGLE:
                token, sort = _mixed(np.uint64(point + 1)), HAN
            elif step == 1 and kind != BLANK and point != 10:
                token, sort = _mixed(np.uint64(point) | _MARK), MARK
            else:
                continue
            if kept - REACH < len(raw):
                raw[kept - REACH] = token
            known[kept] = _found(token, sort, slots, numbers)
            kept += 1
            said += sort != MARK
            marks += sort == MARK
        if over or ends_sentence(data, point, index, end, classes, kinds):
            kept = kept if said >= 2 and 2 * marks <= said else begun
            begun, said, marks = kept, 0, 0
    for place in range(REACH):
        known[kept + place] = END
    return kept + REACH


@kernel(U8, I64, U8, U8, U64, I64, I8_GRID, F32, F64_OUT, I64_OUT, F32_OUT)
def _measure(
    data: Any,
    offsets: Any,
    classes: Any,
    kinds: Any,
    slots: Any,
    numbers: Any,
    table: Any,
    weights: Any,
    found: Any,
    known: Any,
    hidden: Any,
) -> None:
    """`found[row]`, not a number below LEAST_TOKENS; `known` and `hidden` are scratch. `weights` are those of the
    hidden layer, what is added to their sum, and what a number of the table is worth."""
    size = table.shape[1]
    mask = np.uint64(len(table) - 1)
    rows = np.empty(ROWS_EACH, np.int64)
    none = np.empty(0, np.uint64)
    for row in range(len(offsets) - 1):
        found[row] = np.nan
        many = numbered(data, offsets[row], offsets[row + 1], classes, kinds, slots, numbers, known, none)
        if many - 2 * REACH < LEAST_TOKENS:
            continue
        total = 0.0
        for place in range(REACH + 1, many - REACH):
            beside(known, place, place, mask, rows)
            hidden[:size] = 0.0
            for one in range(ROWS_EACH):
                own = rows[one]
                for column in range(size):
                    hidden[column] += table[own, column]
            odds = 0.0
            for column in range(size):
                value = hidden[column]
                odds += weights[column] * (value if value > 0 else np.float32(LEAK) * value)
            odds = odds * weights[size + 1] + weights[size]
            total += math.log(1.0 - RARE + RARE * math.exp(-min(max(odds, LEAST_ODDS), MOST_ODDS)))
        found[row] = 100.0 * total / (many - 2 * REACH - 1)


def slots_of(tokens: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A table by which tokens (uint64, KNOWN at most) are found, and their numbers: their places in `tokens`."""
    slots, numbers = np.zeros(SLOTS, np.uint64), np.zeros(SLOTS, np.int64)
    for number, token in enumerate(tokens[:KNOWN].tolist()):
        slot = token % SLOTS
        while slots[slot]:
            slot = (slot + 1) % SLOTS
        slots[slot], numbers[slot] = token, number
    return frozen(slots), frozen(numbers)


def seams(text: pa.Array, tokens: np.ndarray, table: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """`seams` of each text: float64, not a number below LEAST_TOKENS tokens. A row depends on its text alone.

    `tokens` are those known by themselves; `table` is int8, a power of two of rows; `weights`, float32, one for each
    column of it, what is added, and what a number of the table is worth.
    """
    data, offsets = utf8(text)
    found = np.empty(len(text), np.float64)
    longest = int(np.diff(offsets).max(initial=0))
    known = scratch(0, min(longest, MOST_TOKENS) + 2 * REACH + 3, np.int64)
    hidden = scratch(1, table.shape[1], np.float32)
    grid, by = frozen(np.ascontiguousarray(table)), frozen(np.ascontiguousarray(weights, np.float32))
    _measure(
        data, offsets, tables().classes, token_kinds(), *slots_of(tokens), grid, by, found, known, hidden
    )  # fmt: skip
    return found
