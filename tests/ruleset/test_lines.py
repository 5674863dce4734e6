from __future__ import annotations

from pathlib import Path

import pytest

from corpus.errors import ConfigError
from corpus.ruleset.declared import load_declared
from corpus.ruleset.lines import load_line_rules, shipped_line_rules
from corpus.ruleset.load import shipped_names

GOOD = """\
- id: my.digits
  scope: line
  signal: {kernel: char_ratio, of: digit}
  keep_when: {max: 0.9}
  otherwise: drop
  reason: a line of digits says nothing
  source: a test
  examples: {keep: [abc], drop: ["123"]}
"""


def write(folder: Path, text: str) -> str:
    file = folder / "my.yaml"
    file.write_text(text, encoding="utf-8")
    return str(file)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("  scope: line\n", ""), "my.yaml:1:3: my.digits: scope must say what is judged and cut: line or paragraph"),
        (("scope: line", "scope: page"), "my.yaml:2:3: my.digits: scope must say"),
        (("otherwise: drop", "otherwise: flag"), "a line is dropped or kept; there is no flag for it"),
        (("{kernel: char_ratio, of: digit}", "{kernel: url_length}"), "url_length is of a record, a line has none"),
        (("max: 0.9", "max: 9"), "char_ratio is a ratio from 0 to 1"),
    ],
)
def test_mistakes_are_told_with_their_place(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_line_rules([write(tmp_path, GOOD.replace(*change))])
    assert said in str(caught.value)


def test_an_override_changes_a_shipped_line_rule_and_keeps_its_scope(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        "- override: lines.zh.rights\n  applies: {source: [news]}\n- override: lines.zh.follow\n  disable: true\n",
    )
    rules = {rule.id: rule for rule in load_line_rules(["zh", file])}
    assert rules["lines.zh.rights"].applies.source == ("news",)
    assert rules["lines.zh.rights"].scope == "line"
    assert "lines.zh.follow" not in rules


def test_line_rules_are_no_rule_sets_and_an_unknown_name_gets_a_hint() -> None:
    assert not any(name.split("/")[0] == "lines" for name in shipped_names())
    with pytest.raises(ConfigError, match='did you mean "common"'):
        load_line_rules(["comon"])


def test_the_rules_command_knows_them_by_folder_by_name_and_by_file(tmp_path: Path) -> None:
    everything = load_declared(["lines"]).rules.by_id
    assert {"lines.zh.rights", "lines.en.c4.policy"} <= set(everything)
    assert [rule.id for rule in load_declared(["lines/en"]).rules.rules] == [
        rule.id for rule in load_line_rules(["en"])
    ]
    assert list(load_declared([write(tmp_path, GOOD)]).rules.by_id) == ["my.digits"]
    assert set(everything) <= set(load_declared([]).rules.by_id)
    assert set(shipped_line_rules()) >= {"common", "zh", "en", "en/c4", "en/web"}
