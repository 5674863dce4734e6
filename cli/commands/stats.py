"""corpus stats"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from cli.options import Json, Run


class By(StrEnum):
    """What to group by."""

    source = "source"
    lang = "lang"
    tier = "tier"


Grouped = Annotated[
    By | None, typer.Option("--by", help="Group what is published, and the signals.", show_default=False)
]


def command(run: Run, by: Grouped = None, json: Json = False) -> None:
    """Show the numbers of a run.

    Accounts by stage and source, failing rules, the spread of every signal.
    """
    from cli import render, views
    from corpus.inspect.stats import stats

    found = stats(run, None if by is None else by.value)
    if json:
        render.emit({"run": run, "stats": found})
    else:
        views.stats(found)
