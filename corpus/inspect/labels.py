"""Labels of published rows, counted by tier: tags, truth values, the split."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from corpus import storage
from corpus.inspect.files import files_of
from corpus.inspect.strata import tier_of
from corpus.slot import Committed

NONE = "–"
"""What stands for a record without a label."""


@dataclass(frozen=True)
class Labelled:
    """A column: for each label how many published rows of each tier have it, in the order of the tiers.

    A row may have several labels; `NONE` counts those without. Labels are ordered by how many rows have them.
    """

    column: str
    counts: Mapping[str, tuple[int, ...]]

    @property
    def known(self) -> Mapping[str, tuple[int, ...]]:
        """The counts without those of rows that have no label."""
        return {label: counts for label, counts in self.counts.items() if label != NONE}


def published_schema(publish: Committed) -> pa.Schema:
    """The columns of the published data set; none where nothing is published."""
    for file in files_of(publish, "dataset"):
        with storage.open_read(storage.join(publish.slot.root, file.path)) as stream:
            return pq.read_schema(stream)
    return pa.schema([])


def is_label(kind: pa.DataType) -> bool:
    """Whether values of this type are labels, or lists of them."""
    inner = kind.value_type if pa.types.is_list(kind) or pa.types.is_large_list(kind) else kind
    return bool(pa.types.is_string(inner) or pa.types.is_large_string(inner) or pa.types.is_boolean(inner))


def label_counts(publish: Committed, columns: Sequence[str], tiers: Sequence[str]) -> list[Labelled]:
    """The labels of these columns, read one column at a time."""
    return [Labelled(column, _counted(publish, column, tiers)) for column in columns]


def _counted(publish: Committed, column: str, tiers: Sequence[str]) -> dict[str, tuple[int, ...]]:
    import polars as pl

    counts: dict[str, list[int]] = defaultdict(lambda: [0] * len(tiers))
    for file in files_of(publish, "dataset"):
        place = list(tiers).index(tier_of(file))
        with storage.open_read(storage.join(publish.slot.root, file.path)) as stream:
            values = pl.DataFrame(pq.ParquetFile(stream).read(columns=[column])).to_series()
        if isinstance(values.dtype, pl.List):
            values = values.explode(empty_as_null=True)
        for label, many in values.cast(pl.String).value_counts().iter_rows():
            counts[NONE if label is None else label][place] += many
    order = sorted(counts, key=lambda label: (label == NONE, -sum(counts[label]), label))
    return {label: tuple(counts[label]) for label in order}


def values_of(publish: Committed, columns: Sequence[str], ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """These columns of the published rows with these ids."""
    from corpus.inspect.files import scan

    frame = scan(publish, "dataset", ["doc_id", *columns]) if columns and ids else None
    if frame is None:
        return {}
    import polars as pl

    rows = frame.filter(pl.col("doc_id").is_in(list(ids))).collect().to_dicts()
    return {row.pop("doc_id"): row for row in rows}
