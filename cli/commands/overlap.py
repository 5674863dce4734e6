"""corpus rules overlap"""

from __future__ import annotations

from cli.options import Json, Run


def command(run: Run, json: Json = False) -> None:
    """Say what each rule of a run removes alone.

    How many records fail it, are counted under it, and go because of it alone; and which rules fail together.
    """
    from cli import answers, render
    from corpus.inspect.overlap import overlap

    found = overlap(run)
    if json:
        render.emit({"run": run, "overlap": found})
    else:
        answers.overlap(found)
