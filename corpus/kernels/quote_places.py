"""Kernels that say where in a batch of texts a quotation stands: gathered from its grams, or compared whole."""

from __future__ import annotations

from typing import Any

import numpy as np

from corpus.kernels.numba_cache import I64, I64_OUT, INT, U8, U32, helper, kernel
from corpus.kernels.quote_units import END, MARK


@kernel(I64, I64, I64, I64, I64, I64, I64, I64, INT, I64_OUT)
def gather(
    row: Any, probe: Any, first: Any, stop: Any, begin: Any, end: Any, origin: Any, core: Any, gap: int, stamps: Any
) -> Any:
    """(row, probe, first unit, behind the last, weight) of each place; the input ascends by row, probe and first."""
    places = np.empty((len(row), 5), np.int64)
    used, current = 0, -1
    for hit in range(len(row)):
        if (
            current < 0
            or places[current, 0] != row[hit]
            or places[current, 1] != probe[hit]
            or first[hit] - places[current, 3] > gap
        ):
            current = used
            used += 1
            places[current, 0], places[current, 1] = row[hit], probe[hit]
            places[current, 2], places[current, 3], places[current, 4] = first[hit], stop[hit], 0
        places[current, 3] = max(places[current, 3], stop[hit])
        base = origin[probe[hit]]
        for unit in range(base + begin[hit], base + end[hit]):
            if stamps[unit] != used:
                stamps[unit] = used
                places[current, 4] += core[unit]
    return places[:used]


@helper
def same(values: Any, start: int, others: Any, first: int, many: int) -> bool:
    """Whether `many` units agree; the caller knows that there are so many."""
    for step in range(many):  # noqa: SIM110  numba has no generators
        if values[start + step] != others[first + step]:
            return False
    return True


@kernel(U32, U8, I64, I64, I64, I64, U32, I64)
def check(values: Any, flags: Any, offsets: Any, row: Any, start: Any, probe: Any, units: Any, places: Any) -> Any:
    """(row, probe, first unit, behind the last, bounded) where the whole question stands."""
    found = np.empty((len(row), 5), np.int64)
    used = 0
    for hit in range(len(row)):
        which, begin = probe[hit], start[hit]
        many = places[which + 1] - places[which]
        end, stop = offsets[row[hit] + 1], begin + many
        if begin < offsets[row[hit]] or stop > end or not same(values, begin, units, places[which], many):
            continue
        bounded = (flags[begin] & MARK) != 0 and (stop == end or (flags[stop] & END) != 0)
        found[used, 0], found[used, 1], found[used, 2], found[used, 3] = row[hit], which, begin, stop
        found[used, 4] = bounded
        used += 1
    return found[:used]


@kernel(U32, I64, I64, I64, I64, I64, U32, I64, I64, INT, INT)
def follow(
    values: Any,
    offsets: Any,
    row: Any,
    stop: Any,
    item: Any,
    rows: Any,
    units: Any,
    places: Any,
    weight: Any,
    slack: int,
    window: int,
) -> Any:
    """(options found, their weight, behind the last one) for each place."""
    found = np.empty((len(row), 3), np.int64)
    for hit in range(len(row)):
        first, last = rows[item[hit]], rows[item[hit] + 1]
        some = places[last] - places[first]
        limit = min(offsets[row[hit] + 1], stop[hit] + min(window, 2 * some + slack * (last - first)))
        there, heavy, reach = 0, 0, stop[hit]
        for option in range(first, last):
            size = places[option + 1] - places[option]
            for place in range(stop[hit], limit - size + 1):
                if same(values, place, units, places[option], size):
                    there += 1
                    heavy += weight[option]
                    reach = max(reach, place + size)
                    break
        found[hit, 0], found[hit, 1], found[hit, 2] = there, heavy, reach
    return found
