"""A sample of a run's vectors, chosen by the hash of ids, with what else is known of their records."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from corpus.inspect.files import read_rows
from corpus.inspect.sample import mixed
from corpus.slot import Committed

NONE = "–"
PREVIEW = 60


@dataclass(frozen=True)
class VectorSample:
    """Vectors, float32 (n, d), in the order of the hash of their ids; all else has a value for each.

    `published` is bool (n,). `labels` by what they are: `source`, `tier` (NONE where a record went), and where the run
    has them `cluster` (its number) and `tag_...` (the first tag of the record). `begins` is how the text begins.
    """

    vectors: np.ndarray
    published: np.ndarray
    labels: Mapping[str, tuple[str, ...]]
    begins: tuple[str, ...]


def vector_sample(stages: Mapping[str, Committed], n: int, seed: int = 0) -> VectorSample | None:
    """Up to `n` of the records that have a vector; None when the run made no vectors or there are none.

    Ids are read of all, vectors and labels of the parts that the sample is in.
    """
    if "embed" not in stages:
        return None
    table = stages["embed"].table("vectors")
    chosen: list[tuple[int, int, int]] = []
    for number in sorted(table.files):
        own = table.read(number, ["id0", "id1"])
        if own is not None:
            order = mixed(own.column("id0").to_numpy(), own.column("id1").to_numpy(), seed)
            best = np.argsort(order, kind="stable")[:n].tolist()
            chosen = heapq.nsmallest(n, [*chosen, *((int(order[at]), number, at) for at in best)])
    if not chosen:
        return None
    found: dict[tuple[int, int], dict[str, Any]] = {}
    for number in sorted({number for _, number, _ in chosen}):
        places = sorted(at for _, part, at in chosen if part == number)
        found |= {(number, at): row for at, row in zip(places, _rows(stages, number, places), strict=True)}
    rows = [row for _, number, at in chosen if (row := found[number, at])["vector"].any()]
    if not rows:
        return None
    names = [name for name in rows[0] if name == "source" or name in ("tier", "cluster") or name.startswith("tag_")]
    return VectorSample(
        vectors=np.stack([row["vector"] for row in rows]),
        published=np.array([row["tier"] != NONE for row in rows]),
        labels={name: tuple(str(row[name]) for row in rows) for name in names},
        begins=tuple(row["begins"] for row in rows),
    )


def _rows(stages: Mapping[str, Committed], number: int, places: list[int]) -> list[dict[str, Any]]:
    """What is known of the records at these places of a part's vectors."""
    table = stages["embed"].table("vectors")
    stored = read_rows(table.slot, table.files[number], places, ["row", "vector"])
    rows = np.array([item["row"] for item in stored])
    columns: dict[str, list[Any]] = {"vector": [np.asarray(item["vector"] or [0.0], np.float32) for item in stored]}
    keys = stages["text"].table("keys").read(number, ["source"])
    tiers = stages["tier"].table("tiers").read(number, ["tier"])
    columns["source"] = _at(keys, "source", rows)
    names = [*stages["tier"].manifest.details["tiers"], NONE]
    columns["tier"] = [names[place] if place is not None else NONE for place in _at(tiers, "tier", rows)]
    if "cluster" in stages:
        columns["cluster"] = _sparse(stages["cluster"], "clusters", "cluster", number, rows)
    if "tag" in stages:
        columns |= _tags(stages["tag"], number, rows)
    text = stages["text"].table("text")
    texts = read_rows(text.slot, text.files[number], sorted(rows.tolist()), ["text"])
    begins = {
        row: " ".join(item["text"][: 4 * PREVIEW].split())[:PREVIEW]
        for row, item in zip(sorted(rows.tolist()), texts, strict=True)
    }
    columns["begins"] = [begins[row] for row in rows.tolist()]
    return [{name: values[at] for name, values in columns.items()} for at in range(len(rows))]


def _at(table: pa.Table | None, column: str, rows: np.ndarray) -> list[Any]:
    return [None] * len(rows) if table is None else list(table.column(column).take(pa.array(rows)).to_pylist())


def _sparse(stage: Committed, table: str, column: str, number: int, rows: np.ndarray) -> list[Any]:
    """A column of a table that has some rows, by `row`."""
    stored = stage.table(table).read(number, ["row", column])
    known = (
        {}
        if stored is None
        else dict(zip(stored.column("row").to_pylist(), stored.column(column).to_pylist(), strict=True))
    )
    return [known.get(row, NONE) for row in rows.tolist()]


def _tags(stage: Committed, number: int, rows: np.ndarray) -> dict[str, list[Any]]:
    """The first label of each taxonomy."""
    stored = stage.table("tags").read(number)
    if stored is None:
        return {}
    found: dict[str, list[Any]] = {}
    for name in stored.column_names:
        if name.startswith("tag_"):
            values = [value[0] if isinstance(value, list) and value else value for value in _at(stored, name, rows)]
            found[name] = [value if isinstance(value, str) else NONE for value in values]
    return found
