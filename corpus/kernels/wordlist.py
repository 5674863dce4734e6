"""Aho-Corasick over the view of `matchview`: every list in one pass, no Python for a document.

For each list, of terms that overlap the leftmost counts, of those the longest, once. So what a list finds does not
depend on the other lists in the pass. A hit at the end of a text's position costs the terms that end there, which are
at most as many as there are lengths of terms; all else is one step a code point (Aho and Corasick, CACM 18, 1975).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numba.core import types

from corpus.kernels.buffers import frozen, utf8
from corpus.kernels.matchview import (
    BREAK,
    FIRST,
    LINE,
    MARK,
    MAX_GAP,
    NOTHING,
    OTHER,
    OTHER_CJK,
    SPACE_SYMBOL,
    SPREAD,
    classes,
    is_cjk,
    targets,
    view_of_term,
)
from corpus.kernels.memory import at, byte_at, code_point, points, width
from corpus.kernels.numba_cache import I64, I64_GRID_OUT, INT, U8, U16, U32, U64, helper, kernel
from corpus.kernels.unicode_tables import tables

MAX_TERM = 64
"""Characters of a term's view at most, so that where the last of them stood fits a small ring."""
ASCII_EDGE, ANY_EDGE = 1, 2
"""What may not touch a hit: a letter or digit that is not Chinese or Japanese, or any letter or digit."""

_RING = 128
_MASK = _RING - 1
_MAX_SYMBOLS = 65_000
_F64 = types.Array(types.float64, 1, "C", readonly=True)
_F64_GRID_OUT = types.Array(types.float64, 2, "C")
_I32 = types.Array(types.int32, 1, "C", readonly=True)
_PAIR_SHIFT = 44
_PAIR_BITS = 1 << 20
_MIX = np.uint64(0x9E3779B97F4A7C15)
_HIT_FIELDS = 5


@dataclass(frozen=True)
class Pattern:
    """A term of a list: `group` is the list's number, `edge` what may not touch it (0: anything may)."""

    text: str
    group: int
    weight: float = 1.0
    cap: int = 0
    """Hits of this term in one text that add to its weight at most; 0: all."""
    edge: int = 0
    gaps: bool = True
    """Whether a hit may step over spaces and marks between Chinese characters."""


@dataclass(frozen=True)
class Automaton:
    """Patterns compiled to arrays. `entries` are patterns by the state in which they end; equal views are one state."""

    groups: int
    patterns: tuple[Pattern, ...]
    view: np.ndarray
    first_cjk: int
    deep: int
    """The first state that two symbols lead to."""
    pairs: np.ndarray
    slots: np.ndarray
    nexts: np.ndarray
    root: np.ndarray
    children: np.ndarray
    fail: np.ndarray
    report: np.ndarray
    ends: np.ndarray
    entries: np.ndarray
    facts: np.ndarray
    weights: np.ndarray


def compile_patterns(patterns: Sequence[Pattern], groups: int) -> Automaton:
    """The automaton of `patterns`; ValueError for a term that has no view, is too long, or too many characters."""
    views = [view_of_term(pattern.text) for pattern in patterns]
    for pattern, view in zip(patterns, views, strict=True):
        if len(view) > MAX_TERM:
            raise ValueError(f"{pattern.text[:20]!r}... has more than {MAX_TERM} characters")
    used = sorted({point for view in views for point in view if point != 0x20}, key=lambda one: (is_cjk(one), one))
    if len(used) > _MAX_SYMBOLS:
        raise ValueError(f"the terms have {len(used)} different characters, more than {_MAX_SYMBOLS}")
    first_cjk = FIRST + sum(not is_cjk(point) for point in used)
    # The number `first_cjk` itself is a Chinese character of no term.
    symbols = {point: FIRST + index + is_cjk(point) for index, point in enumerate(used)} | {0x20: SPACE_SYMBOL}
    trie, ends = _trie([[symbols[point] for point in view] for view in views])
    fail, report = _links(trie, ends)
    slots, nexts = _hashed(trie)
    root = np.zeros(first_cjk + len(used) + 1, np.int32)
    for symbol, state in trie[0].items():
        root[symbol] = state
    facts = [
        (len(view), pattern.group, pattern.edge, int(not pattern.gaps), pattern.cap or 1 << 40)
        for pattern, view in zip(patterns, views, strict=True)
    ]
    return Automaton(
        groups=groups,
        patterns=tuple(patterns),
        view=frozen(_view(symbols, first_cjk)),
        first_cjk=first_cjk,
        deep=len(trie[0]) + 1,
        pairs=frozen(_pairs(trie, ends)),
        slots=frozen(slots),
        nexts=frozen(nexts),
        root=frozen(root),
        children=frozen(np.array([sum({1 << (symbol & 63) for symbol in row}) for row in trie], np.uint64)),
        fail=frozen(fail),
        report=frozen(report),
        ends=frozen(np.cumsum([0, *(len(one) for one in ends)], dtype=np.int64)),
        entries=frozen(np.array([number for one in ends for number in one], np.int64)),
        facts=frozen(np.array(facts, np.int64).reshape(-1)),
        weights=frozen(np.array([pattern.weight for pattern in patterns], np.float64)),
    )


def _trie(words: Sequence[Sequence[int]]) -> tuple[list[dict[int, int]], list[list[int]]]:
    """Children by symbol and words that end, by state; states are numbered by depth, the root first."""
    trie: list[dict[int, int]] = [{}]
    ends: list[list[int]] = [[]]
    reached = [(number, 0) for number in range(len(words))]
    depth = 0
    while reached:
        after = []
        for number, state in reached:
            if depth == len(words[number]):
                ends[state].append(number)
                continue
            child = trie[state].setdefault(words[number][depth], len(trie))
            if child == len(trie):
                trie.append({})
                ends.append([])
            after.append((number, child))
        reached, depth = after, depth + 1
    return trie, ends


def _pairs(trie: list[dict[int, int]], ends: list[list[int]]) -> np.ndarray:
    """Bits by pair of symbols: clear where no term begins with the pair; all set where a term has one symbol."""
    bits = np.zeros(_PAIR_BITS >> 6, np.uint64)
    for first, state in trie[0].items():
        if ends[state]:
            bits[:] = np.iinfo(np.uint64).max
        for second in trie[state]:
            place = (first << 16 | second) * int(_MIX) % (1 << 64) >> _PAIR_SHIFT
            bits[place >> 6] |= np.uint64(1 << (place & 63))
    return bits


def _view(symbols: dict[int, int], first_cjk: int) -> np.ndarray:
    """The classes of all code points, with the symbol of a letter where a term has it."""
    of = np.zeros(len(classes()), np.uint16)
    for point, symbol in symbols.items():
        of[point] = symbol
    wordy = (classes() == OTHER) | (classes() == OTHER_CJK)
    symbol = of[targets()]
    others = np.where(classes() == OTHER_CJK, first_cjk, classes())
    return np.where(wordy & (symbol != 0), symbol, others).astype(np.uint16)


def _links(trie: list[dict[int, int]], ends: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Where each state falls back to, and the nearest state from it on (itself first) in which a term ends."""
    fail, report = np.zeros(len(trie), np.int32), np.zeros(len(trie), np.int32)
    waiting = deque([0])
    while waiting:
        state = waiting.popleft()
        report[state] = state if ends[state] else report[fail[state]]
        for symbol, child in trie[state].items():
            back = int(fail[state])
            while back and symbol not in trie[back]:
                back = int(fail[back])
            fail[child] = trie[back].get(symbol, 0) if state else 0
            waiting.append(child)
    return fail, report


def _hashed(trie: list[dict[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    """The steps between states but the root's, by open addressing, a quarter full at most; key 0 is empty."""
    steps = [(state << 16 | symbol, to) for state, row in enumerate(trie) if state for symbol, to in row.items()]
    size = 1 << max(4, (4 * len(steps)).bit_length())
    slots, nexts = np.zeros(size, np.uint64), np.zeros(size, np.int32)
    mask = size - 1
    for key, to in steps:
        place = (key * int(_MIX) & (1 << 64) - 1) >> 40 & mask
        while slots[place]:
            place = (place + 1) & mask
        slots[place], nexts[place] = key, to
    return slots, nexts


@helper
def _step(state: Any, symbol: int, slots: Any, nexts: Any, root: Any, children: Any, fail: Any) -> Any:
    """The state after `symbol`; steps back along `fail` are paid for by steps forward."""
    bit = np.uint64(symbol & 63)
    mask = len(slots) - 1
    while state != 0:
        if (at(children, state) >> bit) & np.uint64(1):
            key = np.uint64(state << 16 | symbol)
            place = np.int64((key * _MIX) >> np.uint64(40)) & mask
            while at(slots, place) != np.uint64(0):
                if at(slots, place) == key:
                    return np.int64(at(nexts, place))
                place = (place + 1) & mask
        state = np.int64(at(fail, state))
    return np.int64(at(root, symbol))


@helper
def _touches(data: Any, index: int, end: int, view: Any, first_cjk: int) -> int:
    """What stands at `index`: 0 no letter or digit, 1 one that is not CJK, 2 one that is."""
    while index < end:
        lead = byte_at(data, index)
        symbol = np.int64(at(view, code_point(data, index, lead)))
        if symbol != NOTHING:
            if symbol >= first_cjk:
                return 2
            return 1 if symbol >= OTHER or symbol == SPREAD else 0
        index += width(lead)
    return 0


@helper
def _forbidden(edge: int, neighbour: int) -> bool:
    return (edge == ASCII_EDGE and neighbour == 1) or (edge == ANY_EDGE and neighbour != 0)


@helper
def _take(hits: Any, used: int, tops: Any, row: int, pattern: int, group: int, start: int, end: int) -> int:
    """Add a hit that ends last of all so far, unless one that begins before it covers it; what it covers goes.

    `tops[group]` is the list's last hit, field 4 the one before it; a hit that went has pattern -1. Greedy from the
    left over all hits gives the same: a hit that begins before this one was chosen before it and stays.
    """
    below = tops[group]
    while below >= 0 and hits[below, 2] >= start:
        below = hits[below, 4]
    if below >= 0 and hits[below, 3] > start:
        return used
    gone = tops[group]
    while gone != below:
        hits[gone, 1] = -1
        gone = hits[gone, 4]
    hits[used, 0], hits[used, 1], hits[used, 2], hits[used, 3], hits[used, 4] = row, pattern, start, end, below
    tops[group] = used
    return used + 1


@helper
def _count(
    hits: Any, begin: int, used: int, row: int, facts: Any, weights: Any, seen: Any, counts: Any, sums: Any
) -> None:
    """Add up the row's hits: `counts[row]` hits then different terms by group, `sums[row]` weights within the caps."""
    groups = sums.shape[1]
    for hit in range(begin, used):
        pattern = hits[hit, 1]
        if pattern < 0:
            continue
        group = facts[5 * pattern + 1]
        if seen[2 * pattern] != row + 1:
            seen[2 * pattern], seen[2 * pattern + 1] = row + 1, 0
            counts[row, groups + group] += 1
        seen[2 * pattern + 1] += 1
        counts[row, group] += 1
        if seen[2 * pattern + 1] <= facts[5 * pattern + 4]:
            sums[row, group] += weights[pattern]


@kernel(
    U8, I64, U16, INT, INT, U32, U32, U64, U64, _I32, _I32, U64, _I32, _I32, I64, I64, I64, _F64, INT, I64_GRID_OUT,
    _F64_GRID_OUT,
)  # fmt: skip
def _scan(
    data: Any, offsets: Any, view: Any, first_cjk: int, deep: int, fold: Any, extra: Any, pairs: Any, slots: Any,
    nexts: Any, root: Any, children: Any, fail: Any, report: Any, ends: Any, entries: Any, facts: Any, weights: Any,
    keep: int, counts: Any, sums: Any,
) -> Any:  # fmt: skip
    """Fill `counts` and `sums`; the hits of all rows when `keep`, with byte offsets into the buffer.

    While no two symbols of a term have been seen, only the last symbol is kept and a bit for the pair is looked up:
    that branch is foreseen by the processor, where stepping between states of depth one would not be.
    """
    groups = sums.shape[1]
    hits = np.empty((256, _HIT_FIELDS), np.int64)
    tops = np.empty(groups, np.int64)
    seen = np.zeros(2 * len(weights), np.int64)
    # Of each of the last symbols: what touched it on the left (2 bits), where it stood (42), gaps stepped over (18).
    ring = np.zeros(_RING, np.int64)
    used: Any = 0
    symbol: Any = 0
    piece: Any = 0
    pieces: Any = 0
    for row in range(len(offsets) - 1):
        index, end = offsets[row], offsets[row + 1]
        begin = used if keep else 0
        used = begin
        for group in range(groups):
            tops[group] = -1
        state: Any = 0
        last, place, crossed = 0, 0, 0
        # What touches the next letter: 0 a gap or nothing, 1 a letter that is not CJK, 2 one that is.
        before, gap, gap_length, start = 0, 0, 0, index
        piece, pieces = 0, 0
        while index < end or pieces > 0:
            if pieces > 0:
                symbol = np.int64(at(view, np.int64(at(extra, piece)) & 0x1FFFFF))
                piece, pieces = piece + 1, pieces - 1
            else:
                start = index
                lead = byte_at(data, index)
                point = code_point(data, index, lead)
                symbol = np.int64(at(view, point))
                index += width(lead)
            if symbol < OTHER:
                if symbol == SPREAD:
                    entry = np.int64(at(fold, point))
                    piece, pieces = entry & 0x1FFFFF, (entry >> 21) & 0xFF
                elif symbol != NOTHING:
                    gap |= 1 << symbol
                    gap_length += 1
                    before = 0
                continue
            kind = 1 + (symbol >= first_cjk)
            if gap != 0:
                if gap & (1 << BREAK) != 0:
                    state, last = 0, 0
                elif last >= first_cjk or kind == 2:
                    if gap & (1 << LINE) != 0 or gap_length > MAX_GAP:
                        state, last = 0, 0
                    crossed = (crossed + 1) & 0x3FFFF
                elif gap & (1 << MARK) != 0:
                    state, last = 0, 0
                elif last != 0:
                    state = _step(state if state else root[last], SPACE_SYMBOL, slots, nexts, root, children, fail)
                    last = SPACE_SYMBOL
                    ring[place & _MASK] = start << 2 | crossed << 44
                    place += 1
                gap, gap_length = 0, 0
            ring[place & _MASK] = before | start << 2 | crossed << 44
            place += 1
            before = kind
            if state == 0:
                pair = np.int64((np.uint64(last << 16 | symbol) * _MIX) >> np.uint64(_PAIR_SHIFT))
                if (at(pairs, pair >> 6) >> np.uint64(pair & 63)) & np.uint64(1) == np.uint64(0):
                    last = symbol
                    continue
                state = np.int64(at(root, last))
            last = symbol
            state = _step(state, symbol, slots, nexts, root, children, fail)
            found = np.int64(at(report, state))
            right: Any = -1
            while found != 0:
                for which in range(ends[found], ends[found + 1]):
                    pattern = entries[which]
                    slot = (place - facts[5 * pattern]) & _MASK
                    edge = facts[5 * pattern + 2]
                    if edge:
                        if right < 0:
                            right = 1 if pieces > 0 else _touches(data, index, end, view, first_cjk)
                        if _forbidden(edge, right) or _forbidden(edge, ring[slot] & 3):
                            continue
                    if facts[5 * pattern + 3] and ring[slot] >> 44 != crossed:
                        continue
                    if used == len(hits):
                        larger = np.empty((2 * len(hits), _HIT_FIELDS), np.int64)
                        larger[:used] = hits
                        hits = larger
                    stood = (ring[slot] >> 2) & 0x3FFFFFFFFFF
                    used = _take(hits, used, tops, row, pattern, facts[5 * pattern + 1], stood, index)
                found = np.int64(report[fail[found]])
            if state < deep:
                state = 0
        _count(hits, begin, used, row, facts, weights, seen, counts, sums)
    return hits[: used if keep else 0]


@dataclass(frozen=True)
class Found:
    """By row and group: `hits`, `distinct` terms, and the hits' `weight`, each term's up to its cap; `chars` by row."""

    hits: np.ndarray
    distinct: np.ndarray
    weight: np.ndarray
    chars: np.ndarray


@kernel(U8, I64, types.Array(types.int64, 1, "C"))
def _lengths(data: Any, offsets: Any, lengths: Any) -> None:
    for row in range(len(lengths)):
        lengths[row] = points(data, offsets[row], offsets[row + 1])


def scan(text: pa.Array, automaton: Automaton) -> Found:
    """What each group finds in each row; nothing in a null row."""
    counts, sums, _ = _run(text, automaton, keep=False)
    data, offsets = utf8(text)
    lengths = np.zeros(len(text), np.int64)
    _lengths(data, offsets, lengths)
    return Found(counts[:, : automaton.groups], counts[:, automaton.groups :], sums, lengths)


def locate(text: pa.Array, automaton: Automaton) -> pa.RecordBatch:
    """Every hit in the order of rows, groups and places: `row`, `group`, `pattern`, `start`, `end` (bytes of the row).

    The bytes from `start` to `end` are of the original text, with whatever was stepped over inside.
    """
    _, _, hits = _run(text, automaton, keep=True)
    hits = hits[hits[:, 1] >= 0]
    group = automaton.facts.reshape(-1, 5)[hits[:, 1], 1] if len(hits) else hits[:, 1]
    order = np.lexsort((hits[:, 2], group, hits[:, 0]))
    hits, group = hits[order], group[order]
    base = utf8(text)[1][hits[:, 0]] if len(hits) else hits[:, 0]
    columns = (hits[:, 0], group, hits[:, 1], hits[:, 2] - base, hits[:, 3] - base)
    return pa.RecordBatch.from_arrays(
        [pa.array(np.ascontiguousarray(values), pa.int64()) for values in columns],
        names=["row", "group", "pattern", "start", "end"],
    )


def _run(text: pa.Array, automaton: Automaton, *, keep: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    data, offsets = utf8(text)
    one = automaton
    counts = np.zeros((len(text), 2 * one.groups), np.int64)
    sums = np.zeros((len(text), one.groups), np.float64)
    fold, extra = tables().fold, tables().fold_extra
    hits = _scan(
        data, offsets, one.view, one.first_cjk, one.deep, fold, extra, one.pairs, one.slots, one.nexts, one.root,
        one.children, one.fail, one.report, one.ends, one.entries, one.facts, one.weights, int(keep), counts, sums,
    )  # fmt: skip
    return counts, sums, hits
