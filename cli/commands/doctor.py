"""corpus doctor"""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import Json

Locations = Annotated[
    list[str] | None,
    typer.Argument(metavar="LOCATION", help="Paths or URIs that a run will use.", show_default=False),
]
Spark = Annotated[bool, typer.Option("--spark", help="Also start Spark and its Python workers.")]


def command(locations: Locations = None, spark: Spark = False, json: Json = False) -> None:
    """Look at this machine for what a run needs.

    Says what was found, what is wrong and what to do about it. Exit code 2 when something is wrong.
    """
    from cli import render, views
    from corpus.doctor import examine

    found = examine(locations or (), spark)
    if json:
        render.emit({"findings": found})
    else:
        views.findings(found)
    if any(finding.ok is False for finding in found):
        raise typer.Exit(2)
