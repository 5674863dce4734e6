"""corpus train doctor"""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import Json

Folder = Annotated[str, typer.Argument(metavar="FOLDER", help="Where checkpoints will go.")]


def command(folder: Folder = ".", json: Json = False) -> None:
    """Look at this machine as a node for training: packages, GPUs, kernels, network, disk."""
    from cli import render
    from train.doctor import examine

    found = examine(folder)
    if json:
        render.emit(found)
    else:
        render.table(None, [(one.level, one.what, one.said) for one in found])
    if any(one.level == "wrong" for one in found):
        raise typer.Exit(2)
