"""Rates by hand: each phase rises to its own peak and falls in the shape asked for."""

from __future__ import annotations

import math

import pytest

from train.schedule import Shape, phased


def rates(shape: Shape, **more: float) -> list[float]:
    told = {"warmup": 2, "floor": 0.1, "decay": 0.5, **more}
    schedule = phased([(0, 12), (12, 22)], [1.0, 0.5], told["warmup"], shape, told["floor"], told["decay"])
    return [schedule.rate(step) for step in range(23)]


@pytest.mark.parametrize("shape", ["cosine", "linear", "constant", "wsd"])
def test_each_phase_rises_to_its_own_peak(shape: Shape) -> None:
    found = rates(shape)
    assert found[:3] == pytest.approx([1 / 3, 2 / 3, 1.0])
    assert found[12:15] == pytest.approx([1 / 6, 1 / 3, 0.5])
    assert max(found[:12]) == found[2]
    assert max(found[12:]) == found[14]
    assert found[22] == found[21]


def test_the_fall_has_its_shape() -> None:
    assert rates("cosine")[7] == pytest.approx(0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * 0.5)))
    assert rates("linear")[7] == pytest.approx(0.1 + 0.9 * 0.5)
    assert rates("constant")[2:12] == [1.0] * 10
    assert rates("wsd")[2:8] == pytest.approx([1.0] * 6)
    assert rates("wsd")[11] == pytest.approx(0.1 + 0.9 * 0.1 / 0.5)


def test_warm_up_is_a_share_below_one_and_steps_above() -> None:
    assert rates("constant", warmup=0.25)[3] == 1.0
    assert rates("constant", warmup=0.25)[2] == pytest.approx(0.75)
    assert rates("constant", warmup=100)[11] == pytest.approx(1.0)
    assert rates("constant", warmup=0)[0] == 1.0
