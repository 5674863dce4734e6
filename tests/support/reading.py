"""Read a source whole, as the tests want to see it."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import Any

import pyarrow as pa

from corpus import config
from corpus.quarantine import Quarantined
from corpus.readers.plan import plan_splits
from corpus.readers.read import read_split
from corpus.schema import RAW


@dataclasses.dataclass(frozen=True)
class Outcome:
    """Everything that came out of a source."""

    rows: list[dict[str, Any]]
    quarantined: list[Quarantined]
    skipped: dict[str, int]

    @property
    def texts(self) -> list[str]:
        return [row["text"] for row in self.rows]

    @property
    def keys(self) -> list[str]:
        return [row["source_key"] for row in self.rows]

    @property
    def reasons(self) -> list[str]:
        return [str(row.reason) for row in self.quarantined]


def read_source(source: config.Source, split_bytes: int = 32 << 20, limits: config.Limits | None = None) -> Outcome:
    """Plan and read a source whole."""
    rows: list[dict[str, Any]] = []
    quarantined: list[Quarantined] = []
    skipped: Counter[str] = Counter()
    for split in plan_splits([source], split_bytes):
        for chunk in read_split(split, source, limits or config.Limits()):
            assert chunk.records.schema == RAW
            chunk.records.validate(full=True)
            assert chunk.records.num_rows <= 4096
            rows += pa.Table.from_batches([chunk.records]).to_pylist()
            quarantined += chunk.quarantined
            skipped.update(chunk.skipped)
    return Outcome(rows, quarantined, dict(skipped))
