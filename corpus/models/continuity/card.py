"""The card of a continuity model: what it is, what it was made from, and its digest."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from corpus.located import Strict
from corpus.models import directory
from corpus.models.continuity.model import About
from corpus.models.directory import File

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
        return directory.digest_of(self.kind, self.model.sha256)


def find(name: str, base: Path | None = None) -> Path:
    """The directory of a continuity model, as `directory.find` looks for it."""
    return directory.find(name, base, "continuity model", "make one with corpus continuity train")
