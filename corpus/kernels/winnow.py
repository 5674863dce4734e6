"""Windows of units, each filed under one short gram inside it: how spans that texts share are found by little.

A window is `length` units in a row. Its anchor is the gram of `gram` units with the smallest hash among the first
`reach` of it, the last of equal ones (winnowing: Schleimer, Wilkerson and Aiken 2003). Which one that is depends on the
window alone, so two equal windows have equal anchors, wherever they stand, and a span of `length` units cannot be
shared without an anchor being shared. Of the places of a text about 2 / (reach + 1) are an anchor of some window.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from corpus.kernels.buffers import frozen
from corpus.kernels.memory import at
from corpus.kernels.numba_cache import I64, I64_GRID_OUT, INT, U64, helper, kernel
from corpus.kernels.placed import Placed
from corpus.kernels.shingles import mixed

MOST_REACH = 64
"""Windows of one anchor: as many as a word has bits."""
_GRAM_BASE, _WINDOW_BASE = np.uint64(0xA0761D6478BD642F), np.uint64(0xE7037ED1A0B428DB)
_SALT, _ONE, _ZERO = np.uint64(0x8EBC6AF09C88C6E3), np.uint64(1), np.uint64(0)


@dataclass(frozen=True)
class Windows:
    """The shape of windows. `gram` is a third of the length, or what leaves MOST_REACH places, up to 32."""

    length: int

    def __post_init__(self) -> None:
        if self.length < 8:
            raise ValueError(f"length is {self.length}, a window has 8 units or more")

    @property
    def gram(self) -> int:
        """Units of an anchor."""
        return max(4, min(self.length // 3, 32))

    @property
    def reach(self) -> int:
        """Places at which a window's anchor can stand."""
        return min(self.length - self.gram + 1, MOST_REACH)


@dataclass(frozen=True)
class Filed:
    """Windows by anchor: those of file f begin at the units `firsts[f]` and after it, one for each of
    `hashes[offsets[f]:offsets[f + 1]]`; `anchors[f]` is the hash of their anchor, `rows[f]` their row. int64."""

    rows: np.ndarray
    anchors: np.ndarray
    firsts: np.ndarray
    offsets: np.ndarray
    hashes: np.ndarray


@helper
def _rolled(values: Any, begin: int, end: int, size: int, base: Any, out: Any) -> None:
    """`out[i]`: a hash of the `size` units from `begin + i` on."""
    value, drop = _ZERO, _ONE
    for place in range(size):
        value = value * base + mixed(values[begin + place] ^ _SALT)
        drop *= base
    last = end - begin - size
    for place in range(last + 1):
        out[place] = mixed(value)
        if place < last:
            value = value * base + mixed(values[begin + place + size] ^ _SALT)
            value -= drop * mixed(values[begin + place] ^ _SALT)


@helper
def _next_anchor(grams: Any, window: int, reach: int, anchor: int) -> int:
    """The anchor of window `window`, given that of the one before (-1: none)."""
    if anchor < window:
        anchor = window
        for place in range(window + 1, window + reach):
            if at(grams, place) <= at(grams, anchor):
                anchor = place
    elif at(grams, window + reach - 1) <= at(grams, anchor):
        anchor = window + reach - 1
    return anchor


@helper
def _longest(firsts: Any) -> Any:
    longest = 1
    for run in range(len(firsts) - 1):
        longest = max(longest, firsts[run + 1] - firsts[run])
    return longest


@kernel(U64, I64, I64, INT, INT, INT)
def _anchors(values: Any, firsts: Any, rows: Any, length: int, gram: int, reach: int) -> Any:
    """Row and hash of every anchor, in order."""
    grams = np.empty(_longest(firsts), np.uint64)
    room = 256 + 3 * len(values) // reach
    found, held = np.empty(room, np.uint64), np.empty(room, np.int64)
    used = 0
    for run in range(len(firsts) - 1):
        begin, end = firsts[run], firsts[run + 1]
        if end - begin < length:
            continue
        _rolled(values, begin, end, gram, _GRAM_BASE, grams)
        anchor = -1
        for window in range(end - begin - length + 1):
            nearest = _next_anchor(grams, window, reach, anchor)
            if nearest == anchor:
                continue
            anchor = nearest
            if used == len(found):
                more, others = np.empty(2 * used, np.uint64), np.empty(2 * used, np.int64)
                more[:used], others[:used] = found, held
                found, held = more, others
            found[used], held[used] = grams[anchor], rows[run]
            used += 1
    return held[:used], found[:used]


def anchors_of(units: Placed, windows: Windows) -> tuple[np.ndarray, np.ndarray]:
    """Row and hash (int64 both) of each anchor of each text, in the order of the text; equal ones as often as they
    stand. A run of fewer than `windows.length` units has none."""
    rows = np.ascontiguousarray(units.runs[:, 0])
    held, found = _anchors(units.values, units.firsts, frozen(rows), windows.length, windows.gram, windows.reach)
    return held, found.view(np.int64)


@kernel(U64, I64, I64, I64, I64, INT, INT, INT, I64_GRID_OUT)
def _file(
    values: Any,
    firsts: Any,
    rows: Any,
    wanted: Any,
    places: Any,
    length: int,
    gram: int,
    reach: int,
    files: Any,
) -> Any:
    """`files[f]`: row, anchor, first unit and the end of its windows' hashes, which are returned, for the anchors of
    row i that are in `wanted[places[i]:places[i + 1]]`. Returns the number of files too; -1 when `files` is too small.
    """
    longest = _longest(firsts)
    grams, wholes = np.empty(longest, np.uint64), np.empty(longest, np.uint64)
    hashes = np.empty(1024, np.int64)
    used, many = 0, 0
    for run in range(len(firsts) - 1):
        begin, end, row = firsts[run], firsts[run + 1], rows[run]
        low, high = places[row], places[row + 1]
        if end - begin < length or low == high:
            continue
        _rolled(values, begin, end, gram, _GRAM_BASE, grams)
        _rolled(values, begin, end, length, _WINDOW_BASE, wholes)
        anchor, taken = -1, False
        for window in range(end - begin - length + 1):
            nearest = _next_anchor(grams, window, reach, anchor)
            if nearest != anchor:
                anchor = nearest
                value = np.int64(grams[anchor])
                place = low
                stop = high
                while place < stop:
                    middle = (place + stop) // 2
                    if wanted[middle] < value:
                        place = middle + 1
                    else:
                        stop = middle
                taken = place < high and wanted[place] == value
                if taken:
                    if many == len(files):
                        return -1, hashes[:0]
                    files[many, 0], files[many, 1], files[many, 2] = row, value, begin + window
                    many += 1
            if taken:
                if used == len(hashes):
                    more = np.empty(2 * used, np.int64)
                    more[:used] = hashes
                    hashes = more
                hashes[used] = np.int64(wholes[window])
                used += 1
                files[many - 1, 3] = used
    return many, hashes[:used]


def filed(units: Placed, windows: Windows, wanted: np.ndarray, places: np.ndarray) -> Filed:
    """The windows of each text whose anchor is wanted.

    `wanted` int64: hashes of anchors, ascending within each row; those of row i are `wanted[places[i]:places[i + 1]]`.
    """
    rows = frozen(np.ascontiguousarray(units.runs[:, 0]))
    shape = (windows.length, windows.gram, windows.reach)
    hashes = frozen(np.ascontiguousarray(wanted, np.int64)), frozen(np.ascontiguousarray(places, np.int64))
    room, many, found = 256 + 3 * len(units.values) // windows.reach, -1, np.zeros(0, np.int64)
    while many < 0:
        files = np.zeros((room, 4), np.int64)
        many, found = _file(units.values, units.firsts, rows, *hashes, *shape, files)
        room = min(2 * room, len(units.values) + 1) if room <= len(units.values) else room + 1
    rows_of, anchors, firsts, ends = (np.ascontiguousarray(files[:many, column]) for column in range(4))
    return Filed(rows_of, anchors, firsts, np.concatenate([[0], ends]).astype(np.int64), found)
