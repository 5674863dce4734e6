from __future__ import annotations

from pathlib import Path

import pytest
from building import Go, contents, rows_of, settings, write_jsonl
from indexing import run, unlike, varied

from corpus import config
from corpus.errors import ConfigError
from corpus.identity import doc_ids
from corpus.index.grow import add, build
from corpus.pipeline import compose, read
from corpus.rundir import RunDir

OLD = [(f"k{number}", unlike(number)) for number in range(12)]
NEW = [
    ("fresh", unlike(100)),
    ("again", varied(unlike(100), 1)[:-2]),
    ("same", unlike(3)),
    ("alike", varied(unlike(5), 1)),
]


def old(key: str) -> str:
    return str(doc_ids("old", [key])[0].as_py())


@pytest.fixture
def index(tmp_path: Path) -> str:
    run(tmp_path, "old", OLD)
    build([str(tmp_path / "old")], str(tmp_path / "index"))
    return str(tmp_path / "index")


def test_records_of_the_index_go_in_favour_of_the_indexed_ones(tmp_path: Path, index: str) -> None:
    result = run(tmp_path, "new", NEW, against=[index])
    assert dict(result.account.merged) == {"in_index": 2, "near_duplicate": 1}
    assert [row["source_key"] for row in rows_of(tmp_path / "new", "dataset")] == ["fresh"]
    gone = {row["source_key"]: row for row in rows_of(tmp_path / "new", "rejected")}
    assert (gone["same"]["stage"], gone["same"]["survivor"], gone["same"]["similarity"]) == (
        "dedup-index",
        old("k3"),
        1,
    )
    assert gone["alike"]["survivor"] == old("k5")
    assert 0.7 <= gone["alike"]["similarity"] <= 1
    assert RunDir.open(str(tmp_path / "new")).verify() == []


def test_the_same_goes_however_the_input_is_cut(tmp_path: Path, index: str) -> None:
    run(tmp_path, "new", NEW, against=[index])
    whole = contents(tmp_path / "new")
    folder = tmp_path / "cut"
    run(folder, "new", NEW, files=4, against=[index])
    cut = contents(folder / "new")
    assert cut["dedup-index"][1] == whole["dedup-index"][1]
    assert cut["publish"][1] == whole["publish"][1]


def test_a_run_is_not_in_its_own_way(tmp_path: Path, index: str) -> None:
    """Its records are in the index under their own ids after they were added: repeating it removes none of them."""
    first = run(tmp_path, "new", NEW, against=[index])
    from corpus.index.generation import Index

    add(Index.open(index), [str(tmp_path / "new")])
    again = run(tmp_path, "new", NEW, against=[index])
    assert again.account.kept == first.account.kept == 1
    assert [row["source_key"] for row in rows_of(tmp_path / "new", "dataset")] == ["fresh"]


def test_only_a_change_of_what_the_index_holds_is_work(tmp_path: Path, index: str) -> None:
    run(tmp_path, "new", NEW, against=[index])
    assert not run(tmp_path, "new", NEW, against=[index]).worked


def test_exact_keys_alone_are_looked_up_where_near_is_not_asked_for(tmp_path: Path, index: str) -> None:
    result = run(tmp_path, "new", NEW, against=[index], near=None)
    assert dict(result.account.merged) == {"in_index": 1}


def test_of_pages_with_one_url_the_newest_is_looked_up(tmp_path: Path, index: str) -> None:
    """The older one does not come back because the index has the newer."""
    from corpus.execute import execute

    page = {"url": "https://example.com/a"}
    rows = [
        {"id": "older", "text": unlike(200), "date": "2020-01-01", **page},
        {"id": "newer", "text": unlike(3), "date": "2021-01-01", **page},
    ]
    write_jsonl(tmp_path / "pages.jsonl", rows)
    asked = settings(
        {"name": "pages", "paths": str(tmp_path / "pages.jsonl")},
        rules=[],
        dedup={"near": {}, "urls": "newest", "against": index},
    )
    result = execute(compose(asked), str(tmp_path / "pages"), bytes_here=1 << 30)
    assert dict(result.account.merged) == {"in_index": 1, "same_url": 1}
    assert {row["survivor"] for row in rows_of(tmp_path / "pages", "rejected")} == {old("k3")}


def test_what_is_no_index_is_said_with_its_line(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "in.jsonl", [{"text": "a"}])
    (tmp_path / "p.yaml").write_text(
        "name: p\nsources: [{name: s, paths: in.jsonl}]\ndedup:\n  near: {}\n  against: [nothing]\n", encoding="utf-8"
    )
    with pytest.raises(ConfigError, match=r"p\.yaml:5:.*is no index"):
        read(tmp_path / "p.yaml")


def test_an_index_of_other_signatures_is_refused_with_what_to_say(tmp_path: Path, index: str) -> None:
    asked = settings({"name": "s", "paths": "x"}, rules=[], dedup={"near": {"bands": 20}, "against": index})
    with pytest.raises(ConfigError, match="bands: 32, rows: 8, seed: 1"):
        compose(asked)


def test_relative_indexes_are_relative_to_the_pipeline_file(tmp_path: Path) -> None:
    asked = config.Pipeline.model_validate(
        {"name": "p", "sources": [{"name": "s", "paths": "in"}], "dedup": {"against": "index"}}
    )
    assert config.rebase(asked, tmp_path).dedup.against == (str(tmp_path / "index"),)


def test_spark_finds_what_one_process_finds(tmp_path: Path, index: str, go: Go) -> None:
    run(tmp_path, "new", NEW, against=[index])
    source = {"name": "new", "paths": str(tmp_path / "in-new")}
    go(settings(source, rules=[], dedup={"near": {}, "against": index}), tmp_path / "spark", rows_here=0)
    assert contents(tmp_path / "spark") == contents(tmp_path / "new")
