"""corpus control"""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import Json, Run

Where = Annotated[str, typer.Option("--out", "-o", metavar="DIR", help="A directory for the dealt stages.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Which of many deals.")]


def command(run: Run, out: Where, seed: Seed = 0, json: Json = False) -> None:
    """Deal a run's stages at random.

    The same records, as many in each stage, in an order that says nothing: the control of an ablation.
    """
    from cli import render
    from corpus.control import control

    found = control(run, out, seed)
    if json:
        render.emit(found)
        return
    rows = [
        (name, render.number(count), render.number(found.replayed.get(name, 0))) for name, count in found.sizes.items()
    ]
    render.table(("stage", "records", "replayed"), rows)
    render.out(f"\nin  {found.out}")
