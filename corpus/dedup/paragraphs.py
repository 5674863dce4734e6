"""Paragraphs as the members that near-duplicates are looked for among: the engine is that of whole records.

A paragraph's `row` is its number among all that the sidecar lists of its part, so that part and row are its address,
as they are of a record; `document` is the row of its record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.config import NearParagraphs
from corpus.dedup.candidates import Members, Pairs, find_pairs, keep_columns
from corpus.dedup.members import address
from corpus.dedup.resolve import resolve_members
from corpus.dedup.shingle_pass import shingled
from corpus.graph.resolve import keep_order
from corpus.kernels.buffers import utf8
from corpus.kernels.units import slices
from corpus.manifest import Part, Receipt
from corpus.parts import Task
from corpus.slot import Attempt, PartWriters, Table
from corpus.stages.cutting import PLACES, CutPart, chosen_texts
from corpus.stages.identify import ranks
from corpus.stages.sign_paragraphs import PREFIX
from corpus.standing import Standing

REASON, EMPTIED = "near_paragraph", "near_paragraphs"
SIGNED = ("bands", "shingles", "key", "masked")
PLACED = ("start", "end")
COPY = pa.schema(
    [
        pa.field("part", pa.int64()),
        pa.field("row", pa.int32()),
        pa.field("id0", pa.int64()),
        pa.field("id1", pa.int64()),
        pa.field("start", pa.int32()),
        pa.field("end", pa.int32()),
        pa.field("documents", pa.int32()),
        pa.field("similarity", pa.float32()),
    ]
)
"""A paragraph that goes: the row of its record, its bytes, in how many records its like stands."""
COPY_IDENTITY = tuple(COPY.names[2:])


@dataclass(frozen=True)
class ReadParagraphs:
    """The listed paragraphs of records that are still in."""

    paragraphs: Table
    keys: Table
    ids: Table
    standing: Standing
    priorities: Mapping[str, int]

    def __call__(self, part: Part, columns: tuple[str, ...] = ()) -> pa.Table | None:
        """Columns `part, row, document, id0, id1, rank, priority, characters, time, start, end` and `columns`; `rank`
        tells the paragraphs of one record apart, `characters` are the record's."""
        found = read_lists(self.paragraphs, part.number, (*PLACED, *columns))
        keys = self.keys.read(part.number, ["id0", "id1", "source", "characters", "time"])
        if found is None or keys is None:
            return None
        document = documents_of(found.column("start"))
        stands = np.flatnonzero(self.standing.mask(part.number, part.rows)[document])
        at, document = pa.array(stands), document[stands]
        lists = {name: _flat(found.column(name)).take(at) for name in (*PLACED, *columns)}
        record: Any = pl.from_arrow(keys)
        record = record[document]
        rank = ranks(self.ids, part.number, part.rows)[document].astype(np.int64) << 32
        priority = record["source"].replace_strict(self.priorities, default=0, return_dtype=pl.Int32)
        columns_of: dict[str, Any] = {
            "part": np.full(len(stands), part.number, np.int64),
            "row": stands.astype(np.int32),
            "document": document.astype(np.int32),
            **{name: record[name].to_arrow() for name in ("id0", "id1", "characters", "time")},
            "rank": rank + lists["start"].to_numpy(),
            "priority": priority.to_arrow(),
        }
        return pa.table({**columns_of, **lists})


def read_lists(table: Table, number: int, names: Sequence[str]) -> pa.Table | None:
    """Columns of the sidecar by their names without the prefix."""
    found = table.read(number, [PREFIX + name for name in names])
    return None if found is None else found.rename_columns(list(names))


def documents_of(lists: pa.ChunkedArray) -> np.ndarray:
    """The row of each value of a column of lists."""
    whole = lists.combine_chunks()
    return np.repeat(np.arange(len(whole)), np.diff(whole.offsets.to_numpy()))


def _flat(lists: pa.ChunkedArray) -> pa.Array:
    return lists.combine_chunks().flatten()


def load_paragraphs(
    parts: Sequence[Part], read: ReadParagraphs, keep: Sequence[str], columns: tuple[str, ...] = ()
) -> Members | None:
    """The paragraphs of `parts` with their ranks by the keep policy, then by their place; None when there are none."""
    tables = [table for part in parts if (table := read(part, columns)) is not None and table.num_rows]
    if not tables:
        return None
    table = pa.concat_tables(tables).sort_by([("part", "ascending"), ("row", "ascending")])
    addresses = address(table.column("part").to_numpy(), table.column("row").to_numpy())
    halves = (table.column(name).to_numpy() for name in ("id0", "id1", "rank"))
    return Members(table, addresses, keep_order(keep_columns(table, keep), *halves))


def record_of(members: Members) -> np.ndarray:
    """The address of each member's record."""
    return address(members.values("part"), members.values("document"))


def paragraph_pairs(members: Members, asked: NearParagraphs) -> Pairs:
    """The pairs that are worth comparing, paragraphs of one record left out: what a record repeats is its own."""
    pairs = find_pairs(members, asked.near)
    record = record_of(members)
    apart = record[pairs.a] != record[pairs.b]
    return Pairs(pairs.a[apart], pairs.b[apart], {**pairs.counts, "one_record": int((~apart).sum())})


def copies(members: Members, edges: pa.Table, documents: int) -> pa.Table:
    """COPY rows of the paragraphs that go, ordered by part and row: each is like one that stays, and with those that
    go in its favour they stand in `documents` records or more."""
    resolved = resolve_members(members, edges)
    gone = resolved.removed
    survivor = resolved.survivor[gone]
    record = record_of(members)
    pairs = pl.DataFrame({"survivor": np.concatenate([survivor, survivor]), "record": record[[*gone, *survivor]]})
    counted = pairs.group_by("survivor").agg(pl.col("record").n_unique().alias("documents"))
    many = pl.DataFrame({"survivor": survivor}).join(counted, on="survivor", how="left", maintain_order="left")
    found = many["documents"].to_numpy()
    enough = found >= documents
    gone, found = gone[enough], found[enough]
    columns: list[Any] = [members.values("part")[gone], members.values("document")[gone]]
    columns += [members.values(name)[gone] for name in ("id0", "id1", "start", "end")]
    columns += [found, resolved.similarity[gone]]
    return pa.table(columns, names=COPY.names).cast(COPY)


@dataclass(frozen=True)
class ParagraphShingles:
    """Reads the text of each part that has candidates and stores the shingles of their paragraphs."""

    text: Table
    paragraphs: Table
    candidates: Table
    attempt: Attempt
    name: ClassVar[str] = "paragraph-shingles"
    version: ClassVar[int] = 1

    def __call__(self, task: Task[Part]) -> list[Receipt]:
        """One receipt a part."""
        part = task.payload
        writers = PartWriters(self.attempt, part.number)
        wanted = self.candidates.read(part.number)
        lists = read_lists(self.paragraphs, part.number, PLACED)
        if wanted is not None and lists is not None:
            number = wanted.column("row").to_numpy()
            document = documents_of(lists.column("start"))[number]
            start, end = (_flat(lists.column(name)).to_numpy()[number] for name in PLACED)
            for rows, text in chosen_texts(self.text, part.number, np.unique(document)):
                low, high = np.searchsorted(document, [rows[0], rows[-1] + 1])
                data, offsets = utf8(text)
                origin = offsets[np.searchsorted(rows, document[low:high])]
                some = slices(data, origin + start[low:high], origin + end[low:high])
                writers.write("shingles", shingled(wanted.slice(low, high - low), some), ("id0", "id1"))
        written = Part(number=part.number, rows=part.rows, files=writers.close())
        bytes_in = sum(file.bytes for file in part.files) if wanted is not None else 0
        return [Receipt(key=task.key, parts=(written,), digests=writers.digests(), bytes_in=bytes_in)]


@dataclass(frozen=True)
class MarkParagraphs:
    """Writes the cuts of a part."""

    copies: Table
    cut: CutPart
    name: ClassVar[str] = "dedup-paragraphs"
    version: ClassVar[int] = 1

    def __call__(self, task: Task[Part]) -> list[Receipt]:
        """A receipt with the part's account."""
        table = self.copies.read(task.payload.number, list(PLACES))
        spans: Any = pl.DataFrame(schema=PLACES) if table is None else pl.from_arrow(table)
        return [self.cut(task.key, task.payload, spans)]
