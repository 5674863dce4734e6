"""Conversations and preferences go through the same run as documents, and end in stages and rounds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from building import SENTENCES, Go, contents, prose, rows_of, settings, write_jsonl

from corpus.errors import ConfigError
from corpus.inspect.explain import explain
from corpus.pipeline import compose
from corpus.rundir import RunDir


def asked(number: int) -> dict[str, Any]:
    answer = prose(number, 2 + 2 * (number % 3))
    return {"instruction": f"请写出第{number}条记录。", "input": "", "output": answer, "topic": number % 3}


def rows() -> list[Any]:
    good = [asked(number) for number in range(90)]
    return [*good, good[3], {"instruction": "说说水渠。", "input": "", "output": ""}, b"{broken"]


def conversations(folder: Path, **more: Any) -> Any:
    write_jsonl(folder / "a.jsonl", rows())
    said = [(f"问{number}：{SENTENCES[number % 8]}", f"好。{SENTENCES[(number + 3) % 8]}") for number in range(20)]
    talks = [
        {"messages": [{"role": "user", "content": ask}, {"role": "assistant", "content": answer}]}
        for ask, answer in said
    ]
    write_jsonl(folder / "m.jsonl", talks)
    sources = [{"name": name, "paths": [str(folder / f"{name}.jsonl")]} for name in ("a", "m")]
    given = {"kind": "conversation", "rules": [], "limits": {"quarantine_share": 0.1}, **more}
    return settings(*sources, **given)


def published(run: Path) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for file in sorted(run.glob("dataset/**/*.parquet")):
        place = str(file.parent.relative_to(run / "dataset"))
        found.setdefault(place, []).extend(pq.ParquetFile(file).read().to_pylist())
    return found


@pytest.fixture
def run(go: Go, tmp_path: Path) -> Path:
    go(conversations(tmp_path), tmp_path / "run")
    return tmp_path / "run"


def test_conversations_become_stages_from_easy_to_hard(run: Path) -> None:
    found = published(run)
    assert list(found) == ["sft/stage=1", "sft/stage=2", "sft/stage=3"]
    means = [np.mean([row["difficulty"] for row in part]) for part in found.values()]
    assert means == sorted(means)
    ends = [(min(row["difficulty"] for row in part), max(row["difficulty"] for row in part)) for part in found.values()]
    assert ends[0][1] < ends[1][0]
    assert ends[1][1] < ends[2][0]
    cuts = RunDir.open(str(run)).published["tier"].manifest.details["stages"]
    assert [one["rows"] for one in cuts["sizes"]] == [len(part) for part in found.values()]


def test_messages_are_published_as_they_came_and_the_rest_is_in_meta(run: Path) -> None:
    every = {row["messages"][0]["content"]: row for part in published(run).values() for row in part}
    row = every["请写出第7条记录。"]
    source = asked(7)
    assert row["messages"][1] == {"role": "assistant", "content": source["output"]}
    assert (row["instruction"], row["answer"]) == (source["instruction"], source["output"])
    assert json.loads(row["meta"])["topic"] == 1
    assert row["split"] in ("train", "validation")


def test_every_row_is_accounted_for(run: Path) -> None:
    account = RunDir.open(str(run)).account()
    assert account.rows_in == 113
    assert account.merged == {"exact_duplicate": 1}
    assert account.quarantined == {"bad_json": 1, "no_answer": 1}
    assert RunDir.open(str(run)).verify() == []
    assert [row["reason"] for row in rows_of(run, "quarantine") if row["stage"] == "import"] == ["no_answer"]


@pytest.mark.parametrize(
    "how", [{"split_bytes": 1 << 12, "part_bytes": 1 << 12}, {"split_bytes": 1 << 13, "rows_here": 0}]
)
def test_neither_splits_nor_spark_show(go: Go, tmp_path: Path, run: Path, how: dict[str, int]) -> None:
    go(conversations(tmp_path), tmp_path / "other", **how)
    assert contents(tmp_path / "other") == contents(run)


def test_a_rule_may_look_at_the_answer_alone(go: Go, tmp_path: Path) -> None:
    rule = tmp_path / "rule.yaml"
    rule.write_text(
        "- id: my.short_answer\n  applies: {kind: [conversation]}\n  signal: {kernel: chars, view: answer}\n"
        "  keep_when: {min: 60}\n  otherwise: drop\n  reason: too short\n  source: ours\n"
        "  examples: {keep: [" + SENTENCES[0] * 3 + "], drop: [好]}\n",
        encoding="utf-8",
    )
    go(conversations(tmp_path, rules=[str(rule)]), tmp_path / "run")
    kept = [row for part in published(tmp_path / "run").values() for row in part]
    assert min(len(row["answer"]) for row in kept) >= 60
    gone = [row for row in rows_of(tmp_path / "run", "rejected") if row["stage"] == "decide"]
    assert {tuple(row["reasons"]) for row in gone} == {("my.short_answer",)}
    assert len(gone) == 20


def test_preferences_become_a_round(go: Go, tmp_path: Path) -> None:
    pairs = [
        {"instruction": f"第{number}问？", "input": "", "chosen": prose(number, 2), "rejected": "不知道。"}
        for number in range(12)
    ]
    write_jsonl(
        tmp_path / "p.jsonl", [*pairs, {"instruction": "同样？", "input": "", "chosen": "是。", "rejected": "是。"}]
    )
    given = {"kind": "preference", "rules": [], "round": 2, "limits": {"quarantine_share": 0.2}}
    go(settings({"name": "p", "paths": [str(tmp_path / "p.jsonl")]}, **given), tmp_path / "run")
    found = published(tmp_path / "run")
    assert list(found) == ["preference/round=2"]
    row = next(row for row in found["preference/round=2"] if row["prompt"][0]["content"] == "第5问？")
    assert row["chosen"] == [{"role": "assistant", "content": prose(5, 2)}]
    assert row["rejected"] == [{"role": "assistant", "content": "不知道。"}]
    assert RunDir.open(str(tmp_path / "run")).account().quarantined == {"same_answers": 1}


def test_what_would_change_a_dialogue_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="rewrites: changes texts") as caught:
        compose(conversations(tmp_path, rewrites=["common"], dedup={"lines": {}}))
    assert "dedup.lines: changes texts" in str(caught.value)


def test_a_format_that_cannot_be_told_must_be_named(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "x.jsonl", [{"colour": "red"}] * 5)
    with pytest.raises(ConfigError, match="Name its `importer`: one of alpaca"):
        compose(settings({"name": "x", "paths": [str(tmp_path / "x.jsonl")]}, kind="conversation"))


def test_duplicates_are_looked_for_in_the_view_that_is_asked_for(go: Go, tmp_path: Path) -> None:
    talks = [
        {"instruction": f"请说说第{number}件事。", "input": "", "output": prose(number // 2)} for number in range(20)
    ]
    write_jsonl(tmp_path / "d.jsonl", talks)
    source = {"name": "d", "paths": [str(tmp_path / "d.jsonl")]}
    kept = {}
    for view in ("text", "instruction", "answer"):
        dedup = {"near": {}, "view": view}
        go(settings(source, kind="conversation", rules=[], difficulty=False, dedup=dedup), tmp_path / view)
        kept[view] = sum(len(part) for part in published(tmp_path / view).values())
    assert kept == {"text": 20, "instruction": 20, "answer": 10}


def test_conversations_have_a_quality_of_their_own_and_its_product_with_difficulty(go: Go, tmp_path: Path) -> None:
    go(conversations(tmp_path, quality="conversation"), tmp_path / "run")
    rows = [row for part in published(tmp_path / "run").values() for row in part]
    assert all(0 <= row["quality"] <= 1 for row in rows)
    assert all(row["evol_score"] == pytest.approx(row["quality"] * row["difficulty"], rel=1e-5) for row in rows)


def test_a_document_has_no_answer_to_look_at(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "t.jsonl", [{"text": "好"}])
    with pytest.raises(ConfigError, match=r"dedup\.view: a document has no answer"):
        compose(settings({"name": "t", "paths": [str(tmp_path / "t.jsonl")]}, dedup={"view": "answer"}))


TURN_RULE = """
- id: my.short_answer
  applies: {kind: [conversation]}
  signal: {kernel: chars, view: answers}
  keep_when: {min: 3}
  otherwise: drop
  reason: an answer says next to nothing
  source: ours
  examples: {keep: [水渠。], drop: [好]}
"""


def test_the_worst_turn_decides_and_the_evidence_names_it(go: Go, tmp_path: Path) -> None:
    def talk(*said: str) -> dict[str, Any]:
        turns = zip(("system", *("user", "assistant") * 2), ("写得短。", *said), strict=False)
        return {"messages": [{"role": role, "content": content} for role, content in turns]}

    write_jsonl(tmp_path / "m.jsonl", [talk("问", "好", "再问", "水渠。"), talk("问", "水渠。", "再问", "还是水渠。")])
    rule = tmp_path / "rule.yaml"
    rule.write_text(TURN_RULE, encoding="utf-8")
    source = {"name": "m", "paths": [str(tmp_path / "m.jsonl")], "importer": "messages"}
    go(settings(source, kind="conversation", rules=[str(rule)], tiers="single"), tmp_path / "run")
    (gone,) = rows_of(tmp_path / "run", "rejected")
    assert (gone["reasons"], gone["values"], gone["turns"]) == (["my.short_answer"], [1.0], [3])
    (said,) = explain(str(tmp_path / "run"), gone["doc_id"])
    assert [(one.rule, one.value, one.turn) for one in said.rules] == [("my.short_answer", 1, 3)]
    (kept,) = (row for part in published(tmp_path / "run").values() for row in part)
    (said,) = explain(str(tmp_path / "run"), kept["doc_id"])
    assert [(one.rule, one.value, one.turn, one.failed) for one in said.rules] == [("my.short_answer", 3, 3, False)]


def test_questions_without_answers_are_a_kind_of_their_own(go: Go, tmp_path: Path) -> None:
    write_jsonl(tmp_path / "p.jsonl", [{"prompt": f"第{number}问：{SENTENCES[number]}"} for number in range(8)] * 2)
    evaluation = [{"question": "水渠多长？", "std_answer": "七里", "class": "open qa"}]
    write_jsonl(tmp_path / "e.jsonl", evaluation)
    sources = [{"name": name, "paths": [str(tmp_path / f"{name}.jsonl")]} for name in ("p", "e")]
    go(settings(*sources, kind="prompt", rules=["sft"]), tmp_path / "run")
    found = published(tmp_path / "run")
    assert {place: len(rows) for place, rows in found.items()} == {"prompt/tier=all": 9}
    row = next(row for row in found["prompt/tier=all"] if row["source"] == "e")
    assert row["prompt"] == [{"role": "user", "content": "水渠多长？"}]
    assert (row["instruction"], row["answer"]) == ("水渠多长？", None)
    assert json.loads(row["meta"])["std_answer"] == "七里"
