"""Which sequences go through a model together: of like length, and no more tokens at once than declared."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np


def batches(lengths: np.ndarray, tokens: int) -> Iterator[np.ndarray]:
    """The places of all sequences of one token or more in groups, longest first; each group's size times its longest
    is at most `tokens` (a longer sequence is alone).

    Sequences of equal length keep their order. Longest first: what does not fit into memory fails at once.
    """
    order = np.argsort(-lengths, kind="stable")
    order = order[lengths[order] > 0]
    start = 0
    while start < len(order):
        many = max(1, tokens // int(lengths[order[start]]))
        yield order[start : start + many]
        start += many


def alone(lengths: np.ndarray) -> Iterator[np.ndarray]:
    """Each sequence by itself."""
    for place in np.flatnonzero(lengths > 0):
        yield np.array([place])


def padded(sequences: list[np.ndarray], pad: int) -> tuple[np.ndarray, np.ndarray]:
    """Sequences on the left of a matrix with `pad` behind them, and the mask that is 1 where a token is: int64 both."""
    width = max(map(len, sequences))
    ids = np.full((len(sequences), width), pad, np.int64)
    mask = np.zeros((len(sequences), width), np.int64)
    for row, one in enumerate(sequences):
        ids[row, : len(one)] = one
        mask[row, : len(one)] = 1
    return ids, mask
