"""Columns that stages have stored beside the records: where each is, and how a part's rows get them.

Signals, scores, clusters and tags lie in tables of their own, dense (a value for each row of the part) or sparse (rows
that have one, by `row`). Whoever looks at columns by name (quality, tiers, publish) reads them here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from corpus.scores.conversation import FACETS
from corpus.slot import Committed, Table


@dataclass(frozen=True)
class Column:
    """A stored column: `name` for those who ask, `field` in its table."""

    name: str
    field: str
    type: pa.DataType
    table: Table
    sparse: bool

    def read(self, number: int, rows: int) -> pa.Array:
        """The value of every row of a part; null where there is none."""
        wanted = ["row", self.field] if self.sparse else [self.field]
        table = self.table.read(number, wanted)
        if table is None:
            return pa.nulls(rows, self.type)
        values = table.column(self.field).combine_chunks()
        values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
        if not self.sparse:
            return values
        place = np.full(rows, -1, np.int64)
        place[table.column("row").to_numpy()] = np.arange(len(table))
        return values.take(pa.array(place, mask=place < 0))


SCORES: Mapping[str, tuple[str, Mapping[str, tuple[str, pa.DataType]]]] = {
    "perplexity": (
        "perplexity",
        {name: (name, pa.float32()) for name in ("perplexity", "worst_perplexity", "perplexity_deviation")},
    ),
    "continuity": (
        "continuity",
        {name: (name, pa.float32()) for name in ("continuity", "seam_continuity")},
    ),
    "causal": (
        "causal",
        {name: (name, pa.float32()) for name in ("bits_per_character", "peak_nats", "order_cost", "seam_cost")},
    ),
    "answers": ("answers", {name: (name, pa.float32()) for name in ("answer_loss", "ifd")}),
    "cluster": (
        "clusters",
        {"cluster": ("cluster", pa.int32()), "cluster_similarity": ("similarity", pa.float32())},
    ),
    "difficulty": ("difficulty", {"difficulty": ("difficulty", pa.float32())}),
    "facets": ("facets", {name: (name, pa.float32()) for name in FACETS}),
    "quality": (
        "quality",
        {name: (name, pa.float32()) for name in ("quality", "quality_disagreement", "quality_known")},
    ),
}
"""The columns of the stages that score, by stage: their table, and for each name the field and type there."""
DENSE = frozenset({"quality", "facets"})
EVOL = "evol_score"
"""Quality times difficulty (Deita's Evol Score, Liu et al. 2023), where a run has both."""


def stored_columns(
    stages: Mapping[str, Committed], tags: Mapping[str, pa.DataType], joined: Mapping[str, pa.DataType]
) -> tuple[Column, ...]:
    """Every stored column of the committed stages, in the order they are published in."""
    found = []
    for stage, (table, columns) in SCORES.items():
        if stage in stages:
            at = stages[stage].table(table)
            found += [Column(name, field, kind, at, stage not in DENSE) for name, (field, kind) in columns.items()]
            if stage == "quality" and "difficulty" in stages:
                found.append(Column(EVOL, EVOL, pa.float32(), at, False))
    if "tag" in stages:
        found += [Column(name, name, kind, stages["tag"].table("tags"), False) for name, kind in tags.items()]
    if "columns" in stages:
        found += [Column(name, name, kind, stages["columns"].table("columns"), True) for name, kind in joined.items()]
    return tuple(found)


def read_columns(columns: Sequence[Column], number: int, rows: int) -> dict[str, pa.Array]:
    """The columns of a part by name, one value a row."""
    return {column.name: column.read(number, rows) for column in columns}
