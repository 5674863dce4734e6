"""What the perplexity commands show to people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.render import files, number, out, table
from cli.trained_view import languages, place, rows

if TYPE_CHECKING:
    from pathlib import Path

    from corpus.models.ngram.applying import Scored
    from corpus.models.ngram.card import Card
    from corpus.models.ngram.evaluate import Evaluated


def trained(card: Card, path: Path) -> None:
    """What it was trained on, the held-out figures and where the model is."""
    about, made = card.about, card.trained
    if about is None or made is None:
        return
    rows(made)
    out(f"{number(sum(about.units))} units trained on, {number(sum(about.grams))} n-grams of up to {about.order}")
    languages(about.languages)
    if made.held_out is not None:
        held = made.held_out
        out(f"\n{number(held.rows)} rows held out, {number(held.units)} units")
        out(f"  {held.bits:.3f} bits a unit, perplexity {held.perplexity:.1f}")
        out(f"  {held.bits_alone:.3f} bits without any history, perplexity {2**held.bits_alone:.1f}")
    place(path, card.digest)


def evaluated(done: Evaluated) -> None:
    """Perplexities by language."""
    spread = [
        (lang, number(one.rows), f"{one.bits:.3f}", *(f"{value:.0f}" for value in one.values))
        for lang, one in done.languages.items()
    ]
    shares = [f"{share:.0%}" for share in done.shares]
    table(("language", "rows", "bits a unit", *shares), spread)
    out("the columns of shares: the perplexity that so many of the rows stay below")
    if done.none:
        out(f"{number(done.none)} rows have no score: no unit, or a language the model does not know")


def scored(done: Scored) -> None:
    """Buckets by group, and the files."""
    names = ("head", "middle", "tail", "exempt", "none")
    found = []
    for group, one in done.groups.items():
        cuts = ("-", "-") if one.cuts is None else tuple(f"{cut:.1f}" for cut in one.cuts)
        found.append((group, number(one.rows), *(number(one.buckets.get(name, 0)) for name in names), *cuts))
    table(("group", "rows", *names, "head up to", "middle up to"), found)
    if done.unreadable:
        out(f"{sum(done.unreadable.values()):,} of {done.read:,} rows could not be read: {done.unreadable}")
    files(done.files)
