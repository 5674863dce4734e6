"""Whatever a record says, importing its row gives it again; what a format cannot say is refused."""

from __future__ import annotations

from typing import Any

import pytest
from dialogues import CALL, ROWS
from hypothesis import given, settings
from hypothesis import strategies as st
from importing import imported

from corpus.exporters.rows import FORMATS, To, Unsayable, row_of, shape_of
from corpus.importers.convert import convert
from corpus.importers.model import NOTE, Format, Imported, Kind, Turns

TARGETS: tuple[To, ...] = ("sharegpt", "messages", "alpaca", "llamafactory", "original")


def read_back(row: dict[str, Any], record: Imported, to: To) -> Imported:
    fmt = (
        Format(record.note["format"])
        if to == "original"
        else FORMATS["sharegpt" if to == "llamafactory" else to, shape_of(record)]
    )
    found = convert(row, fmt)
    assert isinstance(found, Imported), found
    return found._replace(score=record.score)


@pytest.mark.parametrize("to", TARGETS)
@pytest.mark.parametrize("fmt", sorted(ROWS))
def test_a_record_of_every_format_goes_through_every_other(fmt: Format, to: To) -> None:
    record = imported(ROWS[fmt], fmt)
    if to == "alpaca" and any(role == "tool" for role, _ in record.messages or []):
        with pytest.raises(Unsayable, match="tools"):
            row_of(record, to)
        return
    row = row_of(record, to)
    assert read_back(row, record, to) == record
    if to == "original":
        assert row == ROWS[fmt]


def test_rows_of_the_format_itself_come_out_as_they_went_in() -> None:
    for fmt, to in ((Format.ALPACA, "alpaca"), (Format.SHAREGPT, "sharegpt"), (Format.SHAREGPT_PAIR, "sharegpt")):
        assert row_of(imported(ROWS[fmt], fmt), to) == ROWS[fmt]  # type: ignore[arg-type]


def test_calls_are_said_as_sharegpt_says_them() -> None:
    row = row_of(imported(ROWS[Format.MESSAGES], Format.MESSAGES), "sharegpt")
    assert [turn["from"] for turn in row["conversations"]] == ["system", "human", "function_call", "observation", "gpt"]


def test_a_bare_row_has_the_fields_of_the_format_alone() -> None:
    firefly, tools = imported(ROWS[Format.FIREFLY], Format.FIREFLY), imported(ROWS[Format.SHAREGPT], Format.SHAREGPT)
    assert set(row_of(firefly, "messages", bare=True)) == {"messages"}
    assert set(row_of(tools, "llamafactory", bare=True)) == {"conversations", "system", "tools"}


def test_llamafactory_gets_one_type_for_every_name() -> None:
    rows = [row_of(imported(ROWS[fmt], fmt), "llamafactory") for fmt in (Format.FIREFLY, Format.TURN_LIST, Format.MOSS)]
    assert all(type(row.get("id", "")) is str and type(row[NOTE]) is str for row in rows)
    assert all(set(row) <= {"id", "conversations", "tools", NOTE} for row in rows)


def test_an_answer_of_several_turns_is_left_out_of_what_has_one() -> None:
    start: Turns = [("user", "a")]
    longer: Turns = [("assistant", "b"), ("user", "c"), ("assistant", "d")]
    record = Imported(Kind.PREFERENCE, None, None, start, longer, [("assistant", "e")], None, None, None, None)
    assert read_back(row_of(record, "messages"), record, "messages") == record
    for to in ("sharegpt", "alpaca"):
        with pytest.raises(Unsayable, match="several turns"):
            row_of(record, to)  # type: ignore[arg-type]


def test_a_record_that_changed_since_is_not_said_to_be_the_original() -> None:
    record = imported(ROWS[Format.MOSS], Format.MOSS)
    changed = record._replace(messages=[*(record.messages or [])[:-1], ("assistant", "是二十二。")])
    with pytest.raises(Unsayable, match="changed"):
        row_of(changed, "original")
    with pytest.raises(Unsayable, match="how it was written"):
        row_of(record._replace(meta=None), "original")


def test_an_input_that_no_longer_stands_where_it_was_goes_into_the_instruction() -> None:
    record = imported(ROWS[Format.ALPACA], Format.ALPACA)
    changed = record._replace(messages=[("user", "改成反问句。他明白。"), ("assistant", "难道他不明白吗？")])
    row = row_of(changed, "alpaca")
    assert (row["instruction"], row["input"]) == ("改成反问句。他明白。", "")
    assert read_back(row, changed, "alpaca") == changed


def test_the_place_that_a_run_calls_a_row_by_is_no_field_of_the_original() -> None:
    record = imported(ROWS[Format.ALPACA], Format.ALPACA)._replace(source_key="a.json#4")
    assert row_of(record, "original") == ROWS[Format.ALPACA]
    assert row_of(record, "alpaca")["id"] == "a.json#4"
    assert read_back(row_of(record, "alpaca"), record, "alpaca") == record


TEXTS = st.text("ab<|>/ :\n人", min_size=1, max_size=8).filter(lambda text: not text.isspace()) | st.sampled_from(
    ["Human: a\n\nAssistant: ", "\n\nHuman: a\n\nAssistant:", "</s>", f"<tool_call>\n{CALL}\n</tool_call>", "<noinput>"]
)
NAMES = st.sampled_from(
    ["id", "messages", "conversations", "system", "tools", "input", "label", "prompt", "chosen", "x"]
)
SCALARS = (
    st.none() | st.booleans() | st.integers(0, 9) | st.text("ab", max_size=3) | st.lists(st.integers(0, 2), max_size=2)
)
NOTES = st.none() | st.just({"format": "moss"}) | st.just({"format": "alpaca", "split": 1}) | st.text("ab{", max_size=3)
METAS = st.none() | st.builds(
    lambda fields, note: {**fields, **({NOTE: note} if note else {})} or None,
    st.dictionaries(NAMES, SCALARS, max_size=3),
    NOTES,
)
KEYS = st.none() | st.text("ab1", min_size=1, max_size=3)


@st.composite
def questions(draw: st.DrawFn) -> Turns:
    turns: Turns = [("system", draw(TEXTS))] if draw(st.booleans()) else []
    for _ in range(draw(st.integers(0, 2))):
        turns += [("user", draw(TEXTS)), ("assistant", draw(TEXTS))]
        if draw(st.booleans()):
            turns += [("tool", draw(st.text("ab", max_size=2))), ("assistant", draw(TEXTS))]
    return [*turns, ("user", draw(TEXTS))]


@st.composite
def records(draw: st.DrawFn) -> Imported:
    prompt, answer, other = draw(questions()), [("assistant", draw(TEXTS))], [("assistant", draw(TEXTS))]
    key, meta = draw(KEYS), draw(METAS)
    match draw(st.sampled_from(["conversation", "pair", "good", "bad", "prompt"])):
        case "conversation":
            return Imported(Kind.CONVERSATION, key, [*prompt, *answer], None, None, None, None, None, None, meta)
        case "prompt":
            return Imported(Kind.PROMPT, key, None, prompt, None, None, None, None, None, meta)
        case "good":
            return Imported(Kind.PREFERENCE, key, None, prompt, answer, [], None, None, None, meta)
        case "bad":
            return Imported(Kind.PREFERENCE, key, None, prompt, [], answer, None, None, None, meta)
    if other == answer:
        other = [("assistant", answer[0][1] + "!")]
    scores = draw(st.sampled_from([(None, None), (4.5, 1.25)]))
    return Imported(Kind.PREFERENCE, key, None, prompt, answer, other, None, *scores, meta)


@settings(max_examples=400, deadline=None)
@given(records(), st.sampled_from(["sharegpt", "messages", "alpaca", "llamafactory"]))
def test_any_record_is_read_back_as_it_was(record: Imported, to: To) -> None:
    if (
        to == "alpaca"
        and record.kind != Kind.PROMPT
        and any(role == "tool" for role, _ in record.messages or record.prompt or [])
    ):
        with pytest.raises(Unsayable):
            row_of(record, to)
        return
    assert read_back(row_of(record, to), record, to) == record
