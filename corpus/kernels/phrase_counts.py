"""The loops of corpus.kernels.phrases: tokens of segments, hashed strings of them, and tables that count texts."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numba.core import types

from corpus.kernels.buffers import frozen
from corpus.kernels.memory import at, byte_at, code_point, width
from corpus.kernels.numba_cache import F64_OUT, I32_OUT, I64, I64_GRID_OUT, INT, U8, U64_OUT, helper, kernel
from corpus.kernels.unicode_tables import CODE_POINTS, CONTROL, DIGIT, LETTER, MARK, NUMBER, tables

MOST_TOKENS = 64
"""Tokens of a segment that are looked at together; a longer one is taken in pieces."""
LONGEST = 24
"""Tokens of the longest string that is counted everywhere; longer ones are counted as whole runs and segments."""
SHORTEST = 3
QUARTER = 4
"""An edge is at most a quarter of its text, so that at least half of every text is its middle."""
_SKIP, _CHARACTER, _LETTER, _BREAK, _POINT = range(5)
_BREAKS = "\n\r\t。！？!?；;…│|｜"
_U32_OUT = types.Array(types.uint32, 1, "C")
_BASE = np.uint64(0xA0761D6478BD642F)
_K1, _K2 = np.uint64(0x9FB21C651E98DF25), np.uint64(0xD6E8FEB86659FD93)
_SHIFT, _ONE, _ZERO = np.uint64(32), np.uint64(1), np.uint64(0)


@functools.cache
def roles() -> np.ndarray:
    """What each code point is to a segment, uint8 by code point."""
    known = tables()
    by_class = np.where(known.having(LETTER | DIGIT | NUMBER | MARK), _LETTER, _SKIP)
    by_class = np.where(known.having(LETTER) & known.of_scripts("Hani", "Kana"), _CHARACTER, by_class)
    by_class = np.where(known.having(CONTROL), _BREAK, by_class)
    roles = by_class.astype(np.uint8)[known.classes]
    roles[[ord(mark) for mark in _BREAKS]] = _BREAK
    roles[ord(".")] = _POINT
    return frozen(np.ascontiguousarray(roles[:CODE_POINTS]))


@helper
def _mixed(value: Any) -> Any:
    value = (value ^ (value >> _SHIFT)) * _K1
    value = (value ^ (value >> np.uint64(29))) * _K2
    return value ^ (value >> _SHIFT)


@helper
def _next(data: Any, index: int, end: int, roles: Any, starts: Any, ends: Any, hashes: Any) -> Any:
    """The tokens from `index` to the end of the segment, MOST_TOKENS at most: (where it ended, how many)."""
    count: Any = 0
    inside = False
    value: Any = _ZERO
    while index < end:
        lead = byte_at(data, index)
        point = code_point(data, index, lead)
        role: Any = np.int64(at(roles, point))
        after = index + width(lead)
        if role == _POINT:
            role = _BREAK if after >= end or byte_at(data, after) <= 0x20 else _SKIP
        if role == _LETTER:
            if not inside:
                if count == MOST_TOKENS:
                    return index, count
                starts[count] = index
                value = _ZERO
                inside = True
            value = value * _BASE + np.uint64((point | 0x20 if 0x41 <= point <= 0x5A else point) + 1)
            hashes[count] = value
            ends[count] = after
        else:
            if inside:
                count += 1
                inside = False
            if role == _CHARACTER:
                if count == MOST_TOKENS:
                    return index, count
                starts[count], ends[count] = index, after
                hashes[count] = np.uint64(point + 1)
                count += 1
            elif role == _BREAK:
                return after, count
        index = after
    return index, count + np.int64(inside)


@helper
def _tail(data: Any, index: int, end: int, roles: Any) -> int:
    """The first segment that begins at `index` or later; `index` itself where none does."""
    while index < end and byte_at(data, index) & 0xC0 == 0x80:
        index += 1
    place = index
    while place < end:
        lead = byte_at(data, place)
        after = place + width(lead)
        if at(roles, code_point(data, place, lead)) == _BREAK and after < end:
            return after
        place = after
    return index


@helper
def _prefixes(hashes: Any, count: int, sums: Any) -> None:
    for place in range(count):
        sums[place + 1] = sums[place] * _BASE + _mixed(hashes[place] * _K2)


@helper
def _key(sums: Any, powers: Any, start: int, end: int) -> Any:
    """The hash of tokens `start` to `end`, never zero."""
    return _mixed((sums[end] - sums[start] * powers[end - start]) ^ np.uint64(end - start)) | _ONE


@kernel(U8, I64, U8, INT, INT, _U32_OUT, _U32_OUT, _U32_OUT, I32_OUT)
def count_seeds(
    data: Any,
    offsets: Any,
    roles: Any,
    first: int,
    zone: int,
    ones: Any,
    twos: Any,
    threes: Any,
    seen: Any,
) -> None:
    """Count one, two and three tokens in the edges of texts; of three, texts (`seen` has the last of each)."""
    starts, ends = np.empty(MOST_TOKENS, np.int64), np.empty(MOST_TOKENS, np.int64)
    hashes, sums = np.empty(MOST_TOKENS, np.uint64), np.zeros(MOST_TOKENS + 1, np.uint64)
    powers = _powers()
    parts, seeds = np.uint64(len(ones) - 1), np.uint64(len(threes) - 1)
    for row in range(len(offsets) - 1):
        begin, end = offsets[row], offsets[row + 1]
        edge = min(zone, (end - begin) // QUARTER)
        index = begin
        for side in range(2):
            stop = begin + edge
            if side == 1:
                index, stop = _tail(data, max(index, end - edge), end, roles), end
            while index < stop:
                index, count = _next(data, index, end, roles, starts, ends, hashes)
                _prefixes(hashes, count, sums)
                for place in range(count):
                    ones[_key(sums, powers, place, place + 1) >> _ONE & parts] += np.uint32(1)
                    if place + 2 <= count:
                        twos[_key(sums, powers, place, place + 2) >> _ONE & parts] += np.uint32(1)
                    if place + 3 <= count:
                        slot = _key(sums, powers, place, place + 3) >> _ONE & seeds
                        if seen[slot] != first + row:
                            seen[slot] = first + row
                            threes[slot] += np.uint32(1)


@helper
def _powers() -> Any:
    powers = np.ones(MOST_TOKENS + 1, np.uint64)
    for place in range(MOST_TOKENS):
        powers[place + 1] = powers[place] * _BASE
    return powers


@helper
def _slot(keys: Any, key: Any) -> Any:
    mask = np.uint64(len(keys) - 1)
    slot = key >> _ONE & mask
    while keys[slot] != _ZERO and keys[slot] != key:
        slot = (slot + _ONE) & mask
    return np.int64(slot)


@helper
def _add(key: Any, document: int, least: int, keys: Any, counts: Any, seen: Any, state: Any, room: int) -> int:
    """Count a document for `key`: the slot when it is now frequent and has no name yet, else -1."""
    slot = _slot(keys, key)
    if keys[slot] == _ZERO:
        if state[0] >= room:
            state[1] += 1
            return -1
        keys[slot] = key
        state[0] += 1
        counts[slot] = 0
        seen[slot] = -1
    if seen[slot] == document:
        return -1
    seen[slot] = document
    named = counts[slot] & np.uint32(1)
    counts[slot] += np.uint32(2)
    return slot if named == 0 and counts[slot] >> np.uint32(1) >= least else -1


@kernel(
    U8, I64, U8, INT, INT, INT, _U32_OUT, U64_OUT, _U32_OUT, I32_OUT, types.Array(types.int64, 1, "C"), I64_GRID_OUT
)
def count_phrases(
    data: Any,
    offsets: Any,
    roles: Any,
    first: int,
    zone: int,
    least: int,
    threes: Any,
    keys: Any,
    counts: Any,
    seen: Any,
    state: Any,
    named: Any,
) -> None:
    """`named` takes (row, start, end, key, tokens) of what became frequent, `state[2]` says how many."""
    starts, ends = np.empty(MOST_TOKENS, np.int64), np.empty(MOST_TOKENS, np.int64)
    hashes, sums = np.empty(MOST_TOKENS, np.uint64), np.zeros(MOST_TOKENS + 1, np.uint64)
    powers = _powers()
    seeds = np.uint64(len(threes) - 1)
    room = len(keys) // 4 * 3
    for row in range(len(offsets) - 1):
        begin, end = offsets[row], offsets[row + 1]
        edge = min(zone, (end - begin) // QUARTER)
        index = begin
        for side in range(2):
            stop = begin + edge
            if side == 1:
                index, stop = _tail(data, max(index, end - edge), end, roles), end
            while index < stop:
                index, count = _next(data, index, end, roles, starts, ends, hashes)
                _prefixes(hashes, count, sums)
                place = 0
                while place + 3 <= count:
                    run = place
                    while run + 3 <= count and threes[_key(sums, powers, run, run + 3) >> _ONE & seeds] >= np.uint32(
                        least
                    ):
                        run += 1
                    last = run + 2
                    for start in range(place, run):
                        longest = min(last, start + LONGEST)
                        for stopped in range(start + SHORTEST, longest + 2):
                            until = stopped
                            if stopped == longest + 1:
                                # What is longer than the rest: the whole run.
                                if start != place or last - place <= LONGEST:
                                    continue
                                until = last
                            key = _key(sums, powers, start, until)
                            slot = _add(key, first + row, least, keys, counts, seen, state, room)
                            if slot >= 0 and state[2] < len(named):
                                counts[slot] |= np.uint32(1)
                                used = state[2]
                                named[used, 0], named[used, 1], named[used, 2] = row, starts[start], ends[until - 1]
                                named[used, 3], named[used, 4] = np.int64(key), until - start
                                state[2] += 1
                    place = max(run, place + 1)


@kernel(U64_OUT, _U32_OUT, I32_OUT, INT, U64_OUT, _U32_OUT, I32_OUT)
def keep_counted(old: Any, old_counts: Any, old_seen: Any, least: int, keys: Any, counts: Any, seen: Any) -> None:
    """Put the entries counted in at least `least` texts into another table, which is empty."""
    for slot in range(len(old)):
        if old[slot] != _ZERO and old_counts[slot] >> np.uint32(1) >= np.uint32(least):
            new = _slot(keys, old[slot])
            keys[new], counts[new], seen[new] = old[slot], old_counts[slot], old_seen[slot]


@kernel(U8, I64, U8, _U32_OUT, _U32_OUT, U64_OUT, _U32_OUT, F64_OUT, I64_GRID_OUT, U64_OUT, U64_OUT)
def judge(
    data: Any,
    offsets: Any,
    roles: Any,
    ones: Any,
    twos: Any,
    keys: Any,
    counts: Any,
    rarest: Any,
    parts: Any,
    heads: Any,
    tails: Any,
) -> None:
    """For each phrase: the largest product of the counts of two parts that make it, its characters, words and words
    that are numbers alone, and the keys of the phrase without its last and its first token."""
    starts, ends = np.empty(MOST_TOKENS, np.int64), np.empty(MOST_TOKENS, np.int64)
    hashes, sums = np.empty(MOST_TOKENS, np.uint64), np.zeros(MOST_TOKENS + 1, np.uint64)
    powers = _powers()
    small = np.uint64(len(ones) - 1)
    for row in range(len(offsets) - 1):
        index, end = offsets[row], offsets[row + 1]
        _, count = _next(data, index, end, roles, starts, ends, hashes)
        _prefixes(hashes, count, sums)
        for place in range(count):
            digits = True
            for byte in range(starts[place], ends[place]):
                digits = digits and 0x30 <= byte_at(data, byte) <= 0x39
            lead = byte_at(data, starts[place])
            role = at(roles, code_point(data, starts[place], lead))
            parts[row, 0 if role == _CHARACTER else 2 if digits else 1] += 1
        for split in range(1, count):
            product = 1.0
            for side in range(2):
                left, right = (0, split) if side == 0 else (split, count)
                key = _key(sums, powers, left, right)
                if right - left == 1:
                    product *= np.float64(ones[key >> _ONE & small])
                elif right - left == 2:
                    product *= np.float64(twos[key >> _ONE & small])
                else:
                    slot = _slot(keys, key)
                    product *= np.float64(max(np.uint32(1), counts[slot] >> np.uint32(1)))
            rarest[row] = max(rarest[row], product)
        if count > SHORTEST:
            heads[row], tails[row] = _key(sums, powers, 0, count - 1), _key(sums, powers, 1, count)
