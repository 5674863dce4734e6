from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from building import write_jsonl

from corpus.errors import UsageError
from corpus.schema import MESSAGES
from corpus.synth.model import Given
from corpus.synth.sources import Sources, all_of, documents_of, in_lang, rows_of, sampled

ALPACA = [
    {"id": "a", "instruction": "翻译成英文", "input": "河很宽。", "output": "The river is wide.", "category": "翻译"},
    {"instruction": "七加一等于几？", "input": "", "output": "八"},
    {"instruction": "没有回答的问题", "input": "", "output": ""},
]


def test_alpaca_rows_keep_instruction_and_input_apart(tmp_path: Path) -> None:
    found = rows_of([str(write_jsonl(tmp_path / "a.jsonl", ALPACA))])
    first, second = all_of(found)
    assert first == Given("a", "翻译成英文", "河很宽。", "The river is wide.", "翻译")
    assert (second.instruction, second.conversation) == (
        "七加一等于几？",
        (("user", "七加一等于几？"), ("assistant", "八")),
    )
    assert second.id.startswith("a.jsonl#")
    assert sum(found.left_out.values()) == 1


def test_conversations_keep_their_turns_and_files_of_other_formats_may_stand_beside(tmp_path: Path) -> None:
    said = [("human", "山有多高？"), ("gpt", "三千米。"), ("human", "海呢？"), ("gpt", "更深。")]
    share = {"id": "s", "conversations": [{"from": role, "value": text} for role, text in said]}
    write_jsonl(tmp_path / "a.jsonl", ALPACA[:2])
    write_jsonl(tmp_path / "b.jsonl", [share])
    found = all_of(rows_of([str(tmp_path)]))
    assert [one.instruction for one in found] == ["翻译成英文", "七加一等于几？", "海呢？"]
    assert found[2].turns == (
        ("user", "山有多高？"),
        ("assistant", "三千米。"),
        ("user", "海呢？"),
        ("assistant", "更深。"),
    )


def test_a_run_stands_for_its_published_rows(tmp_path: Path) -> None:
    folder = tmp_path / "RUN" / "dataset" / "sft" / "stage=1"
    folder.mkdir(parents=True)
    messages = [[{"role": "user", "content": "山有多高？"}, {"role": "assistant", "content": "三千米。"}]]
    table = pa.table({"doc_id": ["d1"], "text": ["山有多高？\n\n三千米。"], "messages": pa.array(messages, MESSAGES)})
    pq.write_table(table, folder / "x.parquet")
    (found,) = all_of(rows_of([str(tmp_path / "RUN")]))
    assert (found.id, found.instruction, found.output) == ("d1", "山有多高？", "三千米。")
    documents = tmp_path / "RUN" / "dataset" / "pretrain" / "tier=high"
    documents.mkdir(parents=True)
    pq.write_table(pa.table({"doc_id": ["t"], "text": ["山" * 200]}), documents / "x.parquet")
    assert [one.output for one in all_of(documents_of([str(tmp_path / "RUN")]))] == ["山" * 200]


def test_short_documents_and_other_languages_are_counted_as_left_out(tmp_path: Path) -> None:
    texts = ["春天的山里开满了花。" * 20, "short", "The hills are full of flowers in spring. " * 10]
    path = write_jsonl(tmp_path / "d.jsonl", [{"id": str(n), "text": text} for n, text in enumerate(texts)])
    found = in_lang(documents_of([str(path)], least=100), "zh")
    assert [one.id for one in all_of(found)] == ["0"]
    assert found.left_out == {"too_short": 1, "other_language": 1}


def test_a_file_that_holds_no_conversations_is_refused_by_name(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "d.jsonl", [{"wheel": 1, "axle": 2}])
    with pytest.raises(UsageError, match=r"d\.jsonl: holds no conversations"):
        all_of(rows_of([str(path)]))


def test_a_sample_is_the_same_whatever_the_order_of_the_rows() -> None:
    rows = [Given(str(n), f"问题{n}", "", "答") for n in range(100)]
    first = all_of(sampled(Sources(iter(rows)), 10, 0))
    assert all_of(sampled(Sources(iter(rows[::-1])), 10, 0)) == first
    assert all_of(sampled(Sources(iter(rows)), 10, 1)) != first
    assert len(set(first)) == 10


def test_rows_are_read_only_as_far_as_they_are_asked_for() -> None:
    rows = iter([Given(str(n), "", "", "") for n in range(5)])
    found = Sources(rows)
    assert found.get(1) == Given("1", "", "", "")
    assert next(rows).id == "2"
    assert len(found) == 4
    assert found.get(9) is None


def test_questions_without_answers_are_read_where_they_are_wanted(tmp_path: Path) -> None:
    path = str(write_jsonl(tmp_path / "p.jsonl", [{"prompt": f"第{n}道题：山里有什么花？"} for n in range(3)]))
    found = all_of(rows_of([path], prompts=True))
    assert (found[0].instruction[:4], found[0].output, found[0].turns) == ("第0道题", "", ())
    with pytest.raises(UsageError, match="holds no conversations"):
        all_of(rows_of([path]))
