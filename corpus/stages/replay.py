"""Replay: rows of earlier stages that a later stage holds once more, so that training on it does not forget them.

Which rows is decided by a hash of their id and the stage, so nothing depends on how the rows were cut up. As in
`budget`, rows are counted by bins of the hash, and the bin where the wanted number ends is read off the sums.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.learned.sample import mixed_ids
from corpus.manifest import Part
from corpus.slot import Table
from corpus.stages.budget import edge_of

REPLAY_OF = pa.field("replay_of", pa.int8())
"""The stage that a replayed row comes from; null for the rows of a stage's own."""
REPLAY = "replay"
"""The table of replayed rows: their files lie in the stages' directories, and are no part of the account."""
COUNTS = pa.schema(
    [
        pa.field("stage", pa.int8()),
        pa.field("own", pa.bool_()),
        pa.field("bin", pa.int64()),
        pa.field("count", pa.int64()),
    ]
)
_BINS = np.uint64(52)
_GOLDEN = 0x9E3779B97F4A7C15


def lots(id0: np.ndarray, id1: np.ndarray, stage: int) -> np.ndarray:
    """64 even bits of each id, others for each stage; uint64 (rows,)."""
    salt = np.uint64((stage + 1) * _GOLDEN & 0xFFFFFFFFFFFFFFFF)
    return mixed_ids((np.ascontiguousarray(id0).view(np.uint64) ^ salt).view(np.int64), id1)


@dataclass(frozen=True)
class ReadReplay:
    """COUNTS of one part: the rows of each stage's own (`own`), and by bin those of earlier stages. Rows that are held
    out for validation are neither."""

    tiers: Table
    stages: int

    def __call__(self, part: Part) -> Iterator[pa.RecordBatch]:
        """One batch."""
        table = self.tiers.read(part.number, ["id0", "id1", "tier", "validation"])
        if table is None:
            return
        id0, id1, tier, held = (table.column(name).to_numpy() for name in ("id0", "id1", "tier", "validation"))
        found = []
        for stage in range(self.stages):
            own = int(((tier == stage) & ~held).sum())
            found.append(pl.DataFrame({"stage": [stage], "own": [True], "bin": [0], "count": [own]}))
            earlier = (tier >= 0) & (tier < stage) & ~held
            places, counts = np.unique(lots(id0[earlier], id1[earlier], stage) >> _BINS, return_counts=True)
            found.append(
                pl.DataFrame({"bin": places.astype(np.int64), "count": counts.astype(np.int64)}).select(
                    pl.lit(stage).alias("stage"), pl.lit(False).alias("own"), "bin", "count"
                )
            )
        casts = [pl.col(name).cast(kind) for name, kind in (("stage", pl.Int8), ("bin", pl.Int64), ("count", pl.Int64))]
        rows = pl.concat([one.with_columns(*casts) for one in found]).to_arrow().cast(COUNTS)
        yield from rows.to_batches()


@dataclass(frozen=True)
class Replay:
    """By stage (from 0) the bin of the hash from which on earlier rows are replayed, and the share of the bin below."""

    edges: Mapping[int, tuple[int, float]] = field(default_factory=dict)

    def chosen(self, stage: int, table: pa.Table) -> np.ndarray:
        """Which rows of a part's `tiers` table are replayed in a stage; bool (rows,)."""
        id0, id1, tier, held = (table.column(name).to_numpy() for name in ("id0", "id1", "tier", "validation"))
        if stage not in self.edges:
            return np.zeros(len(tier), bool)
        low, part = self.edges[stage]
        lot = lots(id0, id1, stage)
        place = (lot >> _BINS).astype(np.int64)
        luck = ((lot << np.uint64(12)) >> np.uint64(11)).astype(np.float64) * 2.0**-53
        picked = (place >= low) | ((place == low - 1) & (luck < part))
        return np.asarray(picked & (tier >= 0) & (tier < stage) & ~held, bool)


def replay_of(counts: pl.DataFrame, share: float) -> Replay:
    """So many earlier rows for each stage that they are `share` of its rows for training, or all there are where that
    is less; `counts` are the summed COUNTS."""
    edges: dict[int, tuple[int, float]] = {}
    for stage in sorted(counts["stage"].unique().to_list()):
        mine = counts.filter(pl.col("stage") == stage)
        wanted = share / (1 - share) * float(mine.filter("own")["count"].sum())
        rest = mine.filter(~pl.col("own")).sort("bin", descending=True)
        if rest.height and wanted > 0:
            edges[stage] = edge_of(rest["bin"].to_list(), rest["count"].to_list(), wanted)
    return Replay(edges)
