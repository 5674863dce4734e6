"""Records with an equal key are one record: the first by the keep policy stays, the others name it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import polars as pl
import pyarrow as pa

from corpus.dedup.members import MEMBER, REMOVAL, REMOVAL_IDENTITY

KEY = ("key0", "key1")
KEYED = pa.schema([*MEMBER, *(pa.field(name, pa.int64()) for name in KEY)])


@dataclass(frozen=True)
class DedupExact:
    """Records whose folded texts are equal."""

    keep: tuple[str, ...]
    name: ClassVar[str] = "dedup-exact"
    version: ClassVar[int] = 2
    key: ClassVar[tuple[str, ...]] = KEY
    reads: ClassVar[pa.Schema] = KEYED
    decides: ClassVar[pa.Schema] = REMOVAL
    identity: ClassVar[tuple[str, ...]] = REMOVAL_IDENTITY

    def settings(self) -> Any:
        """The keep policy."""
        return {"keep": list(self.keep)}

    def __call__(self, rows: pa.Table) -> pa.Table:
        """A row for each member of a cluster of two or more, the survivor among them with `removed` false."""
        return one_a_key(rows, self.keep)


@dataclass(frozen=True)
class DedupUrls:
    """Records whose normalised URLs are equal: the newest, or the longest, stays."""

    keep: Literal["newest", "longest"]
    name: ClassVar[str] = "dedup-urls"
    version: ClassVar[int] = 1
    key: ClassVar[tuple[str, ...]] = KEY
    reads: ClassVar[pa.Schema] = KEYED
    decides: ClassVar[pa.Schema] = REMOVAL
    identity: ClassVar[tuple[str, ...]] = REMOVAL_IDENTITY

    def settings(self) -> Any:
        """Which one stays."""
        return {"keep": self.keep}

    def __call__(self, rows: pa.Table) -> pa.Table:
        """A row for each member of a cluster of two or more, the survivor among them with `removed` false."""
        first = ("date", "length") if self.keep == "newest" else ("length", "date")
        return one_a_key(rows, ("priority", *first))


def one_a_key(rows: pa.Table, keep: Sequence[str]) -> pa.Table:
    """REMOVAL rows of the clusters in `rows`, which has the columns of KEYED.

    Order of preference: `keep` (higher priority, more characters, a later date), then the id, so the survivor does not
    depend on where a record stands.
    """
    frame: Any = pl.from_arrow(rows)
    policy = {
        "priority": -pl.col("priority"),
        "length": -pl.col("characters"),
        "date": -pl.col("time").fill_null(-(2**62)),
    }
    members = frame.filter(pl.len().over(KEY) > 1).sort(*KEY, *(policy[name] for name in keep), "id0", "id1", "rank")
    decided = members.with_columns(
        removed=pl.int_range(pl.len()).over(KEY) > 0,
        survivor0=pl.col("id0").first().over(KEY),
        survivor1=pl.col("id1").first().over(KEY),
        survivor_rank=pl.col("rank").first().over(KEY),
        similarity=pl.lit(1.0, pl.Float32),
        cluster_size=pl.col("weight").sum().over(KEY),
    )
    return decided.select(REMOVAL.names).to_arrow().cast(REMOVAL)
