"""convert, rules import and blacklist mine as a user types them, and the JSON that scripts rely on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from building import prose, write_jsonl
from typing_it import Corpus


def test_convert_ends_in_one_object_with_the_account_and_the_shards(corpus: Corpus, tmp_path: Path) -> None:
    given = write_jsonl(tmp_path / "in.jsonl", [{"id": str(n), "text": prose(n)} for n in range(30)])
    said = corpus("convert", given, "--out", tmp_path / "out", "--to", "parquet", "--shard-rows", 20, "--json")
    assert said.code == 0, said.err
    found = json.loads(said.out.splitlines()[-1])
    assert found["dataset"] == str(tmp_path / "out")
    assert found["account"] == {"in": 30, "kept": 30, "dropped": {}, "merged": {}, "quarantined": {}}
    assert [shard["rows"] for shard in found["shards"]] == [20, 10]
    assert found["tokens"] == sum(shard["tokens"] for shard in found["shards"]) > 0


def test_convert_samples_with_a_seed_and_shows_where_the_rest_went(corpus: Corpus, tmp_path: Path) -> None:
    given = write_jsonl(tmp_path / "in.jsonl", [{"id": str(n), "text": prose(n)} for n in range(30)])
    said = corpus("convert", given, "--out", tmp_path / "out", "--rows", 10, "--seed", 4)
    assert said.code == 0, said.err
    assert "select.sample" in said.out
    assert len((tmp_path / "out" / "part-00000.jsonl").read_bytes().splitlines()) == 10


def test_convert_tells_a_mistake_and_ends_with_2(corpus: Corpus, tmp_path: Path) -> None:
    given = write_jsonl(tmp_path / "in.jsonl", [{"text": "一"}])
    said = corpus("convert", given, "--out", tmp_path / "out", "--shard-rows", 2, "--shard-bytes", 2)
    assert said.code == 2
    assert "choose one" in said.err
    assert not (tmp_path / "out").exists()


def test_an_imported_recipe_can_be_linted_and_tested(corpus: Corpus, tmp_path: Path) -> None:
    recipe = tmp_path / "r.yaml"
    recipe.write_text("process:\n  - text_length_filter: {min_len: 33}\n  - flagged_words_filter:\n", encoding="utf-8")
    out = tmp_path / "mine.yaml"
    said = corpus("rules", "import", recipe, "--out", out, "--lang", "zh", "--json")
    assert said.code == 0, said.err
    found = json.loads(said.out)
    assert (found["kind"], found["rules"]) == ("Data-Juicer", 1)
    assert [note["key"] for note in found["notes"]] == ["flagged_words_filter"]
    assert corpus("rules", "lint", out).code == 0
    assert corpus("rules", "test", out).code == 0


def test_mined_proposals_can_be_added_as_a_list(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = write_jsonl(
        tmp_path / "in.jsonl",
        [{"text": "\n".join(prose(7 * n + k) for k in range(3)) + "\n扫码加入读者交流群"} for n in range(40)],
    )
    proposals = tmp_path / "proposals.tsv"
    said = corpus("blacklist", "mine", given, "--out", proposals, "--json")
    assert said.code == 0, said.err
    found = json.loads(said.out)
    assert found["documents"] == 40
    assert "扫码加入读者交流群\t1" in proposals.read_text(encoding="utf-8")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert corpus("blacklist", "add", proposals, "--name", "mined").code == 0
