"""Histograms count every value once, however the values come in parts, and reach to the bounds that matter."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.inspect.bins import REMOVED, Binned, Counting, published_histograms, signal_histograms
from corpus.rundir import RunDir

NUMBERS = st.lists(st.one_of(st.floats(-1e6, 1e6, width=32), st.integers(0, 50).map(float)), min_size=1, max_size=200)


def counted(
    values: list[float], cuts: list[int] | None = None, marks: tuple[float, ...] = (), **more: object
) -> Binned:
    counting = Counting("x", ["a", "b"])
    dtype = pl.Int32 if more.get("whole") else pl.Float32
    for piece in np.split(np.array(values), cuts or []):
        counting.add(pl.Series(piece).cast(dtype), np.arange(len(piece)) % 2 if not cuts else np.zeros(len(piece)))
    found = counting.binned(marks)
    assert found is not None
    return found


@given(NUMBERS)
def test_every_value_is_in_one_bar(values: list[float]) -> None:
    found = counted(values)
    assert found.rows == len(values)
    assert all(low < high for low, high in zip(found.edges, found.edges[1:], strict=False))
    assert all(len(counts) == len(found.edges) - 1 for counts in found.counts.values())


@given(NUMBERS, st.lists(st.integers(0, 200), max_size=4))
def test_parts_add_up_to_the_whole(values: list[float], cuts: list[int]) -> None:
    whole = Counting("x", ["a", "b"])
    whole.add(pl.Series(values, dtype=pl.Float32), np.zeros(len(values)))
    parts = Counting("x", ["a", "b"])
    for piece in np.split(np.array(values), sorted(min(cut, len(values)) for cut in cuts)):
        parts.add(pl.Series(piece).cast(pl.Float32), np.zeros(len(piece)))
    assert whole.binned() == parts.binned()


def test_bars_agree_with_numpy() -> None:
    values = np.random.default_rng(3).normal(size=5000).astype(np.float32)
    found = counted(values.tolist())
    counts = sum(np.array(one) for one in found.counts.values())
    theirs, _ = np.histogram(np.clip(values, found.edges[0], found.edges[-1]), np.array(found.edges))
    # Values are rounded down to 12 bits first, so those beside an edge may change sides.
    assert np.abs(counts - theirs).max() <= 12
    assert found.median == pytest.approx(float(np.median(values)), abs=0.01)


def test_whole_numbers_have_a_bar_each_and_wide_ranges_grow_by_a_factor() -> None:
    few = counted([0, 1, 1, 2, 5], whole=True)
    assert few.edges == (-0.5, 0.5, 1.5, 2.5, 3.5, 4.5, 5.5)
    assert sum(np.array(one) for one in few.counts.values()).tolist() == [1, 2, 1, 0, 0, 1]
    wide = counted(np.geomspace(1, 1e6, 500).tolist())
    assert wide.log
    ratios = np.array(wide.edges[1:]) / np.array(wide.edges[:-1])
    assert np.allclose(ratios, ratios[0])


def test_bars_reach_to_bounds_that_are_near_and_not_to_those_far_off() -> None:
    found = counted([0.1, 0.2, 0.3], marks=(0.4, 50.0))
    assert found.edges[-1] == pytest.approx(0.4)
    assert counted([0.0] * 10, marks=(0.3,)).edges[-1] == pytest.approx(0.3)


def test_what_has_no_value_is_counted_apart() -> None:
    counting = Counting("x", ["a"])
    counting.add(pl.Series([None, float("nan"), 1.0]), np.zeros(3))
    found = counting.binned()
    assert found is not None
    assert (found.rows, found.missing) == (1, 2)
    empty = Counting("x", ["a"])
    empty.add(pl.Series([None], dtype=pl.Float32), np.zeros(1))
    assert empty.binned() is None


def test_signals_of_a_run_are_counted_by_where_the_records_ended(dirty: str) -> None:
    stages = RunDir.open(dirty).published
    (chars,) = signal_histograms(stages, ["chars"], {"chars": [20.0]})
    published = stages["tier"].manifest.counts["tiers"]
    for tier in stages["tier"].manifest.details["tiers"]:
        assert sum(chars.counts[tier]) == published.get(tier, 0)
    removed = stages["text"].manifest.account.kept - sum(published.values())
    assert sum(chars.counts[REMOVED]) + chars.missing == removed
    assert chars.edges[0] <= 20


def test_columns_of_published_rows_are_counted_by_tier(dirty: str) -> None:
    stages = RunDir.open(dirty).published
    tiers = stages["tier"].manifest.details["tiers"]
    found = published_histograms(stages["publish"], ["tokens", "nothing"], tiers, {})
    assert [one.column for one in found] == ["tokens"]
    assert found[0].rows == stages["publish"].manifest.account.kept
