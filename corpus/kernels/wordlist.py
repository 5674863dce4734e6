"""Word lists over the view of `matchview`: every list in one pass, no Python for a document.

For each list, of terms that overlap the leftmost counts, of those the longest, once. So what a list finds does not
depend on the other lists in the pass. A text becomes symbols, block by block; while they are written, the places at
which a term may begin are sieved by their first symbols, and only there the automaton runs. A hit at the end of a
text's position costs the terms that end there, which are at most as many as there are lengths of terms; all else is a
step or two a code point.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numba.core import types

from corpus.kernels.automaton import (
    ANY_EDGE,
    ASCII_EDGE,
    FACTS,
    MAX_TERM,
    MIX,
    Automaton,
    Pattern,
    compile_patterns,
)
from corpus.kernels.buffers import utf8
from corpus.kernels.matchview import BREAK, LINE, MARK, MAX_GAP, NOTHING, OTHER, SPACE_SYMBOL, SPREAD
from corpus.kernels.memory import at, byte_at, code_point, points, put, width
from corpus.kernels.numba_cache import I64, I64_GRID_OUT, I64_OUT, INT, U8, U16, U32, U64, helper, kernel
from corpus.kernels.scratch import scratch
from corpus.kernels.unicode_tables import tables

__all__ = [
    "ANY_EDGE", "ASCII_EDGE", "MAX_TERM", "Automaton", "Found", "Pattern", "compile_patterns", "locate", "scan",
]  # fmt: skip

_BLOCK = 2048
"""Symbols after which a block of a text is cut where it can be."""
_LONG = 6 << 20
"""Bytes of a text whose symbols all fit in scratch; a stretch without a mark cannot be cut into blocks."""
_U16_OUT, _I32_OUT = types.Array(types.uint16, 1, "C"), types.Array(types.int32, 1, "C")
_F64 = types.Array(types.float64, 1, "C", readonly=True)
_F64_GRID_OUT = types.Array(types.float64, 2, "C")
_I32 = types.Array(types.int32, 1, "C", readonly=True)
_TWO, _THREE = np.uint64((1 << 32) - 1), np.uint64((1 << 48) - 1)
_HIT_FIELDS = 5
# What the writing of symbols carries from one block to the next.
_INDEX, _PIECE, _PIECES, _POINT, _START, _TRAIL, _LAST, _CROSSED, _BEFORE, _GAP, _GAP_LENGTH, _MANY, _STARTS = range(13)
_ENDED, _CUT, _FULL = range(3)


@helper
def _found_at(key: Any, slots: Any, nexts: Any) -> Any:
    """The number of `key`, 0 where it has none."""
    mask = len(slots) - 1
    place = np.int64((key * MIX) >> np.uint64(40)) & mask
    while at(slots, place) != np.uint64(0):
        if at(slots, place) == key:
            return np.int64(at(nexts, place))
        place = (place + 1) & mask
    return np.int64(0)


@helper
def _step(state: Any, symbol: int, states: Any, slots: Any, nexts: Any, root: Any, children: Any) -> Any:
    """The state after `symbol`; steps back are paid for by steps forward."""
    while state != 0:
        first = np.int64(at(states, 4 * state))
        if first & 0xFFFF == symbol:
            return np.int64(at(states, 4 * state + 1))
        if first >> 16 and (at(children, state) >> np.uint64(symbol & 63)) & np.uint64(1):
            child = _found_at(np.uint64(state << 16 | symbol), slots, nexts)
            if child != 0:
                return child
        state = np.int64(at(states, 4 * state + 2))
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
        group = facts[FACTS * pattern + 1]
        if seen[2 * pattern] != row + 1:
            seen[2 * pattern], seen[2 * pattern + 1] = row + 1, 0
            counts[row, groups + group] += 1
        seen[2 * pattern + 1] += 1
        counts[row, group] += 1
        if seen[2 * pattern + 1] <= facts[FACTS * pattern + 4]:
            sums[row, group] += weights[pattern]


@helper
def _bit(bits: Any, shift: Any, key: Any) -> Any:
    """The bit of `key`, 0 or 1."""
    place = np.int64((key * MIX) >> shift)
    return np.int64((at(bits, place >> 6) >> np.uint64(place & 63)) & np.uint64(1))


@helper
def _fill(
    data: Any, end: int, carried: Any, view: Any, first_cjk: int, fold: Any, extra: Any, pairs: Any, triples: Any,
    symbols: Any, stood: Any, begins: Any,
) -> int:  # fmt: skip
    """Write the symbols of the text from where `carried` stands: _ENDED, _CUT where no term can go on, or _FULL.

    `stood[i]`: what touched symbol i on the left (2 bits), whether its code point goes on behind it (1), where that
    stood (41), gaps stepped over so far (18). `begins`: twice the places at which a term may begin, as its first three
    symbols say, and 1 more where its first two say so: the term may have no more.
    """
    index, piece, pieces = carried[_INDEX], carried[_PIECE], carried[_PIECES]
    point, start, trail = carried[_POINT], carried[_START], np.uint64(carried[_TRAIL])
    last, crossed, before = carried[_LAST], carried[_CROSSED], carried[_BEFORE]
    gap, gap_length, many, starts = carried[_GAP], carried[_GAP_LENGTH], carried[_MANY], carried[_STARTS]
    pair_shift, triple_shift = _shift(pairs), _shift(triples)
    room = len(symbols) - 4
    status = _ENDED
    symbol: Any = 0
    while index < end or pieces > 0:
        if many >= room:
            status = _FULL
            break
        spread = pieces > 0
        if spread:
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
                last = 0
            elif last >= first_cjk or kind == 2:
                if gap & (1 << LINE) != 0 or gap_length > MAX_GAP:
                    last = 0
                crossed = (crossed + 1) & 0x3FFFF
            elif gap & (1 << MARK) != 0:
                last = 0
            elif last != 0:
                put(symbols, many, SPACE_SYMBOL)
                put(stood, many, start << 3 | crossed << 44)
                many += 1
                trail = (trail << np.uint64(16) | np.uint64(SPACE_SYMBOL)) & _THREE
                put(begins, starts, 2 * (many - 3))
                starts += _bit(triples, triple_shift, trail)
            gap, gap_length = 0, 0
            if last == 0:
                trail = np.uint64(0)
                if many >= _BLOCK:
                    # The symbol comes first in the next block.
                    index, piece, pieces = (index, piece - 1, pieces + 1) if spread else (start, piece, pieces)
                    status = _CUT
                    break
                put(symbols, many, 0)
                put(stood, many, 0)
                many += 1
        put(symbols, many, symbol)
        put(stood, many, before | (pieces > 0) << 2 | start << 3 | crossed << 44)
        many += 1
        before = kind
        last = symbol
        trail = (trail << np.uint64(16) | np.uint64(symbol)) & _THREE
        put(begins, starts, 2 * (many - 3))
        starts += _bit(triples, triple_shift, trail)
        put(begins, starts, 2 * max(0, many - 2) + 1)
        starts += _bit(pairs, pair_shift, trail & _TWO)
    carried[_INDEX], carried[_PIECE], carried[_PIECES] = index, piece, pieces
    carried[_POINT], carried[_START], carried[_TRAIL] = point, start, np.int64(trail)
    carried[_LAST], carried[_CROSSED], carried[_BEFORE] = last, crossed, before
    carried[_GAP], carried[_GAP_LENGTH], carried[_MANY], carried[_STARTS] = gap, gap_length, many, starts
    return status


@helper
def _shift(bits: Any) -> Any:
    """How far a hash is shifted to number one of the bits."""
    size = 0
    while 64 * len(bits) >> size > 1:
        size += 1
    return np.uint64(64 - size)


@helper
def _walk(
    data: Any, end: int, row: int, many: int, begins: Any, starts: int, symbols: Any, stood: Any, view: Any,
    first_cjk: int, deep: int, jumps: Any, landings: Any, states: Any, slots: Any, nexts: Any, root: Any, children: Any,
    ends: Any, entries: Any, facts: Any, hits: Any, used: int, tops: Any,
) -> Any:  # fmt: skip
    """Run the automaton over `symbols[:many]` from each of `begins[:starts]` on for as long as a term may go on there:
    (hits, used). What lies between cannot be part of a hit. From a place where no term of two symbols begins it starts
    behind the third."""
    place: Any = 0
    state: Any = 0
    for which in range(starts):
        begin = np.int64(at(begins, which)) >> 1
        if begin < max(0, place - 1):
            continue
        jumped = at(begins, which) & 1 == 0
        if jumped:
            if begin + 2 >= many:
                continue
            key = np.uint64(at(symbols, begin)) << np.uint64(32) | np.uint64(at(symbols, begin + 1)) << np.uint64(16)
            landing = _found_at(key | np.uint64(at(symbols, begin + 2)), jumps, landings)
            if landing == 0:
                continue
            place, state = begin + 3, landing
        elif begin >= place:
            place, state = begin, 0
        while jumped or (place < many and (place < begin + 2 or state >= deep)):
            if not jumped:
                state = _step(state, np.int64(at(symbols, place)), states, slots, nexts, root, children)
                place += 1
            jumped = False
            found = np.int64(at(states, 4 * state + 3))
            right: Any = -1
            while found != 0:
                more = (at(stood, place - 1) >> 2) & 1
                last = (at(stood, place - 1) >> 3) & 0x1FFFFFFFFFF
                index = last + width(byte_at(data, last))
                for one in range(ends[found], ends[found + 1]):
                    pattern = entries[one]
                    first = place - facts[FACTS * pattern]
                    edge = facts[FACTS * pattern + 2]
                    if edge:
                        if right < 0:
                            right = 1 if more else _touches(data, index, end, view, first_cjk)
                        if _forbidden(edge, right) or _forbidden(edge, at(stood, first) & 3):
                            continue
                    if facts[FACTS * pattern + 3] and at(stood, first) >> 44 != at(stood, place - 1) >> 44:
                        continue
                    if used == len(hits):
                        larger = np.empty((2 * len(hits), _HIT_FIELDS), np.int64)
                        larger[:used] = hits
                        hits = larger
                    begun = (at(stood, first) >> 3) & 0x1FFFFFFFFFF
                    used = _take(hits, used, tops, row, pattern, facts[FACTS * pattern + 1], begun, index)
                found = np.int64(at(states, 4 * np.int64(at(states, 4 * found + 2)) + 3))
    return hits, used


@kernel(
    U8, I64, U16, INT, INT, U32, U32, U64, U64, U64, _I32, _I32, U64, _I32, _I32, U64, I64, I64, I64, _F64, INT,
    I64_GRID_OUT, _F64_GRID_OUT, _U16_OUT, I64_OUT, _I32_OUT,
)  # fmt: skip
def _scan(
    data: Any, offsets: Any, view: Any, first_cjk: int, deep: int, fold: Any, extra: Any, pairs: Any, triples: Any,
    jumps: Any, landings: Any, states: Any, slots: Any, nexts: Any, root: Any, children: Any, ends: Any, entries: Any,
    facts: Any, weights: Any, keep: int, counts: Any, sums: Any, symbols: Any, stood: Any, begins: Any,
) -> Any:  # fmt: skip
    """Add to `counts` and `sums`; returns the hits, those of all rows when `keep`. The last three are scratch for a
    block, of `2 * _BLOCK` items and more, twice as many in `begins`; for a longer block they are replaced."""
    groups = sums.shape[1]
    hits = np.empty((256, _HIT_FIELDS), np.int64)
    tops = np.empty(groups, np.int64)
    seen = np.zeros(2 * len(weights), np.int64)
    carried = np.zeros(13, np.int64)
    used: Any = 0
    for row in range(len(offsets) - 1):
        end = offsets[row + 1]
        begin = used if keep else 0
        used = begin
        for group in range(groups):
            tops[group] = -1
        carried[:] = 0
        carried[_INDEX] = offsets[row]
        status = _FULL
        while status != _ENDED:
            status = _fill(data, end, carried, view, first_cjk, fold, extra, pairs, triples, symbols, stood, begins)
            if status == _FULL:
                symbols, stood, begins = _longer(symbols), _longer(stood), _longer(begins)
                continue
            hits, used = _walk(
                data, end, row, carried[_MANY], begins, carried[_STARTS], symbols, stood, view, first_cjk, deep, jumps,
                landings, states, slots, nexts, root, children, ends, entries, facts, hits, used, tops,
            )  # fmt: skip
            carried[_MANY] = carried[_STARTS] = 0
        _count(hits, begin, used, row, facts, weights, seen, counts, sums)
    return hits[: used if keep else 0]


@helper
def _longer(array: Any) -> Any:
    larger = np.empty(2 * len(array), array.dtype)
    larger[: len(array)] = array
    return larger


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
    group = automaton.facts.reshape(-1, FACTS)[hits[:, 1], 1] if len(hits) else hits[:, 1]
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
    longest = int(np.diff(offsets).max(initial=0))
    room = 2 * _BLOCK + (longest if longest <= _LONG else 0)
    hits = _scan(
        data, offsets, one.view, one.first_cjk, one.deep, fold, extra, one.pairs, one.triples, one.jumps, one.landings,
        one.states, one.slots, one.nexts, one.root, one.children, one.ends, one.entries, one.facts, one.weights,
        int(keep), counts, sums, scratch(0, room, np.uint16), scratch(1, room, np.int64),
        scratch(2, 2 * room, np.int32),
    )  # fmt: skip
    return counts, sums, hits
