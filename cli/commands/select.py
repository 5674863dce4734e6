"""corpus select"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.options import Json, Run

Where = Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="A directory for chosen.parquet.")]
Rows = Annotated[int | None, typer.Option("--rows", min=1, help="How many records.")]
Tokens = Annotated[int | None, typer.Option("--tokens", min=1, help="Or how many tokens.")]
By = Annotated[
    str,
    typer.Option(
        "--by",
        metavar="COLUMN",
        help="The score, the largest first: quality, evol_score, or several by their ranks: quality*difficulty.",
    ),
]
Limit = Annotated[
    float, typer.Option("--limit", min=0.01, max=1.0, help="Cosine to a chosen record from which one is passed over.")
]
Balanced = Annotated[bool, typer.Option("--balanced", help="The best of every cluster instead, in turn.")]
Power = Annotated[
    float, typer.Option("--power", min=0.0, max=1.0, help="Seats of clusters: 0 equal, 1 in proportion to their size.")
]

Within = Annotated[
    str | None, typer.Option("--within", metavar="COLUMN", help="A column of labels, each of which gets --cap at most.")
]
Cap = Annotated[float, typer.Option("--cap", min=0.0, max=1.0, help="Share of the budget for one label of --within.")]


def command(
    run: Run,
    out: Where,
    by: By = "quality",
    rows: Rows = None,
    tokens: Tokens = None,
    limit: Limit = 0.9,
    balanced: Balanced = False,
    power: Power = 0.0,
    within: Within = None,
    cap: Cap = 1.0,
    json: Json = False,
) -> None:
    """Choose among published records.

    The best by a score, no two of them alike (Deita), or the best of every cluster, up to a budget.
    """
    from cli import render
    from corpus.errors import UsageError
    from corpus.selection import Wanted, select

    if (rows is None) == (tokens is None):
        raise UsageError("give a budget: --rows or --tokens")
    how, unit = ("balanced" if balanced else "diverse"), ("rows" if rows is not None else "tokens")
    wanted = Wanted(float(rows or tokens or 0), by, unit, how, limit, power, within, cap)  # type: ignore[arg-type]
    found = select(run, wanted, out)
    if json:
        render.emit(found)
        return
    render.out(f"chosen  {found.chosen:,} of {found.published:,} published records, {found.tokens:,} tokens")
    if found.lack:
        render.out(f"        {found.lack:,} could not be: they lack a score, a vector or a cluster")
    render.out(f"file    {found.file}")
