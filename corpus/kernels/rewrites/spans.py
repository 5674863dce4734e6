"""A span that stands twice in a row keeps one copy; in time linear in the text."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from corpus.kernels.buffers import frozen, text_array, utf8
from corpus.kernels.memory import byte_at, code_point, width
from corpus.kernels.numba_cache import I32_OUT, I64, I64_OUT, INT, U8, U8_OUT, helper, kernel
from corpus.kernels.rewrites.segments import Rewritten, lost, outside_code, untouched

TRIES = 4
"""Earlier places of the same beginning that are tried; a span whose beginning stands more often inside it is kept."""
_BASE = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xD6E8FEB86659FD93)
_ZERO = np.uint64(0)


@helper
def _letter(point: int) -> bool:
    """Whether a code point is a letter, near enough: above the symbols of General Punctuation only East Asian ones."""
    if point < 0xC0:
        return 0x61 <= (point | 0x20) <= 0x7A
    return point < 0x2000 or (0x3040 <= point < 0xFF00 and not 0xE000 <= point < 0xF900) or 0x20000 <= point < 0x32000


@kernel(U8, I64, U8, INT, INT, U8_OUT, I64_OUT, I32_OUT)
def _fold(data: Any, offsets: Any, code: Any, least: int, longest: int, target: Any, places: Any, changed: Any) -> None:
    """Copy every text to `target` without repeated copies. `longest`: code points of the longest text at most."""
    size = 1
    while size < 2 * longest + 2:
        size *= 2
    mask = np.uint64(size - 1)
    heads = np.full(size, -1, np.int64)
    chain = np.empty(longest + 1, np.int64)
    points = np.empty(longest + 1, np.int64)
    slots = np.empty(longest + 1, np.int64)
    sums = np.empty(longest + 2, np.uint64)
    powers = np.empty(longest + 2, np.uint64)
    letters = np.empty(longest + 2, np.int64)
    powers[0] = np.uint64(1)
    for index in range(longest + 1):
        powers[index + 1] = powers[index] * _BASE
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
                points[many] = code_point(data, index, lead)
                sums[many + 1] = sums[many] * _BASE + np.uint64(points[many] + 1)
                letters[many + 1] = letters[many] + _letter(points[many])
                many += 1
                index += width(lead)
        if code[row] or many < 2 * least:
            target[place : place + end - start] = data[start:end]
            place += end - start
            places[row + 1] = place
            continue
        filled = 0
        here, index = 0, start
        while here < many:
            if here + least <= many:
                key = sums[here + least] - sums[here] * powers[least]
                slot = np.int64(((key ^ (key >> np.uint64(29))) * _MIX >> np.uint64(17)) & mask)
                before = heads[slot]
                skipped = 0
                tries = 0
                while before >= 0 and tries < 4:
                    span = here - before
                    if span >= least and here + span <= many:
                        first = sums[here] - sums[before] * powers[span]
                        second = sums[here + span] - sums[here] * powers[span]
                        # Found by hash, then confirmed; a span is skipped at once with all further copies of it.
                        if first == second and 2 * (letters[here] - letters[before]) >= span:
                            while here + skipped + span <= many:
                                copy = here + skipped
                                if sums[copy + span] - sums[copy] * powers[span] != first:
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
                    before = chain[before]
                    tries += 1
                if skipped:
                    changed[row] = 1
                    for _ in range(skipped):
                        index += width(byte_at(data, index))
                    here += skipped
                    continue
                chain[here] = heads[slot]
                heads[slot] = here
                slots[filled] = slot
                filled += 1
            step_bytes = width(byte_at(data, index))
            for step in range(step_bytes):
                target[place + step] = data[index + step]
            place += step_bytes
            index += step_bytes
            here += 1
        for one in range(filled):
            heads[slots[one]] = -1
        places[row + 1] = place


def repeated_spans(text: pa.Array, min_chars: int = 30) -> Rewritten:
    """Spans of `min_chars` code points or more that follow themselves at once keep one copy, however often they do.

    Only spans that are at least half letters: rules, digits and table borders stay; so does what stands in a fence.
    Compared by 64-bit rolling hashes, confirmed code point by code point. Linear in the text.
    """
    pieces = outside_code(text)
    data, offsets = utf8(pieces.text)
    if len(offsets) < 2:
        return untouched(text)
    longest = int(np.diff(offsets).max())
    if longest < 2 * min_chars:
        return untouched(text)
    target, places = np.empty(int(offsets[-1] - offsets[0]), np.uint8), np.empty(len(offsets), np.int64)
    changed = np.zeros(len(offsets) - 1, np.int32)
    _fold(data, offsets, frozen(pieces.code.view(np.uint8)), min_chars, longest, target, places, changed)
    if not changed.any():
        return untouched(text)
    after = text_array(target[: places[-1]], np.ascontiguousarray(places[pieces.rows]), text)
    return Rewritten(after, lost(text, after), {})
