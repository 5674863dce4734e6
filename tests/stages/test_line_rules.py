from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from corpus.ruleset.lines import load_line_rules
from corpus.stages.line_rules import LineRules

RULES = """
- id: my.short
  scope: line
  applies: {lang: [zh], max_chars: 3}
  signal: {kernel: char_count, of: han}
  keep_when: {max: 0}
  otherwise: drop
  reason: labels of a page are short
  source: a test
  examples: {keep: [abc], drop: [首页]}
- id: my.numbers
  scope: line
  signal: {kernel: char_ratio, of: digit}
  keep_when: {max: 0.9}
  otherwise: drop
  reason: a line of digits says nothing
  source: a test
  examples: {keep: [abc], drop: ["123"]}
- id: my.block
  scope: paragraph
  signal: {kernel: lines}
  keep_when: {max: 2}
  otherwise: drop
  reason: blocks of three lines are lists
  source: a test
  examples: {keep: [a], drop: ["a\\nb\\nc"]}
"""


@pytest.fixture
def stage(tmp_path: Path) -> LineRules:
    file = tmp_path / "lines.yaml"
    file.write_text(RULES, encoding="utf-8")
    return LineRules(load_line_rules([str(file)]))


def apply(stage: LineRules, *texts: str, lang: str | None = "zh-CN") -> tuple[list[str], dict[str, list[int]]]:
    batch = pa.RecordBatch.from_pydict(
        {
            "text": pa.array(texts, pa.large_string()),
            "lang": pa.array([lang] * len(texts), pa.string()),
            "source": pa.array(["s"] * len(texts), pa.string()),
        }
    )
    done = stage(batch)
    counts = {name[1:]: done.column(name).to_pylist() for name in done.schema.names if name.startswith("#")}
    return done.column("text").to_pylist(), counts


def test_lines_that_fail_go_and_are_counted_under_the_first_rule(stage: LineRules) -> None:
    texts, counts = apply(stage, "首页\n桥修好了，孩子们过河。\n12345\n", "没有一行要去掉的文字。")
    assert texts == ["桥修好了，孩子们过河。\n", "没有一行要去掉的文字。"]
    assert counts == {
        "my.short.lines": [1, 0],
        "my.short.characters": [3, 0],
        "my.numbers.lines": [1, 0],
        "my.numbers.characters": [6, 0],
    }


def test_a_rule_for_a_language_leaves_records_of_others_alone(stage: LineRules) -> None:
    assert apply(stage, "首页\n123", lang="ja")[0] == ["首页"]
    assert apply(stage, "首页\n123", lang=None)[0] == ["首页"]


def test_code_stays_whatever_stands_in_it(stage: LineRules) -> None:
    text = "说明文字在这里。\n\n```\n123\n456\n789\n```\n"
    assert apply(stage, text)[0] == [text]


def test_paragraphs_are_judged_after_lines(stage: LineRules) -> None:
    texts, counts = apply(stage, "第一段有两行\n123\n这是第二行\n\n甲甲甲甲\n乙乙乙乙\n丙丙丙丙")
    assert texts == ["第一段有两行\n这是第二行"]
    assert counts["my.block.lines"] == [1]


def test_a_text_may_lose_everything_and_stays_a_record(stage: LineRules) -> None:
    assert apply(stage, "首页\n\n更多\n", "123")[0] == ["", ""]


def test_the_result_does_not_depend_on_the_batch(stage: LineRules) -> None:
    texts = ["首页\n桥修好了，孩子们过河。", "12\n河水涨了，渡口停了三天。", "首页"]
    assert apply(stage, *texts)[0] == [apply(stage, text)[0][0] for text in texts]


def test_reasons_do_not_change_the_settings_but_the_scope_does(tmp_path: Path) -> None:
    def settings(text: str) -> object:
        file = tmp_path / "one.yaml"
        file.write_text(text, encoding="utf-8")
        return LineRules(load_line_rules([str(file)])).settings()

    assert settings(RULES) == settings(RULES.replace("a test", "another source"))
    assert settings(RULES) != settings(RULES.replace("scope: paragraph", "scope: line"))
