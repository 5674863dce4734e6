"""Removed and unreadable records to look at, some of every reason, chosen by their ids: the same however a run went."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import xxhash

from corpus import storage
from corpus.identity import halves
from corpus.inspect.files import files_of, read_rows
from corpus.inspect.locate import Address
from corpus.inspect.sample import scrambled
from corpus.inspect.strata import Drawn, allocate, draw, sizes
from corpus.manifest import File
from corpus.slot import Committed, Slot

COLUMNS = (
    "doc_id", "source", "source_key", "lang", "stage", "reasons", "values", "bounds", "rules", "survivor",
    "similarity", "characters", "preview", "part", "row",
)  # fmt: skip
RAW = 400


@dataclass(frozen=True)
class Removed:
    """A removed record with its evidence; `text` is the whole of it where the run has it, else how it began."""

    doc_id: str
    source: str
    source_key: str
    lang: str | None
    stage: str
    reasons: tuple[str, ...]
    values: tuple[float | None, ...]
    bounds: tuple[str, ...]
    survivor: str | None
    similarity: float | None
    characters: int | None
    text: str


@dataclass(frozen=True)
class Unreadable:
    """A quarantined record: where it stands, what is wrong and the first bytes, undecodable ones as `\\x..`."""

    source: str
    path: str
    ordinal: int
    reason: str
    detail: str
    length: int
    raw: str


def kept_by_tier(publish: Committed, n: int, seed: int = 0) -> dict[str, list[Drawn]]:
    """Up to `n` published records of each tier, from its sources in proportion."""
    population = sizes(publish)
    wanted: dict[tuple[str, str], int] = {}
    for tier in {tier for _, tier in population}:
        wanted |= allocate({name: rows for name, rows in population.items() if name[1] == tier}, n, 1)
    found: dict[str, list[Drawn]] = defaultdict(list)
    for record in draw(publish, wanted, seed):
        found[record.tier].append(record)
    return dict(found)


def removed_by_reason(
    stages: Mapping[str, Committed], reasons: Sequence[str], n: int, seed: int = 0
) -> dict[str, list[Removed]]:
    """Up to `n` records that count under each of these reasons, those with the smallest seeded hash of their id.

    A record counts under the first of its reasons that is among `reasons`: give all that the account has.
    """
    publish = stages["publish"]
    files = files_of(publish, "rejected")
    chosen: dict[str, list[tuple[int, int, int]]] = {reason: [] for reason in reasons}
    for at, first, batch in _batches(publish.slot, files, ["doc_id", "reasons"]):
        order = scrambled(batch.column("doc_id"), seed)
        counted, code = _counted(batch.column("reasons"), reasons)
        for number in np.unique(code).tolist():
            rows = counted[code == number]
            rows = rows[np.argsort(order[rows], kind="stable")[:n]]
            best = chosen[reasons[number]] + [(int(order[row]), at, first + int(row)) for row in rows]
            chosen[reasons[number]] = heapq.nsmallest(n, best)
    rows_of = _read(publish.slot, files, {(at, row) for items in chosen.values() for _, at, row in items})
    texts = _texts(stages, [Address(row["part"], row["row"]) for row in rows_of.values() if row["part"] is not None])
    return {
        reason: [_removed(rows_of[at, row], texts) for _, at, row in items] for reason, items in chosen.items() if items
    }


def unreadable_by_reason(publish: Committed, n: int, seed: int = 0) -> dict[str, list[Unreadable]]:
    """Up to `n` quarantined records of each reason; a reason that is the commonest comes first."""
    files = files_of(publish, "quarantine")
    chosen: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    many: dict[str, int] = defaultdict(int)
    for at, first, batch in _batches(publish.slot, files, ["source", "path", "ordinal", "source_key", "reason"]):
        for row, item in enumerate(batch.to_pylist()):
            name = f"{item['source']}\t{item['path']}\t{item['ordinal']}\t{item['source_key']}"
            order = xxhash.xxh3_64_intdigest(name.encode(), seed % (1 << 64))
            many[item["reason"]] += 1
            best = chosen[item["reason"]]
            heapq.heappush(best, (-order, at, first + row))
            if len(best) > n:
                heapq.heappop(best)
    columns = ["source", "path", "ordinal", "source_key", "reason", "detail", "length", "raw"]
    rows_of = _read(publish.slot, files, {(at, row) for items in chosen.values() for _, at, row in items}, columns)
    return {
        reason: [_unreadable(rows_of[at, row]) for _, at, row in sorted(chosen[reason], reverse=True)]
        for reason in sorted(chosen, key=lambda reason: (-many[reason], reason))
    }


def _counted(lists: pa.ListArray, reasons: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """The rows that have one of the reasons, and the place of the first of theirs."""
    code = pc.index_in(lists.flatten(), pa.array(list(reasons), pa.string()))
    known = code.is_valid().to_numpy(zero_copy_only=False)
    parents = pc.list_parent_indices(lists).to_numpy()[known]
    rows, begins = np.unique(parents, return_index=True)
    return rows, code.drop_null().to_numpy()[begins]


def _batches(slot: Slot, files: Sequence[File], columns: list[str]) -> Iterator[tuple[int, int, pa.RecordBatch]]:
    """(place of the file, first row, rows)."""
    for at, file in enumerate(files):
        first = 0
        with storage.open_read(storage.join(slot.root, file.path)) as stream:
            for batch in pq.ParquetFile(stream).iter_batches(batch_size=1 << 16, columns=columns, use_threads=False):
                if batch.num_rows:
                    yield at, first, batch
                first += batch.num_rows


def _read(
    slot: Slot, files: Sequence[File], places: set[tuple[int, int]], columns: Sequence[str] = COLUMNS
) -> dict[tuple[int, int], dict[str, Any]]:
    found: dict[tuple[int, int], dict[str, Any]] = {}
    for at in sorted({at for at, _ in places}):
        rows = sorted(row for file, row in places if file == at)
        found |= {(at, row): item for row, item in zip(rows, read_rows(slot, files[at], rows, columns), strict=True)}
    return found


def _texts(stages: Mapping[str, Committed], addresses: Sequence[Address]) -> dict[Address, str]:
    """The texts of records of the run."""
    text = stages["text"].table("text")
    found: dict[Address, str] = {}
    for part in sorted({address.part for address in addresses}):
        rows = sorted({address.row for address in addresses if address.part == part})
        items = read_rows(text.slot, text.files[part], rows, ["text"])
        found |= {Address(part, row): item["text"] for row, item in zip(rows, items, strict=True)}
    return found


def _removed(row: Mapping[str, Any], texts: Mapping[Address, str]) -> Removed:
    whole = texts[Address(row["part"], row["row"])] if row["part"] is not None else row["preview"] or ""
    names = ("doc_id", "source", "source_key", "lang", "stage", "survivor", "similarity", "characters")
    said: dict[str, Any] = {name: row[name] for name in names}
    lists: dict[str, Any] = {name: tuple(row[name] or ()) for name in ("reasons", "values", "bounds")}
    return Removed(**said, **lists, text=whole)


def _unreadable(row: Mapping[str, Any]) -> Unreadable:
    where = row["path"] or row["source_key"] or ""
    return Unreadable(
        source=row["source"],
        path=storage.name_of(where) if row["path"] else where,
        ordinal=row["ordinal"],
        reason=row["reason"],
        detail=row["detail"] or "",
        length=row["length"],
        raw=row["raw"][:RAW].decode("utf-8", "backslashreplace"),
    )


def addresses_of(stages: Mapping[str, Committed], ids: Sequence[str]) -> dict[str, Address]:
    """Where the records with these ids are, those left out whose id another record claims too; one pass over ids."""
    if not ids:
        return {}
    pairs = zip(*(half.tolist() for half in halves(pa.array(ids))), strict=True)
    wanted = dict(zip(pairs, ids, strict=True))
    highs = np.array([high for high, _ in wanted])
    keys = stages["text"].table("keys")
    found: dict[str, Address] = {}
    twice: set[str] = set()
    for number in sorted(keys.files):
        table = keys.read(number, ["id0", "id1"])
        if table is None:
            continue
        id0, id1 = table.column("id0").to_numpy(), table.column("id1").to_numpy()
        for row in np.flatnonzero(np.isin(id0, highs)).tolist():
            doc_id = wanted.get((int(id0[row]), int(id1[row])))
            if doc_id is not None:
                twice |= {doc_id} & found.keys()
                found[doc_id] = Address(number, row)
    return {doc_id: place for doc_id, place in found.items() if doc_id not in twice}
