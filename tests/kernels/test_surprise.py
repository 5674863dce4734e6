from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.kernels.shingles import units
from corpus.kernels.surprise import PRIOR, UNIT_BITS, Counts, surprise

TEXTS = st.lists(st.text(alphabet="天地人 ab,", max_size=12), min_size=1, max_size=8)


def texts(*said: str) -> pa.Array:
    return pa.array(said, pa.large_string())


def counted(*said: str) -> Counts:
    counts = Counts.none()
    counts.add(units(texts(*said)))
    return counts


def by_hand(said: list[int], others: list[list[int]]) -> float:
    """The same with dictionaries; the chance of two units in one bucket is left out."""
    one = Counter(unit for row in others for unit in row)
    two = Counter(pair for row in others for pair in zip([None, *row], row, strict=False))
    room = sum(one.values()) + 0.5 * (1 << UNIT_BITS)
    nats, before = 0.0, None
    for unit in said:
        context = len(others) if before is None else one[before]
        share = (one[unit] + 0.5) / room
        nats -= math.log((two[before, unit] + PRIOR * share) / (context + PRIOR))
        before = unit
    return nats


def rows_of(said: list[str]) -> list[list[int]]:
    found = units(texts(*said))
    return [found.values[a:b].tolist() for a, b in zip(found.offsets[:-1], found.offsets[1:], strict=True)]


@settings(max_examples=30, deadline=None)
@given(TEXTS)
def test_nats_are_those_of_the_formula_with_a_text_s_own_counts_taken_out(said: list[str]) -> None:
    nats, _ = surprise(units(texts(*said)), counted(*said), counted=True)
    rows = rows_of(said)
    for place, row in enumerate(rows):
        others = [other for which, other in enumerate(rows) if which != place]
        assert math.isclose(nats[place], by_hand(row, others), abs_tol=1e-9)


def test_judging_leaves_the_counts_as_they_were() -> None:
    counts = counted("天地人", "one two three")
    before = [table.copy() for table in (counts.units, counts.pairs, counts.totals)]
    surprise(units(texts("天地人", "one two three")), counts, counted=True)
    for table, old in zip((counts.units, counts.pairs, counts.totals), before, strict=True):
        assert np.array_equal(table, old)


def test_counts_of_parts_add_up_to_those_of_the_whole() -> None:
    both, whole = counted("春天来了").plus(counted("the rain, the wind")), counted("the rain, the wind", "春天来了")
    assert np.array_equal(both.units, whole.units)
    assert np.array_equal(both.pairs, whole.pairs)
    assert both.totals.tolist() == whole.totals.tolist()


def test_what_others_say_too_surprises_less_and_order_matters() -> None:
    counts = counted(*["the river runs to the sea"] * 20)
    nats, _ = surprise(units(texts("the river runs to the sea", "sea the to runs river the")), counts, counted=False)
    assert nats[0] < nats[1]


def test_a_text_without_units_has_no_nats_and_no_rarity() -> None:
    nats, rarity = surprise(units(pa.array(["", None, "。！"], pa.large_string())), counted("天地"), counted=False)
    assert nats.tolist() == [0, 0, 0]
    assert np.isnan(rarity).all()


def test_rarity_counts_each_different_unit_once() -> None:
    counts = counted(*["common word"] * 50, "seldom")
    _, rarity = surprise(units(texts("common", "common common common", "seldom")), counts, counted=False)
    assert rarity[0] == rarity[1] < rarity[2]
