"""A user's mistake is answered in full, with its place, and costs nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from building import prose, write_jsonl
from typing_it import Corpus, typed

PIPELINE = """\
name: test
sources:
  - {name: news, path: in.jsonl}
  - {name: more, paths: in.jsonl, prio: 3}
rules: [comon, zh/web, mine.yaml]
tiers: best
limits: {quarantine_share: 5}
"""
RULES = """\
- id: my.rule
  signal: {kernel: char_ratoi, of: han}
  keep_when: {max: 0.3}
  otherwise: drop
  reason: too many of them for running prose
  source: this test
  examples: {keep: ["好"], drop: ["坏"]}
"""


@pytest.mark.parametrize("command", ["run", "plan", "run --detach", "submit --master spark://nobody:1"])
def test_a_wrong_pipeline_gives_every_mistake_at_once_and_writes_nothing(tmp_path: Path, command: str) -> None:
    write_jsonl(tmp_path / "in.jsonl", [{"text": prose(1)}])
    (tmp_path / "p.yaml").write_text(PIPELINE, encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(RULES, encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    said = typed(*command.split(), "p.yaml", "--out", "run", cwd=tmp_path)
    assert said.code == 2
    assert said.out == ""
    assert said.err.splitlines() == [
        f'{tmp_path}/mine.yaml:2:12: my.rule: unknown kernel "char_ratoi"; did you mean "char_ratio"?',
        "p.yaml:3:5: key 'paths' is missing",
        "p.yaml:3:18: unknown key 'path'; did you mean \"paths\"?",
        "p.yaml:4:35: unknown key 'prio'; did you mean \"priority\"?",
        'p.yaml:5:9: comon: no such rule set; did you mean "common"?',
        "p.yaml:6:1: best: no such tier policy; there are default, ranked, single, stages, ziya",
        "p.yaml:7:10: quarantine_share: Input should be less than or equal to 1, not 5",
    ]
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name: t\nsources: 5\nrules: 5\ntiers: [x]\n", ["p.yaml:2:1", "p.yaml:3:1", "p.yaml:4:1"]),
        ("name: t\nsources: [{name: a, paths: in.jsonl}]\nrules: common\n", ["p.yaml:3:1"]),
        ("name: t\nsources: [{name: a, paths: in.jsonl}]\nselect: {sources: {include: [b]}}\n", ["p.yaml:3:10"]),
        ("name: t\nsources: [{name: a, paths: in.jsonl}]\nrules: [gone.yaml]\n", ["p.yaml:3:9"]),
        ("- a\n- b\n", ["p.yaml:1:1"]),
        ("name: [\n", ["p.yaml:2:1"]),
        ("", ["p.yaml:1:1"]),
    ],
)
def test_each_mistake_names_its_line(corpus: Corpus, tmp_path: Path, text: str, told: list[str]) -> None:
    (tmp_path / "p.yaml").write_text(text, encoding="utf-8")
    said = corpus("plan", tmp_path / "p.yaml")
    assert said.code == 2
    for place in told:
        assert f"{tmp_path}/{place}:" in said.err
    assert "Traceback" not in said.err


def test_missing_input_is_named_source_by_source_before_anything_is_written(corpus: Corpus, tmp_path: Path) -> None:
    text = "name: t\nsources: [{name: a, paths: gone.jsonl}, {name: b, paths: [no/*.gz]}]\n"
    (tmp_path / "p.yaml").write_text(text, encoding="utf-8")
    for detach in ([], ["--detach"]):
        said = corpus("run", tmp_path / "p.yaml", "--out", tmp_path / "run", *detach)
        assert said.code == 2
        assert [line.split(":")[0] for line in said.err.splitlines()] == ["source a", "source b"]
        assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("plan gone.yaml", "gone.yaml: cannot be read"),
        ("status nowhere", "is not a run directory"),
        ("verify nowhere", "is not a run directory"),
        ("explain nowhere x", "is not a run directory"),
        ("tier nowhere", "is not a run directory"),
        ("gc nowhere", "is not a run directory"),
        ("stop nowhere", "no detached run is at work here"),
        ("clean nowhere.jsonl --out run", "nothing there"),
        ("rules show zh.shrt", 'did you mean "zh.short"?'),
        ("rules list zh/wbe", 'did you mean "zh/web"?'),
        ("runn p.yaml", "No such command 'runn'"),
        ("run", "Missing argument 'PIPELINE'"),
        ("run p.yaml", "Missing option '--out'"),
        ("run p.yaml --out r --split-mb 0", "--split-mb"),
    ],
)
def test_a_wrong_argument_is_explained_in_a_line_and_ends_with_2(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    said = corpus(*line.split())
    assert (said.code, said.out) == (2, "")
    assert told in said.err
    assert "Traceback" not in said.err
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_cannot_be_written_is_no_bug(corpus: Corpus, tmp_path: Path) -> None:
    write_jsonl(tmp_path / "in.jsonl", [{"text": prose(1)}])
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    said = corpus("clean", tmp_path / "in.jsonl", "--out", tmp_path / "file" / "run")
    assert said.code == 2
    assert "Not a directory" in said.err
    assert "Traceback" not in said.err


def test_a_bug_shows_its_traceback_and_ends_with_70(
    corpus: Corpus, dirty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from corpus.rundir import RunDir

    def broken(self: RunDir) -> list[str]:
        raise ZeroDivisionError("on purpose")

    monkeypatch.setattr(RunDir, "verify", broken)
    said = corpus("verify", dirty)
    assert said.code == 70
    assert "ZeroDivisionError: on purpose" in said.err
    assert said.err.splitlines()[-1].startswith("This is a bug in corpus")


def test_a_tokenizer_file_that_is_none_is_a_mistake_of_the_pipeline(corpus: Corpus, dirty: str, tmp_path: Path) -> None:
    write_jsonl(tmp_path / "in.jsonl", [{"text": prose(1)}])
    (tmp_path / "tokenizer.json").write_text("{}", encoding="utf-8")
    (tmp_path / "p.yaml").write_text(
        "name: t\nsources: [{name: a, paths: in.jsonl}]\npublish: {tokenizer: tokenizer.json}\n", encoding="utf-8"
    )
    said = corpus("run", tmp_path / "p.yaml", "--out", tmp_path / "run")
    assert said.code == 2
    assert f"p.yaml:3:11: publish.tokenizer: {tmp_path}/tokenizer.json: is not a tokenizer.json" in said.err
    assert not (tmp_path / "run").exists()


def test_too_much_rejected_ends_with_4(corpus: Corpus, dirty: str, tmp_path: Path) -> None:
    write_jsonl(tmp_path / "in.jsonl", [{"text": prose(1)}, b"{"])
    said = corpus("clean", tmp_path / "in.jsonl", "--out", tmp_path / "run", "--json")
    assert (said.code, said.out) == (4, "")
    assert "limits.quarantine_share" in said.err
