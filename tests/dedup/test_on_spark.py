"""What workers do with rows on their way between blocks, without a Spark."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from corpus.dedup.on_spark import Compare, ReadPlaced, runs
from corpus.dedup.shingle_pass import SHINGLED, in_block
from corpus.manifest import Part


def batches_of(values: list[int], sizes: list[int]) -> list[pa.RecordBatch]:
    ends = np.cumsum(sizes)
    whole = pa.record_batch({"key": pa.array(values, pa.int64()), "at": pa.array(range(len(values)))})
    return [whole.slice(end - size, size) for end, size in zip(ends.tolist(), sizes, strict=True)]


@pytest.mark.parametrize("sizes", [[10], [1] * 10, [3, 0, 4, 3], [0, 5, 5]])
@pytest.mark.parametrize("least", [0, 3, 4, 100])
def test_runs_are_whole_whatever_the_batches(sizes: list[int], least: int) -> None:
    values = [7, 7, 7, 1, 2, 2, 9, 9, 9, 9]
    found = list(runs(batches_of(values, sizes), "key", least))
    assert [at for table in found for at in table["at"].to_pylist()] == list(range(10))
    keys = [set(table["key"].to_pylist()) for table in found]
    assert sum(len(one) for one in keys) == 4, "no run is in two tables"
    assert all(table.num_rows >= least for table in found[:-1])
    if least == 0:
        assert [one.pop() for one in keys] == [7, 1, 2, 9]


def test_no_rows_are_no_runs() -> None:
    assert list(runs([], "key")) == []
    assert list(runs(batches_of([], [0]), "key")) == []


class Stored:
    """A table of one part, in memory."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table

    def batches(self, number: int, columns: list[str], rows: int) -> Any:
        yield from self.table.select(columns).to_batches(max_chunksize=3)


def shingled(seed: int = 0) -> pa.Table:
    """Records in some blocks, compared there with some partners or none."""
    chosen = np.random.default_rng(seed)
    rows = []
    for row in range(20):
        blocks = sorted(chosen.choice(5, chosen.integers(1, 5), replace=False).tolist())
        partners = (
            sorted(chosen.choice(row, chosen.integers(0, min(row, 4)), replace=False).tolist()) if row > 1 else []
        )
        rows.append(
            {
                "row": row,
                "id0": row,
                "id1": -row,
                "blocks": blocks,
                "partners": partners,
                "partner_blocks": [int(chosen.choice(blocks)) for _ in partners],
                "shingles": sorted(chosen.integers(0, 30, chosen.integers(0, 9)).tolist()),
            }
        )
    return pa.Table.from_pylist(rows, SHINGLED)


def test_rows_reach_the_blocks_that_the_driver_reads_them_in(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[pa.Table] = []

    def look(rows: pa.Table, near: Any) -> Any:
        seen.append(rows)
        return pa.table({}), 0

    monkeypatch.setattr("corpus.dedup.on_spark.verify", look)
    table = shingled()
    placed = pa.Table.from_batches(ReadPlaced(Stored(table))(Part(number=3, rows=20)))  # type: ignore[arg-type]
    list(Compare(None)(placed.sort_by("block").to_batches()))  # type: ignore[arg-type]
    assert len(seen) == 5
    for block, rows in enumerate(seen):
        wanted = in_block(3, table, block)
        assert wanted is not None
        assert rows.sort_by("address").to_pylist() == wanted.sort_by("address").to_pylist()
