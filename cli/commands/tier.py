"""corpus tier"""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import Json, Master, Run

Tiers = Annotated[
    str | None,
    typer.Option("--tiers", metavar="POLICY", help="A shipped tier policy or a .yaml file; else the run's own."),
]
Dry = Annotated[bool, typer.Option("--dry-run", help="Show sizes, tokens and the records at the cuts; write nothing.")]
Marginal = Annotated[int, typer.Option("--marginal", min=0, max=100, help="Records on each side of a cut to show.")]
Tokenizer = Annotated[
    str | None, typer.Option("--tokenizer", metavar="FILE", help="A tokenizer.json to count tokens with in a dry run.")
]


def command(
    run: Run,
    tiers: Tiers = None,
    dry_run: Dry = False,
    marginal: Marginal = 2,
    tokenizer: Tokenizer = None,
    master: Master = None,
    json: Json = False,
) -> None:
    """Assign the tiers of a run anew.

    By another policy; nothing before the tiers runs again, and the data set is published anew.
    """
    from cli import render, tier_view
    from cli.options import SPLIT_MB
    from cli.produce import produce
    from corpus.shorthand import retier

    if not dry_run:
        produce(retier(run, tiers), run, master, json, SPLIT_MB)
        return
    from corpus.inspect import tiering

    found = tiering.dry_run(run, tiers, marginal, tokenizer)
    render.show(found, tier_view.tiering, as_json=json)
