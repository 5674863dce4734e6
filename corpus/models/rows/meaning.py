"""What a pinned sentence model makes of an instruction row: one vector of the ask, one of the answer.

A model that has read more than the labelled rows knows which words mean the same; the counts of n-grams do not. Nothing
here loads a model: `corpus.embed.sentence` does, and only for a card that names one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from corpus.embed import Embedder
from corpus.errors import UsageError
from corpus.kernels.buffers import frozen, large
from corpus.models.card import Reader
from corpus.models.rows.kernel import Kernel, scaled

SCALES = (4.0, 3.5, 0.5, 5.0)
"""How far ask, answer, form and the cosine of ask and answer reach in the kernel's space."""
WIDTH, RIDGE = 0.03, 0.3
WEIGHT = 1.5
"""How much this opinion counts; each of the others counts one."""
IN_LINEAR = 0.5
"""The scale of the vectors in the logistic regression."""


@dataclass(frozen=True)
class Meaning:
    """The opinion by what is said: a kernel over both vectors and the form; `at` are the mean and the deviation of it
    on rows it had not seen."""

    kernel: Kernel
    at: tuple[float, float]

    def opinion(self, vectors: np.ndarray, form: np.ndarray) -> np.ndarray:
        """How much each row looks like the label, in deviations times WEIGHT: float64."""
        return WEIGHT * (self.kernel.values(places(vectors, form)) - self.at[0]) / self.at[1]


def places(vectors: np.ndarray, form: np.ndarray) -> np.ndarray:
    """Where rows stand for the kernel: the ask's vector, the answer's, the form and the cosine, each at its scale."""
    half = vectors.shape[1] // 2
    ask, answer = vectors[:, :half].astype(np.float64), vectors[:, half:].astype(np.float64)
    cosine = (ask * answer).sum(axis=1, keepdims=True)
    return scaled(list(zip((ask, answer, form, cosine), SCALES, strict=True)))


def vectors_of(texts: pl.DataFrame, embedder: Embedder) -> np.ndarray:
    """The vectors of ask and answer side by side, of `features.cleaned` texts: float16, rows by 2 dim.

    The ask is the instruction and, on the next line, the input where there is one.
    """
    given = pl.when(pl.col("given") == "").then(pl.lit("")).otherwise("\n" + pl.col("given"))
    asks = texts.select(ask=pl.col("instruction") + given)["ask"]
    return frozen(np.concatenate([embedder.embed(large(one)) for one in (asks, texts["answer"])], axis=1))


def opened(said: Reader) -> Embedder:
    """The sentence model a card names, loaded; UsageError when it is not pinned here or another one by now."""
    from corpus.embed.sentence import load

    found = load(said.name)
    if found.digest != said.digest:
        raise UsageError(
            f"{said.name}: has the digest {found.digest}, the model of rows was trained with {said.digest}; pin that "
            "one under this name, or train again"
        )
    return found
