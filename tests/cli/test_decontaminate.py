"""corpus decontaminate as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from building import prose, write_jsonl
from typer.testing import CliRunner

from cli.commands.decontaminate import Command
from cli.main import app

QUESTION = "The old mill by the northern bridge grinds ninety sacks of barley in six days; how many in twenty days?"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in "ab":
        write_jsonl(tmp_path / "bench" / f"{name}.jsonl", [{"question": f"{QUESTION} {name * 4}"}])
    write_jsonl(tmp_path / "in.jsonl", [{"id": "x", "text": prose(1)}, {"id": "y", "text": f"{prose(2)}\n{QUESTION}"}])
    return tmp_path


def run(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["decontaminate", *map(str, words)])
    return done.exit_code, done.output if done.exception is None else f"{done.output}{done.exception}"


def test_what_a_shell_makes_of_a_pattern_are_benchmarks_and_not_input(folder: Path) -> None:
    bench = sorted((folder / "bench").glob("*.jsonl"))
    code, said = run(folder / "in.jsonl", "--against", *bench, "--out", folder / "run", "--json")
    assert code == 0, said
    told = json.loads(said.strip().splitlines()[-1])
    assert told["account"] == {"in": 2, "kept": 1, "dropped": {"contaminated": 1}, "merged": {}, "quarantined": {}}
    assert [leak["benchmark"] for leak in told["leakage"]] == ["a", "b"]


def test_people_get_a_table_and_examples(folder: Path) -> None:
    code, said = run(folder / "in.jsonl", "-o", folder / "run", "--against", folder / "bench", "--action", "flag")
    assert code == 0, said
    assert "kept and flagged" in said
    assert "northern bridge" in said


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--action", "burn", "--coverage", "7"], ["--action burn", "--coverage 7"]),
        (["--against", "none.jsonl"], ["none.jsonl"]),
    ],
)
def test_mistakes_are_said_before_anything_is_written(folder: Path, options: list[str], words: list[str]) -> None:
    given = [] if "--against" in options else ["--against", str(folder / "bench")]
    code, said = run(folder / "in.jsonl", "--out", folder / "run", *given, *options)
    assert code != 0
    assert all(word in said for word in words)
    assert not (folder / "run").exists()


def test_only_words_up_to_the_next_option_are_taken() -> None:
    import typer

    found = typer.main.get_command(app).commands["decontaminate"]  # type: ignore[attr-defined]
    assert isinstance(found, Command)
    words = ["a", "--against", "b", "c", "--out", "d", "--against=e", "f"]
    context = found.make_context("decontaminate", words)
    assert context.params["inputs"] == ["a", "f"]
    assert context.params["against"] == ["b", "c", "e"]
