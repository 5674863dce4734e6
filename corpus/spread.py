"""Tasks that need nothing of each other, on the executors of a cluster: for work that writes its own files, which is no
stage of a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from corpus.worker_errors import from_worker

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Task = TypeVar("Task")
Result = TypeVar("Result")


def spread(spark: SparkSession, function: Callable[[Task], Result], tasks: Sequence[Task]) -> list[Result]:
    """What `function` makes of each task, in their order; the results are held by the driver.

    Spark may try a task again, or twice side by side, so a file that it writes must appear whole. An error of this
    package comes out as it was raised.
    """
    if not tasks:
        return []
    try:
        return spark.sparkContext.parallelize(tasks, len(tasks)).map(function).collect()
    except Exception as error:
        ours = from_worker(error)
        if ours is None:
            raise
        raise ours from None
