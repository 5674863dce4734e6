"""Who goes, for more records than the driver is to hold: each component of verified pairs is resolved in one place.

The decision about a record depends on its component alone, so components are resolved by the same code as a whole run
in the driver, some at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus import storage
from corpus.dedup.candidates import ranked
from corpus.dedup.clusters import EXAMPLES, listed, sampled
from corpus.dedup.members import MEMBER, REMOVAL, REMOVAL_IDENTITY, ROW_BITS, ReadMembers, address, part_and_row
from corpus.dedup.on_spark import SIGNED_MEMBER, partitions_of, runs
from corpus.dedup.resolve import Resolved, resolve_members
from corpus.dedup.templates import judge
from corpus.graph.frames import connected_components
from corpus.graph.store import Store, Stored
from corpus.manifest import Part, Receipt
from corpus.parts import map_frame, read_frame, write_by_part
from corpus.slot import Attempt, Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

ROWS_TOGETHER = 1 << 18
"""Rows of components that are resolved in one call, about; a larger component is resolved in one as well."""
LINK = pa.schema([("a", pa.int64()), ("b", pa.int64()), ("similarity", pa.float32())])
COMPONENT = pa.schema([("component", pa.int64()), *MEMBER, *LINK])
"""What is known of a component: its members, `a` their addresses, and its pairs, which have a `b`."""
DECIDED = pa.schema(
    [
        *REMOVAL,
        ("source", pa.int32()),
        ("survivor", pa.int64()),
        ("members", pa.int64()),
        ("place", pa.int32()),
    ]
)
"""REMOVAL rows; `survivor` is an address, `members` the size of a survivor's cluster, `place` that in the sample of a
cluster that may be a template."""
SAMPLED = pa.schema([DECIDED.field(name) for name in ("part", "row", "survivor", "survivor0", "survivor1", "place")])
SAMPLE = pa.schema(
    [*(item for item in SAMPLED if item.name not in {"part", "row"}), ("shingles", pa.list_(pa.int32()))]
)
TEMPLATE = pa.schema(
    [
        *(DECIDED.field(name) for name in ("survivor", "survivor0", "survivor1")),
        ("own_share", pa.float64()),
        ("own_similarity", pa.float64()),
    ]
)


@dataclass(frozen=True)
class ReadLinks:
    """LINK rows of a part of the edges."""

    edges: Table

    def __call__(self, part: Part) -> Iterator[pa.RecordBatch]:
        """One batch a row group."""
        for batch in self.edges.batches(part.number, ["row", "other", "similarity"], 1 << 17):
            row = batch.column("row").to_numpy()
            first = pa.array(address(np.full(len(row), part.number, np.int64), row))
            yield pa.RecordBatch.from_arrays([first, batch.column("other"), batch.column("similarity")], schema=LINK)


@dataclass(frozen=True)
class ResolveComponents:
    """DECIDED rows of components whose rows come one component after the other.

    Clusters of `template` members or more are sampled.
    """

    keep: tuple[str, ...]
    template: int

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Holds ROWS_TOGETHER rows, or those of one component."""
        for rows in runs(batches, "component", ROWS_TOGETHER):
            is_pair = pc.is_valid(rows.column("b"))
            members = ranked(rows.filter(pc.invert(is_pair)).select(MEMBER.names), self.keep)
            yield from self._decided(resolve_members(members, _edges(rows.filter(is_pair)))).to_batches()

    def _decided(self, resolved: Resolved) -> pa.Table:
        members = resolved.members
        place = np.full(len(members), -1, np.int32)
        for chosen in sampled(members, resolved, np.flatnonzero(resolved.sizes >= self.template)):
            place[chosen] = np.arange(len(chosen), dtype=np.int32)
        rows = resolved.rows()
        where = address(rows.column("part").to_numpy(), rows.column("row").to_numpy())
        at = np.searchsorted(members.addresses, where)
        survivor = np.where(resolved.survivor[at] >= 0, members.addresses[resolved.survivor[at]], where)
        more = (members.values("source")[at], survivor, resolved.sizes[at])
        columns: list[Any] = [*rows.columns, *more, pa.array(place[at], mask=place[at] < 0)]
        return pa.table(columns, names=DECIDED.names).cast(DECIDED).combine_chunks()


def _edges(rows: pa.Table) -> pa.Table:
    """The columns of EDGE that decide."""
    part, row = part_and_row(rows.column("a").to_numpy())
    return pa.table({"part": part, "row": row, "other": rows.column("b"), "similarity": rows.column("similarity")})


@dataclass(frozen=True)
class OnSpark:
    """The resolution of a run's verified pairs, in frames.

    `read` gives members as `schema`, `edges` is the table of pairs; clusters of `template` members are looked at.
    """

    store: Store
    parts: tuple[Part, ...]
    read: ReadMembers
    keep: tuple[str, ...]
    template: int
    edges: Table
    shingles: Table
    schema: pa.Schema = SIGNED_MEMBER

    @cached_property
    def members(self) -> DataFrame:
        """Every record that could have gone."""
        return read_frame(self.store.spark, self.parts, self.read, self.schema).select(*MEMBER.names)

    @cached_property
    def resolved(self) -> Stored:
        """DECIDED rows, before templates are looked at."""
        from pyspark.sql import functions as F

        spark, store = self.store.spark, self.store
        parts = tuple(part for part in self.parts if part.number in self.edges.files)
        links = read_frame(spark, parts, ReadLinks(self.edges), LINK)
        # Its scratch lies in ours and goes with it.
        found = connected_components(spark, links.select("a", "b"), storage.join(store.attempt.slot.root, "components"))
        labels = found.withColumnRenamed("node", "a")
        own = self.members.withColumn("a", F.shiftleft("part", ROW_BITS).bitwiseOR(F.col("row").cast("bigint")))
        rows = own.join(labels, "a").unionByName(links.join(labels, "a"), allowMissingColumns=True)
        count = partitions_of(8 * sum(file.rows for file in self.edges.files.values()))
        together = rows.select(*COMPONENT.names).repartition(count, "component").sortWithinPartitions("component")
        return store.write(
            map_frame(together, ResolveComponents(self.keep, self.template), DECIDED), "resolved", DECIDED
        )

    @cached_property
    def templates(self) -> Stored:
        """The clusters that only share a template, by their survivors."""
        large = self.store.read(self.resolved).where("place IS NOT NULL")
        count = partitions_of(self.resolved.rows)
        receipts = write_by_part(large, "sampled", self.store.attempt, SAMPLED, ("survivor", "place"), count)
        parts = tuple(part for receipt in receipts for part in receipt.parts)
        files = {part.number: file for part in parts if (file := part.file("sampled")) is not None}
        read = ReadSample(Table(self.store.attempt.slot, files), self.shingles)
        sample = read_frame(self.store.spark, parts, read, SAMPLE)
        together = sample.repartition(count, "survivor").sortWithinPartitions("survivor", "place")
        return self.store.write(map_frame(together, judged, TEMPLATE), "templates", TEMPLATE)

    @cached_property
    def decided(self) -> DataFrame:
        """DECIDED rows without the clusters that are templates."""
        templates = self.store.read(self.templates).select("survivor")
        return self.store.read(self.resolved).join(templates, "survivor", "left_anti")

    def told(self) -> dict[str, Any]:
        """What the manifest tells of templates."""
        from pyspark.sql import functions as F

        sizes = self.store.read(self.resolved).where("NOT removed").select("survivor", "members")
        found = self.store.read(self.templates).join(sizes, "survivor")
        counted = found.agg(F.count(F.lit(1)), F.sum("members")).toArrow().to_pylist()[0]
        total, members = counted.values()
        name = (F.lpad(F.hex(half), 16, "0") for half in ("survivor0", "survivor1"))
        largest = found.orderBy(F.desc("members"), *name).limit(EXAMPLES).toArrow()
        clusters = listed(largest.to_pylist())
        return {"templates": total, "template_members": members or 0, "template_clusters": clusters}

    def counts(self, sources: int) -> Counts:
        """What the guard looks at."""
        from pyspark.sql import functions as F

        seen = self.decided.agg(F.count_if(~F.col("removed")), F.max("members")).toArrow().to_pylist()[0]
        clusters, largest = seen.values()
        total, gone = (_by_source(frame, sources) for frame in (self.members, self.decided.where("removed")))
        return Counts(total, gone, clusters, max(1, largest or 1))

    def write(self, attempt: Attempt) -> list[Receipt]:
        """REMOVAL rows, one file a part."""
        count = partitions_of(self.resolved.rows)
        return write_by_part(self.decided, "duplicates", attempt, REMOVAL, REMOVAL_IDENTITY, count)


@dataclass(frozen=True)
class Counts:
    """Records, and those that go, by the number of their source; clusters, and members of the largest."""

    total: Sequence[int]
    gone: Sequence[int]
    clusters: int
    largest: int


def _by_source(frame: DataFrame, sources: int) -> list[int]:
    counts = [0] * sources
    for row in frame.groupBy("source").count().toArrow().to_pylist():
        counts[row["source"]] = row["count"]
    return counts


@dataclass(frozen=True)
class ReadSample:
    """SAMPLE rows of a part: the shingles of the records in `sampled`."""

    sampled: Table
    shingles: Table

    def __call__(self, part: Part) -> Iterator[pa.RecordBatch]:
        """Batches of the stored shingles that have any."""
        wanted = self.sampled.read(part.number)
        if wanted is None:
            return
        rows = wanted.column("row").to_numpy()
        for batch in self.shingles.batches(part.number, ["row", "shingles"]):
            there = batch.column("row").to_numpy()
            low, high = np.searchsorted(rows, [there[0], there[-1] + 1])
            if high > low:
                at = pa.array(np.searchsorted(there, rows[low:high]))
                found = wanted.slice(low, high - low).append_column("shingles", batch.column("shingles").take(at))
                yield from found.select(SAMPLE.names).cast(SAMPLE).combine_chunks().to_batches()


def judged(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """TEMPLATE rows of the samples, which come one cluster after the other, that are of a template."""
    found: list[dict[str, Any]] = []
    for rows in runs(batches, "survivor"):
        sets = [np.asarray(values.values).view(np.uint32) for values in rows.column("shingles")]
        seen = judge(sets)
        if seen.is_template:
            first = {name: rows.column(name)[0].as_py() for name in ("survivor", "survivor0", "survivor1")}
            found.append({**first, "own_share": seen.own_share, "own_similarity": seen.own_similarity})
    yield from pa.Table.from_pylist(found, TEMPLATE).to_batches()
