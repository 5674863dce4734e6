"""corpus coverage"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.options import Json

Where = Annotated[
    str, typer.Argument(metavar="RUN", help="A run directory, or Parquet files of one.", show_default=False)
]


def command(
    run: Where,
    target: Annotated[
        Path | None, typer.Option("--target", metavar="FILE", help="Shares that are wanted (YAML).", show_default=False)
    ] = None,
    natural: Annotated[
        str | None,
        typer.Option("--natural", metavar="RUN", help="Another run or files: compare with what they have."),
    ] = None,
    column: Annotated[str, typer.Option("--column", metavar="NAME", help="The column of the tags.")] = "tag_domain",
    tolerance: Annotated[
        float, typer.Option("--tolerance", min=0, max=1, help="How much of its share may lack before it is a gap.")
    ] = 0.2,
    epochs: Annotated[
        float, typer.Option("--epochs", min=0.1, help="How often a token is read at most, in the weights.")
    ] = 4.0,
    weights: Annotated[
        Path | None,
        typer.Option(
            "--weights", metavar="FILE", help="Write the mixture weights: .yaml or .json.", show_default=False
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Show the tokens of each domain against a target, and what lacks.

    Without a target against all records that the run read, removed ones too. The weights would even it out.
    """
    from cli import render, tags_view
    from corpus.inspect.coverage import coverage
    from corpus.tags.coverage import write_mixture

    found = coverage(
        run,
        column=column,
        target=None if target is None else str(target),
        natural=natural,
        tolerance=tolerance,
        epochs=epochs,
    )
    if weights is not None:
        write_mixture(found, weights)
    if json:
        render.emit({"run": run, "coverage": found})
    else:
        tags_view.coverage(found)
