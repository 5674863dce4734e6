"""What a committed run says about pairs, and its near-duplicate removals compared once more from the texts.

The second comparison shares nothing with the first but what a unit is: shingles are tuples of units in Python sets,
without hashes of shingles, minima, samples of large sets or merges.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.config import Near
from corpus.dedup.members import ROW_BITS, part_and_row
from corpus.identity import halves
from corpus.inspect.sample import mixed
from corpus.kernels.shingles import SIZE, units
from corpus.slot import Committed
from corpus.stages.identify import ranks

CHECKED = 2000
"""Removals that are compared again; 95 of 100 errors in 2,000 would show as at most 0.2 % with none found."""
_ADDRESS = pl.col("part").cast(pl.Int64) * (1 << ROW_BITS) + pl.col("row").cast(pl.Int64)


@dataclass(frozen=True)
class Seen:
    """What became of an injected pair: `verified` as a pair by the run, or the copy at least `removed` as a
    near-duplicate of some record; `aside` says why it says nothing about near-duplicates."""

    verified: bool = False
    removed: bool = False
    aside: str | None = None


@dataclass(frozen=True)
class Checked:
    """Near-duplicate removals of the run, how many of them were compared again, how many were `right` (at least as
    similar as the threshold), and the least similarity."""

    removals: int
    checked: int
    right: int
    least: float | None


@dataclass(frozen=True)
class Evidence:
    """The committed stages of a run with near-duplicate stages."""

    stages: Mapping[str, Committed]

    def pairs(self, wanted: Sequence[tuple[str, str, str]]) -> list[Seen]:
        """For each (id of the original, its text, id of the copy) what the run did with the two."""
        ids = [one for one, _, _ in wanted] + [other for _, _, other in wanted]
        places = self._addresses(*halves(pa.array(ids, pa.string())), np.zeros(len(ids), np.int32))
        texts = self._texts([place for place in places[: len(wanted)] if place is not None])
        gone = {name: self._removals(name) for name in ("dedup-urls", "dedup-exact", "dedup-near")}
        found = []
        for (_, text, _), original, copy in zip(wanted, places[: len(wanted)], places[len(wanted) :], strict=True):
            if original is None or copy is None:
                found.append(Seen(aside="not among the records that were compared"))
            elif texts.get(original) != text:
                found.append(Seen(aside="several records have the original's id"))
            elif original in gone["dedup-urls"] or copy in gone["dedup-urls"]:
                found.append(Seen(aside="another record has the original's URL"))
            elif copy in gone["dedup-exact"]:
                found.append(Seen(aside="the copy equals another record"))
            else:
                # An exact copy of the original may stand for it.
                stands = gone["dedup-exact"].get(original, original)
                edge = (stands, copy) in self._edges or (copy, stands) in self._edges
                found.append(Seen(verified=edge, removed=copy in gone["dedup-near"]))
        return found

    def check(self, near: Near, seed: int = 0) -> Checked:
        """Near-duplicate removals, CHECKED of them chosen by hash, compared by plain sets."""
        pairs = list(self._removals("dedup-near").items())
        if not pairs:
            return Checked(0, 0, 0, None)
        ends = np.array(pairs, np.int64)
        order = np.argsort(mixed(ends[:, 0], ends[:, 1], seed), kind="stable")[:CHECKED]
        chosen = ends[order].tolist()
        texts = self._texts(sorted({place for pair in chosen for place in pair}))
        sets = {place: _shingles(text) for place, text in texts.items()}
        similar = [similarity(sets[one], sets[other], near.similarity) for one, other in chosen]
        right = sum(value >= near.threshold for value in similar)
        return Checked(len(pairs), len(chosen), right, min(similar))

    @cached_property
    def _edges(self) -> set[tuple[int, int]]:
        """The addresses of both ends of every verified pair."""
        frame = self._all("near-edges", "edges", ["row", "other"])
        return set(frame.select(_ADDRESS, "other").iter_rows())

    def _removals(self, stage: str) -> dict[int, int]:
        """The address of each record that a stage removed, and that of its survivor."""
        if stage not in self.stages:
            return {}
        columns = ["row", "removed", "survivor0", "survivor1", "survivor_rank"]
        gone = self._all(stage, "duplicates", columns).filter("removed")
        survivors = (gone[name].to_numpy() for name in columns[2:])
        where = self._addresses(*survivors)
        return {
            one: other
            for one, other in zip(gone.select(_ADDRESS).to_series().to_list(), where, strict=True)
            if other is not None
        }

    def _all(self, stage: str, table: str, columns: list[str]) -> pl.DataFrame:
        """The rows of all parts of a table, with the number of their part."""
        stored = self.stages[stage].table(table)
        frames: list[Any] = [
            pl.DataFrame(pl.from_arrow(rows)).with_columns(part=pl.lit(number, pl.Int64))
            for number in sorted(stored.files)
            if (rows := stored.read(number, columns)) is not None
        ]
        kinds = {"removed": pl.Boolean, "row": pl.Int32, "survivor_rank": pl.Int32}
        empty = pl.DataFrame(schema={name: kinds.get(name, pl.Int64) for name in [*columns, "part"]})
        return pl.concat(frames) if frames else empty

    def _addresses(self, id0: np.ndarray, id1: np.ndarray, rank: np.ndarray) -> list[int | None]:
        """Where the records with these ids and ranks are; None for one that is not there."""
        wanted = pl.DataFrame({"id0": id0, "id1": id1, "rank": rank.astype(np.int32)}).with_row_index("place")
        keys, ids = self.stages["text"].table("keys"), self.stages["identify"].table("ids")
        found: list[int | None] = [None] * len(wanted)
        for part in self.stages["text"].manifest.parts:
            table = keys.read(part.number, ["id0", "id1"])
            if table is None:
                continue
            rows: Any = pl.from_arrow(table)
            rows = rows.with_columns(rank=ranks(ids, part.number, part.rows)).with_row_index("row")
            for place, row in wanted.join(rows, on=["id0", "id1", "rank"]).select("place", "row").iter_rows():
                found[place] = part.number << ROW_BITS | row
        return found

    def _texts(self, addresses: Sequence[int]) -> dict[int, str]:
        """The texts of records, by address."""
        stored = self.stages["text"].table("text")
        part, row = part_and_row(np.array(sorted(set(addresses)), np.int64))
        found: dict[int, str] = {}
        for number in np.unique(part).tolist():
            rows = row[part == number]
            first = 0
            for batch in stored.batches(number, ["text"]):
                low, high = np.searchsorted(rows, [first, first + batch.num_rows])
                for place in rows[low:high].tolist():
                    found[number << ROW_BITS | place] = batch.column("text")[place - first].as_py()
                first += batch.num_rows
        return found


def _shingles(text: str) -> frozenset[tuple[int, ...]]:
    values = units(pa.array([text], pa.large_string())).values.tolist()
    return frozenset(zip(*(values[place:] for place in range(SIZE)), strict=False))


def similarity(one: frozenset[Any], other: frozenset[Any], kind: str) -> float:
    """|A and B| / |A or B|, or / min(|A|, |B|) where `kind` is containment; 0 where nothing could be shared."""
    whole = len(one | other) if kind == "jaccard" else min(len(one), len(other))
    return len(one & other) / whole if whole else 0.0
