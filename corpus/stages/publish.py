"""The only stage that removes: kept rows by tier, one row for each removed record, what could not be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from corpus.columns import Column, read_columns
from corpus.cuts import Spans, apply_cuts
from corpus.identity import repeated_id
from corpus.kernels.lengths import code_points
from corpus.manifest import Part, Receipt, RowAccount, add_digests
from corpus.parts import Task
from corpus.quarantine import Reason
from corpus.removals import Marks
from corpus.rowpass import QUARANTINE_DIGEST
from corpus.ruleset.model import RuleSet
from corpus.schema import DOCUMENT, QUARANTINE, RecordKind
from corpus.slot import Attempt, Table, TableWriter
from corpus.stages.identify import ranks
from corpus.stages.replay import REPLAY, REPLAY_OF, Replay
from corpus.stages.split import TRAIN, VALIDATION
from corpus.stages.verdicts import REJECTED, REJECTED_DIGEST, Verdicts
from corpus.tokens import TokenCounter

BEFORE = (
    *(item for item in DOCUMENT if item.name != "text"),
    pa.field("characters", pa.int32()),
    pa.field("tokens", pa.int32()),
    pa.field("cluster_size", pa.int32()),
)
AFTER = (pa.field("split", pa.string(), nullable=False), pa.field("text", pa.large_string(), nullable=False))
PUBLISHED = pa.schema([*BEFORE, *AFTER])
"""The columns of every published document; those of the scores that a run was asked for stand before `split`."""
BATCH_ROWS = 4096


@dataclass(frozen=True)
class Publish:
    """Writes groups of parts. Opens each part and its decisions, nothing else."""

    text: Table
    dropped: Table
    quarantine: Table
    failed: tuple[Table, ...]
    ids: Table
    marks: tuple[Marks, ...]
    moved: tuple[Table, ...]
    cuts: tuple[Table, ...]
    tiers: Table
    rules: RuleSet
    tier_names: tuple[str, ...]
    columns: tuple[Column, ...]
    kind: RecordKind
    tokens: TokenCounter
    file_bytes: int
    attempt: Attempt
    replay: Replay | None = None
    name: ClassVar[str] = "publish"
    version: ClassVar[int] = 2

    @property
    def schema(self) -> pa.Schema:
        """The columns of the data set."""
        scores = (pa.field(one.name, one.type) for one in self.columns)
        replayed = (REPLAY_OF,) if self.replay is not None else ()
        return pa.schema([*BEFORE, *scores, *replayed, *AFTER, *self.kind.carried])

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
    writers: dict[tuple[str, str], TableWriter] = field(default_factory=dict)
    finished: list[TableWriter] = field(default_factory=list)
    files: list[Any] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    cut: Counter[str] = field(default_factory=Counter)
    replayed: Counter[str] = field(default_factory=Counter)
    rows_in: int = 0

    def publish(self, part: Part) -> None:
        """Every row of one part goes to a tier or to the rejected."""
        stage = self.stage
        ids = ["id0", "id1"] if stage.replay is not None else []
        tiers = stage.tiers.read(part.number, [*ids, "tier", "validation"])
        tier = np.full(part.rows, -1, np.int8) if tiers is None else tiers.column("tier").to_numpy()
        extra = read_columns(stage.columns, part.number, part.rows)
        again = [] if tiers is None or stage.replay is None else self._again(stage.replay, tiers)
        validation = np.zeros(part.rows, bool) if tiers is None else tiers.column("validation").to_numpy()
        extra["split"] = pa.array([TRAIN, VALIDATION]).take(pa.array(validation.astype(np.int8)))
        rank = ranks(stage.ids, part.number, part.rows)
        sizes = np.ones(part.rows, np.int32)
        marked = [(item.by, table) for item in stage.marks if (table := item.table.read(part.number)) is not None]
        for by, table in marked:
            if by.names_survivor:
                sizes[table.column("row").to_numpy()] = table.column("cluster_size").to_numpy()
        verdicts = Verdicts(stage.rules, marked, [table.read(part.number) for table in stage.moved], part)
        spans = Spans.of([table.read(part.number) for table in stage.cuts])
        failures = self._failures(part.number)
        row = 0
        for batch in stage.text.batches(part.number, list(stage.kind.stored), BATCH_ROWS):
            span = slice(row, row + batch.num_rows)
            batch = _renamed(batch, rank[span])
            lengths = code_points(batch.column("text"))
            self._write("rejected", "rejected", verdicts.rejected(batch, lengths, row), REJECTED_DIGEST)
            whole, batch = batch, self._without(batch, spans.between(row, row + batch.num_rows), tier[span] >= 0)
            if batch is not whole:
                lengths = code_points(batch.column("text"))
            for place, name in enumerate(stage.tier_names):
                chosen = np.flatnonzero(tier[span] == place)
                if len(chosen):
                    extra_here = {key: values.slice(row, batch.num_rows) for key, values in extra.items()}
                    extra_here["cluster_size"] = pa.array(sizes[span])
                    extra_here[REPLAY_OF.name] = pa.nulls(batch.num_rows, REPLAY_OF.type)
                    self._publish_tier(name, batch, lengths, extra_here, chosen)
                chosen = np.flatnonzero(again[place][span]) if again else chosen[:0]
                if len(chosen):
                    extra_here = {key: values.slice(row, batch.num_rows) for key, values in extra.items()}
                    extra_here["cluster_size"] = pa.array(sizes[span])
                    extra_here[REPLAY_OF.name] = pa.array(tier[span] + 1, REPLAY_OF.type)
                    self._publish_tier(name, batch, lengths, extra_here, chosen, REPLAY)
            self._quarantine_failed(whole, failures, row)
            row += batch.num_rows
        self._pass_on(part.number)

    def _again(self, replay: Replay, tiers: pa.Table) -> list[np.ndarray]:
        """By stage, the rows of the part that it replays."""
        return [replay.chosen(place, tiers) for place in range(len(self.stage.tier_names))]

    def _without(self, batch: pa.RecordBatch, spans: Spans, published: np.ndarray) -> pa.RecordBatch:
        """The batch with its texts cut; of published rows it is counted by source and reason what went."""
        if not len(spans):
            return batch
        text, lost = apply_cuts(batch.column("text"), spans)
        sources = np.array(batch.column("source").to_pylist(), object)[spans.row]
        for source, reason in set(zip(sources, spans.reason, strict=True)):
            of = (sources == source) & (spans.reason == reason) & published[spans.row] & (lost > 0)
            if not of.any():
                continue
            key = f"{source}\t{spans.reasons[reason]}"
            self.cut[f"spans\t{key}"] += int(of.sum())
            self.cut[f"characters\t{key}"] += int(lost[of].sum())
            self.cut[f"records\t{key}"] += len(np.unique(spans.row[of]))
        return batch.set_column(batch.schema.names.index("text"), batch.schema.field("text"), text)

    def _publish_tier(
        self,
        name: str,
        batch: pa.RecordBatch,
        lengths: pa.Array,
        beside: Mapping[str, pa.Array],
        chosen: np.ndarray,
        table: str = "dataset",
    ) -> None:
        at = pa.array(chosen)
        taken = batch if len(chosen) == batch.num_rows else batch.take(at)
        characters = lengths.take(at)
        tokens = self.stage.tokens.count(taken.column("text"), taken.column("lang"))
        extra = {key: values.take(at) for key, values in beside.items()}
        extra |= {"characters": characters, "tokens": tokens}
        schema = self.stage.schema
        arrays = [extra[item.name] if item.name in extra else taken.column(item.name) for item in schema]
        self._write(self.stage.kind.path(name), table, pa.RecordBatch.from_arrays(arrays, schema=schema))
        if table == REPLAY:
            self.replayed[name] += len(chosen)
            return
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
        key = folder, table
        if key not in self.writers:
            self.writers[key] = self.stage.attempt.writer(table, self.number, rows.schema, digest, folder)
        self.writers[key].write(rows)
        if self.writers[key].written >= self.stage.file_bytes:
            self._finish(key)

    def _finish(self, key: tuple[str, str]) -> None:
        writer = self.writers.pop(key)
        file = writer.close()
        if file is not None:
            self.files.append(file)
            self.finished.append(writer)

    def abandon(self) -> None:
        for writer in self.writers.values():
            writer.abandon()

    def receipt(self, key: str) -> Receipt:
        for opened in list(self.writers):
            self._finish(opened)
        part = Part(number=self.number, rows=self.rows_in, files=tuple(self.files))
        digests = add_digests({writer.table: f"{writer.row_digest:032x}"} for writer in self.finished)
        account = RowAccount(rows_in=self.rows_in, kept=self.rows_in)
        counts = {"published": self.counts} | ({"cut": self.cut} if self.cut else {})
        counts |= {REPLAY: self.replayed} if self.replayed else {}
        return Receipt(key=key, parts=(part,), accounts={Publish.name: account}, digests=digests, counts=counts)


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
