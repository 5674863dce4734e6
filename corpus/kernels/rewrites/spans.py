"""A span that stands twice in a row keeps one copy; in time linear in the text."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from corpus.kernels.buffers import frozen, utf8
from corpus.kernels.memory import byte_at, code_point, prefetch, width
from corpus.kernels.numba_cache import I32_OUT, I64, I64_OUT, INT, U8, U8_OUT, U64_OUT, helper, kernel
from corpus.kernels.rewrites.adjacent import may_follow_itself
from corpus.kernels.rewrites.segments import Rewritten, outside_code, patched, texts_at, untouched
from corpus.kernels.scratch import scratch

TRIES = 4
"""Earlier places of the same beginning that are tried; a span whose beginning stands more often inside it is kept."""
AHEAD = 16
"""How many look-ups ahead a slot of the table is asked for."""
_BASE = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xD6E8FEB86659FD93)
_ZERO = np.uint64(0)


@helper
def _letter(point: int) -> bool:
    """Whether a code point is a letter, near enough: above the symbols of General Punctuation only East Asian ones."""
    if point < 0xC0:
        return 0x61 <= (point | 0x20) <= 0x7A
    return point < 0x2000 or (0x3040 <= point < 0xFF00 and not 0xE000 <= point < 0xF900) or 0x20000 <= point < 0x32000


@helper
def _power(times: Any) -> Any:
    """The base of the hash to a power, in as many steps as the power has bits."""
    done, base = np.uint64(1), _BASE
    while times > 0:
        if times & 1:
            done *= base
        base *= base
        times >>= 1
    return done


@helper
def _slot(sums: Any, here: int, least: int, power: Any, mask: Any) -> Any:
    """Where the `least` code points from `here` on are looked up."""
    key = sums[here + least] - sums[here] * power
    return np.int64(((key ^ (key >> np.uint64(29))) * _MIX >> np.uint64(17)) & mask)


@kernel(U8, I64, U8, INT, U8_OUT, I64_OUT, I32_OUT, I32_OUT, I32_OUT, I32_OUT, I32_OUT, U64_OUT)
def _fold(
    data: Any,
    offsets: Any,
    code: Any,
    least: int,
    target: Any,
    places: Any,
    changed: Any,
    heads: Any,
    chain: Any,
    points: Any,
    letters: Any,
    sums: Any,
) -> None:
    """Copy every text to `target` without repeated copies.

    The last five are scratch for the longest text: an item for each of its code points and one more, of `heads` the
    next power of two above twice that.
    """
    power = _power(least)
    place = 0
    places[0] = 0
    for row in range(len(offsets) - 1):
        start, end = offsets[row], offsets[row + 1]
        many = 0
        sums[0] = _ZERO
        letters[0] = 0
        index = start
        if not code[row]:
            while index < end:
                lead = byte_at(data, index)
                point = code_point(data, index, lead)
                points[many] = point
                sums[many + 1] = sums[many] * _BASE + np.uint64(point + 1)
                letters[many + 1] = letters[many] + _letter(point)
                many += 1
                index += width(lead)
        if code[row] or many < 2 * least:
            target[place : place + end - start] = data[start:end]
            place += end - start
            places[row + 1] = place
            continue
        size = 64
        while size < 2 * many:
            size *= 2
        mask = np.uint64(size - 1)
        heads[:size] = -1
        here, index = 0, start
        while here < many:
            if here + least <= many:
                if here + AHEAD + least <= many:
                    prefetch(heads, _slot(sums, here + AHEAD, least, power, mask))
                slot = _slot(sums, here, least, power, mask)
                before: Any = np.int64(heads[slot])
                skipped = 0
                tries = 0
                while before >= 0 and tries < TRIES:
                    if sums[before + least] - sums[before] * power != sums[here + least] - sums[here] * power:
                        before = np.int64(chain[before])  # another beginning that shares the slot is no try
                        continue
                    span = here - before
                    if span >= least and here + span <= many:
                        further = _power(span)
                        first = sums[here] - sums[before] * further
                        second = sums[here + span] - sums[here] * further
                        # Found by hash, then confirmed; a span is skipped at once with all further copies of it.
                        if first == second and 2 * (np.int64(letters[here]) - letters[before]) >= span:
                            while here + skipped + span <= many:
                                copy = here + skipped
                                if sums[copy + span] - sums[copy] * further != first:
                                    break
                                same = True
                                for step in range(span):
                                    if points[before + step] != points[copy + step]:
                                        same = False
                                        break
                                if not same:
                                    break
                                skipped += span
                            if skipped:
                                break
                    before = np.int64(chain[before])
                    tries += 1
                if skipped:
                    changed[row] = 1
                    for _ in range(skipped):
                        index += width(byte_at(data, index))
                    here += skipped
                    continue
                chain[here] = heads[slot]
                heads[slot] = here
            step_bytes = width(byte_at(data, index))
            for step in range(step_bytes):
                target[place + step] = data[index + step]
            place += step_bytes
            index += step_bytes
            here += 1
        places[row + 1] = place


def repeated_spans(text: pa.Array, min_chars: int = 30) -> Rewritten:
    """Spans of `min_chars` code points or more that follow themselves at once keep one copy, however often they do.

    Only spans that are at least half letters: rules, digits and table borders stay; so does what stands in a fence.
    Compared by 64-bit rolling hashes, confirmed code point by code point. Linear in the text.
    """
    chosen = may_follow_itself(text, min_chars)
    if not chosen.any():
        return untouched(text)
    pieces = outside_code(text.filter(pa.array(chosen)))
    data, offsets = utf8(pieces.text)
    longest = int(np.diff(offsets)[~pieces.code].max(initial=0))
    if longest < 2 * min_chars:
        return untouched(text)
    slots = 1 << max(6, (2 * longest - 1).bit_length())
    items = [scratch(slot, length, np.int32) for slot, length in enumerate([slots, *[longest + 1] * 3])]
    target, places = np.empty(int(offsets[-1] - offsets[0]), np.uint8), np.empty(len(offsets), np.int64)
    changed = np.zeros(len(offsets) - 1, np.int32)
    code, sums = frozen(pieces.code.view(np.uint8)), scratch(4, longest + 1, np.uint64)
    _fold(data, offsets, code, min_chars, target, places, changed, *items, sums)
    if not changed.any():
        return untouched(text)
    return patched(text, chosen, texts_at(target, np.ascontiguousarray(places[pieces.rows])))
