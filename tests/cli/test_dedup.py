"""`corpus dedup`: its settings, and what it can be asked instead of a run."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from building import published, write_jsonl
from similar import chinese, edited
from typing_it import Corpus

from cli.commands import dedup
from corpus.config import Dedup, Near


@pytest.fixture
def data(tmp_path: Path) -> Path:
    text = chinese(1, 300)
    rows = [{"id": "a", "text": text}, {"id": "b", "text": edited(text, 8)}, {"id": "c", "text": text}]
    return write_jsonl(tmp_path / "in.jsonl", rows)


def test_the_defaults_that_help_names_are_those_of_the_settings() -> None:
    told = {}
    for name in ("Threshold", "Similarity", "Bands", "Rows", "Numbers", "Keep"):
        (option,) = getattr(dedup, name).__metadata__
        told[name.lower()] = re.search(r"Default: (.*)\.$", option.help).group(1)  # type: ignore[union-attr]
    assert told.pop("keep") == ",".join(Dedup().keep)
    assert told == {name: str(getattr(Near(), name)) for name in told}


@pytest.mark.usefixtures("spark")
def test_options_reach_the_run(corpus: Corpus, data: Path, tmp_path: Path) -> None:
    kept = {}
    for name, options in (("near", ()), ("exact", ("--exact-only",)), ("strict", ("--threshold", "0.95"))):
        said = corpus("dedup", data, "--out", tmp_path / name, *options, "--json")
        assert said.code == 0, said.err
        kept[name] = sorted(published(tmp_path / name)["source_key"].to_pylist())
    assert [len(kept[name]) for name in ("near", "exact", "strict")] == [1, 2, 2]


def test_the_curve_needs_no_input(corpus: Corpus) -> None:
    said = corpus("dedup", "--curve", "--bands", 20, "--rows", 10)
    assert said.code == 0
    assert "20 bands of 10 rows: 200 permutations" in said.out
    told = json.loads(corpus("dedup", "--curve", "--json").out)
    assert told["found"]["0.7"] == pytest.approx(0.850, abs=0.001)


def test_a_plan_is_printed_and_nothing_written(corpus: Corpus, data: Path, tmp_path: Path) -> None:
    said = corpus("dedup", data, "--plan")
    assert said.code == 0, said.err
    assert "Everything was read" in said.out
    assert "pairs to verify" in said.out
    told = json.loads(corpus("dedup", data, "--plan", "--json").out)["plan"]
    assert (told["records"], told["exact_copies"], told["to_verify"]["value"]) == (3, 1, 1)
    assert list(tmp_path.iterdir()) == [data]


@pytest.mark.usefixtures("spark")
def test_an_audit_prints_recall_and_precision(corpus: Corpus, tmp_path: Path) -> None:
    data = write_jsonl(tmp_path / "in.jsonl", [{"text": chinese(seed, 200)} for seed in range(40)])
    said = corpus("dedup", data, "--audit", "-n", 40)
    assert said.code == 0, said.err
    assert "Jaccard" in said.out
    assert "precision  1.000" in said.out
    assert list(tmp_path.iterdir()) == [data]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("x.jsonl",), "--out RUN is missing"),
        (("--plan", "--audit"), "exclude each other"),
        (("x.jsonl", "--plan", "--out", "r"), "--plan writes nothing"),
        (("--exact-only", "--bands", "4", "x.jsonl", "--out", "r"), "drop it, or --bands"),
        (("x.jsonl", "--out", "r", "-n", "5"), "-n belongs to"),
        (("x.jsonl", "--out", "r", "--keep", "size"), "--keep size"),
        (("--out", "r"), "nothing to read"),
    ],
)
def test_what_does_not_go_together_is_a_mistake(corpus: Corpus, options: tuple[str, ...], said: str) -> None:
    answer = corpus("dedup", *options)
    assert answer.code == 2
    assert said in answer.err
