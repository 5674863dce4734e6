"""What a budget leaves out: of each source (or category) that has more than its portion the records that come last.

Units (tokens or rows) are counted by source or category and by bin of what the records are ordered by; the counts of
parts add up, and the bin where a portion ends is read off the sum. Within that bin a hash of the id decides, so nothing
is sorted and nothing depends on how the rows were cut up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.learned.sample import mixed_ids
from corpus.manifest import Part
from corpus.ruleset.categories import OUTSIDE, When
from corpus.ruleset.compile import outside
from corpus.ruleset.mixture import Portion, category_portions, portions
from corpus.ruleset.policy import TierPolicy
from corpus.ruleset.tiers import bins, is_among, protected

if TYPE_CHECKING:
    from corpus.stages.tier import TierFrame

UNITS = pa.schema(
    [
        pa.field("source", pa.string()),
        pa.field("protected", pa.bool_()),
        pa.field("bin", pa.int64()),
        pa.field("count", pa.int64()),
    ]
)
NOTHING = -1
"""The bin of a record without a value: behind all others."""


def units_of(frame: pl.DataFrame, unit: str, ratios: Mapping[str, float]) -> np.ndarray:
    """What each record counts: 1 row, or its tokens by the characters a token of its language; int64."""
    if unit == "rows":
        return np.ones(frame.height, np.int64)
    fallback = ratios.get("*", 4.0)
    ratio = frame["lang"].replace_strict(dict(ratios), default=fallback, return_dtype=pl.Float64).fill_null(fallback)
    return np.ceil(frame["characters"].to_numpy() / ratio.to_numpy()).astype(np.int64)


def places(frame: pl.DataFrame, policy: TierPolicy) -> np.ndarray:
    """The bin of each record in the order of keeping, the highest first to stay; int64."""
    assert policy.mixture is not None  # noqa: S101  asked of policies that have one
    if policy.mixture.by is None:
        return (_mixed(frame) >> np.uint64(52)).astype(np.int64)
    return bins(frame[policy.mixture.by]).fill_null(NOTHING).to_numpy()


def groups(frame: pl.DataFrame, policy: TierPolicy) -> pl.Series:
    """What each record's portion is that of: its source, or the first category and kind that it fits, else OUTSIDE."""
    if not policy.leaves:
        return frame["source"]
    found = np.full(frame.height, -1, np.int32)
    for place, leaf in enumerate(policy.leaves):
        holds = found < 0
        for test in leaf.tests:
            holds &= _holds(test, frame)
        found[holds] = place
    names = pl.Series([*(leaf.name for leaf in policy.leaves), OUTSIDE])
    return names.gather(np.where(found < 0, len(policy.leaves), found)).alias("source")


def _holds(test: When, frame: pl.DataFrame) -> np.ndarray:
    column = frame[test.column]
    if test.bound.allowed:
        return is_among(column, test.bound.allowed)
    known = pl.col(test.column).is_not_null() & ~outside(test.column, column.dtype, test.bound)
    return np.asarray(frame.select(known.fill_null(False)).to_series().to_numpy(), bool)


def _mixed(frame: pl.DataFrame) -> np.ndarray:
    return mixed_ids(frame["id0"].to_numpy(), frame["id1"].to_numpy())


@dataclass(frozen=True)
class ReadUnits:
    """UNITS of one part."""

    frame: TierFrame
    ratios: Mapping[str, float]

    def __call__(self, part: Part) -> Iterator[pa.RecordBatch]:
        """Units by source, protection and bin."""
        policy = self.frame.policy
        assert policy.mixture is not None  # noqa: S101
        unit = "rows" if policy.leaves else "tokens"
        unit = policy.mixture.budget.unit if policy.mixture.budget is not None else unit
        _, frame = self.frame.read(part)
        counted = pl.DataFrame(
            {
                "source": groups(frame, policy),
                "protected": protected(policy, frame),
                "bin": places(frame, policy),
                "count": units_of(frame, unit, self.ratios),
            }
        )
        summed = counted.group_by("source", "protected", "bin").agg(pl.col("count").sum()).select(UNITS.names)
        yield from summed.to_arrow().cast(UNITS).to_batches()


@dataclass(frozen=True)
class Draw:
    """By source or category the bin from which on all stay, and the share of the bin below that stays, too. Empty: all
    stay."""

    edges: Mapping[str, tuple[int, float]] = field(default_factory=dict)
    portions: tuple[Portion, ...] = ()

    def stays(self, policy: TierPolicy, frame: pl.DataFrame) -> np.ndarray:
        """Which records of a frame stay; bool (rows,)."""
        if not self.edges:
            return np.ones(frame.height, bool)
        place, source = places(frame, policy), groups(frame, policy)
        edge = source.replace_strict({n: e for n, (e, _) in self.edges.items()}, default=None, return_dtype=pl.Int64)
        share = source.replace_strict({n: s for n, (_, s) in self.edges.items()}, default=None, return_dtype=pl.Float64)
        low, part = edge.fill_null(NOTHING).to_numpy(), share.fill_null(1.0).to_numpy()
        luck = ((_mixed(frame) << np.uint64(12)) >> np.uint64(11)).astype(np.float64) * 2.0**-53
        return np.asarray((place >= low) | ((place == low - 1) & (luck < part)) | protected(policy, frame))

    def described(self) -> list[dict[str, Any]]:
        """The portions, for the manifest."""
        return [one.model_dump() for one in self.portions]


def draw(counts: pl.DataFrame, policy: TierPolicy) -> Draw:
    """Where each source's portion ends; `counts` are the summed UNITS."""
    if policy.mixture is None:
        return Draw()
    have = dict(counts.group_by("source").agg(pl.col("count").sum()).iter_rows())
    found = category_portions(policy.mixture, policy.leaves, have) if policy.leaves else portions(policy.mixture, have)
    edges: dict[str, tuple[int, float]] = {}
    for portion in found:
        if portion.want >= portion.have:
            continue
        mine = counts.filter(pl.col("source") == portion.source)
        free = portion.want - float(mine.filter("protected")["count"].sum())
        rest = mine.filter(~pl.col("protected")).group_by("bin").agg(pl.col("count").sum()).sort("bin", descending=True)
        edges[portion.source] = edge_of(rest["bin"].to_list(), rest["count"].to_list(), free)
    return Draw(edges, found)


def edge_of(places_down: list[int], counts: list[int], free: float) -> tuple[int, float]:
    """Where `free` units end when bins are taken in this order: the first bin that is all in, and the share of the one
    below it that is in, too."""
    for place, count in zip(places_down, counts, strict=True):
        if free < count:
            return place + 1, max(0.0, free) / count
        free -= count
    return NOTHING, 1.0
