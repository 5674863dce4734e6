"""corpus gc"""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import Json, Run

Grace = Annotated[float, typer.Option("--grace-hours", min=0, help="Leave alone what changed within so many hours.")]


def command(run: Run, grace_hours: Grace = 24.0, json: Json = False) -> None:
    """Free what a run, or an index, no longer needs.

    Files of failed attempts, and stages of settings that the last command did not ask for.
    """
    from cli import render
    from corpus.gc import collect
    from corpus.index.sweep import is_index, sweep

    freed = sweep(run, grace_hours) if is_index(run) else collect(run, grace_hours)
    if json:
        render.emit({"run": run, "files": freed.files, "bytes": freed.bytes})
        return
    for path in freed.files:
        render.out(path)
    render.out(f"Freed {render.size(freed.bytes)} in {len(freed.files)} files.")
