"""Labelled rows become conversations: nothing is lost, the choice of the template depends on the id alone."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from corpus.templates.apply import Terms, apply, convert
from corpus.templates.model import load, shipped

TERMS = Terms("zh", {})


def rows(count: int) -> list[str]:
    return [json.dumps({"id": f"r{n}", "text": f"第{n}家店 {{label}}", "label": n % 2}) for n in range(count)]


def test_the_template_depends_on_the_id_and_not_on_the_order() -> None:
    given, task = rows(60), load("sentiment")
    one = convert(pl.Series(given), task, TERMS)
    other = convert(pl.Series(given[::-1]), task, TERMS)
    assert one.equals(other.reverse())
    assert set(one["template"]) == {0, 1, 2}
    assert not one.equals(convert(pl.Series(given), task, Terms("zh", {}, seed=1)))


def test_label_words_follow_the_language_and_text_is_never_a_template() -> None:
    task = load("sentiment")
    assert convert(pl.Series(rows(2)), task, TERMS)["answer"].to_list() == ["负面", "正面"]
    english = convert(pl.Series(rows(2)), task, Terms("en", {}))
    assert english["answer"].to_list() == ["negative", "positive"]
    assert all("{label}" in text for text in english["question"])


def test_bad_rows_are_set_apart_with_the_reason(tmp_path: Path) -> None:
    bad = ['{"id": "x", "label": 1}', '{"id": "y", "text": "好", "label": 7}', '{"id": "z", "text": " ", "label": 1}']
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text("\n".join([*rows(5), *bad]), encoding="utf-8")
    done = apply([str(source)], load("sentiment"), TERMS, out)
    assert (done.read, done.written) == (8, 5)
    assert done.quarantined == {"missing_field": 2, "unknown_label": 1}
    aside = [json.loads(line) for line in (tmp_path / "out.jsonl.quarantine.jsonl").read_text("utf-8").splitlines()]
    assert [(row["id"], row["field"]) for row in aside] == [("x", "text"), ("y", "label"), ("z", "text")]
    first = json.loads(out.read_text("utf-8").splitlines()[0])
    assert [turn["role"] for turn in first["messages"]] == ["user", "assistant"]
    assert first["meta"]["source_id"] == "r0"
    assert first["meta"]["task"] == "sentiment"


def test_columns_may_have_other_names() -> None:
    row = pl.Series(['{"s1": "甲", "s2": "乙", "label": 0}'])
    made = convert(row, load("paraphrase"), Terms("zh", {"a": "s1", "b": "s2"}))
    assert made["answer"].to_list() == ["不同"]
    assert made["reason"].to_list() == [None]


@pytest.mark.parametrize("name", shipped())
def test_every_task_fills_each_template_in_both_languages(name: str) -> None:
    task = load(name)
    row = {field: f"<{field}>" for field in task.fields} | {"label": next(iter(task.labels), "")}
    for lang in ("zh", "en"):
        given = pl.Series([json.dumps({**row, "id": str(n)}) for n in range(40)])
        made = convert(given, task, Terms("zh" if lang == "zh" else "en", {}))
        assert made["question"].n_unique() == len(task.zh if lang == "zh" else task.en) >= 2
        assert "{" not in made["question"][0] + made["answer"][0]
