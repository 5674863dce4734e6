from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.kernels.difficulty import FACETS, facets, prepare
from corpus.kernels.surprise import Counts

TEXT = st.none() | st.text(max_size=40)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(TEXT, TEXT, TEXT), max_size=5))
def test_any_rows_have_facets_and_those_without_an_answer_none(rows: list[tuple[str | None, ...]]) -> None:
    read = prepare(*(pa.array([row[place] for row in rows], pa.large_string()) for place in range(3)))
    asks, answers = Counts.none(), Counts.none()
    asks.add(read.ask)
    answers.add(read.answer)
    found = facets(read, asks, answers)
    for name in FACETS:
        assert len(found[name]) == len(rows)
        assert np.array_equal(np.isnan(found[name]), found["units"] == 0)


def test_an_input_belongs_to_the_ask_and_not_to_the_answer() -> None:
    read = prepare(*(pa.array(one, pa.large_string()) for one in (["数一数"] * 2, ["三只鸟", "无"], ["三", "三"])))
    assert np.diff(read.ask.offsets).tolist() == [6, 3]
    assert np.diff(read.answer.offsets).tolist() == [1, 1]
