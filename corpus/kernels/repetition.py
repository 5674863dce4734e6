"""Repetition over script-aware tokens: the most frequent n-gram, n-grams seen before, runs, diversity.

Each Han, kana and hangul character is a token, and each run of other letters, marks and digits; everything else
separates tokens and is none. Lengths are code points of tokens, so punctuation and spaces dilute nothing.

Gopher's measures (Rae et al. 2021, table A1), computed for all n together. An n-gram that repeats is made of shorter
n-grams that repeat, so each longer n looks only at the positions the one before left over: most of the work is the
shortest n asked for, and ten measures cost little more than one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from corpus.kernels.buffers import column, frozen, utf8
from corpus.kernels.chars import share
from corpus.kernels.memory import at, byte_at, code_point, prefetch, width
from corpus.kernels.numba_cache import I32_OUT, I64, I64_GRID_OUT, I64_OUT, U8, U64_OUT, helper, kernel
from corpus.kernels.scratch import scratch
from corpus.kernels.signal import SignalCall
from corpus.kernels.unicode_tables import DIGIT, LETTER, MARK, NUMBER, SPACE, tables

SEPARATOR, SINGLE, PART, BLANK = 0, 1, 2, 3
ROWS = ("tokens", "token_chars", "longest_run", "distinct")
AHEAD = 16
"""How many look-ups ahead a slot of the table is asked for."""
SHORT = 1 << 16
"""Bytes of a text up to which its tokens are not counted beforehand."""
_K = np.uint64(0x9E3779B97F4A7C15)
_K2 = np.uint64(0xD6E8FEB86659FD93)
_BASE = np.uint64(0xA0761D6478BD642F)
_SHIFT = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)
_ZERO = np.uint64(0)
_ONE = np.uint64(1)


def token_kinds() -> np.ndarray:
    """What each class of code points does: SEPARATOR, SINGLE (a token of its own), PART of a word, BLANK (space)."""
    known = tables()
    kinds = np.where(known.having(LETTER | DIGIT | NUMBER | MARK), PART, SEPARATOR)
    kinds = np.where(known.having(SPACE), BLANK, kinds)
    single = known.having(LETTER) & known.of_scripts("Hani", "Kana", "Hang")
    return frozen(np.where(single, SINGLE, kinds).astype(np.uint8))


@helper
def _mixed(value: Any) -> Any:
    value = (value ^ (value >> _SHIFT)) * _K2
    return value ^ (value >> _SHIFT)


@helper
def _spread(value: Any) -> Any:
    return (value ^ (value >> _SHIFT)) * _K2


@helper
def tokenize(data: Any, start: int, end: int, classes: Any, kinds: Any, prefix: Any, ends: Any) -> Any:
    """Tokens of the bytes: (how many, longest run of one code point other than space).

    `ends[i + 1]` is the length of the first `i + 1` tokens together, `prefix[i + 1]` the polynomial hash of their
    sequence, from which the hash of any stretch of tokens follows.
    """
    count, length, inside = 0, 0, False
    word = _K
    last, run, longest = -1, 0, 0
    index = start
    prefix[0], ends[0] = _ZERO, 0
    while index < end:
        lead = byte_at(data, index)
        point = code_point(data, index, lead)
        index += width(lead)
        kind = at(kinds, np.int64(at(classes, point)))
        if point == last and kind != BLANK:
            run += 1
        else:
            longest = max(longest, run)
            last = point
            run = kind != BLANK
        if kind == PART:
            word = (word ^ np.uint64(point)) * _K
            word ^= word >> _SHIFT
            length += 1
            inside = True
            continue
        if inside:
            prefix[count + 1] = prefix[count] * _BASE + _mixed(word)
            count += 1
            ends[count] = length
            word = _K
            inside = False
        if kind == SINGLE:
            length += 1
            prefix[count + 1] = prefix[count] * _BASE + _mixed(np.uint64(point + 1) * _K)
            count += 1
            ends[count] = length
    if inside:
        prefix[count + 1] = prefix[count] * _BASE + _mixed(word)
        count += 1
        ends[count] = length
    return count, max(longest, run)


@helper
def _table_size(many: int) -> int:
    size = 16
    while size < 2 * many:
        size *= 2
    return size


@helper
def _gram(prefix: Any, index: int, n: int, power: Any) -> Any:
    return at(prefix, index + n) - at(prefix, index) * power


@helper
def _group(
    prefix: Any, ends: Any, n: int, power: Any, places: Any, many: int, table: Any, first: Any, seen: Any
) -> Any:
    """Find the positions among `places[:many]` whose n-gram occurs more than once there; keep only those.

    `first[i]` becomes the first position with the n-gram of position i, `seen[first]` how often it occurs. A slot of
    `table` holds 32 bits of the hash and a position. Returns how many places are left and the length of the most
    frequent n-gram times its count (the longest one where several are; 0 when none repeats).
    """
    size = _table_size(many)
    mask = np.uint64(size - 1)
    table[:size] = _ZERO
    most: Any = 1
    weight: Any = 0
    for which in range(many):
        if which + AHEAD < many:
            later = _spread(_gram(prefix, np.int64(places[which + AHEAD]), n, power))
            prefetch(table, np.int64((later >> np.uint64(20)) & mask))
        place = np.int64(places[which])
        value = _gram(prefix, place, n, power)
        mixed = _spread(value)
        tag = mixed & ~_LOW
        slot = (mixed >> np.uint64(20)) & mask
        seen[place] = 1
        first[place] = place
        while True:
            entry = table[slot]
            if entry == _ZERO:
                table[slot] = tag | np.uint64(place + 1)
                break
            if entry & ~_LOW == tag:
                other = np.int64(entry & _LOW) - 1
                if _gram(prefix, other, n, power) == value:
                    first[place] = other
                    times = seen[other] + 1
                    seen[other] = times
                    if times >= most:
                        size_here = times * (ends[place + n] - ends[place])
                        weight = size_here if times > most else max(weight, size_here)
                        most = times
                    break
            slot = (slot + _ONE) & mask
    left = 0
    for which in range(many):
        kept = places[which]
        if seen[first[kept]] > 1:
            places[left] = kept
            left += 1
    return left, weight


@helper
def _covered(ends: Any, n: int, places: Any, many: int, first: Any, met: Any) -> int:
    """Length of n-grams met before, walking on by n tokens after each: nothing is counted twice. An n-gram that
    starts inside one already counted is not remembered either."""
    total = 0
    free: Any = 0
    for which in range(many):
        place = np.int64(places[which])
        if place < free:
            continue
        one = first[place]
        if met[one] == -n:
            total += ends[place + n] - ends[place]
            free = place + n
        else:
            met[one] = -n
    return total


@helper
def _distinct(prefix: Any, count: int, table: Any) -> int:
    size = _table_size(count)
    mask = np.uint64(size - 1)
    table[:size] = _ZERO
    found = 0
    for index in range(count):
        if index + AHEAD < count:
            later = (prefix[index + AHEAD + 1] - prefix[index + AHEAD] * _BASE) | _ONE
            prefetch(table, np.int64((later >> np.uint64(20)) & mask))
        value = (prefix[index + 1] - prefix[index] * _BASE) | _ONE
        slot = (value >> np.uint64(20)) & mask
        while table[slot] != _ZERO and table[slot] != value:
            slot = (slot + _ONE) & mask
        if table[slot] == _ZERO:
            table[slot] = value
            found += 1
    return found


@kernel(
    U8, I64, U8, U8, I64, I64, I64_GRID_OUT, I64_GRID_OUT, I64_GRID_OUT,
    I32_OUT, I32_OUT, I32_OUT, I32_OUT, U64_OUT, U64_OUT,
)  # fmt: skip
def _measure(
    data: Any,
    offsets: Any,
    classes: Any,
    kinds: Any,
    orders: Any,
    wanted: Any,
    base: Any,
    top: Any,
    duplicate: Any,
    ends: Any,
    places: Any,
    first: Any,
    seen: Any,
    prefix: Any,
    table: Any,
) -> None:
    """`base[i, row]` for the names in ROWS; `top[i, row]` and `duplicate[i, row]` for n-grams of `orders[i]` tokens.

    `wanted`: whether distinct tokens, and for each order whether duplicates, are asked for. The last six are scratch:
    an item for each token of the longest text and one more, of `table` the next power of two above twice that.
    """
    for row in range(len(offsets) - 1):
        start, end = offsets[row], offsets[row + 1]
        count, longest = tokenize(data, start, end, classes, kinds, prefix, ends)
        base[0, row], base[1, row], base[2, row] = count, ends[count], longest
        if wanted[0]:
            base[3, row] = _distinct(prefix, count, table)
        many, power, order = 0, _ONE, 0
        for which in range(len(orders)):
            n = orders[which]
            while order < n:
                power *= _BASE
                order += 1
            if which == 0:
                many = max(0, count - n + 1)
                for place in range(many):
                    places[place] = place
            else:
                while many > 0 and places[many - 1] > count - n:
                    many -= 1
            if many < 2:
                break
            many, weight = _group(prefix, ends, n, power, places, many, table, first, seen)
            top[which, row] = weight
            if wanted[1 + which]:
                duplicate[which, row] = _covered(ends, n, places, many, first, seen)


@helper
def _most_tokens(data: Any, start: int, end: int) -> int:
    """No fewer than the tokens of the bytes: each ASCII word needs a byte after it, each other one a lead byte."""
    singles, breaks, inside = 1, 0, False
    index = start
    while index < end:
        lead = byte_at(data, index)
        if lead < 0x80:
            breaks += not inside
            inside = not inside
        else:
            singles += lead >= 0xC0
            inside = False
        index += 1
    return singles + breaks


@kernel(U8, I64, I64_OUT)
def _most(data: Any, offsets: Any, found: Any) -> None:
    """`found[0]`: no fewer than the tokens of any row."""
    for row in range(len(offsets) - 1):
        if offsets[row + 1] - offsets[row] > found[0]:
            found[0] = max(found[0], _most_tokens(data, offsets[row], offsets[row + 1]))


def room_for_tokens(data: np.ndarray, offsets: np.ndarray) -> int:
    """A number no row has more tokens than; for short rows their bytes."""
    longest = int(np.diff(offsets).max(initial=0))
    if longest <= SHORT:
        return longest
    found = np.array([SHORT], np.int64)
    _most(data, offsets, found)
    return int(found[0])


def measure_repetition(text: pa.Array, calls: Sequence[SignalCall]) -> list[pa.Array]:
    """The signals of the `repetition` family."""
    data, offsets = utf8(text)
    duplicates = {int(call.arguments["n"]) for call in calls if call.kernel == "duplicate_ngram_char_ratio"}
    orders = sorted(duplicates | {int(call.arguments["n"]) for call in calls if "n" in call.arguments})
    diversity = any(call.kernel == "token_diversity" for call in calls)
    wanted = np.array([diversity, *(n in duplicates for n in orders)], np.int64)
    base = np.zeros((len(ROWS), len(text)), np.int64)
    top = np.zeros((len(orders), len(text)), np.int64)
    duplicate = np.zeros((len(orders), len(text)), np.int64)
    room = room_for_tokens(data, offsets)
    items = [scratch(slot, room + 1, np.int32) for slot in range(4)]
    slots = 1 << max(4, (2 * room).bit_length())
    _measure(
        data,
        offsets,
        tables().classes,
        token_kinds(),
        frozen(np.array(orders, np.int64)),
        frozen(wanted),
        base,
        top,
        duplicate,
        *items,
        scratch(4, room + 1, np.uint64),
        scratch(5, slots, np.uint64),
    )
    of = dict(zip(ROWS, base, strict=True))
    found: list[pa.Array] = []
    for call in calls:
        values: np.ndarray
        match call.kernel:
            case "tokens" | "longest_run":
                values = of[call.kernel]
            case "token_diversity":
                values = share(of["distinct"], of["tokens"])
            case "top_ngram_char_ratio":
                taken = top[orders.index(int(call.arguments["n"]))]
                values = share(np.minimum(taken, of["token_chars"]), of["token_chars"])
            case _:
                values = share(duplicate[orders.index(int(call.arguments["n"]))], of["token_chars"])
        floats = values.dtype == np.float32
        found.append(column(values, pa.float32() if floats else pa.int32(), text))
    return found
