"""The card of a language model: what it is, what it was made from, how it reads texts, and its digest.

`DIR/card.json` and the files it names make a model. Nothing is loaded whose bytes are not those the card names.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from corpus.errors import ConfigError, Problem, UsageError
from corpus.located import Strict
from corpus.models.card import CARD, DIGEST, MAX_BYTES, File, file_of, user_root
from corpus.models.ngram.model import About

MODEL = "model.parquet"
Kind = Literal["ngram", "arpa", "kenlm"]
View = Literal["chars", "words", "pieces"]
Normalise = Literal["none", "folded"]


class Tokens(Strict):
    """How a model of others was shown texts: by characters, by what stands between spaces, or by the pieces of a
    tokenizer, whose file is `pieces`; `normalise`: see `corpus.models.ngram.shown`."""

    view: View
    normalise: Normalise = "none"
    pieces: File | None = None


class HeldOut(Strict):
    """What the model makes of texts it was not trained on, beside the model of units alone that knows their
    frequencies and nothing of their order. `bits` are means a unit."""

    rows: int
    units: int
    bits: float
    bits_alone: float
    perplexity: float


class Trained(Strict):
    """How a model of ours was made: `Settings`, and the rows that were read, could not be, or had no text."""

    rare: int
    vocabulary: int
    most: int
    rows: int
    unreadable: dict[str, int]
    empty: int
    held_out: HeldOut | None = None


class Card(Strict):
    """All that is known of a language model; parts that are null are not known of a model of others."""

    card: Literal[1] = 1
    kind: Kind
    name: str
    model: File
    about: About | None = None
    tokens: Tokens | None = None
    trained: Trained | None = None
    source: str = ""
    licence: str = ""

    @property
    def digest(self) -> str:
        """The first hex digits of a sha256 over what decides a score: the model and how texts are read."""
        parts = [self.kind, self.model.sha256]
        if self.tokens is not None:
            parts += [self.tokens.view, self.tokens.normalise]
            parts += [self.tokens.pieces.sha256] if self.tokens.pieces is not None else []
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:DIGEST]

    @property
    def files(self) -> tuple[File, ...]:
        """Every file beside the card."""
        pieces = self.tokens.pieces if self.tokens is not None else None
        return (self.model,) if pieces is None else (self.model, pieces)


def find(name: str, base: Path | None = None) -> Path:
    """The directory of a language model: `name` below `base` (else the working directory), else below `user_root`.

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
        f"no language model {name!r}: there is no {CARD} in {looked}; make one with corpus perplexity train, or take "
        "in an .arpa or KenLM file with corpus perplexity adopt"
    )


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
    if (found.kind == "ngram") != (found.about is not None) or (found.kind == "ngram") != (found.tokens is None):
        raise ConfigError([Problem(str(path), 0, 0, "a model of ours has `about`, one of others has `tokens`")])
    if found.tokens is not None and (found.tokens.view == "pieces") != (found.tokens.pieces is not None):
        raise ConfigError([Problem(str(path), 0, 0, "the view `pieces` and no other names a tokenizer file")])
    return found


def text_of(card: Card) -> bytes:
    """The card as it is written."""
    return card.model_dump_json(indent=2).encode() + b"\n"


def check(directory: Path, card: Card) -> None:
    """UsageError unless every file is there with the size and the digest that the card names."""
    for file in card.files:
        path = directory / file.name
        if not path.is_file():
            raise UsageError(f"{path}: is missing; the card beside it names it")
        found = file_of(path)
        if found != file:
            raise UsageError(
                f"{path}: has {found.bytes} bytes and sha256 {found.sha256[:DIGEST]}..., its card says {file.bytes} "
                f"and {file.sha256[:DIGEST]}...; it is not loaded. Restore the file, or make the model anew"
            )
