"""The model card: a JSON file beside the model that says what it is, how it was made, how good it is and its digest.

`DIR/card.json` and the model it names make a classifier. A model is only loaded when its bytes have the card's digest.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from corpus.errors import ConfigError, Problem, UsageError
from corpus.kernels.linear import MAX_NGRAMS
from corpus.located import Strict, suggest
from corpus.models.calibrate import Platt, Threshold
from corpus.models.metrics import Evaluation

CARD = "card.json"
MODEL = "model.bin"
MAX_BYTES = 8 << 20
DIGEST = 12
View = Literal["chars", "words", "instruction", "rows"]
"""How a classifier is shown texts; `instruction` and `rows` read rows of ask, input and answer, one as a line of tokens
(`corpus.models.instruction`), the other as their texts (`corpus.models.rows`)."""


class File(Strict):
    """The model file, beside the card."""

    name: Annotated[str, Field(pattern=r"^[\w][\w.\-]*$")]
    bytes: Annotated[int, Field(ge=1)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


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

    @property
    def digest(self) -> str:
        """The first hex digits of a sha256 over what decides a score: model, labels, view, calibration, reader."""
        parts = [self.model.sha256, self.format, *self.labels, *self.stored, self.view, str(self.view_version)]
        parts += [f"{label} {one.a!r} {one.b!r}" for label, one in sorted(self.calibration.items())]
        parts += [self.reader.digest] if self.reader is not None else []
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:DIGEST]

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


def user_root() -> Path:
    """Where models are looked up by name: `$XDG_CONFIG_HOME/corpus/models`, else below `~/.config`."""
    base = os.environ.get("XDG_CONFIG_HOME", "")
    home = Path(base) if base and Path(base).is_absolute() else Path.home() / ".config"
    return home / "corpus" / "models"


def find(name: str, base: Path | None = None) -> Path:
    """The directory of a classifier: `name` below `base` (else the working directory), else below `user_root`.

    A path of the card itself is taken too. UsageError, with the places looked at, when there is none.
    """
    given = Path(name).expanduser()
    if given.name == CARD:
        given = given.parent
    places = [(base or Path()) / given, *([] if given.is_absolute() else [user_root() / given])]
    for place in places:
        if (place / CARD).is_file():
            return place
    looked = " or ".join(str(place) for place in places)
    raise UsageError(f"no classifier {name!r}: there is no {CARD} in {looked}; make one with corpus classifier train")


def read(directory: Path) -> Card:
    """The card in a directory; ConfigError with everything that is wrong with it."""
    path = directory / CARD
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError([Problem(str(path), 0, 0, f"is larger than {MAX_BYTES >> 20} MB")])
        found = Card.model_validate_json(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from None
    except ValidationError as error:
        problems = [
            Problem(str(path), 0, 0, f"{'.'.join(map(str, one['loc'])) or 'the card'}: {one['msg']}")
            for one in error.errors()
        ]
        raise ConfigError(problems) from None
    if len(found.stored) != len(found.labels) or len(set(found.labels)) != len(found.labels):
        raise ConfigError([Problem(str(path), 0, 0, "labels and stored must be as many, each label once")])
    return found


def text_of(card: Card) -> bytes:
    """The card as it is written."""
    return card.model_dump_json(indent=2).encode() + b"\n"


def file_of(path: Path) -> File:
    """The name, size and digest of a model file."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return File(name=path.name, bytes=path.stat().st_size, sha256=digest.hexdigest())


def check(directory: Path, card: Card) -> Path:
    """The model file, after its size and digest are the card's; UsageError otherwise. Nothing is loaded before."""
    path = directory / card.model.name
    if not path.is_file():
        raise UsageError(f"{path}: is missing; the card beside it names it")
    found = file_of(path)
    if found != card.model:
        raise UsageError(
            f"{path}: has {found.bytes} bytes and sha256 {found.sha256[:DIGEST]}..., its card says {card.model.bytes} "
            f"and {card.model.sha256[:DIGEST]}...; it is not loaded. Restore the file, or train or adopt it anew"
        )
    return path
