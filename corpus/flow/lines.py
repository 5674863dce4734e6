"""The stages of a run that cut lines which many records repeat: count them, then mark the spans."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from corpus import removals
from corpus.errors import RejectedTooMuch
from corpus.manifest import File, Part, Receipt, RowAccount, add_digests
from corpus.parts import decide_here, decide_on_spark, sum_here, sum_on_spark
from corpus.slot import Attempt
from corpus.stages.repeated_lines import (
    COUNTS,
    MOST,
    Frequent,
    HoldLines,
    MarkLines,
    ReadHolders,
    ReadLineCounts,
    RepeatedLines,
    StandingLines,
    frequent_lines,
)

if TYPE_CHECKING:
    import pyarrow as pa

    from corpus.flow.order import Flow
    from corpus.pipeline import Pipeline

HERE_BYTES = 256 << 20
"""Up to so many bytes of stored line keys, some 20 million lines, are counted in the driver."""
PARTITIONS = 64


def names(pipeline: Pipeline) -> list[str]:
    """The stages that `pipeline` asks for, in order."""
    return ["count-lines", "dedup-lines"] if pipeline.lines is not None else []


def version(pipeline: Pipeline, name: str) -> int:
    """The version of a stage."""
    return {"count-lines": HoldLines.version, "dedup-lines": RepeatedLines.version}[name]


def settings(pipeline: Pipeline, name: str) -> Any:
    """What the fingerprint of a stage must see beside its inputs."""
    assert pipeline.lines is not None  # noqa: S101  only names that are asked for have settings
    return [pipeline.lines.settings(), {source.name: source.priority for source in pipeline.sources}]


def steps(flow: Flow) -> list[tuple[str, Callable[[], None]]]:
    """The stages and how each is made."""
    return list(zip(names(flow.pipeline), (partial(_count, flow), partial(_mark, flow)), strict=False))


def _count(flow: Flow) -> None:
    """Commit `count-lines`: how many records hold each frequent line, and one copy of each that is looked for."""
    stage, hold = flow.pipeline.lines, HoldLines(flow.pipeline.settings.dedup.keep)
    assert stage is not None  # noqa: S101  the flow asks only then
    lines = _standing_lines(flow)
    stored = sum(file.bytes for file in flow.stages["lines"].manifest.files())
    here = not flow.parts or (flow.here and stored <= HERE_BYTES)
    records = removals.kept(flow.stages)
    slot = flow.runner.slots["count-lines"]
    attempt = Attempt.begin(slot)
    with flow.runner.working("count-lines") as clock:
        frequent = frequent_lines(_counted(flow, stage, lines, records, here), stage.keep_first)
        first = flow.parts[0].number if flow.parts else 0
        writer = attempt.writer("counts", first, frequent.schema)
        writer.write(frequent)
        file = writer.close()
        receipts: list[Receipt] = []
        if file is not None:
            read = ReadHolders(
                lines=lines,
                frequent=Frequent(slot, (file,)),
                keys=flow.stages["text"].table("keys"),
                ids=flow.stages["identify"].table("ids"),
                hold=hold,
                priorities={source.name: source.priority for source in flow.pipeline.sources},
            )
            if here:
                receipts = decide_here(hold, flow.parts, read, "holders", attempt)
            else:
                session = flow.runner.session()
                receipts = decide_on_spark(session, hold, flow.parts, read, "holders", attempt, PARTITIONS)
            receipts = _joined(receipts, first, file, f"{writer.row_digest:032x}")
        seconds = clock()
    account = RowAccount(rows_in=records, kept=records)
    details = {"records": records, "bound": stage.bound(records), "frequent": frequent.num_rows}
    flow.runner.commit("count-lines", hold.version, receipts, seconds, accounts={hold.name: account}, details=details)


def _mark(flow: Flow) -> None:
    """Commit `dedup-lines`: the spans to cut of every part, and the records that lose all their text."""
    stage = flow.pipeline.lines
    assert stage is not None  # noqa: S101
    counted = flow.stages["count-lines"]
    work = MarkLines(
        lines=_standing_lines(flow),
        frequent=Frequent.of(counted.table("counts")),
        holders=counted.table("holders"),
        keys=flow.stages["text"].table("keys"),
        text=flow.stages["text"].table("text"),
        keep_first=stage.keep_first,
        spared=stage.spared,
        attempt=Attempt.begin(flow.runner.slots["dedup-lines"]),
    )
    receipts, seconds = flow.by_part("dedup-lines", work)
    details = {name: counted.manifest.details[name] for name in ("records", "bound", "frequent")}
    flow.runner.commit("dedup-lines", stage.version, receipts, seconds, details=details)


def _standing_lines(flow: Flow) -> StandingLines:
    return StandingLines(flow.stages["lines"].table("lines"), flow.standing())


def _counted(flow: Flow, stage: RepeatedLines, lines: StandingLines, records: int, here: bool) -> pa.Table:
    """COUNTS of the frequent lines; RejectedTooMuch when there are more than a worker can hold."""
    read, bound = ReadLineCounts(lines), stage.bound(records)
    if here:
        counts = sum_here(flow.parts, read, COUNTS, "documents", bound)
    else:
        counts = sum_on_spark(flow.runner.session(), flow.parts, read, COUNTS, "documents", bound, MOST + 1)
    if counts.num_rows > MOST:
        raise RejectedTooMuch(
            f"count-lines: more than {MOST:,} different lines are in {bound:,} or more of {records:,} records; a "
            "worker cannot hold so many. Nothing was committed: raise dedup.lines.documents and repeat the command"
        )
    return counts


def _joined(receipts: Sequence[Receipt], first: int, file: File, digest: str) -> list[Receipt]:
    """The receipts as one, with the list of counts among the files of part `first`."""
    files = {part.number: part.files for receipt in receipts for part in receipt.parts}
    files[first] = (*files.get(first, ()), file)
    parts = (Part(number=number, rows=sum(item.rows for item in some), files=some) for number, some in files.items())
    digests = add_digests([*(receipt.digests for receipt in receipts), {"counts": digest}])
    return [Receipt(key="lines", parts=tuple(parts), digests=digests)]
