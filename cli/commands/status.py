"""corpus status"""

from __future__ import annotations

from cli.options import Json, Run


def command(run: Run, json: Json = False) -> None:
    """Show how far a run is.

    What each stage has committed, and whether a detached run is at work.
    """
    from cli import render, views
    from corpus.inspect.status import status

    found = status(run)
    if json:
        render.emit(found)
    else:
        views.status(found)
