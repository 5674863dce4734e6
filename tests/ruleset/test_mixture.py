"""Portions of a budget: temperature, weights, caps and epochs, with nothing lost between them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from corpus.ruleset.mixture import Budget, Mixture, portions


def wants(mixture: Mixture, **have: float) -> dict[str, float]:
    return {one.source: round(one.want, 6) for one in portions(mixture, have)}


def test_without_anything_said_each_source_is_read_once() -> None:
    assert wants(Mixture(), a=100, b=300) == {"a": 100, "b": 300}


def test_a_budget_is_shared_in_proportion() -> None:
    assert wants(Mixture(budget=Budget(tokens=40)), a=100, b=300) == {"a": 10, "b": 30}


def test_temperature_moves_shares_towards_equal() -> None:
    half = wants(Mixture(budget=Budget(tokens=30), temperature=0.5), a=100, b=400)
    assert half == {"a": 10, "b": 20}
    assert wants(Mixture(budget=Budget(tokens=30), temperature=0), a=100, b=400) == {"a": 15, "b": 15}


def test_weights_multiply_what_a_source_gets() -> None:
    assert wants(Mixture(budget=Budget(tokens=40), weights={"a": 3}), a=100, b=100) == {"a": 30, "b": 10}
    assert wants(Mixture(budget=Budget(tokens=40), weights={"*": 0, "a": 1}), a=100, b=100) == {"a": 40, "b": 0}


def test_what_a_source_cannot_take_goes_to_the_others() -> None:
    mixture = Mixture(budget=Budget(tokens=300), temperature=0)
    assert wants(mixture, small=20, b=200, c=500) == {"small": 20, "b": 140, "c": 140}
    capped = Mixture(budget=Budget(tokens=100), caps={"c": 0.3})
    assert wants(capped, b=500, c=500) == {"b": 70, "c": 30}


def test_epochs_let_a_source_be_read_more_than_once() -> None:
    mixture = Mixture(budget=Budget(tokens=300), temperature=0, epochs={"small": 4})
    found = {one.source: one for one in portions(mixture, {"small": 20, "b": 500})}
    assert (found["small"].want, found["small"].epochs) == (80, 4)
    assert found["b"].want == 220


def test_a_budget_is_one_of_tokens_and_rows() -> None:
    with pytest.raises(ValidationError, match="tokens or rows"):
        Budget(tokens=1, rows=1)
    with pytest.raises(ValidationError, match="tokens or rows"):
        Budget()


HAVE = st.dictionaries(st.sampled_from("abcdef"), st.floats(1, 1e9), min_size=1)


@given(HAVE, st.floats(1, 1e10), st.floats(0, 1), st.dictionaries(st.sampled_from("abc"), st.floats(0.01, 1)))
def test_no_portion_is_above_its_bounds_and_the_budget_is_used_if_it_can_be(
    have: dict[str, float], budget: float, temperature: float, caps: dict[str, float]
) -> None:
    mixture = Mixture(budget=Budget(tokens=budget), temperature=temperature, caps=caps)
    found = portions(mixture, have)
    most = {name: min(units, budget * caps.get(name, 1.0)) for name, units in have.items()}
    assert {one.source for one in found} == set(have)
    assert all(one.want <= most[one.source] * (1 + 1e-9) for one in found)
    assert sum(one.want for one in found) == pytest.approx(min(budget, sum(most.values())), rel=1e-6)
