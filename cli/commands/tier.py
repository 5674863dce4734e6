"""corpus tier"""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import Json, Master, Run

Tiers = Annotated[
    str | None,
    typer.Option("--tiers", metavar="POLICY", help="A shipped tier policy or a .yaml file; else the run's own."),
]


def command(run: Run, tiers: Tiers = None, master: Master = None, json: Json = False) -> None:
    """Assign the tiers of a run anew.

    By another policy; nothing before the tiers runs again, and the data set is published anew.
    """
    from cli.options import SPLIT_MB
    from cli.produce import produce
    from corpus.shorthand import retier

    produce(retier(run, tiers), run, master, json, SPLIT_MB)
