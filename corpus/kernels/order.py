"""Whether the sentences of a text follow one another: words come back soon in a text, and anywhere in a shuffled one.

Tokens are those of `repetition`, and pairs of neighbouring tokens of one sentence. For two sentences i < j let c(i, j)
be the square root of the sum, over the tokens both hold, of 1 / (k - 1), k being how many sentences hold the token (two
to MOST_SHARING, and no more than half of all, or it says nothing of the place). With f(1) = 1, f(2) = 1/2, f(3) = 1/4
and f(d) = 0 beyond, and m and v the mean and the variance of f over all pairs of sentences,

    z = sum c(i, j) (f(j - i) - m) / sqrt(v sum c(i, j)^2)

is near 0 where the sentences stand in any order, with a deviation of ANY, and in prose near GROWTH for each sentence,
with a deviation of PROSE + SPREAD for each (measured on seven sources of Chinese prose, cut at 6 to 200 sentences). The
score is the chance that a text as likely prose as shuffled is prose, given its z, both taken as normal: about a half
where there is too little to tell, near 0 for a long text in any order. A z below that at which prose is least likely
counts as it. The first MOST_SENTENCES sentences are looked at. The tie of words to their place is lexical cohesion
(Halliday and Hasan 1976).

A text of Chinese whose first sentence begins with a word that answers or points back to what was said before (`leads`)
is rarer in prose than in any order: its odds are multiplied by OPENED_PROSE / OPENED_ANY, the shares of texts that do
in five sources of Chinese prose and in random orders of their sentences. Another beginning counts as saying nothing.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from corpus.kernels.buffers import column, frozen, utf8
from corpus.kernels.inserted import ends_sentence
from corpus.kernels.memory import at, byte_at, code_point, width
from corpus.kernels.numba_cache import F64_OUT, I64, U8, U64_OUT, helper, kernel
from corpus.kernels.repetition import PART, SINGLE, room_for_tokens, token_kinds
from corpus.kernels.scratch import scratch
from corpus.kernels.signal import SignalCall
from corpus.kernels.unicode_tables import tables

MIN_SENTENCES = 6
MOST_SENTENCES = 200
MOST_SHARING = 32
MOST_TOKENS = 1 << 16
"""Tokens and pairs that are looked at, from the beginning; a whole book says no more than its first chapters."""
ANY, GROWTH, PROSE, SPREAD = 0.7, 0.07, 0.6, 0.02
OPENED_PROSE, OPENED_ANY = 0.015, 0.14
MIN_REPEATED = 8
"""Tokens from which a sentence that comes again counts as repeated: shorter ones are headings and replies."""
_K = np.uint64(0x9E3779B97F4A7C15)
_K2 = np.uint64(0xD6E8FEB86659FD93)
_SHIFT = np.uint64(29)
_LOW = np.uint64(0xFF)
_NEAR = (1.0, 0.5, 0.25)

SINGLE_LEADS = "但而却则又也他她它该此其"
DOUBLE_LEADS = (
    "然而", "不过", "可是", "因此", "所以", "因而", "于是", "另外", "同时", "并且", "否则", "相反",
    "例如", "比如", "总之", "综上", "对此", "随后", "接着", "然后", "后来", "之后", "当然", "结果",
    "即使", "甚至", "除此", "与此", "换句", "尽管", "另一", "这些", "这种", "这样", "这意", "这也",
    "这使", "这让", "这就", "这项", "这并", "这与", "那些", "那么",
)  # fmt: skip
NO_LEADS = (
    "其他", "其实", "却说", "该死", "此致", "此间", "也许", "也门", "又名", "而今", "而立", "他山",
    "他乡",
)  # fmt: skip
"""Beginnings of two characters that point to nothing though the first character alone would."""


@helper
def _mixed(value: Any) -> Any:
    value = value * _K
    value ^= value >> _SHIFT
    value *= _K2
    return value ^ (value >> _SHIFT)


@functools.cache
def leads() -> tuple[np.ndarray, np.ndarray]:
    """What the first sentence of a text hardly begins with, and what is none of these though its first character is:
    keys of the first two code points, int64, the first << 32 | the second, which is 0 where one is enough."""
    pointing = [*SINGLE_LEADS, *DOUBLE_LEADS]
    keys = [[ord(one[0]) << 32 | (ord(one[1]) if one[1:] else 0) for one in many] for many in (pointing, NO_LEADS)]
    return frozen(np.array(keys[0], np.int64)), frozen(np.array(keys[1], np.int64))


@helper
def _among(key: int, keys: Any) -> bool:
    for place in range(len(keys)):  # noqa: SIM110, plain loops are what is compiled
        if at(keys, place) == key:
            return True
    return False


@helper
def _points_back(first: int, second: int, pointing: Any, not_so: Any) -> bool:
    """Whether a sentence that begins with these code points goes on from something; 0 is another token."""
    both = first << 32 | second
    return _among(both, pointing) or (_among(first << 32, pointing) and not _among(both, not_so))


@kernel(U8, I64, U8, U8, I64, I64, F64_OUT, F64_OUT, U64_OUT, U64_OUT, F64_OUT)
def _measure(
    data: Any,
    offsets: Any,
    classes: Any,
    kinds: Any,
    pointing: Any,
    not_so: Any,
    orders: Any,
    repeated: Any,
    tokens: Any,
    table: Any,
    shared: Any,
) -> None:
    """`orders[row]` and `repeated[row]`, not a number where there is too little.

    Scratch: `tokens` has two items for each token of the longest text; `table`, which is zero, a power of two, of at
    least a quarter of the bytes of the longest text; `shared` MOST_SENTENCES squared.
    """
    for row in range(len(offsets) - 1):
        orders[row] = repeated[row] = np.nan
        index, end = offsets[row], offsets[row + 1]
        kept, sentences = 0, 0
        many, begin, again, all_tokens = 0, 0, 0, 0
        before, whole = np.uint64(0), _K
        first, second = np.int64(0), np.int64(0)  # how the first sentence begins, where that is with characters
        word, inside = _K, False
        size = 16
        while size < (end - index) // 4 and size < len(table):
            size *= 2
        mask = np.uint64(size - 1)
        while index <= end:
            over = index == end
            lead = 10 if over else byte_at(data, index)
            point = 10 if over else code_point(data, index, lead)
            index += 1 if over else width(lead)
            kind = at(kinds, np.int64(at(classes, point)))
            if kind == PART and not over:
                word = (word ^ np.uint64(point)) * _K
                word ^= word >> _SHIFT
                inside = True
                continue
            for step in range(2):
                if step == 0 and inside:
                    token = _mixed(word)
                    word, inside = _K, False
                elif step == 1 and kind == SINGLE and not over:
                    token = _mixed(np.uint64(point + 1))
                else:
                    continue
                many += 1
                if sentences == 0 and many <= 2:
                    shown = np.int64(point) if step == 1 else np.int64(0)
                    first, second = (shown, np.int64(0)) if many == 1 else (first, shown)
                whole = _mixed(whole ^ token)
                if sentences < MOST_SENTENCES and kept < MOST_TOKENS:
                    tokens[kept] = (token & ~_LOW) | np.uint64(sentences)
                    kept += 1
                    if many > 1:
                        tokens[kept] = (_mixed(before ^ (token * _K2)) & ~_LOW) | np.uint64(sentences)
                        kept += 1
                before = token
            if many == 0 or not (over or ends_sentence(data, point, index, end, classes, kinds)):
                continue
            all_tokens += many
            if many >= MIN_REPEATED:
                slot = np.int64(whole & mask)
                while table[slot] != np.uint64(0) and table[slot] != whole:
                    slot = np.int64(np.uint64(slot + 1) & mask)
                if table[slot] == whole:
                    again += many
                table[slot] = whole
            if many > 1:
                sentences += 1
            else:
                kept = begin
            begin = kept
            many, whole = 0, _K
        table[:size] = np.uint64(0)
        if all_tokens > 0:
            repeated[row] = again / all_tokens
        used = min(sentences, MOST_SENTENCES)  # those past MOST_TOKENS share nothing
        if used >= MIN_SENTENCES:
            opened = _points_back(first, second, pointing, not_so)
            orders[row] = _order(tokens[:kept], used, shared, math.log(OPENED_PROSE / OPENED_ANY) if opened else 0.0)


@helper
def _order(tokens: Any, sentences: int, shared: Any, known: float) -> float:
    """The score of sentences whose tokens are given, the sentence in the low byte of each; see the module. `known` is
    what the beginning adds to the logarithm of the odds."""
    tokens.sort()
    shared[: sentences * sentences] = 0.0
    most = min(MOST_SHARING, max(2, sentences // 2))
    holders = np.empty(MOST_SHARING + 1, np.int64)
    place, last = 0, len(tokens)
    while place < last:
        token = tokens[place] & ~_LOW
        many = 0
        while place < last and tokens[place] & ~_LOW == token:
            one = np.int64(tokens[place] & _LOW)
            if many == 0 or holders[min(many, MOST_SHARING + 1) - 1] != one:
                if many <= MOST_SHARING:
                    holders[many] = one
                many += 1
            place += 1
        if many < 2 or many > most:
            continue
        weight = 1.0 / (many - 1)
        for first in range(many - 1):
            for second in range(first + 1, many):
                shared[holders[first] * sentences + holders[second]] += weight
    pairs = sentences * (sentences - 1) / 2
    mean, square = 0.0, 0.0
    for distance in range(1, 4):
        mean += _NEAR[distance - 1] * (sentences - distance) / pairs
        square += _NEAR[distance - 1] ** 2 * (sentences - distance) / pairs
    total, weights = 0.0, 0.0
    for first in range(sentences - 1):
        for second in range(first + 1, sentences):
            found = shared[first * sentences + second]
            if found > 0.0:
                distance = second - first
                near = _NEAR[distance - 1] if distance <= 3 else 0.0
                total += math.sqrt(found) * (near - mean)
                weights += found
    if weights == 0.0:
        return 1.0 / (1.0 + math.exp(-known))
    z = total / math.sqrt((square - mean * mean) * weights)
    usual, spread = GROWTH * sentences, PROSE + SPREAD * sentences
    if spread > ANY:
        z = max(z, -usual * ANY**2 / (spread**2 - ANY**2))
    odds = 0.5 * (z / ANY) ** 2 - 0.5 * ((z - usual) / spread) ** 2 + math.log(ANY / spread) + known
    return 1.0 / (1.0 + math.exp(-min(max(odds, -50.0), 50.0)))


def measure_order(text: pa.Array, calls: Sequence[SignalCall]) -> list[pa.Array]:
    """The signals of the `order` family."""
    data, offsets = utf8(text)
    orders, repeated = np.empty(len(text), np.float64), np.empty(len(text), np.float64)
    room = room_for_tokens(data, offsets)
    longest = int(np.diff(offsets).max(initial=0))
    size = max(16, 1 << (longest // 4).bit_length())
    tokens, table = scratch(0, 2 * room + 2, np.uint64), scratch(1, size, np.uint64)
    table[:] = 0
    shared = scratch(2, MOST_SENTENCES * MOST_SENTENCES, np.float64)
    _measure(data, offsets, tables().classes, token_kinds(), *leads(), orders, repeated, tokens, table, shared)
    of = {"sentence_order_score": orders, "repeated_sentence_ratio": repeated}
    return [column(of[call.kernel].astype(np.float32), pa.float32(), text) for call in calls]
