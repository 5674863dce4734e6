"""The card of a language model: what it is, what it was made from, how it reads texts, and its digest."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import model_validator

from corpus.located import Strict
from corpus.models import directory
from corpus.models.directory import File
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

    @model_validator(mode="after")
    def _agrees(self) -> Card:
        if (self.kind == "ngram") != (self.about is not None) or (self.kind == "ngram") != (self.tokens is None):
            raise ValueError("a model of ours has `about`, one of others has `tokens`")
        if self.tokens is not None and (self.tokens.view == "pieces") != (self.tokens.pieces is not None):
            raise ValueError("the view `pieces` and no other names a tokenizer file")
        return self

    @property
    def digest(self) -> str:
        """The first hex digits of a sha256 over what decides a score: the model and how texts are read."""
        parts = [self.kind, self.model.sha256]
        if self.tokens is not None:
            parts += [self.tokens.view, self.tokens.normalise]
            parts += [self.tokens.pieces.sha256] if self.tokens.pieces is not None else []
        return directory.digest_of(*parts)

    @property
    def files(self) -> tuple[File, ...]:
        """Every file beside the card."""
        pieces = self.tokens.pieces if self.tokens is not None else None
        return (self.model,) if pieces is None else (self.model, pieces)


def find(name: str, base: Path | None = None) -> Path:
    """The directory of a language model, as `directory.find` looks for it."""
    make = "make one with corpus perplexity train, or take in an .arpa or KenLM file with corpus perplexity adopt"
    return directory.find(name, base, "language model", make)
