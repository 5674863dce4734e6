"""The stage that removes what an index has already: a new crawl deduplicated against what was published before.

It stands before the stages that look for duplicates within the run, so indexed records come first in every keep order:
a record goes in favour of an indexed one if it is similar to one, and only what is left is compared with itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pyarrow as pa

from corpus import removals
from corpus.config import Near
from corpus.dedup.members import MEMBER, REMOVAL, REMOVAL_IDENTITY, ReadMembers
from corpus.index.entries import KEYS, SIGNED, final_ids
from corpus.index.from_run import grouped
from corpus.index.generation import Index
from corpus.index.lookup import look_up
from corpus.manifest import Part, Receipt, RowAccount, add_counts, add_digests
from corpus.parts import Task, write_rows
from corpus.slot import Attempt, Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from corpus.flow.order import Flow
    from corpus.pipeline import Pipeline

NAME = "dedup-index"
VERSION = 1
GROUP_ROWS = 200_000
"""Rows that one task looks up together: each reads the parts of the index that its rows may be in."""


def settings(pipeline: Pipeline) -> Any:
    """What the fingerprint of the stage must see: what the indexes hold, and how it is compared."""
    dedup = pipeline.settings.dedup
    near = dedup.near.model_dump(mode="json") if dedup.near is not None else None
    return [sorted(index.now.content for index in pipeline.against), dedup.exact, near]


@dataclass(frozen=True)
class LookUp:
    """Looks up the standing records of a group of parts; writes REMOVAL rows of those that an index has."""

    read: ReadMembers
    fingerprints: Table | None
    signatures: Table | None
    indexes: tuple[Index, ...]
    near: Near | None
    attempt: Attempt
    name: ClassVar[str] = NAME

    def __call__(self, task: Task[tuple[Part, ...]]) -> list[Receipt]:
        """One receipt for the group."""
        tables = [table for part in task.payload for table in self._rows(part)]
        found = _no_receipt(task.key)
        if not tables:
            return [found]
        rows = pa.concat_tables(tables).combine_chunks()
        hits = look_up(self.indexes, rows, self.fingerprints is not None, self.near)
        at = pa.array(hits.at)
        columns: list[Any] = [rows.column(name).take(at) for name in ("part", "row", "own0", "own1", "rank")]
        columns += [np.ones(len(hits), bool), hits.id0, hits.id1, np.zeros(len(hits), np.int32), hits.similarity]
        columns += [rows.column("weight").take(at)]
        removed = pa.table(columns, names=REMOVAL.names).cast(REMOVAL)
        removed = removed.sort_by([("part", "ascending"), ("row", "ascending")])
        written = write_rows(removed, "duplicates", self.attempt, REMOVAL_IDENTITY)
        counts = Counter(exact=int(hits.exact.sum()), near=int((~hits.exact).sum()))
        return [
            Receipt(
                key=task.key,
                parts=tuple(part for receipt in written for part in receipt.parts),
                digests=add_digests(receipt.digests for receipt in written),
                counts={"rows": {"removed": len(hits)}, "found": {name: many for name, many in counts.items() if many}},
            )
        ]

    def _rows(self, part: Part) -> list[pa.Table]:
        """MEMBER columns, the published id in place of the record's own, and the keys; one table or none."""
        found = []
        for batch in self.read(part):
            if not batch.num_rows:
                continue
            at = batch.column("row")
            high, low = (batch.column(name).to_numpy() for name in ("id0", "id1"))
            own = final_ids(high, low, batch.column("rank").to_numpy())
            columns: dict[str, Any] = {name: batch.column(name) for name in MEMBER.names}
            columns |= {"own0": high, "own1": low, "id0": own[0], "id1": own[1]}
            for beside, names in ((self.fingerprints, KEYS), (self.signatures, SIGNED)):
                table = beside.read(part.number, list(names)) if beside is not None else None
                if table is not None:
                    columns |= {name: table.column(name).take(at) for name in names}
            found.append(pa.table(columns))
        return found


def _no_receipt(key: str) -> Receipt:
    return Receipt(key=key, counts={"rows": {"removed": 0}})


def step(flow: Flow, read: Callable[[], ReadMembers]) -> Callable[[], None]:
    """How the stage is made; `read` gives the records that stand when it begins."""
    return partial(_mark, flow, read)


def _mark(flow: Flow, read: Callable[[], ReadMembers]) -> None:
    pipeline, count = flow.pipeline, removals.kept(flow.stages)
    dedup = pipeline.settings.dedup
    work = LookUp(
        read=read(),
        fingerprints=flow.stages["fingerprint"].table("fingerprints") if dedup.exact else None,
        signatures=flow.stages["sign"].table("signatures") if dedup.near is not None else None,
        indexes=pipeline.against,
        near=dedup.near,
        attempt=Attempt.begin(flow.runner.slots[NAME]),
    )
    groups = grouped(flow.parts, GROUP_ROWS)
    tasks = [Task(f"group-{number}-of-{len(groups)}", tuple(parts)) for number, parts in enumerate(groups)]
    left, seconds = flow.runner.write([NAME], tasks, work, here=flow.here)
    receipts: Sequence[Receipt] = left[NAME] or [_no_receipt("none")]
    removed = add_counts(receipt.counts["rows"] for receipt in receipts).get("removed", 0)
    account = RowAccount(rows_in=count, kept=count - removed, merged={"in_index": removed} if removed else {})
    details = {"indexes": [_told(index) for index in pipeline.against]}
    flow.runner.commit(NAME, VERSION, receipts, seconds, accounts={NAME: account}, details=details)


def _told(index: Index) -> dict[str, Any]:
    return {"generation": index.now.number, "content": index.now.content, "standing": index.now.standing}
