"""corpus doctor"""

from __future__ import annotations

from typing import Annotated

import typer

Locations = Annotated[
    list[str] | None,
    typer.Argument(metavar="[LOCATION...]", help="Paths or URIs that a run will use.", show_default=False),
]
Spark = Annotated[bool, typer.Option("--spark", help="Also start Spark and its workers.")]


def command(locations: Locations = None, spark: Spark = False) -> None:
    """."""
