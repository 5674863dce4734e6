"""What the continuity commands show to people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.render import files, number, out, reasons
from cli.trained_view import languages, place, rows

if TYPE_CHECKING:
    from pathlib import Path

    from corpus.models.continuity.card import Card
    from corpus.models.continuity.files import Scored


def trained(card: Card, path: Path) -> None:
    """What it was trained on, the held-out figures and where the model is."""
    about, made = card.about, card.trained
    rows(made)
    out(f"{number(sum(about.texts))} texts trained on, of {sum(about.languages.values()) / 1e6:.1f} MB")
    languages(about.languages)
    if made.held_out is not None:
        held = made.held_out
        out(f"\n{number(held.rows)} rows held out: of {held.ordered:.1%} the order is likelier than a random one")
    place(path, card.digest)


def scored(done: Scored) -> None:
    """Rows and files."""
    out(f"{number(done.read)} rows read, {number(done.scored)} with sentences enough")
    reasons("unreadable", done.unreadable)
    files(done.files)
