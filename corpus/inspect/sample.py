"""A handful of records to look at, chosen by their ids: the same whatever the order or number of files."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from corpus import storage
from corpus.errors import UsageError
from corpus.identity import halves
from corpus.inspect.files import files_of, read_row
from corpus.manifest import File
from corpus.rundir import RunDir
from corpus.schema import group_of
from corpus.slot import Committed, Slot

Which = Literal["kept", "removed"]
PREVIEW = 200


@dataclass(frozen=True)
class Sampled:
    """One record: where it is published, or why it was removed; `preview` begins its text."""

    which: Which
    doc_id: str
    source: str
    source_key: str
    lang: str | None
    characters: int | None
    preview: str
    tier: str | None = None
    stage: str | None = None
    reasons: tuple[str, ...] = ()
    values: tuple[float | None, ...] = ()
    bounds: tuple[str, ...] = ()
    survivor: str | None = None


def sample(
    root: str, which: Which, n: int = 5, *, reason: str | None = None, tier: str | None = None, seed: int = 0
) -> list[Sampled]:
    """`n` records of one kind, in a seeded order of their ids, fewer when there are fewer.

    `reason` keeps removed records that failed this rule or went for this reason, `tier` kept records of this tier;
    UsageError names what there is when there is no such reason or tier. One column of ids (and reasons) is read, then
    the chosen rows.
    """
    publish = RunDir.open(root).need_published()["publish"]
    files = _of_tier(root, publish, tier) if which == "kept" else files_of(publish, "rejected")
    chosen = heapq.nsmallest(n, _ordered(publish.slot, files, reason, seed))
    if not chosen and reason is not None:
        raise UsageError(f"{root}: no record was removed for {reason!r}; there are {_reasons(publish.slot, files)}")
    read = _kept if which == "kept" else _removed
    return [read(publish.slot, files[file], row) for _, file, row in chosen]


def spread(root: str, n: int = 8, seed: int = 0) -> list[Sampled]:
    """One removed record for each of the `n` commonest reasons that the account counts, the commonest first."""
    account = RunDir.open(root).account()
    counted = {**account.dropped, **account.merged}
    commonest = sorted(counted, key=lambda reason: (-counted[reason], reason))[:n]
    return [item for reason in commonest for item in sample(root, "removed", 1, reason=reason, seed=seed)]


def which(removed: bool | None, reason: str | None = None, tier: str | None = None) -> tuple[Which, ...]:
    """The kinds that a request means: removed (True), kept (False) or, where nothing says, both. UsageError when a
    reason is asked of kept records or a tier of removed ones."""
    if reason is not None and (tier is not None or removed is False):
        raise UsageError("a reason belongs to removed records, a tier to kept ones; ask for one of them")
    if tier is not None and removed:
        raise UsageError("removed records have no tier; leave out one of the two")
    if reason is not None or removed:
        return ("removed",)
    return ("kept",) if tier is not None or removed is False else ("kept", "removed")


def _of_tier(root: str, publish: Committed, tier: str | None) -> list[File]:
    files = files_of(publish, "dataset")
    if tier is None:
        return files
    there = sorted({_tier(file) for file in files})
    if tier not in there:
        raise UsageError(f"{root}: nothing is published in tier {tier!r}; there are {', '.join(there) or 'none'}")
    return [file for file in files if _tier(file) == tier]


def _tier(file: File) -> str:
    return group_of(file.path)


def _ordered(slot: Slot, files: list[File], reason: str | None, seed: int) -> Iterator[tuple[int, int, int]]:
    """(order, file, row) of every record asked for; the order depends on the id and the seed alone."""
    columns = ["doc_id"] if reason is None else ["doc_id", "reasons"]
    for index, file in enumerate(files):
        first = 0
        for batch in _batches(slot, file, columns):
            rows = np.arange(batch.num_rows)
            if reason is not None:
                rows = rows[_having(batch.column("reasons"), reason)]
            if len(rows):
                order = scrambled(batch.column("doc_id").take(pa.array(rows)), seed)
                for place in np.argsort(order, kind="stable")[: 1 << 10]:
                    yield int(order[place]), index, first + int(rows[place])
            first += batch.num_rows


def scrambled(ids: pa.Array, seed: int) -> np.ndarray:
    """A pseudo-random uint64 for each id: ids are hashes already, the seed picks another order of them."""
    return mixed(*halves(ids), seed)


def mixed(high: np.ndarray, low: np.ndarray, seed: int) -> np.ndarray:
    """`scrambled` for ids as their two halves (int64)."""
    with np.errstate(over="ignore"):
        order = high.view(np.uint64) ^ np.uint64((seed * 0x9E3779B97F4A7C15) % (1 << 64))
        order = (order ^ (order >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9) + low.view(np.uint64)
        order = (order ^ (order >> np.uint64(32))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(order ^ (order >> np.uint64(29)))


def _having(reasons: pa.Array, reason: str) -> np.ndarray:
    found = np.zeros(len(reasons), bool)
    hit = pc.equal(pc.list_flatten(reasons), reason).to_numpy(zero_copy_only=False)
    found[pc.list_parent_indices(reasons).to_numpy()[hit]] = True
    return found


def _batches(slot: Slot, file: File, columns: list[str]) -> Iterator[pa.RecordBatch]:
    with storage.open_read(storage.join(slot.root, file.path)) as stream:
        yield from pq.ParquetFile(stream).iter_batches(batch_size=1 << 16, columns=columns, use_threads=False)


def _reasons(slot: Slot, files: list[File]) -> str:
    there: set[str] = set()
    for file in files:
        for batch in _batches(slot, file, ["reasons"]):
            there.update(pc.unique(pc.list_flatten(batch.column("reasons"))).to_pylist())
    return ", ".join(sorted(there)) or "none"


def _kept(slot: Slot, file: File, row: int) -> Sampled:
    item = read_row(slot, file, row, ["doc_id", "source", "source_key", "lang", "characters", "text"])
    return Sampled(which="kept", preview=item.pop("text")[:PREVIEW], tier=_tier(file), **item)


REMOVED = ("doc_id", "source", "source_key", "lang", "characters", "preview", "stage", "reasons", "values", "bounds")


def _removed(slot: Slot, file: File, row: int) -> Sampled:
    item: Mapping[str, Any] = read_row(slot, file, row, [*REMOVED, "survivor"])
    lists = {name: tuple(item[name] or ()) for name in ("reasons", "values", "bounds")}
    return Sampled(which="removed", **{**item, **lists, "preview": item["preview"] or ""})
