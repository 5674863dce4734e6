"""The only stage that removes: kept rows by tier, one row for each removed record, what could not be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus.identity import from_halves, repeated_id
from corpus.manifest import Part, Receipt, RowAccount, add_digests
from corpus.parts import Task
from corpus.quarantine import Reason
from corpus.rowpass import QUARANTINE_DIGEST
from corpus.ruleset.model import RuleSet
from corpus.schema import DOCUMENT, QUARANTINE
from corpus.slot import Attempt, Table, TableWriter
from corpus.stages.identify import ranks
from corpus.tokens import TokenCounter

PUBLISHED = pa.schema(
    [
        *(item for item in DOCUMENT if item.name != "text"),
        pa.field("characters", pa.int32()),
        pa.field("tokens", pa.int32()),
        pa.field("cluster_size", pa.int32()),
        pa.field("text", pa.large_string(), nullable=False),
    ]
)
REJECTED = pa.schema(
    [
        pa.field("doc_id", pa.string()),
        pa.field("source", pa.string()),
        pa.field("source_key", pa.string()),
        pa.field("lang", pa.string()),
        pa.field("stage", pa.string()),
        pa.field("reasons", pa.list_(pa.string())),
        pa.field("values", pa.list_(pa.float32())),
        pa.field("bounds", pa.list_(pa.string())),
        pa.field("rules", pa.list_(pa.string())),
        pa.field("survivor", pa.string()),
        pa.field("similarity", pa.float32()),
        pa.field("characters", pa.int32()),
        pa.field("preview", pa.string()),
        pa.field("part", pa.int64()),
        pa.field("row", pa.int32()),
    ]
)
"""`values`, `bounds` and `rules` (file:line) go with `reasons`; `part` and `row` find the full text in the run."""

REJECTED_DIGEST = tuple(name for name in REJECTED.names if name not in {"part", "row", "rules"})
PREVIEW = 200
BATCH_ROWS = 4096


@dataclass(frozen=True)
class Publish:
    """Writes groups of parts. Opens each part and its decisions, nothing else."""

    text: Table
    dropped: Table
    quarantine: Table
    failed: tuple[Table, ...]
    decisions: Table
    ids: Table
    duplicates: Table
    tiers: Table
    rules: RuleSet
    tier_names: tuple[str, ...]
    tokens: TokenCounter
    file_bytes: int
    attempt: Attempt
    name: ClassVar[str] = "publish"
    version: ClassVar[int] = 1

    def __call__(self, task: Task[tuple[int, tuple[Part, ...]]]) -> list[Receipt]:
        """One receipt for the group; its part's files are all files written."""
        number, parts = task.payload
        group = _Group(self, number)
        try:
            for part in parts:
                group.publish(part)
        except BaseException:
            group.abandon()
            raise
        return [group.receipt(task.key)]


@dataclass
class _Group:
    """The open files of one group of parts."""

    stage: Publish
    number: int
    writers: dict[str, TableWriter] = field(default_factory=dict)
    finished: list[TableWriter] = field(default_factory=list)
    files: list[Any] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    rows_in: int = 0

    def publish(self, part: Part) -> None:
        """Every row of one part goes to a tier or to the rejected."""
        stage = self.stage
        tiers = stage.tiers.read(part.number, ["tier"])
        tier = np.full(part.rows, -1, np.int8) if tiers is None else tiers.column("tier").to_numpy()
        rank = ranks(stage.ids, part.number, part.rows)
        sizes = np.ones(part.rows, np.int32)
        duplicates = stage.duplicates.read(part.number)
        if duplicates is not None:
            sizes[duplicates.column("row").to_numpy()] = duplicates.column("cluster_size").to_numpy()
        verdicts = _Verdicts(stage.rules, stage.decisions.read(part.number), duplicates, part)
        failures = self._failures(part.number)
        row = 0
        for batch in stage.text.batches(part.number, DOCUMENT.names, BATCH_ROWS):
            span = slice(row, row + batch.num_rows)
            batch = _renamed(batch, rank[span])
            lengths = pc.utf8_length(batch.column("text")).cast(pa.int32())
            for place, name in enumerate(stage.tier_names):
                chosen = np.flatnonzero(tier[span] == place)
                if len(chosen):
                    self._publish_tier(name, batch, lengths, sizes[span], chosen)
            self._write("rejected", "rejected", verdicts.rejected(batch, lengths, row), REJECTED_DIGEST)
            self._quarantine_failed(batch, failures, row)
            row += batch.num_rows
        self._pass_on(part.number)

    def _publish_tier(
        self, name: str, batch: pa.RecordBatch, lengths: pa.Array, sizes: np.ndarray, chosen: np.ndarray
    ) -> None:
        at = pa.array(chosen)
        taken = batch if len(chosen) == batch.num_rows else batch.take(at)
        characters = lengths.take(at)
        tokens = self.stage.tokens.count(taken.column("text"), taken.column("lang"))
        extra = {"characters": characters, "tokens": tokens, "cluster_size": pa.array(sizes[chosen])}
        arrays = [extra[item.name] if item.name in extra else taken.column(item.name) for item in PUBLISHED]
        self._write(f"dataset/pretrain/tier={name}", "dataset", pa.RecordBatch.from_arrays(arrays, schema=PUBLISHED))
        self.rows_in += len(chosen)
        self._count(name, taken, characters, tokens)

    def _count(self, tier: str, batch: pa.RecordBatch, characters: pa.Array, tokens: pa.Array) -> None:
        """Rows, characters and tokens by source, language and tier, for the card."""
        table = pa.table(
            {"source": batch.column("source"), "lang": batch.column("lang"), "characters": characters, "tokens": tokens}
        )
        grouped = table.group_by(["source", "lang"]).aggregate(
            [([], "count_all"), ("characters", "sum"), ("tokens", "sum")]
        )
        for item in grouped.to_pylist():
            key = f"{item['source']}\t{item['lang'] or 'und'}\t{tier}"
            self.counts[f"rows\t{key}"] += item["count_all"]
            self.counts[f"characters\t{key}"] += item["characters_sum"]
            self.counts[f"tokens\t{key}"] += item["tokens_sum"]

    def _failures(self, number: int) -> dict[int, dict[str, Any]]:
        tables = [table.read(number) for table in self.stage.failed]
        return {item["row"]: item for table in tables if table is not None for item in table.to_pylist()}

    def _quarantine_failed(self, batch: pa.RecordBatch, failures: dict[int, dict[str, Any]], first: int) -> None:
        """Rows on which a sidecar's kernel failed: their text is what could not be processed."""
        for row in [row for row in failures if first <= row < first + batch.num_rows]:
            record = batch.slice(row - first, 1).to_pylist()[0]
            raw = record["text"].encode()
            item = {
                "source": record["source"],
                "path": "",
                "ordinal": -1,
                "source_key": record["source_key"],
                "stage": failures[row]["stage"],
                "reason": str(Reason.KERNEL),
                "detail": failures[row]["detail"],
                "length": len(raw),
                "raw": raw,
            }
            self._write("quarantine", "quarantine", pa.Table.from_pylist([item], schema=QUARANTINE), QUARANTINE_DIGEST)

    def _pass_on(self, number: int) -> None:
        """What left before there was a text part: unreadable records, and records nobody selected."""
        unreadable = self.stage.quarantine.read(number)
        if unreadable is not None:
            self._write("quarantine", "quarantine", unreadable, QUARANTINE_DIGEST)
        unwanted = self.stage.dropped.read(number)
        if unwanted is not None:
            rows = unwanted.num_rows
            columns = {name: unwanted.column(name) for name in ("doc_id", "source", "source_key", "lang", "stage")}
            offsets = pa.array(np.arange(rows + 1, dtype=np.int32))
            reason = unwanted.column("reason").combine_chunks()
            columns["reasons"] = pa.ListArray.from_arrays(offsets, reason)
            arrays = [columns.get(item.name, pa.nulls(rows, item.type)) for item in REJECTED]
            self._write("rejected", "rejected", pa.Table.from_arrays(arrays, schema=REJECTED), REJECTED_DIGEST)

    def _write(
        self, folder: str, table: str, rows: pa.RecordBatch | pa.Table, digest: tuple[str, ...] | None = None
    ) -> None:
        if rows.num_rows == 0:
            return
        if folder not in self.writers:
            self.writers[folder] = self.stage.attempt.writer(table, self.number, rows.schema, digest, folder)
        self.writers[folder].write(rows)
        if self.writers[folder].written >= self.stage.file_bytes:
            self._finish(folder)

    def _finish(self, folder: str) -> None:
        writer = self.writers.pop(folder)
        file = writer.close()
        if file is not None:
            self.files.append(file)
            self.finished.append(writer)

    def abandon(self) -> None:
        for writer in self.writers.values():
            writer.abandon()

    def receipt(self, key: str) -> Receipt:
        for folder in list(self.writers):
            self._finish(folder)
        part = Part(number=self.number, rows=self.rows_in, files=tuple(self.files))
        digests = add_digests({writer.table: f"{writer.row_digest:032x}"} for writer in self.finished)
        account = RowAccount(rows_in=self.rows_in, kept=self.rows_in)
        return Receipt(
            key=key, parts=(part,), accounts={Publish.name: account}, digests=digests, counts={"published": self.counts}
        )


class _Verdicts:
    """Why each removed row of one part went: rules from `decisions`, survivors from `duplicates`."""

    def __init__(self, rules: RuleSet, decisions: pa.Table | None, duplicates: pa.Table | None, part: Part) -> None:
        self.part = part
        self.rules = rules
        self.names = pa.array([rule.id for rule in rules.rules], pa.string())
        self.bounds = pa.array([str(rule.keep_when) for rule in rules.rules], pa.string())
        self.places = pa.array([str(rule.at) for rule in rules.rules], pa.string())
        self.decisions = _removed(decisions)
        self.duplicates = _removed(duplicates)

    def rejected(self, batch: pa.RecordBatch, lengths: pa.Array, first: int) -> pa.Table:
        """One REJECTED row for each row of `batch` that was dropped or merged."""
        found = [
            self._rows(batch, lengths, first, *make(first, first + batch.num_rows))
            for make in (self._by_rules, self._by_survivor)
        ]
        return pa.concat_tables(found)

    def _by_rules(self, first: int, end: int) -> tuple[np.ndarray, dict[str, pa.Array]]:
        chosen = _between(self.decisions, first, end)
        if chosen is None:
            return np.zeros(0, np.int64), {}
        failed = chosen.column("failed").combine_chunks()
        values = chosen.column("values").combine_chunks()
        flat, offsets = failed.flatten(), _offsets(failed)
        return chosen.column("row").to_numpy(), {
            "stage": pa.repeat(pa.scalar("decide", pa.string()), chosen.num_rows),
            "reasons": pa.ListArray.from_arrays(offsets, self.names.take(flat)),
            "values": pa.ListArray.from_arrays(_offsets(values), values.flatten()),
            "bounds": pa.ListArray.from_arrays(offsets, self.bounds.take(flat)),
            "rules": pa.ListArray.from_arrays(offsets, self.places.take(flat)),
        }

    def _by_survivor(self, first: int, end: int) -> tuple[np.ndarray, dict[str, pa.Array]]:
        chosen = _between(self.duplicates, first, end)
        if chosen is None:
            return np.zeros(0, np.int64), {}
        survivors = [
            repeated_id(from_halves(high, low), rank) if rank else from_halves(high, low)
            for high, low, rank in zip(
                *(chosen.column(name).to_pylist() for name in ("survivor0", "survivor1", "survivor_rank")), strict=True
            )
        ]
        reasons = pa.repeat(pa.scalar("exact_duplicate", pa.string()), chosen.num_rows)
        offsets = pa.array(np.arange(chosen.num_rows + 1, dtype=np.int32))
        return chosen.column("row").to_numpy(), {
            "stage": pa.repeat(pa.scalar("dedup-exact", pa.string()), chosen.num_rows),
            "reasons": pa.ListArray.from_arrays(offsets, reasons),
            "survivor": pa.array(survivors, pa.string()),
            "similarity": pa.repeat(pa.scalar(1.0, pa.float32()), chosen.num_rows),
        }

    def _rows(
        self, batch: pa.RecordBatch, lengths: pa.Array, first: int, rows: np.ndarray, given: dict[str, pa.Array]
    ) -> pa.Table:
        at = pa.array(rows - first)
        taken = batch.take(at)
        columns = {name: taken.column(name) for name in ("doc_id", "source", "source_key", "lang")} | given
        columns["characters"] = lengths.take(at)
        columns["preview"] = pc.utf8_slice_codeunits(taken.column("text"), 0, PREVIEW).cast(pa.string())
        columns["part"] = pa.repeat(pa.scalar(self.part.number, pa.int64()), len(rows))
        columns["row"] = pa.array(rows.astype(np.int32))
        arrays = [columns.get(item.name, pa.nulls(len(rows), item.type)) for item in REJECTED]
        return pa.Table.from_arrays(arrays, schema=REJECTED)


def _removed(table: pa.Table | None) -> pa.Table | None:
    return None if table is None else table.filter(table.column("removed"))


def _between(table: pa.Table | None, first: int, end: int) -> pa.Table | None:
    """The rows of a sparse table, ascending by `row`, that lie in a span; None when there are none."""
    if table is None or table.num_rows == 0:
        return None
    low, high = np.searchsorted(table.column("row").to_numpy(), [first, end])
    return table.slice(low, high - low) if high > low else None


def _offsets(lists: pa.ListArray) -> pa.Array:
    """Offsets of a list array that start at zero, as its flattened values do."""
    offsets = lists.offsets.to_numpy()
    return pa.array((offsets - offsets[0]).astype(np.int32))


def _renamed(batch: pa.RecordBatch, rank: np.ndarray) -> pa.RecordBatch:
    """The batch with the new ids of records whose id another record had first."""
    changed = np.flatnonzero(rank)
    if not len(changed):
        return batch
    ids = batch.column("doc_id").to_pylist()
    for row in changed:
        ids[row] = repeated_id(ids[row], int(rank[row]))
    return batch.set_column(batch.schema.names.index("doc_id"), "doc_id", pa.array(ids, pa.string()))


def group_parts(parts: Sequence[Part], target_bytes: int, at_least: int = 8) -> list[tuple[Part, ...]]:
    """Neighbouring parts packed up to `target_bytes` of stored text a group, in at least `at_least` groups if there
    are as many parts; a larger part is a group of its own."""
    sizes = [sum(file.bytes for file in part.files) for part in parts]
    limit = max(1, min(target_bytes, sum(sizes) // at_least))
    groups: list[list[Part]] = []
    filled = 0
    for part, size in zip(parts, sizes, strict=True):
        if not groups or filled + size > limit:
            groups.append([])
            filled = 0
        groups[-1].append(part)
        filled += size
    return [tuple(group) for group in groups]
