"""`corpus index` as a user types it, and the JSON that scripts rely on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from building import write_jsonl
from indexing import run, unlike, varied
from typing_it import Corpus

from corpus.identity import doc_ids


@pytest.fixture
def index(tmp_path: Path, corpus: Corpus) -> Path:
    run(tmp_path, "old", [("one", unlike(1)), ("two", varied(unlike(1), 1)[:-3]), ("three", unlike(3))])
    said = corpus("index", "build", tmp_path / "old", "--out", tmp_path / "index")
    assert said.code == 0, said.err
    assert "Generation 1: 2 records" in said.out
    return tmp_path / "index"


def test_add_reads_files_and_adds_what_is_new(tmp_path: Path, corpus: Corpus, index: Path) -> None:
    given = write_jsonl(tmp_path / "new.jsonl", [{"id": "a", "text": unlike(3)}, {"id": "b", "text": unlike(4)}])
    said = corpus("index", "add", index, given, "--run", tmp_path / "run", "--json")
    assert said.code == 0, said.err
    told = json.loads(said.out.splitlines()[-1])
    assert (told["generation"], told["standing"]) == (2, 3)
    (added,) = told["runs"]
    assert (added["run"], added["added"], added["duplicates"]) == (str(tmp_path / "run"), 1, 1)


def test_query_shows_the_indexed_record_and_says_that_similarity_is_estimated(
    tmp_path: Path, corpus: Corpus, index: Path
) -> None:
    given = write_jsonl(tmp_path / "new.jsonl", [{"id": "a", "text": varied(unlike(3), 1)}])
    said = corpus("index", "query", index, given)
    assert said.code == 0, said.err
    assert str(doc_ids("old", ["three"])[0]) in said.out
    assert "estimated" in said.out
    (found,) = json.loads(corpus("index", "query", index, given, "--json").out)["found"]
    assert found["how"] == "near"
    assert found["standard_error"] > 0


def test_remove_says_what_stands_again_and_writes_it(tmp_path: Path, corpus: Corpus, index: Path) -> None:
    ids = tmp_path / "ids.txt"
    ids.write_text(f"{doc_ids('old', ['one'])[0]}\n", encoding="utf-8")
    said = corpus("index", "remove", index, "--ids", ids, "--restore", tmp_path / "out", "--json")
    assert said.code == 0, said.err
    told = json.loads(said.out.splitlines()[-1])
    (back,) = told["removed"]["back"]
    assert back["doc_id"] == str(doc_ids("old", ["two"])[0])
    assert told["restored"]["rows"] == 1
    assert corpus("index", "verify", index).code == 0


def test_mistakes_end_with_2_and_say_what_to_do(tmp_path: Path, corpus: Corpus, index: Path) -> None:
    said = corpus("index", "query", tmp_path / "nothing", tmp_path / "old")
    assert (said.code, "corpus index build" in said.err) == (2, True)
    said = corpus("index", "add", index, tmp_path / "old", tmp_path / "in-old")
    assert (said.code, "runs or files, not both" in said.err) == (2, True)
