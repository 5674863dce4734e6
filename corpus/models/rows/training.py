"""Training a model of instruction rows, and its card.

Of each label 15 % of the rows, by their hash, measure a model that the others trained; then all rows train the one that
is kept, so what the card says of rows held out is that of a model with fewer rows. Calibration and threshold come from
all rows, each by opinions formed without its fold. Every setting is fixed here: which was chosen on which rows is
in docs/difficulty.md. Order, folds and numbers depend on the texts, the labels and the seed alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from corpus import __version__
from corpus.embed import Embedder, hashed
from corpus.embed.svd import Sparse
from corpus.errors import UsageError
from corpus.kernels.buffers import large
from corpus.models import training
from corpus.models.calibrate import Platt, Threshold, platt, threshold_for
from corpus.models.card import Card, Reader
from corpus.models.classifier import VIEW_VERSIONS, calibrated
from corpus.models.directory import CARD, file_of, must_be_free, text_of, written
from corpus.models.examples import Examples
from corpus.models.rows import features, kernel, logistic, meaning
from corpus.models.rows.model import RowModel, both, light, meant, points, save, texts_of

FILE = "model.npz"
FOLDS = 5
PENALTY = 0.5
DIM = 96
"""Numbers of the vectors of instruction and answer."""
WIDTH, RIDGE = 0.05, 0.3


def train(
    found: Examples, plan: training.Plan, out: Path, reader: Embedder | None = None
) -> tuple[Card, tuple[str, ...]]:
    """Train on lines of `model.line_of`, write `out/model.npz` and `out/card.json`: the card, and notes for the user.

    With a `reader` the model has a third opinion, of that model's vectors, and needs it wherever it is applied.

    UsageError when `out` holds something, there are not two labels, one of them has fewer than training.LEAST rows, or
    the one that is looked for is none of them.
    """
    if not 0 < plan.precision <= 1:
        raise UsageError(f"--precision {plan.precision}: must be above 0 and at most 1")
    must_be_free(out)
    labels = training.labels_of(found)
    if len(labels) != 2:
        raise UsageError(f"there are rows of {len(labels)} labels ({', '.join(labels)}); difficulty tells two apart")
    positive = training.positive_of(plan.positive, labels)
    yes = labels.index(positive or labels[-1])
    everything = found.frame.sort("order").with_row_index("place")
    parts = training.split(everything, labels)
    tested = parts[training.TESTED]
    learned = pl.concat([parts[training.TRAIN], parts[training.TUNED]]).sort("order")
    vectors = None if reader is None else meant(large(everything["line"]), reader)
    seen, held = (None if vectors is None else vectors[one["place"].to_numpy()] for one in (learned, tested))
    first, unseen = fit(large(learned["line"]), _has(learned, labels, yes), plan.seed, seen)
    trial = _judging(unseen, training.places(learned, labels), labels, yes, plan.precision)
    model, unseen = fit(large(everything["line"]), _has(everything, labels, yes), plan.seed, vectors)
    final = _judging(unseen, training.places(everything, labels), labels, yes, plan.precision)
    kept = {training.TRAIN: learned, training.TUNED: learned.clear(), training.TESTED: tested}
    with written(out) as aside:
        save(model, aside / FILE)
        card = Card(
            name=plan.name,
            format="rows",
            model=file_of(aside / FILE),
            labels=labels,
            stored=labels,
            positive=positive,
            view="rows",
            view_version=VIEW_VERSIONS["rows"],
            seed=plan.seed,
            versions={"corpus": __version__, "numpy": np.__version__},
            rows=training.account(found, kept, everything, labels),
            shares={label: round(everything.filter(pl.col("label") == label).height / everything.height, 6)
                    for label in labels},
            calibration=final.calibration,
            thresholds=final.thresholds,
            reader=None if reader is None else Reader(name=reader.name, digest=reader.digest),
        )  # fmt: skip
        trial_card = card.model_copy(update={"calibration": trial.calibration, "thresholds": trial.thresholds})
        odds = both(first.odds(large(tested["line"]), held), yes)
        judged = training.judged(trial_card, odds, training.places(tested, labels))
        card = card.model_copy(update={"held_out": judged})
        (aside / CARD).write_bytes(text_of(card))
    return card, tuple(training.notes(card, plan))


@dataclass(frozen=True)
class Judging:
    """What turns log-odds into scores and labels."""

    calibration: dict[str, Platt]
    thresholds: dict[str, Threshold]


def _judging(unseen: np.ndarray, truth: np.ndarray, labels: Sequence[str], yes: int, precision: float) -> Judging:
    odds = both(unseen, yes)
    calibration = {label: platt(odds[:, place], truth == place) for place, label in enumerate(labels)}
    scored = calibrated(odds, tuple(labels), calibration)
    return Judging(
        calibration,
        {label: threshold_for(scored[:, place], truth == place, precision) for place, label in enumerate(labels)},
    )


def _has(frame: pl.DataFrame, labels: Sequence[str], yes: int) -> np.ndarray:
    return np.asarray(training.places(frame, labels) == yes)


def fit(lines: pa.Array, has: np.ndarray, seed: int = 0, read: np.ndarray | None = None) -> tuple[RowModel, np.ndarray]:
    """A model of lines of which some have the label, and what it says of each by opinions formed without its fold.

    `read` are the lines' vectors by a sentence model (`model.meant`), where there is one.

    Lines are in the order of their hash. N-grams, vectors and form are counted on all of them, without labels.
    """
    texts = features.cleaned(texts_of(lines)[0])
    vocabulary = features.learned(texts)
    grams = features.matrix(texts, vocabulary)
    shape = features.form(texts)
    middle, spread = shape.mean(axis=0), shape.std(axis=0) + 1e-9
    form = (shape - middle) / spread
    vectors = (
        hashed.fit(large(texts["instruction"]), dim=DIM, seed=seed),
        hashed.fit(large(texts["answer"]), dim=DIM, seed=seed),
    )
    fold = folds(has)
    beside = light(form, read)
    linear = logistic.fit(grams, beside, has, PENALTY)
    linear_unseen = np.zeros(len(has))
    for one in range(FOLDS):
        out, left = np.flatnonzero(fold == one), np.flatnonzero(fold != one)
        without = logistic.fit(taken(grams, left), beside[left], has[left], PENALTY)
        linear_unseen[out] = without.odds(taken(grams, out), beside[out])
    target = np.where(has, 1.0, -1.0)
    near, near_unseen = kernel.fit(points(texts, vectors, form), target - target.mean(), fold, WIDTH, RIDGE)
    unseen = [linear_unseen, near_unseen]
    if read is not None:
        own, own_unseen = kernel.fit(
            meaning.places(read, form), target - target.mean(), fold, meaning.WIDTH, meaning.RIDGE
        )
        unseen.append(own_unseen)
    at = [(float(one.mean()), float(one.std()) + 1e-12) for one in unseen]
    said = [(one - mean) / off for one, (mean, off) in zip(unseen, at, strict=True)]
    if read is None:
        return RowModel(vocabulary, linear, vectors, near, middle, spread, at[0], at[1]), said[0] + said[1]
    third = meaning.Meaning(own, at[2])
    model = RowModel(vocabulary, linear, vectors, near, middle, spread, at[0], at[1], third)
    return model, said[0] + said[1] + meaning.WEIGHT * said[2]


def folds(has: np.ndarray) -> np.ndarray:
    """The fold of each row: rows with the label, and those without, in turn."""
    found = np.empty(len(has), np.int64)
    for one in (True, False):
        rows = np.flatnonzero(has == one)
        found[rows] = np.arange(len(rows)) % FOLDS
    return found


def taken(grams: Sparse, rows: np.ndarray) -> Sparse:
    """Some rows of a sparse matrix."""
    many = np.diff(grams.offsets)[rows]
    offsets = np.concatenate([[0], np.cumsum(many)]).astype(np.int64)
    places = np.repeat(grams.offsets[rows] - offsets[:-1], many) + np.arange(offsets[-1])
    return Sparse(offsets, grams.columns[places], grams.values[places], grams.width)
