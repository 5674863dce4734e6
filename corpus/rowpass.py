"""One pass over the text: adjacent row stages fused, sidecars written in the same row order as the text.

`TextPass` reads a split, makes documents, runs the row stages and writes a text part with all its sidecars at once.
`SidecarPass` adds sidecars to text parts that are committed already. Both run on Spark's workers or anywhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from corpus.config import Limits, Source
from corpus.errors import AuditError
from corpus.guard import Failure, run_guarded
from corpus.manifest import Part, Receipt, RowAccount, add_counts
from corpus.parts import Task
from corpus.quarantine import Quarantined, Reason, to_table
from corpus.readers.read import Chunk, read_split
from corpus.readers.split import Split
from corpus.schema import KINDS, RecordKind
from corpus.slot import Attempt, PartWriters, Table
from corpus.stage import COUNTED, DROPPED, RowStage, Sidecar
from corpus.stages.ingest import Ingest, keys_of

SUBPARTS = 1 << 12
QUARANTINE_DIGEST = ("source", "stage", "reason", "raw")
REMOVED = pa.schema(
    [
        pa.field("doc_id", pa.string()),
        pa.field("source", pa.string()),
        pa.field("source_key", pa.string()),
        pa.field("lang", pa.string()),
        pa.field("stage", pa.string()),
        pa.field("reason", pa.string()),
    ]
)
FAILED = pa.schema([pa.field("row", pa.int32()), pa.field("stage", pa.string()), pa.field("detail", pa.string())])


@dataclass
class _Ledger:
    """Counts of one split, by stage."""

    accounts: dict[str, RowAccount] = field(default_factory=dict)
    counts: dict[str, dict[str, int]] = field(default_factory=dict)

    def add(self, stage: str, **moved: object) -> None:
        self.accounts[stage] = self.accounts.get(stage, RowAccount()) + RowAccount.model_validate(moved)

    def count(self, stage: str, counts: Mapping[str, int]) -> None:
        self.counts[stage] = add_counts([self.counts.get(stage, {}), counts])


@dataclass(frozen=True)
class TextPass:
    """Splits to text parts and sidecars. `attempts` holds the text stage's first, then one for each sidecar."""

    sources: Mapping[str, Source]
    limits: Limits
    stages: tuple[RowStage, ...]
    sidecars: tuple[Sidecar, ...]
    attempts: tuple[Attempt, ...]
    part_bytes: int
    kind: RecordKind = KINDS["document"]

    def __call__(self, task: Task[tuple[int, Split]]) -> list[Receipt]:
        """Write every part of one split; a receipt for the text and for each sidecar."""
        index, split = task.payload
        return _SplitWriter(self, index, split).run(task.key)


class _SplitWriter:
    """The state of one split being written: open tables, counts, the number of the current part."""

    def __init__(self, plan: TextPass, index: int, split: Split) -> None:
        self.plan, self.index, self.split = plan, index, split
        self.ledgers = [_Ledger() for _ in plan.attempts]
        self.parts: list[list[Part]] = [[] for _ in plan.attempts]
        self.digests: list[list[dict[str, str]]] = [[] for _ in plan.attempts]
        self.ingest = Ingest(plan.sources[split.source], plan.kind)
        self.subpart = 0
        self.rows = 0
        self.text_bytes = 0
        self.writers = self._open()

    def _open(self) -> list[PartWriters]:
        if self.subpart >= SUBPARTS:
            raise AuditError(
                f"{self.split.source}: one file gives more than {SUBPARTS} parts; split it or raise part size"
            )
        number = self.index * SUBPARTS + self.subpart
        return [PartWriters(attempt, number) for attempt in self.plan.attempts]

    def run(self, key: str) -> list[Receipt]:
        try:
            for stage in ("ingest", *(stage.name for stage in self.plan.stages)):
                self.ledgers[0].add(stage)
            for sidecar, ledger in zip(self.plan.sidecars, self.ledgers[1:], strict=True):
                ledger.add(sidecar.name)
            for chunk in self._chunks():
                self.ledgers[0].count("skipped", chunk.skipped)
                self._quarantine("ingest", list(chunk.quarantined))
                self.ledgers[0].add("ingest", rows_in=chunk.records.num_rows)
                for batch in self._documents(chunk.records):
                    self._write(batch)
                if self.text_bytes >= self.plan.part_bytes:
                    self._close_part()
            self._close_part()
        except BaseException:
            for writers in self.writers:
                writers.abandon()
            raise
        return [self._receipt(slot, key) for slot in range(len(self.plan.attempts))]

    def _chunks(self) -> Iterator[Chunk]:
        source = self.plan.sources[self.split.source]
        if not self.plan.kind.carried:
            return read_split(self.split, source, self.plan.limits)
        from corpus.importers.reading import read_dialogues

        return read_dialogues(self.split, source, self.plan.limits, self.plan.kind)

    def _documents(self, records: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """Records through ingest and every row stage; what is removed on the way is written and counted."""
        batches, failures = run_guarded(self.ingest, records)
        self._quarantine("ingest", [self._failed(records, failure, "ingest") for failure in failures], counted=True)
        self.ledgers[0].add("ingest", kept=sum(batch.num_rows for batch in batches))
        for stage in self.plan.stages:
            batches = [done for batch in batches for done in self._apply(stage, batch)]
        yield from batches

    def _apply(self, stage: RowStage, batch: pa.RecordBatch) -> list[pa.RecordBatch]:
        results, failures = run_guarded(stage, batch)
        self._quarantine(stage.name, [self._failed(batch, failure, stage.name) for failure in failures], counted=True)
        self.ledgers[0].add(stage.name, rows_in=batch.num_rows)
        done = [self._settle(stage, result) for result in results]
        self.ledgers[0].add(stage.name, kept=sum(result.num_rows for result in done))
        return [result for result in done if result.num_rows]

    def _settle(self, stage: RowStage, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Take the stage's counts and dropped rows out of its result."""
        for name in [name for name in batch.schema.names if name.startswith(COUNTED)]:
            total = int(np.sum(batch.column(name).to_numpy(zero_copy_only=False)))
            self.ledgers[0].count(stage.name, {name.removeprefix(COUNTED): total})
            batch = batch.drop_columns([name])
        if DROPPED not in batch.schema.names:
            return batch
        reasons = batch.column(DROPPED)
        batch = batch.drop_columns([DROPPED])
        if reasons.null_count == len(reasons):
            return batch
        gone = batch.filter(reasons.is_valid())
        removed = reasons.drop_null().cast(pa.string())
        arrays = [gone.column(name) for name in ("doc_id", "source", "source_key", "lang")]
        stage_name = pa.repeat(pa.scalar(stage.name, pa.string()), gone.num_rows)
        self.writers[0].write("dropped", pa.RecordBatch.from_arrays([*arrays, stage_name, removed], schema=REMOVED))
        values = removed.value_counts().to_pylist()
        self.ledgers[0].add(stage.name, dropped={item["values"]: item["counts"] for item in values})
        return batch.filter(reasons.is_null())

    def _write(self, batch: pa.RecordBatch) -> None:
        self.writers[0].write("text", batch.select(list(self.plan.kind.stored)))
        self.writers[0].write("keys", keys_of(batch))
        self.text_bytes += batch.column("text").nbytes
        write_sidecars(
            batch, self.plan.sidecars, self.writers[1:], self.ledgers[1:], np.ones(batch.num_rows, bool), self.rows
        )
        self.rows += batch.num_rows

    def _close_part(self) -> None:
        for slot, writers in enumerate(self.writers):
            files = writers.close()
            if self.rows or files:
                self.parts[slot].append(Part(number=writers.number, rows=self.rows, files=files))
                self.digests[slot].append(writers.digests())
        self.subpart += 1
        self.rows = self.text_bytes = 0
        self.writers = self._open()

    def _failed(self, batch: pa.RecordBatch, failure: Failure, stage: str) -> Quarantined:
        key = batch.column("source_key")[failure.row].as_py()
        text = batch.column("text")[failure.row].as_py() or ""
        return Quarantined(
            source=self.split.source,
            path=self.split.pieces[0].name,
            ordinal=-1,
            reason=Reason.KERNEL,
            raw=text.encode(),
            detail=failure.detail,
            source_key=key,
            stage=stage,
        )

    def _quarantine(self, stage: str, rows: list[Quarantined], counted: bool = False) -> None:
        """Store unusable records; `counted` rows were part of the stage's input already."""
        if not rows:
            return
        self.writers[0].write("quarantine", to_table(rows), digest=QUARANTINE_DIGEST)
        counts = add_counts({str(row.reason): 1} for row in rows)
        self.ledgers[0].add(stage, rows_in=0 if counted else len(rows), quarantined=counts)

    def _receipt(self, slot: int, key: str) -> Receipt:
        from corpus.manifest import add_digests

        ledger = self.ledgers[slot]
        return Receipt(
            key=key,
            parts=tuple(self.parts[slot]),
            accounts=ledger.accounts,
            counts=ledger.counts,
            digests=add_digests(self.digests[slot]),
            bytes_in=self.split.bytes,
        )


@dataclass(frozen=True)
class SidecarPass:
    """Text parts to further sidecars. `before` are the sidecars that are committed already, in stage order."""

    text: Table
    before: tuple[Table, ...]
    sidecars: tuple[Sidecar, ...]
    attempts: tuple[Attempt, ...]

    def __call__(self, task: Task[Part]) -> list[Receipt]:
        """Write the sidecars of one part; a receipt for each."""
        part = task.payload
        standing = np.ones(part.rows, bool)
        for table in self.before:
            earlier = table.read(part.number, ["ok"])
            if earlier is not None:
                standing &= earlier.column("ok").to_numpy()
        writers = [PartWriters(attempt, part.number) for attempt in self.attempts]
        ledgers = [_Ledger() for _ in self.attempts]
        reads = sorted({name for sidecar in self.sidecars for name in sidecar.contract.reads})
        row = 0
        for batch in self.text.batches(part.number, reads):
            mask = standing[row : row + batch.num_rows]
            write_sidecars(batch, self.sidecars, writers, ledgers, mask, row)
            row += batch.num_rows
        receipts = []
        for sidecar, open_tables, ledger in zip(self.sidecars, writers, ledgers, strict=True):
            ledger.add(sidecar.name)
            written = Part(number=part.number, rows=part.rows, files=open_tables.close())
            receipts.append(
                Receipt(
                    key=task.key,
                    parts=(written,),
                    accounts=ledger.accounts,
                    digests=open_tables.digests(),
                    bytes_in=sum(file.bytes for file in part.files),
                )
            )
        return receipts


def write_sidecars(
    batch: pa.RecordBatch,
    sidecars: Sequence[Sidecar],
    writers: Sequence[PartWriters],
    ledgers: Sequence[_Ledger],
    standing: np.ndarray,
    first_row: int,
) -> None:
    """Append each sidecar's rows for `batch`, whose first row is row `first_row` of the part.

    A row on which a sidecar's kernel fails gets nulls and `ok` false, is listed in the `failed` table, and leaves the
    account there; `standing` says which rows earlier sidecars still had.
    """
    for sidecar, tables, ledger in zip(sidecars, writers, ledgers, strict=True):
        results, failures = run_guarded(sidecar, batch)
        ok = np.ones(batch.num_rows, bool)
        ok[[failure.row for failure in failures]] = False
        table = pa.Table.from_batches(results) if results else _empty(sidecar)
        if failures:
            positions = np.cumsum(ok) - 1
            table = table.take(pa.array(positions, mask=~ok))
            lost = [failure for failure in failures if standing[failure.row]]
            rows = [{"row": first_row + item.row, "stage": sidecar.name, "detail": item.detail} for item in lost]
            tables.write("failed", pa.Table.from_pylist(rows, schema=FAILED), digest=("stage", "detail"))
        tables.write(sidecar.table, table.append_column("ok", pa.array(ok)))
        lost_count = int(np.sum(standing & ~ok))
        ledger.add(
            sidecar.name,
            rows_in=int(standing.sum()),
            kept=int(np.sum(standing & ok)),
            quarantined={str(Reason.KERNEL): lost_count} if lost_count else {},
        )
        standing = standing & ok


def _empty(sidecar: Sidecar) -> pa.Table:
    return pa.schema([pa.field(name, kind) for name, kind in sidecar.contract.adds.items()]).empty_table()
