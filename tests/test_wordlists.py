"""Lists load, say where they are wrong, are what their manifest says; the user's own are kept and used by rules."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from corpus import userlists, wordlists
from corpus.errors import ConfigError, UsageError
from corpus.resources import blacklists_root
from corpus.ruleset.load import load_rules

RULE = """\
- id: my.fruit
  signal: {kernel: term_density, list: LIST}
  keep_when: {max: 5}
  otherwise: flag
  reason: a test of lists that a user wrote
  source: this test
  examples: {keep: [天气很好], drop: [西瓜]}
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


def written(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


def test_every_shipped_list_is_the_file_its_manifest_names() -> None:
    root = blacklists_root()
    manifest = tomllib.loads((root / "MANIFEST.toml").read_text(encoding="utf-8"))["list"]
    assert {path.relative_to(root).as_posix() for path in root.rglob("*.txt")} == {one["file"] for one in manifest}
    for one in manifest:
        assert hashlib.sha256((root / one["file"]).read_bytes()).hexdigest() == one["sha256"], one["name"]
        assert (one["source"], one["licence"]) == ("written for this project", "Apache-2.0")


def test_every_shipped_list_loads_and_holds_phrases() -> None:
    lists = {name: wordlists.load(name) for name in wordlists.shipped_names()}
    assert sum(len(one.terms) for name, one in lists.items() if name.startswith("zh/")) >= 2000
    assert sum(len(one.terms) for name, one in lists.items() if name.startswith("en/")) >= 300
    assert not [term.text for one in lists.values() for term in one.terms if len(term.text) < 2]


def test_mistakes_of_a_file_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.txt", "# c\n西瓜\n西 瓜\n苹果\tx\n梨\t1\tsize=3\n，\n香\t1\tcap=2 boundary=word gaps=no\n"
    )
    with pytest.raises(ConfigError) as caught:
        wordlists.load(str(path))
    assert [(problem.line, problem.column) for problem in caught.value.problems] == [(3, 1), (4, 1), (5, 1), (6, 1)]
    with pytest.raises(ConfigError, match=r"b.txt:2:1: is not UTF-8"):
        wordlists.parse("好\n".encode() + b"\xff", "b.txt")


def test_options_of_a_term_are_read() -> None:
    (term,) = wordlists.parse("西瓜\t2.5\tcap=2 boundary=word gaps=no\r\n".encode(), "a.txt")
    assert term == wordlists.Term("西瓜", 2.5, "word", False, 2)


def test_what_is_packed_is_what_is_unpacked_and_the_digest_follows_it() -> None:
    one = wordlists.load("zh/ads")
    assert wordlists.unpacked("zh/ads", one.packed).digest == one.digest
    assert wordlists.WordList("zh/ads", one.terms[:-1]).digest != one.digest
    assert wordlists.WordList("zh/ads", one.terms, cap=9).digest != one.digest


def test_the_users_list_is_kept_replaced_and_checked(tmp_path: Path) -> None:
    first = userlists.add(written(tmp_path / "a.txt", "西瓜\n"), "fruit", "food")
    assert wordlists.load("fruit") == first
    again = userlists.add(written(tmp_path / "a.txt", "苹果\n香蕉\n"), "fruit", "food")
    assert wordlists.names()[-1] == "fruit"
    assert wordlists.names().count("fruit") == 1
    assert again.digest != first.digest
    written(wordlists.user_root() / "fruit.txt", "changed\n")
    with pytest.raises(ConfigError, match="its manifest says"):
        wordlists.load("fruit")
    with pytest.raises(UsageError, match="is a shipped list"):
        userlists.add(tmp_path / "a.txt", "zh/ads", "food")
    with pytest.raises(UsageError, match="cannot be a name"):
        userlists.add(tmp_path / "a.txt", "../up", "food")


def test_a_rule_pins_the_list_it_was_read_with(tmp_path: Path) -> None:
    written(tmp_path / "fruit.txt", "西瓜\n")
    rules = written(tmp_path / "own.yaml", RULE.replace("LIST", "fruit.txt"))
    before = load_rules([str(rules)])
    (call,) = before.calls
    assert call.arguments["digest"] == wordlists.load("fruit.txt", tmp_path).digest
    assert call.attached
    written(tmp_path / "fruit.txt", "西瓜\n苹果\n")
    assert load_rules([str(rules)]).digest != before.digest
    assert not load_rules(["zh/wordlists"]).calls[0].attached


def test_a_list_that_is_not_there_is_told_with_the_place_in_the_rule(tmp_path: Path) -> None:
    rules = written(tmp_path / "own.yaml", RULE.replace("LIST", "zh/adds"))
    with pytest.raises(ConfigError, match=r"own.yaml:2:\d+: my.fruit: .*no word list .zh/adds.*zh/ads"):
        load_rules([str(rules)])


def test_the_commands_add_list_try_and_count(tmp_path: Path) -> None:
    runner = CliRunner()
    source = written(tmp_path / "a.txt", "西瓜\n苹果\n")
    corpus = written(tmp_path / "c.jsonl", '{"text": "西 瓜和西瓜"}\n{"text": "梨"}\n')
    assert "2 terms" in runner.invoke(app, ["blacklist", "add", str(source), "--name", "fruit"]).output
    assert "fruit" in runner.invoke(app, ["blacklist", "list"]).output
    tried = runner.invoke(app, ["blacklist", "test", "fruit", "我买西 瓜"])
    assert "2-5" in tried.output
    counted = runner.invoke(app, ["blacklist", "stats", "fruit", str(corpus), "--json"])
    assert counted.exit_code == 0, counted.output
    assert '"records": 2, "with_hits": 1' in counted.output
    assert '"西瓜": 2' in counted.output
