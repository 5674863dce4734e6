"""Blocks of rows that are compared with one another: a matrix product proposes, a kernel decides."""

from __future__ import annotations

from typing import Any

import numpy as np

from corpus.kernels.buffers import frozen
from corpus.kernels.neighbours import mark_alike
from corpus.kernels.vectors import lengths_of, scaled, wide

BLOCK = 4096
"""Rows of a block: two of them make 64 MB of similarities."""


class Block:
    """The vectors of some rows: as they are, their lengths, and at length 1 to propose with."""

    def __init__(self, vectors: np.ndarray, rows: np.ndarray) -> None:
        self.rows = rows
        self.raw = wide(vectors[rows])
        self.lengths = lengths_of(self.raw)
        self.unit = scaled(self.raw, self.lengths)


def mark_block(one: Block, other: Block, same: bool, bounds: np.ndarray, *into: np.ndarray) -> None:
    """Take from `kept` the rows of `one` that a kept row of `other` is like; see `kernels.neighbours.mark_alike`."""
    proposed = frozen(np.ascontiguousarray(one.unit @ other.unit.T))
    left: Any = (frozen(one.rows), one.raw, frozen(one.lengths))
    right: Any = (frozen(other.rows), other.raw, frozen(other.lengths))
    mark_alike(*left, *right, proposed, int(same), bounds, *into)
