"""The only place that writes from Spark workers, and the only reader of narrow columns into Spark.

Spark is asked to run a function for each number of a range; the function reads its input and writes its Parquet parts
itself, and returns a receipt. One action, nothing chained, the frame never leaves this module: a writing frame that is
counted, cached, sorted or joined would write again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus import manifest
from corpus.manifest import Part, Receipt
from corpus.slot import Attempt, PartWriters, Slot
from corpus.stage import FrameStage

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


def _receipt_batch(index: int, receipts: Sequence[Receipt], data: bytes | None = None) -> pa.RecordBatch:
    """What Spark's driver is told: that the task ended, and what it wrote only where no stored receipt says so."""
    return pa.RecordBatch.from_arrays(
        [
            pa.array([index] * len(receipts), pa.int64()),
            pa.array(range(len(receipts)), pa.int32()),
            pa.array([data or receipt.key.encode() for receipt in receipts], pa.binary()),
        ],
        names=["task", "slot", "receipt"],
    )


Read = Callable[[Part], Iterator[pa.RecordBatch]]
"""Narrow columns of one part, read where it is called; picklable."""


def run_here(tasks: Sequence[Task[T]], work: Callable[[Task[T]], list[Receipt]], slots: Sequence[Slot]) -> None:
    """What `write_parts` does, in this process: for narrow work that costs less than starting a Spark job."""
    for task in tasks:
        for slot, receipt in zip(slots, work(task), strict=True):
            slot.leave(receipt)


def write_rows(rows: pa.Table, table: str, attempt: Attempt, identity: tuple[str, ...]) -> list[Receipt]:
    """Rows of any parts, ordered by part and row, as one file of `table` for each part."""
    return list(_write_sorted(rows.combine_chunks().to_batches(), table, attempt, identity))


def decide_here(stage: FrameStage, parts: Sequence[Part], read: Read, table: str, attempt: Attempt) -> list[Receipt]:
    """All rows through `stage` at once in this process, its decisions written as one file of `table` for each part."""
    batches = [batch for part in parts for batch in read(part)]
    decided = stage(pa.Table.from_batches(batches, stage.reads)).sort_by([("part", "ascending"), ("row", "ascending")])
    return write_rows(decided, table, attempt, stage.identity)


def decide_on_spark(
    spark: SparkSession,
    stage: FrameStage,
    parts: Sequence[Part],
    read: Read,
    table: str,
    attempt: Attempt,
    partitions: int,
) -> list[Receipt]:
    """What `decide_here` does: rows of one key are brought together by a shuffle, decisions of one part by another.

    The number of partitions is fixed: adaptive execution would make a plain repartition("part") a single one.
    """

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield from stage(pa.Table.from_batches(list(batches), stage.reads)).select(stage.decides.names).to_batches()

    rows = _narrow(spark, parts, read, stage.reads).repartition(partitions, *stage.key)
    decided = rows.mapInArrow(run, _spark_schema(stage.decides))
    return write_by_part(decided, table, attempt, stage.decides, stage.identity, partitions)


def write_by_part(
    frame: DataFrame, table: str, attempt: Attempt, schema: pa.Schema, identity: tuple[str, ...], partitions: int
) -> list[Receipt]:
    """The rows of a frame with `part` and `row` as one file of `table` for each part, in the order of its rows.

    What `write_rows` does; rows of one part are brought together by a shuffle. `schema` says which columns, and names
    `part`, which is not stored.
    """

    def write(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        cast = (batch.select(schema.names).cast(schema) for batch in batches)
        for receipt in _write_sorted(cast, table, attempt, identity):
            yield _receipt_batch(0, [receipt], manifest.encode(receipt))

    rows = frame.select(*schema.names).repartition(partitions, "part").sortWithinPartitions("part", "row")
    found = rows.mapInArrow(write, RECEIPT).toArrow().column("receipt").to_pylist()
    return [manifest.decode_receipt(data, table) for data in found]


def map_frame(
    frame: DataFrame, work: Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]], schema: pa.Schema
) -> DataFrame:
    """A frame of what `work` makes of each partition's batches on the workers. It must not write: a frame may be
    computed more than once."""
    return frame.mapInArrow(work, _spark_schema(schema))


def sum_here(parts: Sequence[Part], read: Read, schema: pa.Schema, value: str, at_least: int | None = None) -> pa.Table:
    """Rows of all parts with `value` summed over equal other columns; sums below `at_least` are left out."""
    batches = [batch for part in parts for batch in read(part)]
    keys = [name for name in schema.names if name != value]
    summed = pa.Table.from_batches(batches, schema).group_by(keys).aggregate([(value, "sum")])
    if at_least is not None:
        summed = summed.filter(pc.greater_equal(summed.column(f"{value}_sum"), at_least))
    return summed.rename_columns([*keys, value])


def sum_on_spark(
    spark: SparkSession,
    parts: Sequence[Part],
    read: Read,
    schema: pa.Schema,
    value: str,
    at_least: int | None = None,
    at_most: int | None = None,
) -> pa.Table:
    """What `sum_here` does, added up where the parts are read; no more than `at_most` rows come to the driver."""
    keys = [name for name in schema.names if name != value]
    summed = _narrow(spark, parts, read, schema).groupBy(*keys).sum(value).withColumnRenamed(f"sum({value})", value)
    if at_least is not None:
        summed = summed.filter(summed[value] >= at_least)
    return (summed if at_most is None else summed.limit(at_most)).toArrow()


def write_frame(frame: DataFrame, table: str, attempt: Attempt) -> list[Receipt]:
    """The rows of a frame of narrow columns as one file of `table` for each of its partitions that has any.

    The frame is computed here and once; go on with what `read_frame` reads. A file that a failed or speculative
    attempt left behind has no receipt, so nothing reads it.
    """

    def write(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        from pyspark import TaskContext

        context = TaskContext.get()
        number = context.partitionId() if context is not None else 0
        writers = PartWriters(attempt, number)
        for batch in batches:
            writers.write(table, batch)
        files = writers.close()
        if files:
            part = Part(number=number, rows=sum(file.rows for file in files), files=files)
            receipt = Receipt(key=f"part-{number}", parts=(part,), digests=writers.digests(), counts={})
            yield _receipt_batch(0, [receipt], manifest.encode(receipt))

    found = frame.mapInArrow(write, RECEIPT).toArrow().column("receipt").to_pylist()
    return sorted((manifest.decode_receipt(data, table) for data in found), key=lambda one: one.parts[0].number)


def read_frame(spark: SparkSession, parts: Sequence[Part], read: Read, schema: pa.Schema) -> DataFrame:
    """Narrow columns of parts as a frame, read anew by each action on it."""
    return _narrow(spark, parts, read, schema)


def _narrow(spark: SparkSession, parts: Sequence[Part], read: Read, schema: pa.Schema) -> DataFrame:
    """Narrow columns of parts as a Spark frame. Never text."""
    count = max(1, min(len(parts), NARROW_TASKS))

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for index in batch.column(0).to_pylist():
                for part in parts[index::count]:
                    yield from read(part)

    return spark.range(0, count, 1, count).mapInArrow(run, _spark_schema(schema))


def _spark_schema(schema: pa.Schema) -> Any:
    from pyspark.sql.pandas.types import from_arrow_schema

    return from_arrow_schema(schema)


def _write_sorted(
    batches: Iterable[pa.RecordBatch], table: str, attempt: Attempt, identity: tuple[str, ...]
) -> Iterator[Receipt]:
    """Decisions ordered by part and row as one file a part, and a receipt for each."""
    writers: PartWriters | None = None
    removed = 0
    for batch in batches:
        numbers = batch.column("part").to_numpy()
        edges = [0, *(np.flatnonzero(np.diff(numbers)) + 1), len(numbers)]
        for start, end in pairwise(edges):
            if start == end:
                continue
            number = int(numbers[start])
            if writers is None or writers.number != number:
                if writers is not None:
                    yield _decided(writers, removed)
                writers, removed = PartWriters(attempt, number), 0
            rows = batch.slice(start, end - start).drop_columns(["part"])
            writers.write(table, rows, digest=identity)
            removed += rows.column("removed").true_count if "removed" in rows.schema.names else 0
    if writers is not None:
        yield _decided(writers, removed)


def _decided(writers: PartWriters, removed: int) -> Receipt:
    files = writers.close()
    part = Part(number=writers.number, rows=sum(file.rows for file in files), files=files)
    counts = {"rows": {"decided": part.rows, "removed": removed}}
    return Receipt(key=f"part-{part.number}", parts=(part,), digests=writers.digests(), counts=counts)
