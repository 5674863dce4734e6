"""corpus plan"""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import SPLIT_MB, Json, Pipeline, SplitMb

Maybe = Annotated[
    str | None, typer.Option("--out", "-o", metavar="RUN", help="A run directory: shows what is done there.")
]


def command(pipeline: Pipeline, out: Maybe = None, json: Json = False, split_mb: SplitMb = SPLIT_MB) -> None:
    """Check a pipeline and show what it would do.

    Starts no Spark and writes nothing.
    """
    from cli import render, views
    from corpus.inspect.plan import plan
    from corpus.pipeline import read

    found = plan(read(pipeline), out, split_mb << 20)
    if json:
        render.emit(found)
    else:
        views.plan(found)
