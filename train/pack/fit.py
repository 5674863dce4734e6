"""Sequences into rows of a given length, best fit, longest first: few rows, and little of them empty."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

Ints = np.ndarray[Any, np.dtype[np.int64]]


def fit(lengths: Ints, size: int) -> tuple[Ints, int]:
    """The row of each sequence, and how many rows there are. Every sequence must be from 1 to `size` long.

    Best fit decreasing: a sequence goes to the row where the least would be left, of equals to the one opened last.
    Time grows with the number of sequences, whatever `size` (a bit for every space that a row may have left).
    """
    order = np.argsort(-lengths, kind="stable")
    rows = np.empty(len(lengths), np.int64)
    return rows, int(_fit(lengths, order, size, rows))


@numba.njit(cache=True)
def _fit(lengths, order, size, rows):  # type: ignore[no-untyped-def]
    words = np.zeros(size // 64 + 1, np.uint64)
    top = np.full(size + 1, -1, np.int64)  # the last row with so much space left, and the one before it by `below`
    below = np.full(len(lengths), -1, np.int64)
    count = 0
    for number in order:
        length = lengths[number]
        word = length >> 6
        bits = words[word] & ~((np.uint64(1) << np.uint64(length & 63)) - np.uint64(1))
        while bits == 0 and word + 1 < len(words):
            word += 1
            bits = words[word]
        if bits == 0:
            row, space = count, size
            count += 1
        else:
            place = 0
            while not (bits >> np.uint64(place)) & np.uint64(1):
                place += 1
            space = word * 64 + place
            row = top[space]
            top[space] = below[row]
            if top[space] < 0:
                words[word] &= ~(np.uint64(1) << np.uint64(place))
        rows[number] = row
        left = space - length
        if left:
            below[row] = top[left]
            top[left] = row
            words[left >> 6] |= np.uint64(1) << np.uint64(left & 63)
    return count
