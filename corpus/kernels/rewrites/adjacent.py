"""Which texts may hold a span that follows itself: a sieve that lets few texts through, before any is rewritten."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from corpus.kernels.buffers import utf8
from corpus.kernels.memory import at, byte_at, code_point, width
from corpus.kernels.numba_cache import I32_OUT, I64, INT, U8, U8_OUT, U64_OUT, kernel
from corpus.kernels.scratch import scratch

TRIES = 4
_BASE = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xD6E8FEB86659FD93)
_HIGH = np.uint64(34)
_TAG = np.uint64(56)
"""Bits of a hash from here on stand in the small table, so that the large one is seldom asked in vain."""
_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)
_ZERO = np.uint64(0)
_RING = 32
_RING_MASK = _RING - 1


@kernel(U8, I64, INT, INT, U8_OUT, I32_OUT, I32_OUT, I32_OUT, I32_OUT, U8_OUT, U64_OUT)
def _maybe(
    data: Any,
    offsets: Any,
    gram: int,
    step: int,
    found: Any,
    places: Any,
    earlier: Any,
    gaps: Any,
    met: Any,
    marks: Any,
    latest: Any,
) -> None:
    """`found[row]`: whether a span of `gram + step - 1` code points or more may follow itself; never 0 where one does.

    Every `step`-th stretch of `gram` code points is a sample, remembered by its hash; every stretch is looked up. In a
    span of length d that follows itself lie at least (d - gram + 1) // step samples, and each is met again at distance
    d. A stretch that more than TRIES samples equal, or too many distances to tell apart, leave the text in doubt.
    The last six are scratch of `_slots` items; `latest` holds half a hash beside the number of a sample.
    """
    ring = np.zeros(_RING, np.uint64)
    least = gram + step - 1
    drop = np.uint64(1)
    for _ in range(gram):
        drop *= _BASE
    for row in range(len(offsets) - 1):
        index, end = offsets[row], offsets[row + 1]
        if end - index < 2 * least:
            continue
        wanted = 1024
        while wanted * step < 2 * (end - index):
            wanted *= 2
        mask = wanted - 1
        marks[:wanted] = 0
        met[:wanted] = 0
        value = _ZERO
        here, due, samples = 0, gram, 0
        while index < end:
            lead = byte_at(data, index)
            point = np.uint64(code_point(data, index, lead) + 1)
            index += width(lead)
            value = value * _BASE + point - ring[(here - gram) & _RING_MASK] * drop
            ring[here & _RING_MASK] = point
            here += 1
            mixed = value * _MIX
            slot = np.int64(mixed >> _HIGH) & mask
            if here < due and (at(marks, slot) == 0 or here < gram):
                continue
            tag = np.int64(mixed >> _TAG) | 1
            key = (value ^ (value << _HALF)) & ~_LOW
            while marks[slot] and (marks[slot] != tag or latest[slot] & ~_LOW != key):
                slot = (slot + 1) & mask
            sample: Any = np.int64(latest[slot] & _LOW) if marks[slot] else np.int64(-1)
            if here >= due:
                places[samples], earlier[samples] = here, sample
                marks[slot], latest[slot] = tag, key | np.uint64(samples)
                samples += 1
                due = here + step
            tries = 0
            while sample >= 0:
                gap = here - places[sample]
                which = gap & mask
                if gap >= least:
                    tries += 1
                    if tries > TRIES or (met[which] and gaps[which] != gap):
                        found[row] = 1
                        break
                    gaps[which] = gap
                    met[which] += 1
                    if met[which] >= (gap - gram + 1) // step:
                        found[row] = 1
                        break
                sample = np.int64(earlier[sample])
            if found[row]:
                break
        ring[:] = _ZERO


def may_follow_itself(text: pa.Array, min_chars: int) -> np.ndarray:
    """By row, whether a span of `min_chars` (8 or more) code points or more may stand twice in a row.

    True wherever one does, and in few other texts. One rolling hash a code point; linear in the text.
    """
    gram = min(20, 2 * min_chars // 3)
    found = np.zeros(len(text), np.uint8)
    data, offsets = utf8(text)
    step = min_chars - gram + 1
    slots = _slots(int(np.diff(offsets).max(initial=0)), step)
    items = [scratch(slot, slots, np.int32) for slot in range(4)]
    _maybe(data, offsets, gram, step, found, *items, scratch(4, slots, np.uint8), scratch(5, slots, np.uint64))
    return found.view(bool)


def _slots(longest: int, step: int) -> int:
    """Items of the tables for a text of so many bytes: two for each sample at least, and a power of two."""
    return max(1024, 1 << max(0, -(-2 * longest // step) - 1).bit_length())
