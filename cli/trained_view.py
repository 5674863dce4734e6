"""What is shown of every model that was trained, whatever its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from cli.render import emit, number, out, share

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from corpus.models.card import Card as Classifier
    from corpus.models.continuity.card import Card as Continuity
    from corpus.models.continuity.card import Trained as Pairs
    from corpus.models.ngram.card import Card as Ngram
    from corpus.models.ngram.card import Trained as Units

C = TypeVar("C", "Classifier", "Continuity", "Ngram")


def trained(card: C, path: Path, view: Callable[[C, Path], None], *, as_json: bool) -> None:
    """A model with its card: as one JSON object, or as `view` shows it."""
    if as_json:
        emit({"model": str(path), "digest": card.digest, "card": card.model_dump(mode="json")})
    else:
        view(card, path)


def rows(made: Pairs | Units) -> None:
    """What was read."""
    unreadable = sum(made.unreadable.values())
    out(f"{number(made.rows + unreadable)} rows read, {number(unreadable)} could not be, {number(made.empty)} empty")


def languages(found: Mapping[str, int]) -> None:
    """The shares of the languages trained on, the eight largest."""
    known = sorted(found.items(), key=lambda item: (-item[1], item[0]))[:8]
    out("languages " + ", ".join(f"{lang} {share(many, sum(found.values()))}" for lang, many in known))


def place(path: Path, digest: str) -> None:
    """Where the model is, and which one it is."""
    out(f"\nmodel    {path}")
    out(f"digest   {digest}")
