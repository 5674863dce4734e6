"""Training continuity models on texts as they stand; nothing is labelled and nothing is made dirty.

Texts are learned from in an order drawn from their hashes, each once, so the model depends on the texts alone. They are
held in memory; of more bytes than `Settings.most` those with the smallest hashes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus.errors import UsageError
from corpus.kernels import continuity_fit, seams_fit
from corpus.kernels.digest import hash_strings
from corpus.models.continuity.model import UNSAID, About, ContinuityModel, Fold
from corpus.models.ngram.model import fold_of

LEAST_TEXTS = 20
"""Texts of some sentences that a model is trained on, at least."""
INNER = 0.99999
"""The share of the numbers of a table that its 8 bits hold; larger ones are cut."""
MOST_EIGHT = 127.0


@dataclass(frozen=True)
class Settings:
    """Tables of 2^`bits` rows and `columns` columns, learned in `passes` at `rate`; a network of 2^`seam_bits` rows
    learned at `places` places. `most`: bytes trained on at most, in each fold. `folds` 2: see ContinuityModel."""

    bits: int = 18
    columns: int = 32
    passes: int = 2
    rate: float = 0.03
    seam_bits: int = 18
    seam_columns: int = 32
    places: int = 12_000_000
    seam_rate: float = 0.05
    most: int = 200_000_000
    folds: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        if not (8 <= self.bits <= 24 and 8 <= self.seam_bits <= 24):
            raise UsageError(f"bits {self.bits} and {self.seam_bits}: must be 8 to 24")
        if not (4 <= self.columns <= 256 and 4 <= self.seam_columns <= 256):
            raise UsageError(f"columns {self.columns} and {self.seam_columns}: must be 4 to 256")
        if min(self.passes, self.places, self.most) < 1 or self.folds not in (1, 2):
            raise UsageError("folds must be 1 or 2; passes, places and most 1 at least")
        if not (0 < self.rate <= 10 and 0 < self.seam_rate <= 10 and 0 <= self.seed < 1 << 63):
            raise UsageError("rates must be above 0 and at most 10, the seed 0 or more")


def train(batches: Iterable[tuple[pa.Array, pa.Array | None]], settings: Settings | None = None) -> ContinuityModel:
    """The model of all texts that `batches` gives with their languages, whatever their order and batches.

    UsageError when fewer than LEAST_TEXTS texts of a fold have some sentences.
    """
    settings = settings or Settings()
    texts, langs = _gathered(batches)
    half = fold_of(texts) if settings.folds == 2 else np.zeros(len(texts), np.int64)
    folds: list[Fold] = []
    counts: list[tuple[int, float, float]] = []
    spoken = Counter[str]()
    for number in range(settings.folds):
        own = np.flatnonzero(half == number)
        sizes = pc.binary_length(texts.take(pa.array(own))).to_numpy(zero_copy_only=False)
        own = own[: np.searchsorted(np.cumsum(sizes), settings.most, side="right")]
        members = texts.take(pa.array(own))
        fold, told = _fold(members, settings)
        folds.append(fold)
        counts.append(told)
        sizes = pc.binary_length(members).to_numpy(zero_copy_only=False)
        tongues = langs.take(pa.array(own)).dictionary_encode()
        summed = np.bincount(np.asarray(tongues.indices), weights=sizes, minlength=len(tongues.dictionary))
        spoken.update(dict(zip(tongues.dictionary.to_pylist(), summed.astype(int).tolist(), strict=True)))
    about = About(
        rows=1 << settings.bits,
        columns=settings.columns,
        seam_rows=1 << settings.seam_bits,
        seam_columns=settings.seam_columns,
        folds=settings.folds,
        texts=tuple(one for one, _, _ in counts),
        gain=tuple(round(one, 6) for _, one, _ in counts),
        loss=tuple(round(one, 6) for _, _, one in counts),
        languages=dict(sorted(spoken.items())),
    )
    return ContinuityModel(about, tuple(folds))


def fit(texts: pa.Array, langs: pa.Array | None = None, settings: Settings | None = None) -> ContinuityModel:
    """The model of a corpus for the corpus itself: two halves that score each other. UsageError as `train`."""
    return train([(texts, langs)], settings or Settings(folds=2))


def _gathered(batches: Iterable[tuple[pa.Array, pa.Array | None]]) -> tuple[pa.Array, pa.Array]:
    """Each text once and its language, by their hashes."""
    texts: list[pa.Array] = []
    langs: list[pa.Array] = []
    for batch, tongues in batches:
        texts.append(batch.cast(pa.large_string()))
        said = pa.nulls(len(batch), pa.string()) if tongues is None else tongues.cast(pa.string())
        langs.append(pc.fill_null(said, UNSAID))
    if not texts:
        raise UsageError("there is no text to train on")
    every = pa.chunked_array(texts).combine_chunks()
    spoken = pa.chunked_array(langs).combine_chunks()
    high, low = (np.asarray(pc.fill_null(one, 0).to_numpy(zero_copy_only=False)) for one in hash_strings(every))
    # The language decides between equal texts of two languages, so that their order in the batches does not.
    order = np.lexsort((spoken.to_numpy(zero_copy_only=False).astype(str), low, high))
    high, low = high[order], low[order]
    first = np.ones(len(order), bool)
    first[1:] = (high[1:] != high[:-1]) | (low[1:] != low[:-1])
    chosen = pa.array(order[first])
    return every.take(chosen), spoken.take(chosen)


def _fold(texts: pa.Array, settings: Settings) -> tuple[Fold, tuple[int, float, float]]:
    told = continuity_fit.learn(
        texts, 1 << settings.bits, settings.columns, settings.passes, settings.rate, settings.seed
    )
    if told.texts < LEAST_TEXTS:
        raise UsageError(
            f"there is too little text to train on: {told.texts} of {len(texts)} texts have "
            f"{continuity_fit.LEAST} sentences or more, {LEAST_TEXTS} are needed"
        )
    seams = seams_fit.learn(
        texts, 1 << settings.seam_bits, settings.seam_columns, settings.places, settings.seam_rate, settings.seed
    )
    left, left_scale = _eight_bits(told.left)
    right, right_scale = _eight_bits(told.right)
    table, scale = _eight_bits(seams.table)
    fold = Fold(
        left=left,
        right=right,
        scales=np.array([left_scale, right_scale]),
        tokens=seams.tokens,
        seams=table,
        weights=np.append(seams.weights, np.float32(scale)).astype(np.float32),
    )
    return fold, (told.texts, told.gain, seams.loss)


def _eight_bits(table: np.ndarray) -> tuple[np.ndarray, float]:
    """The table as whole numbers from -127 to 127, and what one is worth."""
    most = float(np.quantile(np.abs(table), INNER)) or 1.0
    scale = most / MOST_EIGHT
    return np.clip(np.rint(table / scale), -MOST_EIGHT, MOST_EIGHT).astype(np.int8), scale
