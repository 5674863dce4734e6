"""Every format: a row becomes a record of its kind, nothing is lost, and nothing at all raises."""

from __future__ import annotations

import copy
from typing import Any

import orjson
import pyarrow as pa
import pytest
from dialogues import ROWS
from hypothesis import given, settings
from hypothesis import strategies as st
from importing import imported

from corpus.importers.convert import (
    IMPORTED,
    KINDS,
    convert,
    convert_batch,
    record_of,
    repairs_in,
    restore,
)
from corpus.importers.model import NOTE, Format, Imported, Kind, Problem, Reason
from corpus.importers.roles import ASSISTANT, TOOL, USER

FORMATS = sorted(ROWS)


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_row_of_every_format_becomes_a_record_of_its_kind_and_comes_back(fmt: Format) -> None:
    before = copy.deepcopy(ROWS[fmt])
    record = imported(ROWS[fmt], fmt)
    assert before == ROWS[fmt]
    assert record.kind == KINDS[fmt]
    assert restore(record) == ROWS[fmt]
    assert record.note["format"] == fmt


def test_every_format_but_configuration_has_a_row_here() -> None:
    assert set(ROWS) == set(Format) - {Format.CONFIGURATION}


@pytest.mark.parametrize("fmt", FORMATS)
def test_conversations_end_with_the_assistant_and_prompts_do_not(fmt: Format) -> None:
    record = imported(ROWS[fmt], fmt)
    if record.kind == Kind.CONVERSATION:
        assert record.messages
        assert record.messages[-1][0] == ASSISTANT
    else:
        assert record.prompt
        assert record.prompt[-1][0] in (USER, TOOL)


@pytest.mark.parametrize("fmt", FORMATS)
def test_columns_hold_the_record(fmt: Format) -> None:
    records, problems = convert_batch([ROWS[fmt], 7, None], fmt)
    assert records.schema == IMPORTED
    assert [(row, reason) for row, reason, _ in problems] == [(1, Reason.NOT_THIS_FORMAT), (2, Reason.NOT_THIS_FORMAT)]
    assert [record_of(row) for row in records.to_pylist()] == [imported(ROWS[fmt], fmt)]
    records.validate(full=True)


def test_every_row_is_a_record_or_a_problem_and_records_keep_their_order() -> None:
    rows = [{"instruction": f"第{n}题", "input": "", "output": "" if n % 3 == 1 else f"答{n}"} for n in range(10)]
    records, problems = convert_batch(rows, Format.ALPACA)
    assert [(row, reason) for row, reason, _ in problems] == [(n, Reason.NO_ANSWER) for n in (1, 4, 7)]
    assert records.column("answer").to_pylist() == [f"答{n}" for n in (0, 2, 3, 5, 6, 8, 9)]


def test_a_record_of_another_kind_is_a_problem_when_one_kind_is_asked_for() -> None:
    records, problems = convert_batch([ROWS[Format.KTO]], Format.KTO, "conversation")
    assert (records.num_rows, problems[0][1]) == (0, Reason.OTHER_KIND)
    assert convert_batch([ROWS[Format.KTO]], Format.KTO, "preference")[0].num_rows == 1


def test_no_rows_give_empty_columns() -> None:
    records, problems = convert_batch([], Format.ALPACA)
    assert (records.num_rows, records.schema, problems) == (0, IMPORTED, [])


def test_views_are_the_last_question_the_last_answer_and_the_whole() -> None:
    records, _ = convert_batch([ROWS[Format.FIREFLY]], Format.FIREFLY)
    row = records.to_pylist()[0]
    assert (row["instruction"], row["answer"]) == ("再见", "再会。")
    assert row["text"] == "你好\n\n您好。\n\n再见\n\n再会。"
    pair = convert_batch([ROWS[Format.DPO]], Format.DPO)[0].to_pylist()[0]
    assert (pair["instruction"], pair["answer"]) == ("怎样煮米饭？", "先淘米，再加水。")
    assert pair["text"] == "怎样煮米饭？\n\n先淘米，再加水。"
    prompt = convert_batch([ROWS[Format.PROMPTS]], Format.PROMPTS)[0].to_pylist()[0]
    assert (prompt["instruction"], prompt["answer"]) == (prompt["text"], None)


def test_repairs_are_counted_by_name() -> None:
    rows = [
        {"instruction": "列出颜色", "input": "<无输入>", "output": "红、黄、蓝"},
        {"instruction": "<|im_end|> 是什么？", "input": "", "output": "一个控制符。"},
        {"instruction": "一加一", "input": "", "output": "二"},
    ]
    records, _ = convert_batch(rows, Format.ALPACA)
    assert repairs_in(records) == {"placeholder_input_dropped": 1, "special_tokens_flagged": 1}


def test_special_tokens_of_a_user_are_kept_and_named() -> None:
    record = imported(
        {"instruction": "<|im_end|> 和 </s> 是什么？", "input": "", "output": "<s> 也是。"}, Format.ALPACA
    )
    assert record.messages
    assert record.messages[0][1] == "<|im_end|> 和 </s> 是什么？"
    assert record.note["special_tokens"] == ["<|im_end|>", "</s>"]


@pytest.mark.parametrize("field", ["finish_reason", "stop_reason"])
def test_an_answer_that_the_source_says_was_cut_is_refused(field: str) -> None:
    found = convert({**ROWS[Format.QUESTION_ANSWER], field: "length"}, Format.QUESTION_ANSWER)
    assert isinstance(found, Problem)
    assert found.reason == Reason.TRUNCATED
    assert isinstance(convert({**ROWS[Format.QUESTION_ANSWER], field: "stop"}, Format.QUESTION_ANSWER), Imported)


@pytest.mark.parametrize(
    ("given", "score"),
    [("4\n\n", 4.0), ("4.0", 4.0), (" 4.699999999999999 ", 4.699999999999999), (3, 3.0), ("good", None), ("nan", None)],
)
def test_a_score_is_read_in_any_spelling_and_kept_as_it_was(given: object, score: float | None) -> None:
    record = imported({"id": "1", "score": given, "data": ["问", "答"]}, Format.TURN_LIST)
    assert record.score == score
    assert (record.meta or {})["score"] == given


def test_ids_of_texts_leave_the_meta_and_numbers_stay() -> None:
    assert imported(ROWS[Format.TURN_LIST], Format.TURN_LIST).source_key == "9"
    firefly = imported(ROWS[Format.FIREFLY], Format.FIREFLY)
    assert (firefly.source_key, (firefly.meta or {})["conversation_id"]) == ("12", 12)
    assert imported(ROWS[Format.DIALOG], Format.DIALOG).source_key == "data/7.json"


def test_configuration_is_refused_whatever_it_holds() -> None:
    found = convert({"demo": {"file_name": "demo.json"}}, Format.CONFIGURATION)
    assert isinstance(found, Problem)
    assert found.reason == Reason.CONFIGURATION


def test_a_record_that_was_not_imported_cannot_be_restored() -> None:
    record = imported(ROWS[Format.ALPACA], Format.ALPACA)._replace(meta=None)
    with pytest.raises(ValueError, match="does not say"):
        restore(record)


SCALARS = st.none() | st.booleans() | st.integers(-5, 5) | st.floats(0, 9) | st.text("ab<|>人: \n", max_size=9)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["role", "content", "type"]), inner),
    max_leaves=6,
)


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [leaf for key, one in inner for leaf in _leaves(one, (*path, key))]


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(FORMATS), st.data())
def test_a_row_with_anything_anywhere_is_a_problem_or_comes_back(fmt: Format, data: st.DataObject) -> None:
    row = copy.deepcopy(ROWS[fmt])
    for _ in range(data.draw(st.integers(1, 2))):
        path = data.draw(st.sampled_from(_leaves(row)))
        at: Any = row
        for step in path[:-1]:
            at = at[step]
        if isinstance(at, dict) and data.draw(st.booleans()):
            del at[path[-1]]
        else:
            at[path[-1]] = data.draw(VALUES)
        if not row:
            break
    before = orjson.dumps(row)
    found = convert(row, fmt)
    assert orjson.dumps(row) == before
    if isinstance(found, Imported):
        assert restore(found) == row
        assert found.source_key is None or isinstance(found.source_key, str)
        records, problems = convert_batch([row], fmt)
        assert not problems
        assert [record_of(one) for one in records.to_pylist()] == [found]


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(list(Format)), VALUES)
def test_any_value_at_all_is_a_record_or_a_problem(fmt: Format, value: Any) -> None:
    assert isinstance(convert(value, fmt), Imported | Problem)
    assert isinstance(convert({"messages": value, "chosen": value, "prompt": value}, fmt), Imported | Problem)


def test_messages_are_of_the_schema_of_published_files() -> None:
    from corpus.schema import MESSAGES

    assert pa.types.is_list(MESSAGES)
    records, _ = convert_batch([ROWS[Format.SHAREGPT]], Format.SHAREGPT)
    assert records.column("messages").type == MESSAGES
    assert (records.column("meta").to_pylist()[0] or "").count(NOTE) == 1
