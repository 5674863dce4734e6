"""What the difficulty commands show to people."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from cli import classifier_view
from cli.render import files, number, out, reasons, share, table

if TYPE_CHECKING:
    from pathlib import Path

    from corpus.models.applying import Judged
    from corpus.models.card import Card
    from corpus.models.metrics import Evaluation
    from corpus.scores.cuts import Cuts
    from corpus.scores.files import Scored


def plain(done: Scored) -> dict[str, Any]:
    """The same as JSON values."""
    found = {one.name: getattr(done, one.name) for one in dataclasses.fields(done)}
    return {**found, "cuts": None if done.cuts is None else done.cuts.model_dump(mode="json")}


def scored(done: Scored) -> None:
    """Rows scored and not, the stages and the files."""
    out(f"{number(done.read)} rows read, {number(done.scored)} scored")
    reasons("noise", done.noise)
    reasons("unreadable", done.unreadable)
    if done.kept:
        out(f"{number(done.kept)} rows had been judged by the model before (a run that was killed)")
    if done.tokens_cut:
        out(f"{number(done.tokens_cut)} tokens of answers had no room behind their instruction (--max-tokens)")
    if done.cuts is not None:
        stages(done.cuts)
    files(done.files)


def stages(cuts: Cuts) -> None:
    """The cuts with their intervals, and the sizes."""
    rows = [
        (f"{one.value:.4g}", f"{one.low:.4g} to {one.high:.4g}", f"{one.same:.2f}", f"{one.depth:.2f}",
         "valley" if one.valley else "sizes alone")
        for one in cuts.cuts
    ]  # fmt: skip
    table(("cut", "95 %", "stable", "depth", "set by"), rows)
    table(
        ("stage", "rows", "share"),
        [(str(one.stage), number(one.rows), share(one.rows, cuts.rows)) for one in cuts.sizes],
    )


def trained(card: Card, path: Path) -> None:
    """The card, with the area under the curve."""
    classifier_view.trained(card, path)
    if card.held_out is not None:
        _area(card.held_out, card.positive)


def judged(card: Card, done: Judged) -> None:
    """The evaluation, with the area under the curve."""
    classifier_view.judged(card, done)
    _area(done.evaluation, card.positive)


def _area(found: Evaluation, positive: str | None) -> None:
    for one in found.of:
        if one.label == positive and one.auc is not None:
            out(f"AUC      {one.auc:.4f} of {number(found.rows)} rows")
