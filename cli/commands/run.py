"""corpus run"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import SPLIT_MB, Json, Master, Out, Pipeline, SplitMb

if TYPE_CHECKING:
    from corpus.pipeline import Pipeline as PipelineOf

Detach = Annotated[bool, typer.Option("--detach", help="Go on in the background: log and pid are in RUN.")]


def command(
    pipeline: Pipeline,
    out: Out,
    master: Master = None,
    json: Json = False,
    detach: Detach = False,
    split_mb: SplitMb = SPLIT_MB,
) -> None:
    """Run a pipeline and publish its data set.

    Repeating the command resumes an interrupted run; a finished run does no work.
    """
    from cli.produce import produce
    from corpus.pipeline import read

    found = read(pipeline)
    if not detach:
        produce(found, out, master, json, split_mb)
        return
    _detach(found, pipeline, out, master, json, split_mb)


def _detach(found: PipelineOf, pipeline: str, out: str, master: str | None, json: bool, split_mb: int) -> None:
    import sys

    from cli import render
    from corpus import detach, flow

    line = [sys.executable, "-P", "-m", "cli.main", "run", pipeline, "--out", out, "--split-mb", str(split_mb)]
    line += ["--master", master] if master else []
    line += ["--json"] if json else []
    splits = found.splits(split_mb << 20)
    started = detach.start(line, out)
    # The run notes the same when it is up, seconds from now; until then status and stop must find a run directory.
    flow.note(found, out, flow.plan_slots(found, out, splits), len(splits))
    if json:
        render.emit({"run": out, "pid": started.pid, "log": started.log})
        return
    render.out(f"pid   {started.pid}")
    render.out(f"log   {started.log}")
    render.out(f"see how far it is: corpus status {out}     end it: corpus stop {out}")
