"""Which records an index knows already: by their exact key, else by a signature whose estimate says near enough.

The old text is not read, so near-duplicates are told by the sketches of both: an estimate of the Jaccard similarity
with a standard error of 0.03 at 0.7 and 256 places (`corpus.kernels.minhash.estimate`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.config import Near
from corpus.graph.candidates import FULL, PairSet
from corpus.index.entries import LOOKED_AT, numbers, packed
from corpus.index.generation import Index
from corpus.index.segment import SegmentFiles
from corpus.kernels.minhash import estimate
from corpus.stages.sign import grid

PAIRS = 1 << 16
"""Sketches of so many pairs are compared at once: 32 MB."""
FOUND: dict[str, Any] = {
    "at": pl.Int64,
    "similarity": pl.Float32,
    "exact": pl.Boolean,
    "priority": pl.Int32,
    "characters": pl.Int32,
    "id0": pl.Int64,
    "id1": pl.Int64,
    "index": pl.Int64,
    "segment": pl.Int64,
    "place": pl.Int64,
}


@dataclass(frozen=True)
class Hits:
    """The indexed record that each of some rows duplicates; all arrays have one value a hit, `at` ascends.

    `similarity` is 1 where the exact keys are equal (`exact`), else estimated. `index`, `segment` and `place` count
    the indexes looked in, their segments and the rows of these.
    """

    at: np.ndarray
    id0: np.ndarray
    id1: np.ndarray
    similarity: np.ndarray
    exact: np.ndarray
    index: np.ndarray
    segment: np.ndarray
    place: np.ndarray

    def __len__(self) -> int:
        return len(self.at)


def look_up(indexes: Sequence[Index], rows: pa.Table, exact: bool, near: Near | None) -> Hits:
    """What the standing records of `indexes` have of `rows`, which have `id0`, `id1`, the keys and the signatures.

    A record is no duplicate of the indexed record with its own id. Of several the most similar is given, then the one
    of the highest priority, the longest, the first by id. Memory is that of `rows`, of their candidates and of one row
    group.
    """
    own = (rows.column("id0").to_numpy(), rows.column("id1").to_numpy())
    found = [pl.DataFrame(schema=FOUND)]
    if exact:
        for which, number, segment in _segments(indexes, "keys"):
            found.append(_exact(rows, segment, own, which, number))
    best = _best(found)
    if near is not None:
        rest = np.setdiff1d(np.arange(len(rows)), best["at"].to_numpy())
        signed = rest[rows.column("bands").is_valid().to_numpy()[rest]]
        queries = rows.take(pa.array(signed))
        own = own[0][signed], own[1][signed]
        found = [best]
        for which, number, segment in _segments(indexes, "bands"):
            some = _near(queries, segment, near, own, which, number)
            found.append(some.with_columns(at=pl.Series(signed[some["at"].to_numpy()], dtype=pl.Int64)))
        best = _best(found)
    columns: dict[str, Any] = {name: best[name].to_numpy() for name in Hits.__dataclass_fields__}
    return Hits(**columns)


def own_places(
    indexes: Sequence[Index], id0: np.ndarray, id1: np.ndarray
) -> list[tuple[int, int, np.ndarray, np.ndarray]]:
    """Where the indexes have records of these ids: index, segment, indexes into the ids, rows of the segment."""
    found = []
    for which, number, segment in _segments(indexes, "ids"):
        for at, place in segment.sorted["ids"].matches(0, id0.view(np.uint64), id1.view(np.uint64)):
            left = segment.left(place)
            found.append((which, number, at[left], place[left]))
    return found


def _segments(indexes: Sequence[Index], table: str) -> list[tuple[int, int, SegmentFiles]]:
    return [
        (which, number, segment)
        for which, index in enumerate(indexes)
        for number, segment in enumerate(index.segments)
        if any(file.table == table and file.rows for file in segment.note.files)
    ]


def _best(found: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """One row for each `at`."""
    order = ["at", "similarity", "priority", "characters", "id0", "id1", "index", "segment", "place"]
    descending = [name in {"similarity", "priority", "characters"} for name in order]
    return pl.concat(found).sort(order, descending=descending).unique("at", keep="first", maintain_order=True)


def _exact(
    rows: pa.Table, segment: SegmentFiles, own: tuple[np.ndarray, np.ndarray], index: int, number: int
) -> pl.DataFrame:
    keyed = np.flatnonzero(rows.column("key0").is_valid().to_numpy())
    key0, key1 = (numbers(rows, name)[keyed].view(np.uint64) for name in ("key0", "key1"))
    found = [pl.DataFrame(schema=FOUND)]
    for at, place in segment.sorted["keys"].matches(0, key0, key1, most=FULL):
        left = segment.left(place)
        at, place = keyed[at[left]], place[left]
        known = segment.take(place, LOOKED_AT)
        similarity = np.ones(len(at), np.float32)
        found.append(_told(at, place, known, similarity, True, own, index, number))
    return pl.concat(found)


def _near(
    rows: pa.Table, segment: SegmentFiles, near: Near, own: tuple[np.ndarray, np.ndarray], index: int, number: int
) -> pl.DataFrame:
    at, place = _candidates(rows, segment, near)
    found = [pl.DataFrame(schema=FOUND)]
    order = np.argsort(place, kind="stable")
    for start in range(0, len(order), PAIRS):
        some = order[start : start + PAIRS]
        known = segment.take(place[some], (*LOOKED_AT, "sketch", "shingles", "key", "masked"))
        similar = similarity(near, rows.take(pa.array(at[some])), known)
        chosen = similar >= np.float32(near.threshold)
        if near.numbers == "distinct":
            chosen &= ~numbers_only(rows.take(pa.array(at[some])), known)
        keep = np.flatnonzero(chosen)
        told = known.take(pa.array(keep))
        found.append(_told(at[some][keep], place[some][keep], told, similar[keep], False, own, index, number))
    return pl.concat(found)


def _candidates(rows: pa.Table, segment: SegmentFiles, near: Near) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of `rows` and rows of the segment that share a band; of a large bucket those that are kept first."""
    bands = grid(packed(rows, "bands"), "<u8")
    pairs = PairSet(max(len(rows), segment.note.rows, 1))
    for band in range(near.bands):
        for at, place in segment.sorted["bands"].matches(band, np.ascontiguousarray(bands[:, band]), most=FULL):
            left = segment.left(place)
            pairs.add(at[left], place[left])
    return pairs.arrays()


def similarity(near: Near, one: pa.Table, other: pa.Table) -> np.ndarray:
    """Estimated similarity of row i of both, as `near` means it; float32."""
    jaccard = estimate(grid(packed(one, "sketch"), np.uint8), grid(packed(other, "sketch"), np.uint8))
    if near.similarity == "jaccard":
        return jaccard
    left, right = numbers(one, "shingles").astype(np.float64), numbers(other, "shingles").astype(np.float64)
    return contained(jaccard, left, right)


def contained(jaccard: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The share of the smaller of two sets that lies in the larger, from their Jaccard similarity and sizes.

    Of a and b elements, those in both are J (a + b) / (1 + J). float32, at most 1.
    """
    both = jaccard / (1 + jaccard) * (left + right)
    return np.minimum(1, both / np.maximum(1, np.minimum(left, right))).astype(np.float32)


def standard_error(similar: np.ndarray, places: int) -> np.ndarray:
    """Of an estimated Jaccard similarity from sketches of so many places; the formula is that of `estimate`."""
    shared = np.clip(similar, 0, 1) * 255 / 256 + 1 / 256
    return np.asarray(np.sqrt(shared * (1 - shared) / places) * 256 / 255)


def numbers_only(one: pa.Table, other: pa.Table) -> np.ndarray:
    """Whether row i of both differ in their numbers and in nothing else."""
    masked = numbers(one, "masked") == numbers(other, "masked")
    return np.asarray(masked & (numbers(one, "key") != numbers(other, "key")))


def _told(
    at: np.ndarray,
    place: np.ndarray,
    known: pa.Table,
    similar: np.ndarray,
    exact: bool,
    own: tuple[np.ndarray, np.ndarray],
    index: int,
    number: int,
) -> pl.DataFrame:
    """FOUND rows, without those that found themselves."""
    columns = {
        "at": at,
        "similarity": similar,
        "exact": np.full(len(at), exact),
        **{name: numbers(known, name) for name in ("priority", "characters", "id0", "id1")},
        "index": np.full(len(at), index),
        "segment": np.full(len(at), number),
        "place": place,
    }
    other = (columns["id0"] != own[0][at]) | (columns["id1"] != own[1][at])
    return pl.DataFrame({name: values[other] for name, values in columns.items()}, schema=FOUND)
