"""Sentences that do not belong: how far one lies from the rest of its document.

Tokens are those of `repetition`: each Han, kana and hangul character, each run of other letters and digits. A
sentence's *familiarity* is the share of its tokens, and of its pairs of neighbouring tokens, that stand elsewhere in
the document too, each pair counted as half a token. Of a document whose sentences are p familiar, one of n tokens is
expected to be p familiar give or take sqrt(p (1 - p) / n), so each sentence is measured in such steps below p. The
sentence furthest below is compared with all others, in their deviations (of one step at least) from their mean; a
distance of z scores z / (z + 4).

Only counts of the whole document enter, so the order of the sentences does not matter. The counts stand in a hashed
table of at least four slots a token (up to 2^20 slots); it is cleared slot by slot, so time is linear in the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from corpus.kernels.buffers import column, utf8
from corpus.kernels.memory import at, byte_at, code_point, prefetch, width
from corpus.kernels.numba_cache import F64_OUT, I32_OUT, I64, U8, U8_OUT, U64_OUT, helper, kernel
from corpus.kernels.repetition import BLANK, PART, SINGLE, room_for_tokens, token_kinds
from corpus.kernels.scratch import scratch
from corpus.kernels.signal import SignalCall
from corpus.kernels.unicode_tables import tables

MIN_SENTENCES = 8
MIN_TOKENS = 10
"""Sentences of fewer tokens say too little about their vocabulary and are only part of the rest; so are lines that
end without a mark, such as titles, names of authors and tables, which are unlike their texts by nature."""
HALF_WAY = 4.0
AHEAD = 8
"""How many tokens ahead the slots of the tables are asked for."""
MAX_SLOTS = 1 << 20
_K = np.uint64(0x9E3779B97F4A7C15)
_K2 = np.uint64(0xD6E8FEB86659FD93)
_SHIFT = np.uint64(29)


@helper
def ends_sentence(data: Any, point: int, index: int, end: int, classes: Any, kinds: Any) -> bool:
    """Whether the code point before `index` ends a sentence; a full stop only before a space, a code point
    beyond ASCII or the end."""
    if point == 0x2E:
        if index == end:
            return True
        following = code_point(data, index, byte_at(data, index))
        return following >= 0x80 or at(kinds, np.int64(at(classes, following))) == BLANK
    return (
        point == 10 or point == 0x21 or point == 0x3F or point == 0x2026 or point == 0x3002
        or point == 0xFF01 or point == 0xFF1F or point == 0xFF61
    )  # fmt: skip


@helper
def _mixed(value: Any) -> Any:
    value = value * _K
    value ^= value >> _SHIFT
    value *= _K2
    return value ^ (value >> _SHIFT)


@kernel(U8, I64, U8, U8, F64_OUT, I32_OUT, I32_OUT, I32_OUT, U8_OUT, U64_OUT)
def _score(
    data: Any,
    offsets: Any,
    classes: Any,
    kinds: Any,
    scores: Any,
    counts: Any,
    own: Any,
    bounds: Any,
    marked: Any,
    tokens: Any,
) -> None:
    """`scores[row]`, not a number below MIN_SENTENCES sentences.

    The last five are scratch: an item for each token of the longest text and one more; `counts` and `own`, which are
    zero, as many as `_table_size` says.
    """
    for row in range(len(offsets) - 1):
        scores[row] = np.nan
        start, end = offsets[row], offsets[row + 1]
        many, sentences, index = 0, 0, start
        word = _K
        inside = False
        bounds[0] = 0
        while index < end:
            lead = byte_at(data, index)
            point = code_point(data, index, lead)
            index += width(lead)
            kind = at(kinds, np.int64(at(classes, point)))
            if kind == PART:
                word = (word ^ np.uint64(point)) * _K
                word ^= word >> _SHIFT
                inside = True
                continue
            if inside:
                tokens[many] = _mixed(word)
                many += 1
                word = _K
                inside = False
            if kind == SINGLE:
                tokens[many] = _mixed(np.uint64(point + 1))
                many += 1
            elif many > bounds[sentences] and ends_sentence(data, point, index, end, classes, kinds):
                marked[sentences] = point != 10
                sentences += 1
                bounds[sentences] = many
        if inside:
            tokens[many] = _mixed(word)
            many += 1
        if many > bounds[sentences]:
            marked[sentences] = 0
            sentences += 1
            bounds[sentences] = many
        if sentences < MIN_SENTENCES:
            continue
        size = _table_size(many)
        scores[row] = _furthest(tokens, marked, bounds, sentences, counts[:size], own[:size])


@helper
def _table_size(many: int) -> int:
    size = 16384
    while size < 4 * many and size < MAX_SLOTS:
        size *= 2
    return size


@helper
def _furthest(tokens: Any, marked: Any, bounds: Any, sentences: int, counts: Any, own: Any) -> float:
    """The score of the sentences `bounds[i]` to `bounds[i + 1]`; `counts` and `own` are scratch, zero before and
    after. Pairs do not cross sentences, so that shuffling them changes nothing."""
    mask = np.uint64(len(counts) - 1)
    last = bounds[sentences]
    for one in range(sentences):
        for place in range(bounds[one], bounds[one + 1]):
            if place + AHEAD < last:
                prefetch(counts, np.int64(tokens[place + AHEAD] & mask))
                prefetch(counts, _pair(tokens, place + AHEAD - 1, mask))
            counts[np.int64(tokens[place] & mask)] += 2
            if place + 1 < bounds[one + 1]:
                counts[_pair(tokens, place, mask)] += 1
    known, asked = 0.0, 0.0
    for one in range(sentences):
        known += _familiar(tokens, bounds[one], bounds[one + 1], counts, own, mask)
        asked += 1.5 * (bounds[one + 1] - bounds[one]) - 0.5
    usual = min(max(known / asked, 0.02), 0.98)
    step = np.sqrt(usual * (1.0 - usual))
    judged, total, squares, most = 0, 0.0, 0.0, -1e9
    for one in range(sentences):
        length = bounds[one + 1] - bounds[one]
        if length < MIN_TOKENS or marked[one] == 0:
            continue
        weight = 1.5 * length - 0.5
        share = _familiar(tokens, bounds[one], bounds[one + 1], counts, own, mask) / weight
        below = (usual - share) * np.sqrt(np.float64(length)) / step
        judged += 1
        total += below
        squares += below * below
        most = max(most, below)
    for one in range(sentences):
        for place in range(bounds[one], bounds[one + 1]):
            counts[np.int64(tokens[place] & mask)] = 0
            if place + 1 < bounds[one + 1]:
                counts[_pair(tokens, place, mask)] = 0
    if judged < MIN_SENTENCES:
        return np.nan
    mean = (total - most) / (judged - 1)
    spread = np.sqrt(max((squares - most * most) / (judged - 1) - mean * mean, 0.0))
    distance = max(0.0, (most - mean) / max(spread, 1.0))
    return distance / (distance + HALF_WAY)


@helper
def _pair(tokens: Any, place: int, mask: Any) -> Any:
    """Where the token at `place` and the one after it are counted as a pair."""
    both = (tokens[place] * _K2) ^ (tokens[place + 1] * _K)
    return np.int64((both >> np.uint64(24)) & mask)


@helper
def _familiar(tokens: Any, start: int, stop: int, counts: Any, own: Any, mask: Any) -> float:
    """Tokens, and pairs as half a token each, that stand outside `start` to `stop` too."""
    for place in range(start, stop):
        if place + AHEAD < stop:
            prefetch(own, np.int64(tokens[place + AHEAD] & mask))
            prefetch(counts, np.int64(tokens[place + AHEAD] & mask))
            prefetch(own, _pair(tokens, place + AHEAD - 1, mask))
            prefetch(counts, _pair(tokens, place + AHEAD - 1, mask))
        own[np.int64(tokens[place] & mask)] += 2
        if place + 1 < stop:
            own[_pair(tokens, place, mask)] += 1
    known = 0.0
    for place in range(start, stop):
        slot = np.int64(tokens[place] & mask)
        known += 1.0 if counts[slot] > own[slot] else 0.0
        if place + 1 < stop:
            slot = _pair(tokens, place, mask)
            known += 0.5 if counts[slot] > own[slot] else 0.0
    for place in range(start, stop):
        own[np.int64(tokens[place] & mask)] = 0
        if place + 1 < stop:
            own[_pair(tokens, place, mask)] = 0
    return known


def _size(many: int) -> int:
    """`_table_size`, for those who make the tables."""
    return int(min(max(16384, 1 << (4 * many - 1).bit_length()), MAX_SLOTS)) if many else 16384


def measure_inserted(text: pa.Array, calls: Sequence[SignalCall]) -> list[pa.Array]:
    """The signal of the `inserted` family."""
    data, offsets = utf8(text)
    scores = np.empty(len(text), np.float64)
    room = room_for_tokens(data, offsets)
    items = [scratch(slot, length, np.int32) for slot, length in enumerate((_size(room), _size(room), room + 2))]
    items[0][:] = 0
    items[1][:] = 0
    marked, tokens = scratch(3, room + 2, np.uint8), scratch(4, room + 1, np.uint64)
    _score(data, offsets, tables().classes, token_kinds(), scores, *items, marked, tokens)
    return [column(scores.astype(np.float32), pa.float32(), text) for _ in calls]
