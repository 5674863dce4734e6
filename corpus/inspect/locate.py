"""Where a record of a published run is: by its id, or by the key its source knows it by."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus.identity import doc_ids, from_halves, halves, repeated_id
from corpus.inspect.files import dataset, files_of
from corpus.slot import Committed, Table

_ID = re.compile(r"[0-9a-f]{32}")
QUARANTINED = ("source", "path", "ordinal", "source_key", "stage", "reason", "detail", "length")
UNSELECTED = ("doc_id", "source", "source_key", "lang", "stage", "reasons")


@dataclass(frozen=True, order=True)
class Address:
    """A row of a text part; all sidecars have it at the same place."""

    part: int
    row: int


def is_id(wanted: str) -> bool:
    """Whether `wanted` has the shape of a doc_id."""
    return _ID.fullmatch(wanted) is not None


def addresses(stages: Mapping[str, Committed], wanted: str) -> list[Address]:
    """The rows that `wanted` names, in order; reads removed rows first, then 16 bytes a record, then the keys."""
    found = set(_among_removed(stages, wanted))
    if is_id(wanted):
        return sorted(found or set(_by_id(stages, wanted)) or set(_by_key(stages, wanted)))
    return sorted(found | set(_by_key(stages, wanted)))


def unselected(stages: Mapping[str, Committed], wanted: str) -> list[dict[str, Any]]:
    """Records that `select` dropped before there was a text part."""
    rejected = dataset(stages["publish"].slot, files_of(stages["publish"], "rejected"))
    if rejected is None:
        return []
    test = ((pc.field("doc_id") == wanted) | (pc.field("source_key") == wanted)) & pc.field("part").is_null()
    return list(rejected.to_table(columns=list(UNSELECTED), filter=test).to_pylist())


def quarantined(stages: Mapping[str, Committed], wanted: str) -> list[dict[str, Any]]:
    """Unreadable records named by their key, by `path#ordinal`, or by the id they would have got."""
    held = dataset(stages["publish"].slot, files_of(stages["publish"], "quarantine"))
    if held is None:
        return []
    found: list[dict[str, Any]] = []
    for batch in held.to_batches(columns=list(QUARANTINED)):
        places = pc.binary_join_element_wise(batch["path"], batch["ordinal"].cast(pa.string()), "#")
        keys = pc.coalesce(batch["source_key"], places)
        hit = pc.or_(pc.equal(keys, wanted), pc.equal(places, wanted))
        if is_id(wanted):
            hit = pc.or_(hit, pa.array(_would_be(batch["source"].to_pylist(), keys.to_pylist(), wanted)))
        found += batch.filter(hit).to_pylist()
    return found


def _would_be(sources: list[str], keys: list[str], wanted: str) -> list[bool]:
    return [doc_ids(source, [key])[0].as_py() == wanted for source, key in zip(sources, keys, strict=True)]


def find_survivor(duplicates: Table, id0: int, id1: int, rank: int) -> Address | None:
    """The row that survived in a cluster of duplicates, by the id its members name."""
    for number in sorted(duplicates.files):
        table = duplicates.read(number, ["row", "id0", "id1", "rank", "removed"])
        if table is None:
            continue
        hit = _equal(table, "id0", id0) & _equal(table, "id1", id1) & _equal(table, "rank", rank)
        rows = np.flatnonzero(hit & ~table.column("removed").to_numpy())
        if len(rows):
            return Address(number, table.column("row")[int(rows[0])].as_py())
    return None


def _among_removed(stages: Mapping[str, Committed], wanted: str) -> Iterator[Address]:
    rejected = dataset(stages["publish"].slot, files_of(stages["publish"], "rejected"))
    if rejected is None:
        return
    test = ((pc.field("doc_id") == wanted) | (pc.field("source_key") == wanted)) & pc.field("part").is_valid()
    for item in rejected.to_table(columns=["part", "row"], filter=test).to_pylist():
        yield Address(item["part"], item["row"])


def _by_id(stages: Mapping[str, Committed], wanted: str) -> Iterator[Address]:
    """Rows whose id it is: the first record of the id in the keys, or a later one in the list of repeated ids."""
    high, low = (int(half[0]) for half in halves(pa.array([wanted])))
    keys, ids = stages["text"].table("keys"), stages["identify"].table("ids")
    for number in sorted(keys.files):
        table = keys.read(number, ["id0", "id1"])
        if table is not None:
            for row in np.flatnonzero(_equal(table, "id0", high) & _equal(table, "id1", low)):
                if not rank_of(ids, Address(number, int(row))):
                    yield Address(number, int(row))
    for number in sorted(ids.files):
        for item in _rows(ids.read(number, ["row", "id0", "id1", "rank"])):
            if repeated_id(from_halves(item["id0"], item["id1"]), item["rank"]) == wanted:
                yield Address(number, item["row"])


def _by_key(stages: Mapping[str, Committed], wanted: str) -> Iterator[Address]:
    text = stages["text"].table("text")
    for number in sorted(text.files):
        table = text.read(number, ["source_key"])
        if table is not None:
            for row in np.flatnonzero(pc.equal(table.column("source_key"), wanted).to_numpy()):
                yield Address(number, int(row))


def rank_of(ids: Table, address: Address) -> int:
    """0 for a record that has its id to itself or first, else how many had it before."""
    table = ids.read(address.part, ["row", "rank"])
    found = [] if table is None else _rows(table.filter(pc.equal(table.column("row"), address.row)))
    return int(found[0]["rank"]) if found else 0


def _equal(table: pa.Table, column: str, value: int) -> np.ndarray:
    return np.asarray(table.column(column).to_numpy() == value)


def _rows(table: pa.Table | None) -> list[dict[str, Any]]:
    return [] if table is None else list(table.to_pylist())
