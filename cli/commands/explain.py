"""corpus explain"""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import Json, Run

Wanted = Annotated[
    str, typer.Argument(metavar="DOC_ID", help="A doc_id, or the key its source knows it by.", show_default=False)
]


def command(run: Run, doc_id: Wanted, json: Json = False) -> None:
    """Say what became of a record, and why.

    Rules with values and bounds, the survivor of a duplicate, the tier of a kept record, the place of an unreadable
    one. Several records of one key are all listed.
    """
    from cli import render, views
    from corpus.inspect.explain import explain

    found = explain(run, doc_id)
    if json:
        render.emit({"run": run, "wanted": doc_id, "records": found})
    else:
        views.explanations(found)
