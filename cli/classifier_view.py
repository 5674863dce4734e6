"""What the classifier commands show to people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.render import emit, files, number, out, share, table
from cli.trained_view import place

if TYPE_CHECKING:
    from pathlib import Path

    from corpus.models.applying import Applied, Judged
    from corpus.models.card import Card
    from corpus.models.metrics import Evaluation, Interval, OfLabel


def trained(card: Card, path: Path) -> None:
    """Rows, threshold, the held-out figures and where the model is."""
    rows = card.rows
    if rows is not None:
        parts = [
            (
                label,
                *(number(rows.split[label][name]) for name in ("train", "tune", "test")),
                number(rows.balanced[label]),
            )
            for label in card.labels
        ]
        out(
            f"{number(rows.read)} rows read, {number(rows.duplicate)} twice, {number(rows.conflicting)} with two labels"
        )
        table(("label", "train", "tune", "test", "trained on"), parts, indent="  ")
    for label in [card.positive] if card.positive else card.labels:
        one = card.thresholds[label]
        out(
            f"threshold of {label}: {one.value:.3f}, for a precision of {one.wanted:g} on {number(one.rows)} rows "
            f"(there {one.precision:.3f}, recall {one.recall:.3f})"
        )
    out("\non the rows held out")
    if card.held_out is not None:
        evaluation(card.held_out, card.positive)
    place(path, card.digest)


def evaluation(found: Evaluation, positive: str | None) -> None:
    """Figures by label, confusion, and for one label its bins and other thresholds."""
    rows = [
        (one.label, number(one.rows), number(one.flagged), _said(one.precision), _said(one.recall), _said(one.f1),
         f"{one.ece:.3f}")
        for one in found.of
    ]  # fmt: skip
    table(("label", "rows", "given", "precision (95 %)", "recall (95 %)", "F1 (95 %)", "ECE"), rows, indent="  ")
    out(f"  accuracy {found.accuracy:.3f}, macro F1 {found.macro_f1:.3f} of {number(found.rows)} rows")
    out("\nrows by their label, columns by the label given")
    cells = [(label, *map(number, row)) for label, row in zip(found.labels, found.confusion, strict=True)]
    table(("", *found.labels), cells, indent="  ")
    for one in found.of:
        if one.label == positive:
            _detail(one)


def _detail(one: OfLabel) -> None:
    out(f"\nscores of {one.label} and how often they were right")
    bins = [(f"{item.low:.1f} to {item.high:.1f}", number(item.rows), f"{item.score:.3f}", f"{item.share:.3f}")
            for item in one.bins]  # fmt: skip
    table(("score", "rows", "mean score", "share"), bins, indent="  ")
    out("\nother thresholds")
    rows = [
        (f"{item.threshold:.3f}", number(item.flagged), "-" if item.precision is None else f"{item.precision:.3f}",
         f"{item.recall:.3f}")
        for item in one.table
    ]  # fmt: skip
    table(("from", "given", "precision", "recall"), rows, indent="  ")


def _said(one: Interval) -> str:
    return f"{one.value:.3f} ({one.low:.3f} to {one.high:.3f})"


def judged_json(model: str, card: Card, done: Judged) -> None:
    """The same as one JSON object."""
    shown = {"read": done.read, "left_out": done.left_out, "unknown_labels": done.unknown}
    emit({"model": model, "digest": card.digest, **shown, "evaluation": done.evaluation.model_dump(mode="json")})


def judged(card: Card, done: Judged) -> None:
    """The evaluation, and the rows that are not in it."""
    evaluation(done.evaluation, card.positive)
    left = {**done.left_out, **{f"label {label} unknown": count for label, count in done.unknown.items()}}
    if left:
        out(f"\nnot counted, of {number(done.read)} rows read: " + ", ".join(f"{v:,} {k}" for k, v in left.items()))


def applied(done: Applied) -> None:
    """Rows by the label they were given, and the files."""
    rows = [(label, number(count), share(count, done.scored)) for label, count in done.labels.items()]
    table(("label", "rows", "share"), rows)
    if done.unreadable:
        out(f"{sum(done.unreadable.values()):,} of {done.read:,} rows could not be read: {done.unreadable}")
    files(done.files)
