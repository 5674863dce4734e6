"""What the stages that learn share: the sample, models stored and applied, and what stands while they work."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from corpus import removals
from corpus.columns import stored_columns
from corpus.learned.apply import Apply
from corpus.learned.models import StoredModel
from corpus.learned.sample import SOURCES, ReadSources, SamplePass
from corpus.manifest import Part, Receipt, RowAccount
from corpus.parts import Task, sum_here, sum_on_spark
from corpus.runner import Look
from corpus.slot import Attempt
from corpus.stages.frame import RecordFrame

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from corpus.flow.order import Flow
    from corpus.pipeline import Pipeline

VERSION = 1
_STUCK = "spark.sql.execution.pyspark.udf.idleTimeoutSeconds"
TEXT_HERE = 64 << 20
"""Up to so many stored bytes of text are read in the driver."""


def record_frame(flow: Flow) -> RecordFrame:
    """Keys, signals and stored columns of what stands now."""
    return RecordFrame(
        keys=flow.stages["text"].table("keys"),
        signals=flow.stages["measure"].table("signals"),
        decisions=flow.stages["decide"].table("decisions"),
        columns=stored_columns(flow.stages, flow.pipeline.tag_types, flow.pipeline.joined_types),
        standing=flow.standing(),
    )


def reference(pipeline: Pipeline) -> list[str]:
    """The sources that a language model is trained on."""
    model = pipeline.settings.perplexity
    if model is None:
        return []
    spared = pipeline.spared(model.reference)
    return [source.name for source in pipeline.sources if source.name not in spared]


def wanted(pipeline: Pipeline) -> list[int]:
    """Records wanted of all sources, and of the reference sources."""
    asked = pipeline.settings
    every = [asked.embedding.sample] if asked.embedding is not None and asked.embedding.model is None else []
    every += [1000] if asked.clustering is not None else []
    return [max(every, default=0), asked.perplexity.sample if asked.perplexity is not None else 0]


def commit(
    flow: Flow, name: str, receipts: Sequence[Receipt], seconds: float, details: Mapping[str, Any] | None = None
) -> None:
    """Commit a stage that removes no record."""
    count = removals.kept(flow.stages)
    accounts = {name: RowAccount(rows_in=count, kept=count)}
    number = VERSION
    flow.runner.commit(name, number, receipts, seconds, accounts=accounts, details=details)


def by_text(
    flow: Flow, name: str, work: Any, *, here: bool | None = None, slow: bool = False, look: Look | None = None
) -> tuple[list[Receipt], float]:
    """Run `work` on every part's text: in the driver where there is little of it, or `here` says so.

    A worker that is `slow` may say nothing for as long as it takes; `look` says how far it is.
    """
    tasks = [Task(f"part-{part.number}", part) for part in flow.parts]
    small = sum(file.bytes for part in flow.parts for file in part.files if file.table == "text") <= TEXT_HERE
    inside = flow.text_here or (flow.here and small) if here is None else here
    with unhurried(flow.runner.session()) if slow and not inside else nullcontext():
        found, seconds = flow.runner.write([name], tasks, work, here=inside, look=look)
    return found[name] or [Receipt(key="none", accounts={name: RowAccount()})], seconds


@contextmanager
def unhurried(spark: SparkSession) -> Iterator[None]:
    """No worker is thought stuck and killed: a network may need hours for a part."""
    before = spark.conf.get(_STUCK)
    spark.conf.set(_STUCK, "0")
    try:
        yield
    finally:
        spark.conf.set(_STUCK, before or "0")


def counts(flow: Flow) -> dict[str, int]:
    """Records that stand, by source."""
    read = ReadSources(flow.stages["text"].table("keys"), flow.standing())
    if not flow.parts:
        return {}
    if flow.here:
        counted = sum_here(flow.parts, read, SOURCES, "count")
    else:
        counted = sum_on_spark(flow.runner.session(), flow.parts, read, SOURCES, "count")
    return dict(zip(counted.column("source").to_pylist(), counted.column("count").to_pylist(), strict=True))


def sample(flow: Flow) -> None:
    """Commit `sample`: the texts that are learned from."""
    every, reference_rows = wanted(flow.pipeline)
    there, of = counts(flow), set(reference(flow.pipeline))
    all_rows, part = sum(there.values()), sum(count for name, count in there.items() if name in of)
    drawn = {"all": min(1.0, every / max(1, all_rows)), "reference": min(1.0, reference_rows / max(1, part))}
    text = flow.stages["text"]
    work = SamplePass(
        text=text.table("text"),
        keys=text.table("keys"),
        ids=flow.stages["identify"].table("ids"),
        standing=flow.standing(),
        shares={name: max(drawn["all"], drawn["reference"] if name in of else 0.0) for name in there},
        attempt=Attempt.begin(flow.runner.slots["sample"]),
    )
    receipts, seconds = by_text(flow, "sample", work)
    commit(flow, "sample", receipts, seconds, {"shares": drawn})


def shares(flow: Flow) -> dict[str, float]:
    """The shares of the records in the sample: of all, and of the reference sources."""
    return dict(flow.stages["sample"].manifest.details["shares"])


def store(flow: Flow, name: str, table: str, make: Callable[[], tuple[pa.Table, dict[str, Any]]]) -> None:
    """Commit a stage whose output is one table for the whole run."""
    attempt = Attempt.begin(flow.runner.slots[name])
    with flow.runner.working(name) as clock:
        rows, details = make()
        number = flow.parts[0].number if flow.parts else 0
        writer = attempt.writer(table, number, rows.schema)
        writer.write(rows)
        file = writer.close()
        part = Part(number=number, rows=rows.num_rows, files=(file,) if file is not None else ())
        receipts = [Receipt(key=table, parts=(part,), digests={table: f"{writer.row_digest:032x}"})]
        seconds = clock()
    commit(flow, name, receipts, seconds, details)


def stored(flow: Flow, name: str, table: str) -> StoredModel:
    """The model that a stage has fitted, as workers take it."""
    found = flow.stages[name].table(table)
    return StoredModel(found.slot, next(iter(found.files.values())))


def whole(rows: pa.Table, name: str) -> pa.Array:
    """A column as one array."""
    column = rows.column(name).combine_chunks()
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def apply(
    flow: Flow,
    name: str,
    table: str,
    load: Callable[[], Any],
    views: tuple[str, ...] = ("text",),
    *,
    here: bool | None = None,
    slow: bool = False,
    look: Look | None = None,
) -> tuple[list[Receipt], float]:
    """Run a model over every text that stands; the receipts and the seconds. See `by_text`."""
    text = flow.stages["text"]
    work = Apply(
        name=name,
        table=table,
        load=load,
        text=text.table("text"),
        keys=text.table("keys"),
        ids=flow.stages["identify"].table("ids"),
        standing=flow.standing(),
        attempt=Attempt.begin(flow.runner.slots[name]),
        views=views,
    )
    return by_text(flow, name, work, here=here, slow=slow, look=look)
