"""corpus stop"""

from __future__ import annotations

from cli.options import Json, Run


def command(run: Run, json: Json = False) -> None:
    """End a detached run, and that run alone.

    What it finished stays: repeating its command goes on from there.
    """
    from cli import render
    from corpus.detach import stop

    ended = stop(run)
    if json:
        render.emit({"run": run, "pid": ended.pid, "log": ended.log})
    else:
        render.out(f"Stopped the run in {run} (pid {ended.pid}). Repeat its command to go on where it was.")
