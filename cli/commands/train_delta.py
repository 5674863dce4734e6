"""corpus train delta: make, apply"""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import Json, OutFolder

Base = Annotated[str, typer.Argument(metavar="BASE", help="The folder of the base model.", show_default=False)]
app = typer.Typer(
    help="What a tuned model is beyond its base, exact to the bit.", no_args_is_help=True, rich_markup_mode=None
)


@app.command()
def make(
    base: Base,
    tuned: Annotated[str, typer.Argument(metavar="TUNED", help="The folder of the tuned model.", show_default=False)],
    out: OutFolder,
    json: Json = False,
) -> None:
    """Write what TUNED is beyond BASE. Without BASE it is of no use to anybody."""
    from cli import render
    from train import delta

    page = delta.make(base, tuned, out)
    render.done({"delta": out, **page, "whole": len(page["whole"])}, as_json=json)


@app.command()
def apply(
    base: Base,
    given: Annotated[str, typer.Argument(metavar="DELTA", help="The folder of the delta.", show_default=False)],
    out: OutFolder,
    json: Json = False,
) -> None:
    """Make the tuned model again. Refused over another base, and when a bit of the result differs."""
    from cli import render
    from train import delta

    render.done({"model": out, "digest": delta.apply(base, given, out)}, as_json=json)
