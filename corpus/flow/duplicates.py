"""The stages of a run that remove duplicates: by URL, by equal text, by similar text; then who survives in the end.

Near-duplicates take four steps, each committed. Candidates share a band of their signatures; the shingles of
candidates, and of nothing else, are taken from the text; pairs are compared by them; and only a record with a verified
pair to one that is kept is removed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from corpus import removals
from corpus.config import Near
from corpus.dedup import on_spark
from corpus.dedup.candidates import SIGNED, Members, candidate_rows, find_pairs, load_members
from corpus.dedup.members import ReadMembers
from corpus.dedup.one_a_key import KEY, DedupExact, DedupUrls
from corpus.dedup.shingle_pass import ShinglePass, in_block
from corpus.dedup.survivors import Hop, ReadHop
from corpus.dedup.verify import COMPARED, EDGE, EDGE_IDENTITY, verify
from corpus.flow import known, resolution
from corpus.manifest import Receipt, RowAccount, add_counts
from corpus.parts import Task, write_rows
from corpus.slot import Attempt, Table

if TYPE_CHECKING:
    from corpus.flow.order import Flow
    from corpus.pipeline import Pipeline

KEYED = {"dedup-urls": ("url-keys", "urls"), "dedup-exact": ("fingerprint", "fingerprints")}
"""The sidecar and table that hold the keys of each stage."""
NEAR_STEPS = ("near-candidates", "near-shingles", "near-edges", "dedup-near")
VERSIONS = {
    known.NAME: known.VERSION,
    "near-candidates": 2,
    "near-shingles": ShinglePass.version,
    "near-edges": 2,
    "dedup-near": 1,
}
SHINGLES_HERE = 64 << 20
"""Up to so many stored bytes of text are read for shingles in the driver."""


def names(pipeline: Pipeline) -> list[str]:
    """The stages that `pipeline` asks for, in order."""
    keyed = [stage.name for stage in pipeline.keyed]
    near = list(NEAR_STEPS) if pipeline.settings.dedup.near is not None else []
    if pipeline.against:
        keyed.insert(keyed.index("dedup-exact") if "dedup-exact" in keyed else len(keyed), known.NAME)
    return [*keyed, *near, *(f"{removals.HOPS}{number}" for number in range(1, removing(pipeline)))]


def removing(pipeline: Pipeline) -> int:
    """How many of the stages remove records."""
    dedup = pipeline.settings.dedup
    return len(pipeline.keyed) + bool(pipeline.against) + (dedup.near is not None)


def settings(pipeline: Pipeline, name: str) -> Any:
    """What the fingerprint of a stage must see beside its inputs."""
    dedup = pipeline.settings.dedup
    priorities = {source.name: source.priority for source in pipeline.sources}
    keyed = {stage.name: stage for stage in pipeline.keyed}
    if name in keyed:
        return [keyed[name].settings(), priorities]
    if name == known.NAME:
        return known.settings(pipeline)
    near = dedup.near.model_dump(mode="json") if dedup.near is not None else None
    template = dedup.guard.template if name == "dedup-near" else None
    return [near, list(dedup.keep), priorities, template]


def version(pipeline: Pipeline, name: str) -> int:
    """The version of a stage."""
    return {stage.name: stage.version for stage in pipeline.keyed}.get(name) or VERSIONS.get(name, Hop.version)


def steps(flow: Flow) -> list[tuple[str, Callable[[], None]]]:
    """The stages and how each is made."""
    make: dict[str, Callable[[], None]] = {
        stage.name: partial(_one_a_key, flow, stage) for stage in flow.pipeline.keyed
    }
    if flow.pipeline.against:
        make[known.NAME] = known.step(flow, partial(_read, flow, None, ()))
    near = flow.pipeline.settings.dedup.near
    if near is not None:
        made = (_candidates, _shingles, _edges, _resolve)
        make |= {name: partial(step, flow, near) for name, step in zip(NEAR_STEPS, made, strict=True)}
    hops = [name for name in names(flow.pipeline) if name not in make]
    make |= {name: partial(_hop, flow, number + 1) for number, name in enumerate(hops)}
    return [(name, make[name]) for name in names(flow.pipeline)]


def _read(flow: Flow, beside: Table | None, columns: tuple[str, ...]) -> ReadMembers:
    return ReadMembers(
        keys=flow.stages["text"].table("keys"),
        ids=flow.stages["identify"].table("ids"),
        standing=flow.standing(),
        sources=tuple(source.name for source in flow.pipeline.sources),
        priorities={source.name: source.priority for source in flow.pipeline.sources},
        earlier=tuple(marks.table for marks in removals.merging(flow.stages)),
        beside=beside,
        columns=columns,
    )


def _one_a_key(flow: Flow, stage: DedupExact | DedupUrls) -> None:
    sidecar, table = KEYED[stage.name]
    count = removals.kept(flow.stages)
    read = _read(flow, flow.stages[sidecar].table(table), KEY)
    receipts, seconds = flow.decide_frame(stage, read, "duplicates")
    counts = add_counts(receipt.counts["rows"] for receipt in receipts)
    removed, members = counts.get("removed", 0), counts.get("decided", 0)
    account = RowAccount(rows_in=count, kept=count - removed, merged=resolution.merged(stage.name, removed))
    details = {"clusters": members - removed, "members": members}
    flow.runner.commit(stage.name, stage.version, receipts, seconds, accounts={stage.name: account}, details=details)


def _commit(
    flow: Flow, name: str, receipts: Sequence[Receipt], seconds: float, details: dict[str, Any], account: RowAccount
) -> None:
    flow.runner.commit(name, VERSIONS[name], receipts, seconds, accounts={name: account}, details=details)


def _unchanged(flow: Flow) -> RowAccount:
    count = removals.kept(flow.stages)
    return RowAccount(rows_in=count, kept=count)


def _members(flow: Flow, columns: tuple[str, ...] = SIGNED[:1]) -> Members:
    return load_members(flow.parts, _signed(flow, columns), flow.pipeline.settings.dedup.keep)


def _signed(flow: Flow, columns: tuple[str, ...] = SIGNED[:1]) -> ReadMembers:
    return _read(flow, flow.stages["sign"].table("signatures"), columns)


def _candidates(flow: Flow, near: Near) -> None:
    attempt = Attempt.begin(flow.runner.slots["near-candidates"])
    with flow.runner.working("near-candidates") as clock:
        if flow.here:
            receipts, details = _candidates_here(flow, near, attempt)
        else:
            with on_spark.frames_beside(attempt, flow.runner.session()) as store:
                keep = flow.pipeline.settings.dedup.keep
                receipts, details = on_spark.write_candidates(
                    store, flow.parts, _signed(flow, SIGNED), near, keep, attempt
                )
        seconds = clock()
    _commit(flow, "near-candidates", receipts, seconds, details, _unchanged(flow))


def _candidates_here(flow: Flow, near: Near, attempt: Attempt) -> tuple[list[Receipt], dict[str, int]]:
    members = _members(flow, SIGNED)
    pairs = find_pairs(members, near)
    rows = candidate_rows(members, pairs)
    receipts = write_rows(rows, "candidates", attempt, ("id0", "id1"))
    blocks = 1 + max((max(blocks) for blocks in rows.column("blocks").to_pylist()), default=-1)
    counts = {"signed": len(members), "candidates": rows.num_rows, "blocks": blocks, "compared": len(pairs.a)}
    return receipts, counts | pairs.counts


def _shingles(flow: Flow, near: Near) -> None:
    candidates = flow.stages["near-candidates"].table("candidates")
    wanted = [part for part in flow.parts if part.number in candidates.files]
    work = ShinglePass(
        text=flow.stages["text"].table("text"),
        candidates=candidates,
        attempt=Attempt.begin(flow.runner.slots["near-shingles"]),
        view=flow.pipeline.settings.dedup.view,
    )
    tasks = [Task(f"part-{part.number}", part) for part in wanted]
    small = flow.here and sum(file.bytes for part in wanted for file in part.files) <= SHINGLES_HERE
    receipts, seconds = flow.runner.write(["near-shingles"], tasks, work, here=small)
    _commit(flow, "near-shingles", receipts["near-shingles"], seconds, {}, _unchanged(flow))


def _edges(flow: Flow, near: Near) -> None:
    shingles = flow.stages["near-shingles"].table("shingles")
    attempt = Attempt.begin(flow.runner.slots["near-edges"])
    candidates = flow.stages["near-candidates"].manifest.details
    with flow.runner.working("near-edges") as clock:
        if flow.here:
            receipts, compared = _edges_here(shingles, candidates["blocks"], near, attempt)
        else:
            parts = tuple(part for part in flow.parts if part.number in shingles.files)
            session, compared = flow.runner.session(), candidates["compared"]
            receipts = on_spark.write_edges(session, parts, shingles, candidates["blocks"], near, attempt)
        seconds = clock()
    details = {"compared": compared, "verified": sum(part.rows for receipt in receipts for part in receipt.parts)}
    _commit(flow, "near-edges", receipts, seconds, details, _unchanged(flow))


def _edges_here(shingles: Table, blocks: int, near: Near, attempt: Attempt) -> tuple[list[Receipt], int]:
    found, compared = [EDGE.empty_table()], 0
    for block in range(blocks):
        rows = [COMPARED.empty_table()]
        for number in sorted(shingles.files):
            table = shingles.read(number)
            some = in_block(number, table, block) if table is not None else None
            rows += [] if some is None else [some.cast(COMPARED)]
        edges, many = verify(pa.concat_tables(rows), near)
        found.append(edges)
        compared += many
    edges = pa.concat_tables(found).sort_by([("part", "ascending"), ("row", "ascending"), ("other", "ascending")])
    return write_rows(edges, "edges", attempt, EDGE_IDENTITY), compared


def _resolve(flow: Flow, near: Near) -> None:
    resolution.resolve(
        flow,
        "dedup-near",
        read=_signed(flow),
        edges=flow.stages["near-edges"].table("edges"),
        version=VERSIONS["dedup-near"],
        shingles=flow.stages["near-shingles"].table("shingles"),
        schema=on_spark.SIGNED_MEMBER,
    )


def _hop(flow: Flow, number: int) -> None:
    stage = Hop(number)
    merging = tuple(marks.table for marks in removals.merging(flow.stages))
    receipts, seconds = flow.decide_frame(stage, ReadHop(merging, removals.moved(flow.stages)), "moved")
    accounts = {stage.name: _unchanged(flow)}
    flow.runner.commit(stage.name, stage.version, receipts, seconds, accounts=accounts, details={})
