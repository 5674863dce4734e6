"""The only place that writes from Spark workers, and the only reader of narrow columns into Spark.

Spark is asked to run a function for each number of a range; the function reads its input and writes its Parquet parts
itself, and returns a receipt. One action, nothing chained, the frame never leaves this module: a writing frame that is
counted, cached, sorted or joined would write again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import pyarrow as pa

from corpus import manifest
from corpus.manifest import Part, Receipt
from corpus.slot import Attempt, PartWriters, Slot

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

RECEIPT = "task bigint, slot int, receipt binary"
NARROW_TASKS = 2000
T = TypeVar("T")


@dataclass(frozen=True)
class Task(Generic[T]):
    """A unit of work: `key` names its receipt, `payload` is what the worker gets."""

    key: str
    payload: T


def write_parts(
    spark: SparkSession, tasks: Sequence[Task[T]], work: Callable[[Task[T]], list[Receipt]], slots: Sequence[Slot]
) -> None:
    """Run `work` for each task on Spark's workers; it writes and returns one receipt for each of `slots`.

    Each receipt is stored by the worker as soon as the files it names are closed, so what was done survives a crash.
    A task may run more than once (retry, speculation); the last receipt stored for a key is as good as the first,
    because a task's rows are a pure function of its payload.
    """
    if not tasks:
        return

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for index in batch.column(0).to_pylist():
                receipts = work(tasks[index])
                for slot, receipt in zip(slots, receipts, strict=True):
                    slot.leave(receipt)
                yield _receipt_batch(index, receipts)

    spark.range(0, len(tasks), 1, len(tasks)).mapInArrow(run, RECEIPT).toArrow()


def _receipt_batch(index: int, receipts: Sequence[Receipt]) -> pa.RecordBatch:
    """What Spark's driver is told: enough to know that the task ended, not what it wrote (receipts hold that)."""
    return pa.RecordBatch.from_arrays(
        [
            pa.array([index] * len(receipts), pa.int64()),
            pa.array(range(len(receipts)), pa.int32()),
            pa.array([receipt.key.encode() for receipt in receipts], pa.binary()),
        ],
        names=["task", "slot", "receipt"],
    )


def read_narrow(
    spark: SparkSession, parts: Sequence[Part], read: Callable[[Part], Iterator[pa.RecordBatch]], schema: str
) -> DataFrame:
    """Narrow columns of parts as a Spark frame: `read` runs on the workers. Never text."""
    count = max(1, min(len(parts), NARROW_TASKS))

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for index in batch.column(0).to_pylist():
                for part in parts[index::count]:
                    yield from read(part)

    return spark.range(0, count, 1, count).mapInArrow(run, schema)


def write_decisions(
    frame: DataFrame, table: str, attempt: Attempt, partitions: int, digest: tuple[str, ...]
) -> list[Receipt]:
    """Write a frame that has `part` and `row` as one file of `table` for each part that occurs, rows ascending.

    The frame is shuffled by part with a fixed number of partitions: adaptive execution would make a plain
    repartition("part") a single one.
    """
    shuffled = frame.repartition(partitions, "part").sortWithinPartitions("part", "row")

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        current: PartWriters | None = None
        removed = 0
        for batch in batches:
            numbers = batch.column(batch.schema.names.index("part")).to_numpy()
            start = 0
            while start < len(numbers):
                number = int(numbers[start])
                end = start + int((numbers[start:] == number).argmin()) if numbers[-1] != number else len(numbers)
                if current is None or current.number != number:
                    if current is not None:
                        yield _decision_batch(current, removed)
                    current, removed = PartWriters(attempt, number), 0
                rows = batch.slice(start, end - start).drop_columns(["part"])
                current.write(table, rows, digest=digest)
                removed += _removed(rows)
                start = end
        if current is not None:
            yield _decision_batch(current, removed)

    rows = shuffled.mapInArrow(run, RECEIPT).toArrow().column("receipt").to_pylist()
    return [manifest.decode_receipt(row, table) for row in rows]


def _removed(rows: pa.RecordBatch) -> int:
    if "removed" not in rows.schema.names:
        return 0
    return int(rows.column("removed").true_count)


def _decision_batch(writers: PartWriters, removed: int) -> pa.RecordBatch:
    files = writers.close()
    part = Part(number=writers.number, rows=sum(file.rows for file in files), files=files)
    receipt = Receipt(
        key=f"part-{writers.number}",
        parts=(part,),
        digests=writers.digests(),
        counts={"rows": {"decided": part.rows, "removed": removed}},
    )
    return pa.RecordBatch.from_arrays(
        [pa.array([writers.number], pa.int64()), pa.array([0], pa.int32()), pa.array([manifest.encode(receipt)])],
        names=["task", "slot", "receipt"],
    )
