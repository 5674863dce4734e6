"""Each turn is measured by itself, and the worst one and its number stand for the record."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.kernels.catalogue import measure
from corpus.kernels.signal import SignalCall
from corpus.schema import MESSAGES

ROLES = {"turns": ("system", "user", "assistant", "tool"), "questions": ("user",), "answers": ("assistant",)}
Talk = list[tuple[str, str]]
talks = st.lists(
    st.one_of(st.none(), st.lists(st.tuples(st.sampled_from(ROLES["turns"]), st.text(max_size=12)), max_size=5)),
    max_size=6,
)


def batch_of(records: list[Talk | None], column: str = "messages") -> pa.RecordBatch:
    rows = [None if one is None else [{"role": role, "content": said} for role, said in one] for one in records]
    return pa.RecordBatch.from_arrays([pa.array(rows, MESSAGES)], names=[column])


def measured(batch: pa.RecordBatch, call: SignalCall) -> tuple[list[Any], list[Any]]:
    found = measure(batch, [call, call.place])
    return found.column(0).to_pylist(), found.column(1).to_pylist()


@given(talks, st.sampled_from(sorted(ROLES)), st.sampled_from(["highest", "lowest"]))
def test_the_worst_turn_and_the_first_that_is_so(records: list[Talk | None], view: str, worst: str) -> None:
    values, places = measured(batch_of(records), SignalCall("chars", view=f"{view}.{worst}"))
    choose = max if worst == "highest" else min
    for one, value, place in zip(records, values, places, strict=True):
        lengths = {at: len(said) for at, (role, said) in enumerate(one or [], start=1) if role in ROLES[view]}
        assert value == (choose(lengths.values()) if lengths else None)
        assert place == (next(at for at, many in lengths.items() if many == value) if lengths else None)


@given(talks, st.integers(0, 6))
def test_batches_may_be_cut_anywhere(records: list[Talk | None], at: int) -> None:
    call = SignalCall("pattern_density", (("pattern", "a"),), view="turns.highest")
    whole = measure(batch_of(records), [call, call.place])
    parts = [measure(batch_of(records).slice(*span), [call, call.place]) for span in ((0, at), (at,))]
    assert whole.to_pylist() == [row for part in parts for row in part.to_pylist()]


def test_a_value_that_no_turn_has_is_null() -> None:
    call = SignalCall("pattern_density", (("pattern", "a"),), view="answers.highest")
    assert measured(batch_of([[("user", "aaa"), ("assistant", "")]]), call) == ([None], [None])


def test_exchanges_compare_every_answer_with_the_question_before_it() -> None:
    talk = [
        ("system", "Name the fern that grows in wet places."),
        ("user", "Name a fern that grows in wet places."),
        ("assistant", "The royal fern."),
        ("user", "Now say where the hart's tongue grows."),
        ("assistant", "Now say where the hart's tongue grows!"),
    ]
    assert measured(batch_of([talk]), SignalCall("echo_similarity", view="exchanges.highest")) == ([1.0], [5])


@pytest.mark.parametrize(("chosen", "place"), [([("assistant", "好" * 9)], 2), ([], 2)])
def test_a_preference_is_its_prompt_and_one_answer(chosen: Talk, place: int) -> None:
    names = ("prompt", "chosen", "rejected")
    said = ([("user", "问")], chosen, [("assistant", "不" * 7)])
    columns = [batch_of([one]).column(0) for one in said]
    call = SignalCall("chars", view="turns.highest")
    values, places = measured(pa.RecordBatch.from_arrays(columns, names=list(names)), call)
    assert (values, places) == ([9 if chosen else 7], [place])
