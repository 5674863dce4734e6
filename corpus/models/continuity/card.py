"""The card of a continuity model: what it is, what it was made from, and its digest.

`DIR/card.json` and the file it names make a model. Nothing is loaded whose bytes are not those the card names.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from corpus.errors import ConfigError, Problem, UsageError
from corpus.located import Strict
from corpus.models.card import CARD, DIGEST, MAX_BYTES, File, file_of, user_root
from corpus.models.continuity.model import About

MODEL = "model.parquet"


class HeldOut(Strict):
    """Texts that were not trained on: how many have a `continuity`, the share of these whose order the model holds for
    likelier than a random one, and the means of both columns over the texts that have them."""

    rows: int
    ordered: float
    continuity: float
    seam_continuity: float | None


class Trained(Strict):
    """How the model was made: `train.Settings`, and the rows that were read, could not be, or had no text."""

    settings: dict[str, int | float]
    rows: int
    unreadable: dict[str, int]
    empty: int
    held_out: HeldOut | None = None


class Card(Strict):
    """All that is known of a continuity model."""

    card: Literal[1] = 1
    kind: Literal["continuity"] = "continuity"
    name: str
    model: File
    about: About
    trained: Trained
    source: str = ""
    licence: str = ""

    @property
    def digest(self) -> str:
        """The first hex digits of a sha256 over what decides a score: the model."""
        return hashlib.sha256(f"{self.kind}\0{self.model.sha256}".encode()).hexdigest()[:DIGEST]


def find(name: str, base: Path | None = None) -> Path:
    """The directory of a continuity model: `name` below `base` (else the working directory), else below `user_root`.

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
    raise UsageError(
        f"no continuity model {name!r}: there is no {CARD} in {looked}; make one with corpus continuity train"
    )


def read(directory: Path) -> Card:
    """The card in a directory; ConfigError with everything that is wrong with it."""
    path = directory / CARD
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError([Problem(str(path), 0, 0, f"is larger than {MAX_BYTES >> 20} MB")])
        return Card.model_validate_json(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from None
    except ValidationError as error:
        problems = [
            Problem(str(path), 0, 0, f"{'.'.join(map(str, one['loc'])) or 'the card'}: {one['msg']}")
            for one in error.errors()
        ]
        raise ConfigError(problems) from None


def text_of(card: Card) -> bytes:
    """The card as it is written."""
    return card.model_dump_json(indent=2).encode() + b"\n"


def check(directory: Path, card: Card) -> Path:
    """The model's file; UsageError unless it is there with the size and the digest that the card names."""
    path = directory / card.model.name
    if not path.is_file():
        raise UsageError(f"{path}: is missing; the card beside it names it")
    found = file_of(path)
    if found != card.model:
        raise UsageError(
            f"{path}: has {found.bytes} bytes and sha256 {found.sha256[:DIGEST]}..., its card says {card.model.bytes} "
            f"and {card.model.sha256[:DIGEST]}...; it is not loaded. Restore the file, or train the model anew"
        )
    return path
