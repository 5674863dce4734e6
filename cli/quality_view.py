"""What the quality commands show to people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.render import files, number, out, reasons, table

if TYPE_CHECKING:
    from pathlib import Path

    from corpus.models.quality import Made
    from corpus.scores.agreement import Pair
    from corpus.scores.dirty.files import Dirtied
    from corpus.scores.quality_files import Area, Evaluated, Scored


def trained(made: Made, path: Path) -> None:
    """Each classifier, what it was made of, and how far scorers agree."""
    from corpus.models.quality import POLICY, REPORT, report

    shown = report(made)["languages"]
    rows = [
        (one.lang, *(number(one.rows.get(kind, 0)) for kind in ("good", "bad", "raw", "synthetic")),
         "-" if shown[one.lang]["auc"] is None else f"{shown[one.lang]['auc']:.4f}", one.card.digest)
        for one in made.trained
    ]  # fmt: skip
    table(("lang", "good", "bad", "raw", "synthetic", "AUC held out", "digest"), rows)
    for one in made.trained:
        out(f"\nagreement on the {one.lang} rows held out")
        table(("scorer", "with", "rows", "Spearman", "same tier", "kappa"), [_pair(pair) for pair in one.agreement])
    for lang, (good, bad) in made.too_few.items():
        out(f"left out: {lang}, {number(good)} good and {number(bad)} bad rows are too few")
    reasons("unreadable", made.unreadable)
    out(f"\nmodels   {path}\nreport   {path / REPORT}\npolicy   {path / POLICY}")


def _pair(pair: Pair) -> tuple[str, ...]:
    told = [("-" if value is None else f"{value:.3f}") for value in (pair.spearman, pair.same, pair.kappa)]
    return (pair.first, pair.second, number(pair.rows), *told)


def evaluated(found: Evaluated) -> None:
    """The score's area and those of the parts, the best first."""
    one = found.quality
    out(f"AUC of quality {_area(one)}: {number(one.good)} good rows, {number(one.bad)} bad")
    ordered = sorted(found.parts.items(), key=lambda item: (-item[1].auc, item[0]))
    table(("part alone", "AUC (95 %)"), [(name, _area(part)) for name, part in ordered])


def _area(one: Area) -> str:
    return f"{one.auc:.3f} ({one.low:.3f} to {one.high:.3f})"


def scored(done: Scored) -> None:
    """Rows, quartiles and files."""
    out(f"{number(done.read)} rows read, {number(done.scored)} scored")
    if done.quartiles:
        out("quartiles of quality: " + ", ".join(f"{one:.3f}" for one in done.quartiles))
    reasons("unreadable", done.unreadable)
    files(done.files)


def kinds() -> None:
    """Every kind of defect with its group."""
    from corpus.scores.dirty.kinds import GROUPS

    table(("group", "kind", "what it does"), [
        (group, name, defect.doc) for group, members in GROUPS.items() for name, defect in members.items()
    ])  # fmt: skip


def dirtied(done: Dirtied) -> None:
    """Rows by kind, and the file."""
    table(("kind", "rows"), [(kind, number(count)) for kind, count in done.kinds.items()])
    out(done.file)
