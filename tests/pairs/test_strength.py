from __future__ import annotations

import random

import numpy as np
import pytest

from corpus.pairs.strength import FIRST, SECOND, TIE, Judgement, expected, strengths

TRUE = {"a": 1.5, "b": 0.0, "c": -1.5}


def simulated(place: float = 0.0, ties: float = 0.6, many: int = 400, length: float = 0.0) -> list[Judgement]:
    """Judgements by the model itself, each pair in both orders."""
    rng = np.random.default_rng(7)
    found = []
    for seed in range(many):
        for one, other in (("a", "b"), ("b", "c"), ("c", "a")):
            for first, second in ((one, other), (other, one)):
                here, there = (int(value) for value in rng.integers(50, 500, 2))
                x = TRUE[first] - TRUE[second] + place + length * np.log((here + 1) / (there + 1))
                weights = np.array([np.exp(x / 2), ties, np.exp(-x / 2)])
                outcome = int(rng.choice([FIRST, TIE, SECOND], p=weights / weights.sum()))
                found.append(Judgement(str(seed), first, second, here, there, outcome))
    return found


def test_strengths_ties_place_and_length_that_made_the_judgements_are_found_again() -> None:
    found = strengths(simulated(place=0.8, length=0.5))
    assert found is not None
    assert list(found.models) == ["a", "b", "c"]
    for name, value in TRUE.items():
        assert found.models[name].value == pytest.approx(value, abs=0.2)
        assert found.models[name].low < value < found.models[name].high
    assert found.place.value == pytest.approx(0.8, abs=0.2)
    assert found.length.value == pytest.approx(0.5, abs=0.2)
    assert found.ties == pytest.approx(0.6, abs=0.1)
    assert (found.judgements, found.seeds) == (2400, 400)


def test_two_models_by_hand() -> None:
    """3 wins, 1 loss and no tie: log 3 but for the prior; of 8 with it weaker still than of 800."""
    rows = [Judgement(str(n), "a", "b", 9, 9, FIRST if n % 4 else SECOND) for n in range(400)]
    rows += [Judgement(str(n), "b", "a", 9, 9, SECOND if n % 4 else FIRST) for n in range(400)]
    found = strengths(rows, samples=5)
    assert found is not None
    assert found.models["a"].value - found.models["b"].value == pytest.approx(np.log(3), abs=0.02)
    assert expected(found, "a", "b") == pytest.approx(0.75, abs=0.01)


def test_the_order_of_judgements_does_not_matter_and_a_model_that_always_wins_has_a_finite_strength() -> None:
    rows = [Judgement(str(n), *two, 5, 5, FIRST) for n in range(20) for two in (("a", "b"), ("a", "c"), ("b", "c"))]
    shuffled = rows.copy()
    random.Random(3).shuffle(shuffled)
    assert strengths(rows, samples=20) == strengths(shuffled, samples=20)
    found = strengths(rows, samples=20)
    assert found is not None
    assert found.models["a"].value < 20


def test_a_judge_that_sees_places_only_gives_no_model_a_strength() -> None:
    rows = [Judgement(str(n), *two, 5, 5, FIRST) for n in range(30) for two in (("a", "b"), ("b", "a"))]
    found = strengths(rows, samples=20)
    assert found is not None
    assert found.models["a"].value == pytest.approx(0, abs=1e-6)
    assert found.place.value > 3


def test_one_model_has_no_strength() -> None:
    assert strengths([Judgement("s", "a", "a", 1, 1, TIE)]) is None
    assert strengths([]) is None
