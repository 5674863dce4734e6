"""corpus submit"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.options import SPLIT_MB, Json, Out, Pipeline, SplitMb

Url = Annotated[
    str, typer.Option("--master", metavar="URL", help="spark://..., yarn, k8s://... or local[N].", show_default=False)
]
More = Annotated[
    list[str] | None,
    typer.Argument(metavar="OPTION", help="After `--`: options of spark-submit, handed on as they are."),
]
Write = Annotated[
    Path | None,
    typer.Option(
        "--write", metavar="DIR", help="Only write the zip and the driver there and print the spark-submit line."
    ),
]


def command(
    pipeline: Pipeline,
    out: Out,
    master: Url,
    options: More = None,
    json: Json = False,
    split_mb: SplitMb = SPLIT_MB,
    write: Write = None,
) -> None:
    """Run a pipeline on a Spark cluster.

    Uses the spark-submit of the installed PySpark. RUN and the input must be visible to all executors.
    """
    import shlex

    import cli
    from cli import render
    from corpus import storage
    from corpus import submit as library
    from corpus.pipeline import read

    read(pipeline)
    where = storage.resolve(out)[1] if storage.is_local(out) else out
    arguments = ["run", str(Path(pipeline).absolute()), "--out", where, "--split-mb", str(split_mb)]
    arguments += ["--json"] if json else []
    others = [Path(cli.__file__).resolve().parent]
    if write is None:
        raise typer.Exit(library.submit(master, arguments, options or (), others))
    files = library.bundle(write, others)
    render.out(shlex.join(["spark-submit", *library.command(files, master, arguments, options or ())]))
