"""corpus sample"""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import Json, Run

Count = Annotated[int, typer.Option("-n", min=1, max=1000, help="How many records of each kind.")]
Removed = Annotated[
    bool | None, typer.Option("--removed/--kept", help="Only one kind; both when left out.", show_default=False)
]
Reason = Annotated[
    str | None, typer.Option("--reason", metavar="R", help="Removed records that went for this reason or rule.")
]
Tier = Annotated[str | None, typer.Option("--tier", metavar="T", help="Kept records of this tier.")]
Seed = Annotated[int, typer.Option("--seed", help="Another seed, another sample; the same seed, the same.")]


def command(
    run: Run,
    n: Count = 5,
    removed: Removed = None,
    reason: Reason = None,
    tier: Tier = None,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Show some kept and removed records.

    With reasons and the beginning of the text, chosen by their ids and a seed.
    """
    from cli import render, views
    from corpus.inspect.sample import sample, which

    kinds = which(removed, reason, tier)
    found = [record for kind in kinds for record in sample(run, kind, n, reason=reason, tier=tier, seed=seed)]
    if json:
        render.emit({"run": run, "records": found})
    else:
        views.samples(found)
