"""Answers to one seed that say nearly the same, found by the kernels of near-duplicate removal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from corpus.kernels.setsim import jaccard_pairs
from corpus.kernels.shingles import shingle_hashes, units


def near_identical(texts: Sequence[str], pairs: Sequence[tuple[int, int]], threshold: float) -> np.ndarray:
    """Whether the texts of each pair are equal in their key text, or of Jaccard similarity `threshold` or more.

    Texts that differ in numbers alone are not alike: a number may be what makes an answer right.
    """
    if not pairs:
        return np.zeros(0, bool)
    column = pa.array(list(texts), pa.large_string())
    keys = units(column).keys
    values, places = shingle_hashes(column)
    one, other = (np.array([pair[side] for pair in pairs], np.int64) for side in (0, 1))
    alike = jaccard_pairs(values, places, one, other) >= threshold
    same = (keys[one, 0] == keys[other, 0]) & (keys[one, 0] != 0)
    numbers = (keys[one, 1] == keys[other, 1]) & (keys[one, 0] != keys[other, 0])
    return (alike & ~numbers) | same
