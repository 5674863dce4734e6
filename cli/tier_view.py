"""What `corpus tier --dry-run` shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.render import number, out, preview, table

if TYPE_CHECKING:
    from corpus.inspect.tiering import DryRun


def tiering(found: DryRun) -> None:
    """Sizes, sources, the mixture, and the records on both sides of each cut."""
    rows = [(one.tier, number(one.rows), number(one.validation), number(one.tokens)) for one in found.tiers]
    table(("tier", "records", "validation", "tokens"), rows)
    out(f"\ntokens are {found.tokens}")
    sources = sorted({name for one in found.tiers for name in one.sources})
    shares = [
        (name, *(f"{100 * one.sources.get(name, (0, 0))[1] / max(1, one.tokens):.1f}" for one in found.tiers))
        for name in sources
    ]
    out("\nshare of each tier's tokens, in percent")
    table(("source", *(one.tier for one in found.tiers)), shares)
    if found.mixture:
        out(f"\nmixture ({number(found.over_budget)} records are over the budget)")
        table(
            ("source or category", "there is", "is taken", "is missing", "epochs", "share"),
            [
                (
                    one.source or "(of no category)",
                    *(number(round(units)) for units in (one.have, one.want, one.short)),
                    f"{one.epochs:.3f}",
                    f"{one.share:.3f}",
                )
                for one in found.mixture
            ],
        )
    shown = None
    for one in found.marginal:
        if (one.tier, one.condition) != shown:
            shown = (one.tier, one.condition)
            out(f"\n{one.tier}: {one.condition}")
        side = "in " if one.inside else "out"
        out(f"  {side} {one.value:.5g} (cut {one.edge:.5g})  {one.doc_id}  {one.source}")
        out(f"      {preview(one.preview)}")
