"""What every command that makes data does: run a pipeline under a progress display and say what came out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli import render
from cli.progress import watcher

if TYPE_CHECKING:
    from corpus import config
    from corpus.execute import Result
    from corpus.pipeline import Pipeline


def produce(pipeline: Pipeline, root: str, master: str | None, as_json: bool, split_mb: int) -> Result:
    """Execute and report: one JSON object, or an account for people."""
    from corpus.execute import execute

    done = execute(pipeline, root, master=master, progress=watcher(), split_bytes=split_mb << 20)
    if as_json:
        render.emit(render.result_json(done))
    else:
        render.result(done)
    return done


def fields(text: str | None, record_id: str | None) -> config.Fields:
    """The field mapping of a shorthand command."""
    from corpus.config import Fields

    return Fields(text=text, id=record_id)
