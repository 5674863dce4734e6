from __future__ import annotations

import random

import polars as pl
import pyarrow as pa
import pytest

from corpus.stages import repeated_lines
from corpus.stages.repeated_lines import COUNTS, HOLDS, HoldLines, RepeatedLines, frequent_lines


def row(**given: int | None) -> dict[str, int | None]:
    plain: dict[str, int | None] = dict.fromkeys(HOLDS.names, 0)
    return plain | given


def held(rows: list[dict[str, int | None]], *keep: str) -> list[int]:
    table = HoldLines(keep)(pa.Table.from_pylist(rows, schema=HOLDS))
    return table.sort_by("hash").column("row").to_pylist()


@pytest.mark.parametrize(
    ("keep", "rows"),
    [(("priority", "length"), [1, 3]), (("length", "priority"), [2, 3]), (("date",), [4, 3]), ((), [4, 3])],
)
def test_the_copy_that_stays_is_chosen_by_the_keep_policy_then_by_id(keep: tuple[str, ...], rows: list[int]) -> None:
    lines = [
        row(row=1, hash=7, priority=2, characters=10, id0=9, time=None),
        row(row=2, hash=7, priority=1, characters=99, id0=8, time=50),
        row(row=4, hash=7, priority=1, characters=10, id0=7, time=60),
        row(row=4, hash=7, priority=1, characters=10, id0=7, time=60, start=40),
        row(row=3, hash=8, id0=5),
    ]
    random.Random(1).shuffle(lines)
    assert held(lines, *keep) == rows


def test_both_bounds_must_hold() -> None:
    assert RepeatedLines(20, 0.0, False, ()).bound(10**9) == 20
    assert RepeatedLines(20, 0.001, False, ()).bound(100_000) == 100
    assert RepeatedLines(20, 0.001, False, ()).bound(100) == 20


@pytest.mark.parametrize("keep_first", [False, True])
def test_of_many_frequent_lines_the_most_frequent_are_shown(monkeypatch: pytest.MonkeyPatch, keep_first: bool) -> None:
    monkeypatch.setattr(repeated_lines, "EXAMPLES", 2)
    counts = pa.Table.from_pylist([{"hash": h, "documents": d} for h, d in [(5, 3), (1, 9), (4, 3), (9, 8)]], COUNTS)
    found = pl.DataFrame(pl.from_arrow(frequent_lines(counts, keep_first)))
    assert found["hash"].to_list() == [1, 4, 5, 9]
    assert found["shown"].to_list() == [True, False, False, True]
    assert found["held"].to_list() == ([True] * 4 if keep_first else found["shown"].to_list())
