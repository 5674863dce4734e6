"""Run a pipeline into a run directory and publish it: the one call behind every command that produces data."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from corpus import storage
from corpus.exposure import expose
from corpus.flow import PART_BYTES, ROWS_HERE, flow
from corpus.manifest import RowAccount, chain
from corpus.pipeline import SPLIT_BYTES, Pipeline
from corpus.report.notes import notes
from corpus.runner import Progress
from corpus.worker_errors import from_worker

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass(frozen=True)
class Result:
    """A finished run: `account` covers all stages, `worked` is false when everything was committed before, `notes` are
    what the account does not show."""

    run: str
    dataset: str
    account: RowAccount
    seconds: float
    worked: bool
    notes: tuple[str, ...] = ()


def execute(
    pipeline: Pipeline,
    root: str,
    *,
    master: str | None = None,
    progress: Progress | None = None,
    split_bytes: int = SPLIT_BYTES,
    part_bytes: int = PART_BYTES,
    rows_here: int = ROWS_HERE,
    bytes_here: int = 0,
    spark: SparkSession | None = None,
) -> Result:
    """Commit every stage and publish. Repeating it resumes; when nothing changed, no Spark is started.

    Small inputs, up to `bytes_here` stored bytes, are run in this process. `spark` is a session of the caller's, left
    open; else one is opened on `master` when there is work, and closed; what Spark says then goes to `spark.log` of a
    local run directory.
    """
    began = time.monotonic()
    with ExitStack() as open_things:

        def session() -> SparkSession:
            nonlocal spark
            if spark is None:
                from corpus.session import open_session

                log = Path(storage.resolve(root)[1]) / "spark.log" if storage.is_local(root) else None
                spark = open_things.enter_context(open_session(master, log=log))
            return spark

        try:
            runner = flow(pipeline, root, session, progress, split_bytes, part_bytes, rows_here, bytes_here)
        except Exception as error:
            ours = from_worker(error)
            if ours is None:
                raise
            raise ours from None
        exposed = expose(root, runner.stages, pipeline.settings)
    account = chain(account for stage in runner.stages.values() for account in stage.manifest.accounts.values())
    return Result(
        run=root,
        dataset=storage.join(root, "dataset"),
        account=account,
        seconds=round(time.monotonic() - began, 3),
        worked=runner.worked or exposed,
        notes=notes(runner.stages),
    )
