"""Stages of dialogues: where the distribution of a score is cut, and which stage a record is in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.errors import UsageError
from corpus.manifest import Part
from corpus.ruleset.policy import Stages
from corpus.scores.cuts import Cuts, cut, stage_of

if TYPE_CHECKING:
    from corpus.stages.tier import TierFrame

VALUES = pa.schema([pa.field("value", pa.int64()), pa.field("count", pa.int64())])
STEP = 1e-4
"""Scores are told apart to this step, so that counts of parts add up and quarters of a judge stay what they are."""
MOST = 1_000_000
"""Of more scores, as many in the same shares are cut: the places of the cuts do not need all of them."""


def rounded(values: pl.Series) -> pl.Series:
    """Scores in whole STEPs; null where there is none."""
    return (values.cast(pl.Float64).fill_nan(None) / STEP).round(0).cast(pl.Int64)


@dataclass(frozen=True)
class ReadValues:
    """VALUES of one part: how many records have which score."""

    frame: TierFrame
    stages: Stages

    def __call__(self, part: Part) -> Iterator[pa.RecordBatch]:
        """One batch."""
        _, frame = self.frame.read(part)
        counts = pl.DataFrame({"value": rounded(frame[self.stages.column])}).drop_nulls().group_by("value").len()
        table = counts.select("value", count=pl.col("len").cast(pl.Int64)).to_arrow().cast(VALUES)
        yield from table.to_batches()


def cuts_of(counts: pl.DataFrame, stages: Stages, unscored: int = 0) -> Cuts:
    """The cuts of the summed VALUES; UsageError when they cannot be cut so."""
    ordered = counts.sort("value")
    value, count = ordered["value"].to_numpy() * STEP, ordered["count"].to_numpy()
    share = min(1.0, MOST / max(1, int(count.sum())))
    scores = np.repeat(np.round(value, 4), np.maximum(1, np.round(count * share)).astype(np.int64))
    try:
        return cut(scores, stages)
    except UsageError as error:
        raise UsageError(f"tiers: stages by {stages.column}: {error}") from None


def assign_stages(stages: Stages, cuts: Cuts, frame: pl.DataFrame) -> pl.Series:
    """The place of each record's stage, from 0, as Int8; 0 for a record without a score."""
    score = rounded(frame[stages.column]).cast(pl.Float64).fill_null(float("nan")).to_numpy() * STEP
    found = stage_of(np.round(score, 4), cuts.values)
    return pl.Series("tier", np.maximum(found - 1, 0).astype(np.int8))
