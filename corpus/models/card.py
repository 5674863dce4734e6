"""The card of a classifier: what it is, how it was made, how good it is, and its digest."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from corpus.errors import UsageError
from corpus.kernels.linear import MAX_NGRAMS
from corpus.located import Strict, suggest
from corpus.models import directory
from corpus.models.calibrate import Platt, Threshold
from corpus.models.directory import File
from corpus.models.metrics import Evaluation

MODEL = "model.bin"
View = Literal["chars", "words", "instruction", "rows"]
"""How a classifier is shown texts; `instruction` and `rows` read rows of ask, input and answer, one as a line of tokens
(`corpus.models.instruction`), the other as their texts (`corpus.models.rows`)."""


class Features(Strict):
    """How floret was told to train: n-grams of up to `ngrams` tokens, hashed into `buckets`; `rate` is the learning
    rate that worked, `attempts` all that were tried."""

    ngrams: Annotated[int, Field(ge=1, le=MAX_NGRAMS)] = 2
    buckets: Annotated[int, Field(ge=1024, le=1 << 26)] = 1 << 18
    dims: Annotated[int, Field(ge=1, le=1024)] = 8
    epochs: Annotated[int, Field(ge=1, le=1000)] = 10
    rate: Annotated[float, Field(gt=0, le=10)] = 0.2
    attempts: tuple[float, ...] = ()


class Rows(Strict):
    """What became of the labelled rows: read = unreadable + unlabelled + empty + duplicate + conflicting + over + used.

    `duplicate` rows have the view and the label of another, `conflicting` ones the view and another label: all of these
    are left out. `over` were more than a label may have. `split` gives the used rows by label for train, tune and
    test; `balanced` those of train that were trained on.
    """

    read: int
    unreadable: Mapping[str, int]
    unlabelled: int
    empty: int
    duplicate: int
    conflicting: int
    over: int
    split: Mapping[str, Mapping[str, int]]
    balanced: Mapping[str, int]


class Reader(Strict):
    """The sentence model whose vectors the classifier reads: its pinned name, and `SentenceEmbedder.digest`."""

    name: str
    digest: str


class Card(Strict):
    """All that is known of a classifier. `stored` are its labels as the file has them, in the order of `labels`; a
    `positive` is the one that is looked for, the other of two is what is left; null with several. `shares` are those of
    the labels among the tuning rows. Parts that are null were not measured: a model of others comes without them."""

    card: Literal[1] = 1
    name: str
    format: Literal["floret", "fasttext", "rows"]
    model: File
    labels: Annotated[tuple[str, ...], Field(min_length=2)]
    stored: tuple[str, ...]
    positive: str | None = None
    view: View
    view_version: int
    features: Features | None = None
    seed: int | None = None
    versions: Mapping[str, str] = {}
    rows: Rows | None = None
    shares: Mapping[str, float] = {}
    calibration: Mapping[str, Platt] = {}
    thresholds: Mapping[str, Threshold] = {}
    held_out: Evaluation | None = None
    source: str = ""
    licence: str = ""
    reader: Reader | None = None

    @model_validator(mode="after")
    def _agrees(self) -> Card:
        if len(self.stored) != len(self.labels) or len(set(self.labels)) != len(self.labels):
            raise ValueError("labels and stored must be as many, each label once")
        return self

    @property
    def digest(self) -> str:
        """The first hex digits of a sha256 over what decides a score: model, labels, view, calibration, reader."""
        parts = [self.model.sha256, self.format, *self.labels, *self.stored, self.view, str(self.view_version)]
        parts += [f"{label} {one.a!r} {one.b!r}" for label, one in sorted(self.calibration.items())]
        parts += [self.reader.digest] if self.reader is not None else []
        return directory.digest_of(*parts)

    def label(self, wanted: str) -> str:
        """`wanted`, or where that is empty the label looked for; UsageError when there is none."""
        if wanted in self.labels:
            return wanted
        if not wanted and self.positive is not None:
            return self.positive
        known = ", ".join(self.labels)
        if not wanted:
            raise UsageError(f"model {self.name!r} has several labels; name one of {known}")
        raise UsageError(f"model {self.name!r} has no label {wanted!r}{suggest(wanted, self.labels)}; it has {known}")


def find(name: str, base: Path | None = None) -> Path:
    """The directory of a classifier, as `directory.find` looks for it."""
    return directory.find(name, base, "classifier", "make one with corpus classifier train")
