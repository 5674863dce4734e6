"""Verified pairs to removals, for whatever found them: who goes, in whose favour, watched by the wipe-out guard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from corpus import removals
from corpus.dedup import guard, on_spark
from corpus.dedup.candidates import load_members
from corpus.dedup.clusters import templates
from corpus.dedup.members import MEMBER, REMOVAL_IDENTITY, ReadMembers
from corpus.dedup.resolve import resolve_members
from corpus.dedup.resolve_on_spark import OnSpark
from corpus.dedup.verify import EDGE
from corpus.graph.store import Store
from corpus.manifest import Receipt, RowAccount, add_counts
from corpus.parts import write_rows
from corpus.slot import Attempt, Table

if TYPE_CHECKING:
    from corpus.flow.order import Flow

NO_TEMPLATE = 1 << 60
"""Clusters are not asked whether they share a template only, where no shingles say so."""


def resolve(
    flow: Flow,
    name: str,
    *,
    read: ReadMembers,
    edges: Table,
    version: int,
    shingles: Table | None = None,
    schema: pa.Schema = MEMBER,
) -> None:
    """Commit the removing stage `name`: `read` gives the records (as `schema`), `edges` the pairs.

    With the `shingles` of the paired records, clusters that only share a template are kept and reported.
    """
    count = removals.kept(flow.stages)
    attempt = Attempt.begin(flow.runner.slots[name])
    with flow.runner.working(name) as clock:
        if flow.here:
            receipts, details = _here(flow, name, read, edges, shingles, attempt)
        else:
            with on_spark.frames_beside(attempt, flow.runner.session()) as store:
                receipts, details = _on_spark(flow, name, read, edges, shingles, schema, store, attempt)
        seconds = clock()
    removed = add_counts(receipt.counts["rows"] for receipt in receipts).get("removed", 0)
    account = RowAccount(rows_in=count, kept=count - removed, merged=merged(name, removed))
    flow.runner.commit(name, version, receipts, seconds, accounts={name: account}, details=details)


def merged(stage: str, removed: int) -> dict[str, int]:
    """What an account says of records that went in favour of others."""
    reason = next(item.reason for item in removals.MERGING if item.stage == stage)
    return {reason: removed} if removed and reason else {}


def _here(
    flow: Flow, name: str, read: ReadMembers, edges: Table, shingles: Table | None, attempt: Attempt
) -> tuple[list[Receipt], dict[str, Any]]:
    members = load_members(flow.parts, read, flow.pipeline.settings.dedup.keep)
    resolved = resolve_members(members, _all_edges(edges))
    told: dict[str, Any] = {}
    if shingles is not None:
        shared = templates(members, resolved, shingles, flow.pipeline.settings.dedup.guard.template)
        resolved, told = resolved.without(shared.survivors), shared.told
    source = members.values("source")
    total, gone = (
        np.bincount(chosen, minlength=len(flow.pipeline.sources)).tolist()
        for chosen in (source, source[resolved.removed])
    )
    alarms = _guarded(flow, name, total, gone, resolved.largest)
    receipts = write_rows(resolved.rows(), "duplicates", attempt, REMOVAL_IDENTITY)
    return receipts, {"clusters": resolved.clusters, "largest": resolved.largest, "alarms": alarms, **told}


def _on_spark(
    flow: Flow,
    name: str,
    read: ReadMembers,
    edges: Table,
    shingles: Table | None,
    schema: pa.Schema,
    store: Store,
    attempt: Attempt,
) -> tuple[list[Receipt], dict[str, Any]]:
    dedup = flow.pipeline.settings.dedup
    found = OnSpark(
        store=store,
        parts=flow.parts,
        read=read,
        schema=schema,
        keep=dedup.keep,
        template=dedup.guard.template if shingles is not None else NO_TEMPLATE,
        edges=edges,
        shingles=shingles if shingles is not None else Table(edges.slot, {}),
    )
    counts = found.counts(len(flow.pipeline.sources))
    alarms = _guarded(flow, name, counts.total, counts.gone, counts.largest)
    told = found.told() if shingles is not None else {}
    receipts = found.write(attempt)
    return receipts, {"clusters": counts.clusters, "largest": counts.largest, "alarms": alarms, **told}


def _all_edges(edges: Table) -> pa.Table:
    found = [EDGE.empty_table()]
    for number in sorted(edges.files):
        table = edges.read(number)
        if table is not None:
            part = pa.array(np.full(table.num_rows, number, np.int64))
            found.append(table.add_column(0, "part", part).cast(EDGE))
    return pa.concat_tables(found)


def _guarded(flow: Flow, name: str, total: Sequence[int], gone: Sequence[int], largest: int) -> list[str]:
    """The alarms of the wipe-out guard; `total` and `gone` count records in the order of the pipeline's sources."""
    sources = [source.name for source in flow.pipeline.sources]
    members, lost = (guard.by_source(sources, counts) for counts in (total, gone))
    return list(guard.check(flow.pipeline.settings.dedup.guard, members, lost, largest, name))
