"""The order of training: every row once an epoch or counted, the same for any cut, a function of the index alone."""

from __future__ import annotations

import tracemalloc
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import UsageError
from train.packed import File, Part
from train.plan import Plan, Row, Wanted, make


def part(tier: str, *files: tuple[int, ...]) -> Part:
    rows = sum(map(sum, files))
    told = tuple(File(f"{tier}/{number}", groups) for number, groups in enumerate(files))
    return Part(tier, "train", told, rows, rows * 10, rows * 10, 5.0)


def rows_of(plan: Plan, phase: int | None = None) -> Counter[tuple[int, int, int]]:
    rows = [plan.row(index) for index in range(len(plan))]
    return Counter((row.file, row.group, row.place) for row in rows if phase in (None, row.phase))


GROUPS = st.lists(st.integers(1, 7), min_size=1, max_size=6).map(tuple)


@given(st.lists(GROUPS, min_size=1, max_size=3), GROUPS, st.integers(1, 5), st.integers(1, 3), st.integers(0, 3))
def test_every_row_once_an_epoch_or_counted(
    easy: list[tuple[int, ...]], hard: tuple[int, ...], batch: int, epochs: int, seed: int
) -> None:
    parts = {"easy": part("easy", *easy), "hard": part("hard", hard)}
    wanted = [Wanted({"easy": 1}, epochs), Wanted({"hard": 1})]
    if min(parts["easy"].rows, parts["hard"].rows) < batch:
        with pytest.raises(UsageError, match="fewer than the global batch"):
            make(parts, wanted, batch, seed)
        return
    plan = make(parts, wanted, batch, seed)
    total = parts["easy"].rows * epochs + parts["hard"].rows
    assert len(plan) + plan.dropped == total
    assert plan.dropped < batch * len(plan.segments)
    assert max(rows_of(plan, 0).values()) <= epochs
    assert set(rows_of(plan, 1).values()) == {1}
    phases = [plan.row(index).phase for index in range(len(plan))]
    assert phases == sorted(phases)
    assert [plan.bounds()[0][0], plan.bounds()[-1][1]] == [0, plan.steps]
    for step in range(plan.steps + 1):
        seen = Counter(plan.tiers[plan.row(index).tier] for index in range(step * batch))
        assert plan.consumed(step) == {tier: seen[tier] for tier in plan.tiers}


def test_the_seed_decides_and_a_batch_mixes_distant_places() -> None:
    parts = {"t": part("t", *[(8,) * 8] * 4)}
    one, same, other = (make(parts, [Wanted({"t": 1}, 2)], 16, seed) for seed in (0, 0, 1))
    rows = [[plan.row(index) for index in range(len(plan))] for plan in (one, same, other)]
    assert rows[0] == rows[1]
    assert rows[0] != rows[2]
    assert (one.fingerprint == same.fingerprint, one.fingerprint == other.fingerprint) == (True, False)
    assert len({(row.file, row.group) for row in rows[0][:16]}) >= 12
    half = len(one) // 2
    assert rows[0][:half] != rows[0][half:]
    assert (
        Counter(rows[0][:half]).keys()
        == Counter(Row(row.file, row.group, row.place, row.tier, row.phase) for row in rows[0][half:]).keys()
    )


def test_a_rank_reads_a_row_group_about_once() -> None:
    plan = make({"t": part("t", *[(16,) * 16] * 4)}, [Wanted({"t": 1})], 8, 0)
    for lanes in (range(8), range(4), range(3, 4)):
        read, held = 0, {}
        for step in range(plan.steps):
            for lane in lanes:
                row = plan.row(step * 8 + lane)
                read += held.get(lane) != (row.file, row.group)
                held[lane] = (row.file, row.group)
        assert read <= 64 * len(lanes) / 8 + len(lanes)


def test_tiers_are_read_as_often_as_asked_and_earlier_ones_again() -> None:
    parts = {"a": part("a", (4,) * 50), "b": part("b", (4,) * 50)}
    plan = make(parts, [Wanted({"a": 2.5}), Wanted({"b": 1}, replay=0.2)], 4, 0)
    first = [plan.row(index) for index in range(plan.bounds()[0][1] * 4)]
    assert len(first) == 500
    assert Counter(Counter((row.group, row.place) for row in first).values()) == {2: 100, 3: 100}
    second = Counter(plan.tiers[plan.row(index).tier] for index in range(len(first), len(plan)))
    assert second["b"] >= 197
    assert abs(second["a"] - 50) <= 4
    assert plan.replayed == pytest.approx(50, abs=2)


def test_an_unknown_tier_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="no tier c was packed; there are a"):
        make({"a": part("a", (4,))}, [Wanted({"c": 1})], 1, 0)


def test_a_trillion_tokens_fit_into_a_laptop() -> None:
    groups = (256,) * 1431
    parts = {"t": part("t", *[groups] * 1000)}  # 366 million rows of 4,096 tokens
    tracemalloc.start()
    plan = make(parts, [Wanted({"t": 1})], 2304, 0)
    rows = {plan.row(index) for index in np.linspace(0, len(plan) - 1, 1000).astype(int).tolist()}
    plan.consumed(plan.steps // 2)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(rows) == 1000
    assert len(plan) * 4096 > 1.49e12
    assert peak < 500e6
