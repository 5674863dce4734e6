"""A sample of what a run published, stratified by source and tier: the same for one seed however it was written."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from corpus import storage
from corpus.inspect.files import files_of
from corpus.inspect.sample import scrambled
from corpus.manifest import File
from corpus.schema import group_of
from corpus.slot import Committed, Slot

COLUMNS = ["doc_id", "source", "lang", "characters", "cluster_size", "text"]
UNKNOWN = "und"
Stratum = tuple[str, str]
"""Source and tier."""


@dataclass(frozen=True)
class Drawn:
    """One published record."""

    doc_id: str
    source: str
    tier: str
    lang: str | None
    characters: int
    cluster_size: int
    text: str


def sizes(publish: Committed) -> dict[Stratum, int]:
    """How many records each stratum has, strata in the order of their names; from the manifest alone."""
    found: Counter[Stratum] = Counter()
    for (source, tier, _), rows in _rows(publish):
        found[source, tier] += rows
    return dict(sorted(found.items()))


def main_languages(publish: Committed) -> dict[str, str]:
    """The language that most records of each source have; sources without any are left out."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for (source, _, lang), rows in _rows(publish):
        if lang != UNKNOWN:
            found[source][lang] += rows
    return {source: min(langs, key=lambda lang: (-langs[lang], lang)) for source, langs in found.items()}


def allocate(population: Mapping[Stratum, int], n: int, least: int) -> dict[Stratum, int]:
    """How many of `n` records each stratum gets: in proportion to its size, but at least `least`, or all it has.

    Shares are rounded by largest remainders and add up to `n`, or to the population where that is smaller. Where `n`
    is too small to give every stratum `least`, that is lowered, down to one; with fewer records than strata the
    largest strata get one each.
    """
    total = min(n, sum(population.values()))
    least = max(1, min(least, total // max(1, len(population))))
    floor = {name: min(least, size) for name, size in population.items() if size}
    if sum(floor.values()) > total:
        largest = sorted(floor, key=lambda name: (-population[name], name))[:total]
        return {name: 1 for name in floor if name in set(largest)}
    given = dict(floor)
    while (left := total - sum(given.values())) > 0:
        room = {name: population[name] - given[name] for name in given if population[name] > given[name]}
        whole = sum(population[name] for name in room)
        # What each is short of its share of all, never negative: a stratum lifted to `least` waits for the others.
        short = {name: max(0.0, total * population[name] / whole - given[name]) for name in room}
        scale = sum(short.values())
        parts = {name: min(room[name], left * short[name] / scale if scale else left / len(room)) for name in room}
        added = {name: int(part) for name, part in parts.items()}
        for name in sorted(room, key=lambda name: (added[name] - parts[name], name))[: left - sum(added.values())]:
            added[name] += added[name] < room[name]
        for name, more in added.items():
            given[name] += more
    return given


def draw(publish: Committed, wanted: Mapping[Stratum, int], seed: int) -> list[Drawn]:
    """So many records of each stratum, those with the smallest seeded hash of their id; by stratum, then by hash."""
    chosen: dict[Stratum, list[tuple[int, int, int]]] = {name: [] for name in wanted}
    files = files_of(publish, "dataset")
    for at, file, first, batch in _narrow(publish.slot, files):
        tier = tier_of(file)
        order = scrambled(batch.column("doc_id"), seed)
        sources = batch.column("source").to_numpy(zero_copy_only=False)
        for source in np.unique(sources).tolist():
            many = wanted.get((source, tier), 0)
            rows = np.flatnonzero(sources == source)
            rows = rows[np.argsort(order[rows], kind="stable")[:many]]
            if many:
                found = [(int(order[row]), at, first + int(row)) for row in rows]
                chosen[source, tier] = heapq.nsmallest(many, chosen[source, tier] + found)
    places = {(at, row): (name, order) for name, items in chosen.items() for order, at, row in items}
    records = list(_records(publish.slot, files, list(places)))
    return [record for _, record in sorted(records, key=lambda item: (places[item[0]], item[0]))]


def find(publish: Committed, ids: Sequence[str]) -> dict[str, Drawn]:
    """The published records with these ids; those that are not published are left out."""
    files, wanted = files_of(publish, "dataset"), pa.array(sorted(set(ids)), pa.string())
    places = [
        (at, first + int(row))
        for at, _, first, batch in _narrow(publish.slot, files)
        for row in np.flatnonzero(pc.is_in(batch.column("doc_id"), wanted).to_numpy(zero_copy_only=False))
    ]
    return {record.doc_id: record for _, record in _records(publish.slot, files, places)}


def tier_of(file: File) -> str:
    """The tier that a file of the data set belongs to."""
    return group_of(file.path)


def _rows(publish: Committed) -> Iterator[tuple[tuple[str, str, str], int]]:
    """((source, tier, language), records)."""
    for key, value in publish.manifest.counts.get("published", {}).items():
        measure, source, lang, tier = key.split("\t")
        if measure == "rows":
            yield (source, tier, lang), value


def _narrow(slot: Slot, files: Sequence[File]) -> Iterator[tuple[int, File, int, pa.RecordBatch]]:
    """Ids and sources of every record: (place of the file, file, first row, rows)."""
    for at, file in enumerate(files):
        first = 0
        with storage.open_read(storage.join(slot.root, file.path)) as stream:
            parquet = pq.ParquetFile(stream)
            for batch in parquet.iter_batches(batch_size=1 << 16, columns=["doc_id", "source"], use_threads=False):
                yield at, file, first, batch
                first += batch.num_rows


def _records(
    slot: Slot, files: Sequence[File], places: Sequence[tuple[int, int]]
) -> Iterator[tuple[tuple[int, int], Drawn]]:
    """The records at these places (file, row); a row group that holds several is read once."""
    for at in sorted({at for at, _ in places}):
        rows = np.array(sorted(row for file, row in places if file == at))
        with storage.open_read(storage.join(slot.root, files[at].path)) as stream:
            parquet = pq.ParquetFile(stream)
            first = 0
            for group in range(parquet.num_row_groups):
                many = parquet.metadata.row_group(group).num_rows
                inside = rows[(rows >= first) & (rows < first + many)]
                if len(inside):
                    table = parquet.read_row_group(group, columns=COLUMNS, use_threads=False)
                    for row, item in zip(inside, table.take(pa.array(inside - first)).to_pylist(), strict=True):
                        yield (at, int(row)), Drawn(tier=tier_of(files[at]), **item)
                first += many
