"""The stages of a run that cut paragraphs and spans which other records hold: found, decided, marked.

Near-duplicate paragraphs go the way of near-duplicate records (`corpus.flow.duplicates`): candidates share a band,
their shingles are taken from the text, pairs are compared, and a paragraph is cut that is like one which stays. Spans
are found by the anchors of their windows (`corpus.stages.repeated_spans`), in what the stages before have left.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from corpus import removals
from corpus.config import NearParagraphs, RepeatedSpans
from corpus.cuts import cut_tables
from corpus.dedup import paragraphs
from corpus.dedup.candidates import CANDIDATE, candidate_rows
from corpus.dedup.paragraphs import SIGNED, MarkParagraphs, ParagraphShingles, ReadParagraphs
from corpus.dedup.shingle_pass import in_block
from corpus.dedup.verify import COMPARED, EDGE, EDGE_IDENTITY, verify
from corpus.manifest import Receipt, RowAccount
from corpus.parts import Read, Task, decide_here, decide_on_spark, write_rows
from corpus.slot import Attempt
from corpus.stage import FrameStage
from corpus.stages import repeated_spans
from corpus.stages.cutting import CutPart
from corpus.stages.repeated_spans import MarkSpans, ReadAnchors, ReadWindows, SharedAnchors, SpanCopies, WindowPass

if TYPE_CHECKING:
    import pyarrow as pa

    from corpus.flow.order import Flow
    from corpus.pipeline import Pipeline

PARAGRAPH_STEPS = (
    *("paragraph-candidates", "paragraph-shingles", "paragraph-edges", "paragraph-copies"),
    MarkParagraphs.name,
)
SPAN_STEPS = (SharedAnchors.name, WindowPass.name, SpanCopies.name, MarkSpans.name)
VERSIONS = {ParagraphShingles.name: ParagraphShingles.version, MarkParagraphs.name: MarkParagraphs.version}
VERSIONS |= {stage.name: stage.version for stage in (SharedAnchors, WindowPass, SpanCopies, MarkSpans)}
HERE_BYTES = 64 << 20
"""Up to so many stored bytes of anchors, windows or text are worked on in the driver."""
PARTITION_BYTES = 16 << 20


def names(pipeline: Pipeline) -> list[str]:
    """The stages that `pipeline` asks for, in order."""
    dedup = pipeline.settings.dedup
    found = list(PARAGRAPH_STEPS) if dedup.paragraphs is not None else []
    return found + (list(SPAN_STEPS) if dedup.spans is not None else [])


def settings(pipeline: Pipeline, name: str) -> Any:
    """What the fingerprint of a stage must see beside its inputs."""
    dedup = pipeline.settings.dedup
    asked = dedup.paragraphs if name in PARAGRAPH_STEPS else dedup.spans
    assert asked is not None  # noqa: S101  only names that are asked for have settings
    spared = sorted(pipeline.spared(asked.sources))
    priorities = {source.name: source.priority for source in pipeline.sources}
    return [asked.model_dump(mode="json", exclude={"sources"}), list(dedup.keep), priorities, spared]


def version(pipeline: Pipeline, name: str) -> int:
    """The version of a stage."""
    return VERSIONS.get(name, 1)


def steps(flow: Flow) -> list[tuple[str, Callable[[], None]]]:
    """The stages and how each is made."""
    dedup, made = flow.pipeline.settings.dedup, list[tuple[str, Callable[[], None]]]()
    if dedup.paragraphs is not None:
        work = (_candidates, _shingles, _edges, _copies, _mark_paragraphs)
        made += [
            (name, partial(step, flow, dedup.paragraphs)) for name, step in zip(PARAGRAPH_STEPS, work, strict=True)
        ]
    if dedup.spans is not None:
        tasks = (_anchors, _windows, _span_copies, _mark_spans)
        made += [(name, partial(step, flow, dedup.spans)) for name, step in zip(SPAN_STEPS, tasks, strict=True)]
    return made


def _commit(flow: Flow, name: str, receipts: list[Receipt], seconds: float, details: dict[str, Any]) -> None:
    """Commit a stage that removes no record."""
    count = removals.kept(flow.stages)
    accounts = {name: RowAccount(rows_in=count, kept=count)}
    flow.runner.commit(name, version(flow.pipeline, name), receipts, seconds, accounts=accounts, details=details)


def _priorities(flow: Flow) -> dict[str, int]:
    return {source.name: source.priority for source in flow.pipeline.sources}


def _members(flow: Flow, columns: tuple[str, ...] = ()) -> Any:
    read = ReadParagraphs(
        paragraphs=flow.stages["sign-paragraphs"].table("paragraphs"),
        keys=flow.stages["text"].table("keys"),
        ids=flow.stages["identify"].table("ids"),
        standing=flow.standing(),
        priorities=_priorities(flow),
    )
    return paragraphs.load_paragraphs(flow.parts, read, flow.pipeline.settings.dedup.keep, columns)


def _candidates(flow: Flow, asked: NearParagraphs) -> None:
    name = "paragraph-candidates"
    attempt = Attempt.begin(flow.runner.slots[name])
    with flow.runner.working(name) as clock:
        members = _members(flow, SIGNED)
        rows, details = CANDIDATE.empty_table(), {"signed": 0}
        if members is not None:
            pairs = paragraphs.paragraph_pairs(members, asked)
            rows = candidate_rows(members, pairs)
            details = {"signed": len(members), **pairs.counts}
        receipts = write_rows(rows, "candidates", attempt, ("id0", "id1"))
        seconds = clock()
    blocks = 1 + max((max(blocks) for blocks in rows.column("blocks").to_pylist()), default=-1)
    _commit(flow, name, receipts, seconds, {**details, "candidates": rows.num_rows, "blocks": blocks})


def _shingles(flow: Flow, asked: NearParagraphs) -> None:
    name = ParagraphShingles.name
    candidates = flow.stages["paragraph-candidates"].table("candidates")
    work = ParagraphShingles(
        text=flow.stages["text"].table("text"),
        paragraphs=flow.stages["sign-paragraphs"].table("paragraphs"),
        candidates=candidates,
        attempt=Attempt.begin(flow.runner.slots[name]),
    )
    receipts, seconds = _again(flow, name, work, set(candidates.files))
    _commit(flow, name, receipts, seconds, {})


def _again(flow: Flow, name: str, work: Callable[[Task[Any]], list[Receipt]], parts: set[int]) -> Any:
    """Another look at the text of some parts: receipts and seconds."""
    wanted = [part for part in flow.parts if part.number in parts]
    small = sum(file.bytes for part in wanted for file in part.files) <= HERE_BYTES
    tasks = [Task(f"part-{part.number}", part) for part in wanted]
    receipts, seconds = flow.runner.write([name], tasks, work, here=small)
    return receipts[name], seconds


def _edges(flow: Flow, asked: NearParagraphs) -> None:
    import pyarrow as pa

    name = "paragraph-edges"
    shingles = flow.stages["paragraph-shingles"].table("shingles")
    attempt = Attempt.begin(flow.runner.slots[name])
    found, compared = [EDGE.empty_table()], 0
    with flow.runner.working(name) as clock:
        for block in range(flow.stages["paragraph-candidates"].manifest.details["blocks"]):
            rows = [COMPARED.empty_table()]
            for number in sorted(shingles.files):
                table = shingles.read(number)
                some = in_block(number, table, block) if table is not None else None
                rows += [] if some is None else [some.cast(COMPARED)]
            edges, many = verify(pa.concat_tables(rows), asked.near)
            found.append(edges)
            compared += many
        edges = pa.concat_tables(found).sort_by([("part", "ascending"), ("row", "ascending"), ("other", "ascending")])
        receipts = write_rows(edges, "edges", attempt, EDGE_IDENTITY)
        seconds = clock()
    _commit(flow, name, receipts, seconds, {"compared": compared, "verified": edges.num_rows})


def _copies(flow: Flow, asked: NearParagraphs) -> None:
    name = "paragraph-copies"
    attempt = Attempt.begin(flow.runner.slots[name])
    with flow.runner.working(name) as clock:
        members, rows = _members(flow), paragraphs.COPY.empty_table()
        if members is not None:
            rows = paragraphs.copies(members, _all_edges(flow), asked.documents)
        receipts = write_rows(rows, "copies", attempt, paragraphs.COPY_IDENTITY)
        seconds = clock()
    _commit(flow, name, receipts, seconds, {"paragraphs": rows.num_rows})


def _all_edges(flow: Flow) -> pa.Table:
    import numpy as np
    import pyarrow as pa

    edges = flow.stages["paragraph-edges"].table("edges")
    found = [EDGE.empty_table()]
    for number in sorted(edges.files):
        table = edges.read(number)
        if table is not None:
            found.append(table.add_column(0, "part", pa.array(np.full(len(table), number, np.int64))).cast(EDGE))
    return pa.concat_tables(found)


def _cut_part(flow: Flow, asked: NearParagraphs | RepeatedSpans, name: str, reason: str, emptied: str) -> CutPart:
    return CutPart(
        name=name,
        reason=reason,
        emptied=emptied,
        text=flow.stages["text"].table("text"),
        keys=flow.stages["text"].table("keys"),
        standing=flow.standing(),
        earlier=cut_tables(flow.stages),
        spared=flow.pipeline.spared(asked.sources),
        attempt=Attempt.begin(flow.runner.slots[name]),
    )


def _mark_paragraphs(flow: Flow, asked: NearParagraphs) -> None:
    name = MarkParagraphs.name
    cut = _cut_part(flow, asked, name, paragraphs.REASON, paragraphs.EMPTIED)
    receipts, seconds = flow.by_part(name, MarkParagraphs(flow.stages["paragraph-copies"].table("copies"), cut))
    flow.runner.commit(name, version(flow.pipeline, name), receipts, seconds)


def _decided(flow: Flow, stage: FrameStage, read: Read, table: str, stored: int) -> tuple[list[Receipt], float]:
    """The decisions of a stage about so many stored bytes of what it reads."""
    attempt = Attempt.begin(flow.runner.slots[stage.name])
    with flow.runner.working(stage.name) as clock:
        if not flow.parts or (flow.here and stored <= HERE_BYTES):
            return decide_here(stage, flow.parts, read, table, attempt), clock()
        partitions = max(2, stored // PARTITION_BYTES)
        session = flow.runner.session()
        return decide_on_spark(session, stage, flow.parts, read, table, attempt, partitions), clock()


def _anchors(flow: Flow, asked: RepeatedSpans) -> None:
    stage = SharedAnchors(repeated_spans.bound(asked.documents, asked.within))
    anchors = flow.stages["anchors"]
    stored = sum(file.bytes for file in anchors.manifest.files())
    read = ReadAnchors(anchors.table("anchors"), flow.standing())
    receipts, seconds = _decided(flow, stage, read, "shared", stored)
    _commit(flow, stage.name, receipts, seconds, {"shared": sum(r.counts["rows"]["decided"] for r in receipts)})


def _windows(flow: Flow, asked: RepeatedSpans) -> None:
    name = WindowPass.name
    shared = flow.stages[SharedAnchors.name].table("shared")
    work = WindowPass(
        length=asked.min_units,
        text=flow.stages["text"].table("text"),
        shared=shared,
        cuts=cut_tables(flow.stages),
        attempt=Attempt.begin(flow.runner.slots[name]),
    )
    receipts, seconds = _again(flow, name, work, set(shared.files))
    _commit(flow, name, receipts, seconds, {})


def _span_copies(flow: Flow, asked: RepeatedSpans) -> None:
    stage = SpanCopies(asked.min_units, asked.documents, asked.within, flow.pipeline.settings.dedup.keep)
    windows = flow.stages[WindowPass.name]
    read = ReadWindows(
        windows=windows.table("windows"),
        keys=flow.stages["text"].table("keys"),
        ids=flow.stages["identify"].table("ids"),
        priorities=_priorities(flow),
    )
    stored = sum(file.bytes for file in windows.manifest.files())
    receipts, seconds = _decided(flow, stage, read, "copies", stored)
    _commit(flow, stage.name, receipts, seconds, {})


def _mark_spans(flow: Flow, asked: RepeatedSpans) -> None:
    name = MarkSpans.name
    work = MarkSpans(
        length=asked.min_units,
        edges=asked.edges,
        copies=flow.stages[SpanCopies.name].table("copies"),
        text=flow.stages["text"].table("text"),
        cut=_cut_part(flow, asked, name, repeated_spans.REASON, repeated_spans.EMPTIED),
    )
    receipts, seconds = flow.by_part(name, work)
    flow.runner.commit(name, version(flow.pipeline, name), receipts, seconds)
