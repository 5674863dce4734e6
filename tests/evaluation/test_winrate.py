from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.evaluation.bootstrap import Resampling, draws
from corpus.evaluation.winrate import Compared, Verdict, by_category, length_controlled, macro_points, rate, verdict_of

HOW = Resampling(200, 5)
SAID = ("first", "tie", "second")
TURNED: dict[Verdict | None, Verdict | None] = {"win": "lose", "lose": "win", "tie": "tie", None: None}


def rows(said: list[Verdict | None], lengths: tuple[int, int] = (10, 10)) -> list[Compared]:
    return [Compared(f"q{n}", ("maths", "open qa")[n % 2], one, lengths) for n, one in enumerate(said)]


def test_two_orders_make_the_papers_verdict() -> None:
    found = {pair: verdict_of(*pair) for pair in itertools.product(SAID, SAID)}
    assert found == {
        ("first", "first"): "win", ("first", "tie"): "win", ("tie", "first"): "win",
        ("tie", "tie"): "tie", ("first", "second"): "tie", ("second", "first"): "tie",
        ("second", "second"): "lose", ("second", "tie"): "lose", ("tie", "second"): "lose",
    }  # fmt: skip


def test_the_rate_and_its_interval_are_those_made_by_hand() -> None:
    said: list[Verdict | None] = ["win", "win", "tie", "lose", None, "win", "tie", None]
    found = rate(rows(said), HOW)
    assert (found.win, found.tie, found.lose, found.unjudged) == (3, 2, 1, 2)
    assert found.points is not None
    assert found.points.value == pytest.approx(100 * (3 + 2 / 2) / 6 - 50)
    worth = [{"win": 1.0, "tie": 0.5, "lose": 0.0}[one] for one in said if one]
    again = sorted(100 * sum(n * v for n, v in zip(row, worth, strict=True)) / 6 - 50
                   for block in draws(6, HOW) for row in block)  # fmt: skip
    low, high = 0.025 * 199, 0.975 * 199
    assert found.points.low == pytest.approx(again[4] + (low - 4) * (again[5] - again[4]))
    assert found.points.high == pytest.approx(again[194] + (high - 194) * (again[195] - again[194]))


@settings(max_examples=30)
@given(st.lists(st.sampled_from(["win", "tie", "lose", None]), min_size=1, max_size=40), st.randoms())
def test_exchanged_sides_exchange_the_sign_and_order_does_not_matter(
    said: list[Verdict | None], random: object
) -> None:
    one = rate(rows(said), HOW)
    other = rate([Compared(r.id, r.category, TURNED[r.verdict], (r.lengths[1], r.lengths[0])) for r in rows(said)], HOW)
    shuffled = rows(said)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert rate(shuffled, HOW) == one
    if one.points is None or other.points is None:
        assert one.unjudged == len(said)
        return
    assert one.points.value == pytest.approx(-other.points.value)
    if one.points.low is not None and other.points.high is not None:
        assert one.points.low == pytest.approx(-other.points.high, abs=1e-9)


def test_categories_are_averaged_with_and_without_maths_and_code() -> None:
    found = by_category(rows(["win", "lose", "win", "win"]), HOW)
    assert {name: one.points.value for name, one in found.items() if one.points} == {"maths": 50.0, "open qa": 0.0}
    assert macro_points(found, without_hard=False) == 25.0
    assert macro_points(found, without_hard=True) == 0.0
    assert macro_points({}, without_hard=True) is None


def test_what_is_won_by_length_alone_is_no_win_at_equal_length() -> None:
    said: list[Compared] = []
    for n in range(400):
        longer, by_length = n % 4 != 0, n // 4 % 10 != 0
        lengths = (300, 100) if longer else (100, 300)
        said.append(Compared(f"q{n}", "open qa", "win" if longer == by_length else "lose", lengths))
    found = rate(said, HOW)
    assert found.points is not None
    assert found.controlled is not None
    assert found.slope is not None
    assert found.points.value == pytest.approx(20.0)
    assert abs(found.controlled.value) < 0.5
    assert found.slope * math.tanh(1) == pytest.approx(math.log(9), rel=0.01)
    assert found.longer == 0.75


def test_with_answers_of_one_length_nothing_is_controlled() -> None:
    found = rate(rows(["win", "win", "win", "lose"] * 25), HOW)
    assert found.points is not None
    assert found.controlled is not None
    assert found.controlled.value == pytest.approx(found.points.value, abs=0.05)
    assert found.slope == pytest.approx(0.0, abs=1e-9)


def test_the_fit_is_where_the_formula_says() -> None:
    """At the maximum both derivatives of the penalised likelihood are nothing, and no step away is better."""
    random = np.random.default_rng(1)
    values = random.choice([0.0, 0.5, 1.0], size=60)
    lengths = random.integers(10, 500, size=(60, 2)).astype(float)
    found, slope = length_controlled(values, lengths, Resampling(0))
    chance = (found.value + 50) / 100
    strength = math.log(chance / (1 - chance))
    apart = lengths[:, 0] - lengths[:, 1]
    terms = np.tanh(apart / math.sqrt(float(np.mean(apart**2))))

    def likelihood(a: float, b: float) -> float:
        said = 1 / (1 + np.exp(-(a + b * terms)))
        return float((values * np.log(said) + (1 - values) * np.log(1 - said)).sum() - 0.01 * (a * a + b * b) / 2)

    best = likelihood(strength, slope)
    assert all(
        likelihood(strength + da, slope + db) < best for da, db in ((1e-3, 0), (-1e-3, 0), (0, 1e-3), (0, -1e-3))
    )


def test_one_side_that_wins_everything_stays_finite() -> None:
    found = rate(rows(["win"] * 30, (10, 400)), HOW)
    assert found.controlled is not None
    assert 40 < found.controlled.value <= 50
