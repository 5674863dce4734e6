"""Vectors of texts: what an embedder is, and the embedders there are.

`hashed` is fitted on the corpus itself and needs no download; `sentence` runs a sentence-transformers model. Vectors
are float16, of length 1, and carry their model's digest. See docs/embeddings.md.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import pyarrow as pa


class Embedder(Protocol):
    """Something that gives every text a vector.

    `name` says what kind it is and `digest` (hex) which one: equal digests give equal vectors for equal texts, up to
    rounding where the arithmetic is a graphics card's. `dim` is the length of its vectors.
    """

    @property
    def name(self) -> str:
        """A short name for reports."""

    @property
    def digest(self) -> str:
        """Hex digest of everything the vectors depend on."""

    @property
    def dim(self) -> int:
        """Numbers a vector."""

    def embed(self, texts: pa.Array) -> np.ndarray:
        """By text a vector of length 1: float16 (rows, dim); all zero for a text without units, and for a null."""
