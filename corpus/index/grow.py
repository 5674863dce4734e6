"""An index made from runs, and runs added to one: what is new stands in it, what it knows already is noted beside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.errors import AuditError, UsageError
from corpus.index.from_run import RunRecords
from corpus.index.generation import Index
from corpus.index.lookup import look_up, own_places
from corpus.index.segment import Origin, Segment
from corpus.manifest import Part

SEGMENT_ROWS = 500_000
"""Rows of a segment; what is made in memory at once is about 2 GB."""
MANY = 8
"""More segments of less than half that size than this are merged into larger ones."""


@dataclass(frozen=True)
class Added:
    """What became of the records of one run.

    `published` are those it published: `added` stand in the index now, `exact` and `near` are duplicates of a record
    that stood there before, `known` have an id that the index has, `taken_down` one that was taken down. `duplicates`
    are records that the run had removed in favour of another, kept for the day when that one is taken down.
    """

    run: str
    published: int = 0
    added: int = 0
    exact: int = 0
    near: int = 0
    known: int = 0
    taken_down: int = 0
    duplicates: int = 0


def build(runs: Sequence[str], out: str, segment_rows: int = SEGMENT_ROWS) -> tuple[Index, list[Added]]:
    """A new index at `out` of the records of `runs`, the first one first; nothing is there before all are in."""
    if not runs:
        raise UsageError("name at least one run directory")
    first = RunRecords.open(runs[0])
    index = Index.new(out, first.shape)
    return add(index, runs, segment_rows)


def add(index: Index, runs: Sequence[str], segment_rows: int = SEGMENT_ROWS) -> tuple[Index, list[Added]]:
    """`index` with the records of `runs` too, committed as one generation; none when they bring nothing new.

    UsageError when a run is unfinished or has other keys; then nothing is written.
    """
    opened = [RunRecords.open(run, index.now.shape) for run in runs]
    grown, told = index, []
    for records in opened:
        grown, added = _add(grown, records, segment_rows)
        told.append(added)
    if grown is index and index.now.number:
        return index, told
    return _compacted(grown, segment_rows).commit(), told


def _add(index: Index, records: RunRecords, segment_rows: int) -> tuple[Index, Added]:
    """The records of one run put in. A group of parts is in memory at a time, and is read twice when there are more."""
    groups = records.groups(segment_rows)
    only = [_fresh(index, records.read(groups[0], 0))] if len(groups) == 1 else None
    looked = [_looked(index, records, rows) for rows, _ in only or _read(index, records, groups)]
    found = pl.concat(looked) if looked else pl.DataFrame()
    grown, added, duplicates, known, taken, published = index, 0, 0, 0, 0, 0
    for rows, out in only or _read(index, records, groups):
        rows = _in_favour(rows, found)
        stands = rows.column("survivor0").null_count
        grown = grown.with_rows(rows, [records.origin])
        added, duplicates = added + stands, duplicates + len(rows) - stands
        known, taken, published = known + out["known"], taken + out["taken_down"], published + out["published"]
    exact = int(found["exact"].sum()) if len(found) else 0
    near = len(found) - exact
    return grown, Added(
        run=records.run.root,
        published=published,
        added=added,
        exact=exact,
        near=near,
        known=known,
        taken_down=taken,
        duplicates=duplicates - exact - near,
    )


def _read(
    index: Index, records: RunRecords, groups: Sequence[Sequence[Part]]
) -> Iterator[tuple[pa.Table, dict[str, int]]]:
    for group in groups:
        yield _fresh(index, records.read(group, 0))


def _fresh(index: Index, rows: pa.Table) -> tuple[pa.Table, dict[str, int]]:
    """The rows whose ids the index neither has nor has seen taken down, and how many published ones went."""
    id0, id1 = (rows.column(name).to_numpy() for name in ("id0", "id1"))
    known, taken = np.zeros(len(rows), bool), np.zeros(len(rows), bool)
    for _, _, at, _ in own_places([index], id0, id1):
        known[at] = True
    was0, was1 = index.taken
    if len(was0):
        seen = set(zip(was0.tolist(), was1.tolist(), strict=True))
        maybe = np.flatnonzero(np.isin(id0, was0))
        taken[[at for at in maybe if (int(id0[at]), int(id1[at])) in seen]] = True
        known &= ~taken
    stands = rows.column("survivor0").is_null().to_numpy()
    told = {
        "published": int(stands.sum()),
        "known": int((known & stands).sum()),
        "taken_down": int((taken & stands).sum()),
    }
    return rows.filter(pa.array(~known & ~taken)), told


def _looked(index: Index, records: RunRecords, rows: pa.Table) -> pl.DataFrame:
    """The standing records of a group that the index has: their ids `of`, and what they are found to duplicate."""
    alive = rows.filter(rows.column("survivor0").is_null())
    hits = look_up([index], alive, records.exact, index.near)
    of0, of1 = (alive.column(name).to_numpy()[hits.at] for name in ("id0", "id1"))
    columns = {"of0": of0, "of1": of1, "to0": hits.id0, "to1": hits.id1}
    return pl.DataFrame({**columns, "alike": hits.similarity, "exact": hits.exact})


def _in_favour(rows: pa.Table, found: pl.DataFrame) -> pa.Table:
    """The rows with the survivors `found`: of the records themselves, and of those that went in their favour."""
    if not len(found):
        return rows
    names = ["id0", "id1", "survivor0", "survivor1", "similarity"]
    of = {f"of{half}": pl.coalesce(f"survivor{half}", f"id{half}") for half in (0, 1)}
    frame = pl.DataFrame(rows.select(names)).with_columns(**of)
    frame = frame.join(found, on=["of0", "of1"], how="left", maintain_order="left").with_columns(
        survivor0=pl.coalesce("to0", "survivor0"),
        survivor1=pl.coalesce("to1", "survivor1"),
        similarity=pl.min_horizontal("alike", "similarity"),
    )
    for name in names[2:]:
        field = rows.schema.field(name)
        rows = rows.set_column(rows.schema.names.index(name), field, frame[name].to_arrow().cast(field.type))
    return rows


def _compacted(index: Index, segment_rows: int) -> Index:
    """With small segments merged, when there are many: what is gone is left out for good."""
    small = sorted((one for one in index.now.segments if one.rows < segment_rows // 2), key=lambda one: one.rows)
    if len(small) <= MANY:
        return index
    for group in _packed(small, segment_rows):
        if len(group) > 1:
            index = _merged(index, group)
    return index


def _packed(segments: Sequence[Segment], most: int) -> list[list[Segment]]:
    groups: list[list[Segment]] = []
    for segment in segments:
        if not groups or sum(one.rows for one in groups[-1]) + segment.rows > most:
            groups.append([])
        groups[-1].append(segment)
    return groups


def _merged(index: Index, group: Sequence[Segment]) -> Index:
    names = {segment.name for segment in group}
    origins: dict[Origin, int] = {}
    tables = []
    for segment in index.segments:
        if segment.note.name not in names:
            continue
        places = np.array([origins.setdefault(origin, len(origins)) for origin in segment.note.origins] or [0])
        for table in segment.batches():
            run = places[table.column("run").to_numpy()].astype(np.int32)
            tables.append(table.set_column(table.schema.names.index("run"), "run", pa.array(run)))
    rows = pa.concat_tables(tables).combine_chunks()
    merged = index.replaced(names, rows, tuple(origins))
    if sum(int(one.rows) for one in merged.now.segments) != merged.now.records + sum(
        one.rows for one in merged.now.gone
    ):
        raise AuditError(f"{index.root}: merged segments do not hold what they held before; nothing was committed")
    return merged
