"""Training a classifier: split, balance, floret, calibration, threshold, and the card that says all of it.

The order of rows, the split and floret's own numbers depend on the texts, the labels and the seed alone, and floret
runs one thread: the same rows give the same bytes.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import polars as pl
import pyarrow as pa

from corpus import __version__
from corpus.errors import UsageError
from corpus.kernels.buffers import large
from corpus.models.calibrate import Platt, Threshold, platt, threshold_for
from corpus.models.card import MODEL, Card, Features, Rows, View
from corpus.models.classifier import VIEW_VERSIONS, Classifier, applied, calibrated, need_floret
from corpus.models.directory import CARD, file_of, must_be_free, text_of, written
from corpus.models.examples import MOST, Examples, Given, read_examples
from corpus.models.fasttext_file import LABEL, examine
from corpus.models.metrics import evaluate

Balance = Literal["down", "none"]
LEAST = 20
"""Rows of a label below which nothing can be trained, tuned and tested."""
TUNE, TEST = 0.15, 0.15
TRIES = 4
TRAIN, TUNED, TESTED = "train", "tune", "test"


@dataclass(frozen=True)
class Plan:
    """How to train. `positive` is the label that is looked for; None: with two labels the last in sorted order."""

    name: str
    precision: float = 0.9
    seed: int = 0
    features: Features = field(default_factory=Features)
    balance: Balance = "down"
    positive: str | None = None
    most: int = MOST
    view: View = "chars"


def train(given: Given | Examples, plan: Plan, out: Path) -> tuple[Card, tuple[str, ...]]:
    """Train on labelled rows (or lines of the plan's view, read already) and write `out/model.bin` and `out/card.json`:
    the card, and notes for the user.

    Per label 70 % of the rows are trained on, 15 % give the calibration and the thresholds, and 15 % are only measured.
    UsageError when `out` holds something, a label has fewer than LEAST rows, or the rows cannot be learned from.
    """
    if not 0 < plan.precision <= 1:
        raise UsageError(f"--precision {plan.precision}: must be above 0 and at most 1")
    must_be_free(out)
    found = given if isinstance(given, Examples) else read_examples(given, plan.view, plan.seed, plan.most)
    labels = labels_of(found)
    positive = positive_of(plan.positive, labels)
    rows = split(found.frame, labels)
    chosen = balanced(rows[TRAIN], labels, plan.balance)
    model, features = fit(chosen, labels, plan.features, plan.seed)
    odds = applied(model, stored(len(labels)))
    truth = {name: places(rows[name], labels) for name in rows}
    tuned = odds(_lines(rows[TUNED]))
    calibration = {label: platt(tuned[:, place], truth[TUNED] == place) for place, label in enumerate(labels)}
    scored = calibrated(tuned, labels, calibration)
    thresholds = {
        label: threshold_for(scored[:, place], truth[TUNED] == place, plan.precision)
        for place, label in enumerate(labels)
    }
    with written(out) as aside:
        model.save_model(str(aside / MODEL))
        card = Card(
            name=plan.name,
            format="floret",
            model=file_of(aside / MODEL),
            labels=labels,
            stored=stored(len(labels)),
            positive=positive,
            view=plan.view,
            view_version=VIEW_VERSIONS[plan.view],
            features=features,
            seed=plan.seed,
            versions={"corpus": __version__, "floret": version("floret"), "numpy": np.__version__},
            rows=account(found, rows, chosen, labels),
            shares={label: round(float((truth[TUNED] == place).mean()), 6) for place, label in enumerate(labels)},
            calibration=calibration,
            thresholds=thresholds,
        )
        card = card.model_copy(update={"held_out": judged(card, odds(_lines(rows[TESTED])), truth[TESTED])})
        (aside / CARD).write_bytes(text_of(card))
    return card, tuple(notes(card, plan))


def adopt(
    file: Path, out: Path, name: str, view: View, positive: str | None = None, source: str = "", licence: str = ""
) -> Card:
    """Take another's fastText model in: a copy of it in `out` with a card that pins it; its labels, less `__label__`.

    The file is looked at before it is copied; `fasttext_file.examine` says what is refused.
    """
    must_be_free(out)
    found = examine(file)
    labels = tuple(label.removeprefix(LABEL) for label in found.labels)
    if len(labels) < 2:
        raise UsageError(f"{file}: has one label, so it tells nothing apart")
    if positive is not None and len(labels) == 2:
        positive = positive_of(positive, labels)
    elif positive is not None:
        raise UsageError(f"{file}: has {len(labels)} labels; one to look for is chosen only of two")
    with written(out) as aside:
        shutil.copyfile(file, aside / MODEL)
        card = Card(
            name=name,
            format="fasttext",
            model=file_of(aside / MODEL),
            labels=labels,
            stored=found.labels,
            positive=positive,
            view=view,
            view_version=VIEW_VERSIONS[view],
            source=source or file.name,
            licence=licence,
        )
        (aside / CARD).write_bytes(text_of(card))
    return card


def split(frame: pl.DataFrame, labels: Sequence[str]) -> dict[str, pl.DataFrame]:
    """Rows for train, tune and test: of each label the first 15 % by `order` for test, the next 15 % for tune."""
    place = pl.int_range(pl.len()).over("label")
    many = pl.len().over("label")
    test, tune = (many * TEST).ceil(), (many * (TEST + TUNE)).ceil()
    part = pl.when(place < test).then(pl.lit(TESTED)).when(place < tune).then(pl.lit(TUNED)).otherwise(pl.lit(TRAIN))
    marked = frame.sort("order").with_columns(part=part)
    return {name: marked.filter(pl.col("part") == name).drop("part") for name in (TRAIN, TUNED, TESTED)}


def balanced(frame: pl.DataFrame, labels: Sequence[str], balance: Balance) -> pl.DataFrame:
    """`down`: as many rows of each label as of the rarest, those first by `order`; `none`: all. In `order`."""
    if balance == "none" or not frame.height:
        return frame.sort("order")
    fewest = int(frame.group_by("label").len()["len"].min() or 0)  # type: ignore[arg-type]
    return frame.sort("order").filter(pl.int_range(pl.len()).over("label") < fewest)


def fit(frame: pl.DataFrame, labels: Sequence[str], features: Features, seed: int) -> tuple[Any, Features]:
    """A floret model of the rows in their order, and the features with every learning rate that was tried.

    A rate at which the numbers overflow is halved, TRIES times at most; UsageError when none of them works.
    """
    floret = need_floret()
    numbers = {label: f"{LABEL}{place} " for place, label in enumerate(labels)}
    content = frame.select(pl.col("label").replace_strict(numbers, return_dtype=pl.String) + pl.col("line")).to_series()
    rate, attempts = features.rate, list(features.attempts)
    with tempfile.TemporaryDirectory(prefix="corpus-classifier-") as folder:
        path = Path(folder) / "rows.txt"
        with path.open("wb") as stream:
            for piece in content.to_arrow().cast(pa.large_string()).to_pylist():
                stream.write(piece.encode())
        for _ in range(TRIES):
            attempts.append(rate)
            model = _fit_once(floret, path, features, rate, seed)
            if model is not None:
                return model, features.model_copy(update={"rate": rate, "attempts": tuple(attempts)})
            rate /= 2
    raise UsageError(f"training does not converge at any of the learning rates {attempts}; lower --rate, or --epochs")


def _fit_once(floret: Any, path: Path, features: Features, rate: float, seed: int) -> Any:
    """The model, or None where its numbers overflowed."""
    try:
        model = floret.train_supervised(
            str(path),
            lr=rate,
            dim=features.dims,
            epoch=features.epochs,
            wordNgrams=features.ngrams,
            bucket=features.buckets,
            minn=0,
            maxn=0,
            minCount=1,
            loss="softmax",
            thread=1,
            seed=seed % (1 << 31),
            verbose=0,
        )
    except RuntimeError as error:
        if "nan" in str(error).lower():
            return None
        raise UsageError(f"floret cannot train: {error}") from None
    return (
        model if np.isfinite(model.get_output_matrix()).all() and np.isfinite(model.get_input_matrix()).all() else None
    )


def stored(many: int) -> tuple[str, ...]:
    """The labels as they stand in a file of ours: numbers, so that any text can be a label."""
    return tuple(f"{LABEL}{place}" for place in range(many))


def judged(card: Card, odds: np.ndarray, truth: np.ndarray) -> Any:
    """What the card's classifier makes of rows with these log-odds."""
    scored = calibrated(odds, card.labels, card.calibration)
    given = Classifier(card, lambda found: odds).given(scored)
    limits = {label: one.value for label, one in card.thresholds.items()}
    return evaluate(truth, given, scored, card.labels, limits)


def labels_of(found: Examples) -> tuple[str, ...]:
    """The labels of the rows, sorted; UsageError for fewer than two, and for one of fewer than LEAST rows."""
    counts = dict(found.frame.group_by("label").len().sort("label").iter_rows())
    if len(counts) < 2:
        raise UsageError(
            f"there are rows of {len(counts)} label{'s' * (not counts)} ({', '.join(counts)}); two are needed"
        )
    few = {label: count for label, count in counts.items() if count < LEAST}
    if few:
        shown = ", ".join(f"{label}: {count}" for label, count in few.items())
        raise UsageError(f"too few different rows of {shown}; each label needs {LEAST}")
    return tuple(counts)


def positive_of(wanted: str | None, labels: Sequence[str]) -> str | None:
    """The label looked for: the one wanted, else of two the last and of several none; UsageError where it cannot be."""
    if wanted is not None and wanted not in labels:
        raise UsageError(f"no row has the label {wanted!r}; there are {', '.join(labels)}")
    if len(labels) > 2:
        if wanted is not None:
            raise UsageError(f"there are {len(labels)} labels; one to look for is chosen only of two")
        return None
    return wanted if wanted is not None else labels[-1]


def places(frame: pl.DataFrame, labels: Sequence[str]) -> np.ndarray:
    """The label of each row as its place among `labels`, int64."""
    mapping = {label: place for place, label in enumerate(labels)}
    return frame["label"].replace_strict(mapping, return_dtype=pl.Int64).to_numpy()


def _lines(frame: pl.DataFrame) -> pa.Array:
    return large(frame["line"])


def account(found: Examples, rows: dict[str, pl.DataFrame], chosen: pl.DataFrame, labels: Sequence[str]) -> Rows:
    """What became of all rows: those of each part by label, and those trained on."""

    def counted(frame: pl.DataFrame) -> dict[str, int]:
        return {label: int((frame["label"] == label).sum()) for label in labels}

    parts = {name: counted(frame) for name, frame in rows.items()}
    return Rows(
        read=found.read,
        unreadable=found.unreadable,
        unlabelled=found.unlabelled,
        empty=found.empty,
        duplicate=found.duplicate,
        conflicting=found.conflicting,
        over=found.over,
        split={label: {name: parts[name][label] for name in parts} for label in labels},
        balanced=counted(chosen),
    )


def notes(card: Card, plan: Plan) -> list[str]:
    """What a user should know of a card: rates that failed, precisions not reached, rows left out."""
    said: list[str] = []
    features = card.features
    if features is not None and len(features.attempts) > 1:
        said.append(f"learning rates {', '.join(map(str, features.attempts[:-1]))} overflowed; {features.rate} worked")
    for label in [card.positive] if card.positive else card.labels:
        one: Threshold = card.thresholds[label]
        if not one.reached:
            said.append(
                f"label {label!r}: no threshold has a precision of {plan.precision:g} on {one.rows} tuning rows; the "
                f"best has {one.precision:.3f} at {one.value:.3f}. More rows, or a lower --precision, would help"
            )
    if any(card.calibration[label] == Platt() for label in card.labels):
        said.append("the scores are not calibrated: the tuning rows do not rise with them")
    rows = card.rows
    if rows is not None and (rows.conflicting or sum(rows.unreadable.values())):
        said.append(
            f"left out: {sum(rows.unreadable.values())} unreadable rows, {rows.conflicting} of texts with two labels"
        )
    return said


def balance_of(said: str) -> Balance:
    """`said` as a balance; UsageError when it is none."""
    if said not in get_args(Balance):
        raise UsageError(f"--balance {said}: is not one of {', '.join(get_args(Balance))}")
    return said  # type: ignore[return-value]


def view_of(said: str) -> View:
    """`said` as a view; UsageError when it is none."""
    if said not in ("chars", "words"):
        raise UsageError(f"--view {said}: is not one of chars, words")
    return said  # type: ignore[return-value]


__all__ = ["LEAST", "Plan", "adopt", "balanced", "fit", "judged", "split", "train"]
