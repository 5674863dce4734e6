from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from corpus import config
from corpus.demo import EXPECTED, dirty, write_demo_corpus
from corpus.demo.prose import GENRES, LANGUAGES
from corpus.errors import UsageError
from corpus.kernels.fold import fold
from corpus.readers.items import Chunk
from corpus.readers.plan import plan_splits
from corpus.readers.read import read_split


def _digests(directory: Path) -> dict[str, str]:
    return {
        str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def _chunks(pipeline: config.Pipeline) -> Iterator[tuple[str, Chunk]]:
    sources = {source.name: source for source in pipeline.sources}
    for split in plan_splits(pipeline.sources, 1 << 20):
        for chunk in read_split(split, sources[split.source], pipeline.limits):
            yield split.source, chunk


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_demo_corpus(tmp_path_factory.mktemp("demo") / "corpus").parent


@pytest.fixture(scope="module")
def expected(demo: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((demo / EXPECTED).read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def chunks(demo: Path) -> list[tuple[str, Chunk]]:
    return list(_chunks(config.load(demo / "pipeline.yaml")))


@pytest.fixture(scope="module")
def texts(chunks: list[tuple[str, Chunk]]) -> dict[tuple[str, str], str]:
    return {(source, row["source_key"]): row["text"] for source, chunk in chunks for row in chunk.records.to_pylist()}


def test_the_same_arguments_give_the_same_bytes_and_another_seed_others(demo: Path, tmp_path: Path) -> None:
    write_demo_corpus(tmp_path / "again")
    write_demo_corpus(tmp_path / "other", seed=8)
    assert _digests(tmp_path / "again") == _digests(demo)
    assert _digests(tmp_path / "other")["news.jsonl"] != _digests(demo)["news.jsonl"]


def test_what_is_read_is_what_was_planted(expected: dict[str, Any], chunks: list[tuple[str, Chunk]]) -> None:
    records: Counter[str] = Counter()
    broken: dict[str, Counter[str]] = {name: Counter() for name in expected["sources"]}
    skipped: Counter[str] = Counter()
    for source, chunk in chunks:
        records[source] += chunk.records.num_rows + len(chunk.quarantined)
        broken[source].update(str(row.reason) for row in chunk.quarantined)
        skipped.update(chunk.skipped)
    assert records.total() == expected["records"]
    assert {
        name: {"records": records[name], "quarantined": dict(broken[name])} for name in expected["sources"]
    } == expected["sources"]
    assert skipped == expected["skipped"]
    assert sum(broken.values(), Counter()) == expected["quarantined"]


def test_the_expected_account_balances(expected: dict[str, Any]) -> None:
    account = expected["account"]
    assert account["in"] == expected["records"]
    assert account["in"] == sum(account[name] for name in ("kept", "dropped", "merged", "quarantined"))
    assert account["quarantined"] == sum(expected["quarantined"].values())


def test_every_kind_is_planted(expected: dict[str, Any]) -> None:
    twins = {f"twin_{kind}" for kind in ("exact", "traditional", "width", "punctuation", "edited")}
    assert set(expected["planted"]) == {"clean_zh", "clean_en", "repeated_id", *dirty.KINDS, *twins}
    assert min(expected["planted"].values()) >= 2
    assert len(expected["quarantined"]) >= 9
    assert 360 <= expected["records"] <= 440


def test_a_twin_differs_from_its_original_only_in_what_a_key_folds(
    expected: dict[str, Any], texts: dict[tuple[str, str], str]
) -> None:
    pairs = [
        (twin["kind"], texts[twin["source"], twin["source_key"]], texts[twin["of"]["source"], twin["of"]["source_key"]])
        for twin in expected["twins"]
        if twin["kind"] != "edited"
    ]
    assert len(pairs) == 32
    copies, originals = ([pair[side] for pair in pairs] for side in (1, 2))
    assert fold(pa.array(copies)).to_pylist() == fold(pa.array(originals)).to_pylist()
    for kind, copy, original in pairs:
        assert (copy == original) == (kind == "exact")


def test_no_two_clean_documents_are_alike(texts: dict[tuple[str, str], str], expected: dict[str, Any]) -> None:
    clean = [text for (source, _), text in texts.items() if source != "web"]
    assert len(set(fold(pa.array(clean)).to_pylist())) == len(clean)
    assert min(map(len, clean)) > 150


def test_a_repeated_id_has_another_text(chunks: list[tuple[str, Chunk]], expected: dict[str, Any]) -> None:
    news = [row for source, chunk in chunks if source == "news" for row in chunk.records.to_pylist()]
    for key in expected["repeated_ids"]:
        claimed = [row["text"] for row in news if row["source_key"] == key]
        assert len(claimed) == len(set(claimed)) == 2


def test_one_note_is_gb18030_and_read_as_such(chunks: list[tuple[str, Chunk]]) -> None:
    notes = [row for source, chunk in chunks if source == "notes" for row in chunk.records.to_pylist()]
    decoded = [row for row in notes if row["meta"]]
    assert [json.loads(row["meta"])["_corpus"]["encoding"] for row in decoded] == ["gb18030"]
    assert "，" in decoded[0]["text"]


def test_a_page_gives_its_text_and_code_without_its_menu(chunks: list[tuple[str, Chunk]]) -> None:
    pages = [row["text"] for source, chunk in chunks if source == "pages" for row in chunk.records.to_pylist()]
    assert len(pages) >= 40
    assert not [text for text in pages if "版权归" in text or "关于" in text]
    assert [text for text in pages if "    return low" in text]


def test_the_pipeline_loads_and_names_every_file(demo: Path) -> None:
    pipeline = config.load(demo / "pipeline.yaml")
    named = {Path(path).name for source in pipeline.sources for path in source.paths}
    assert named == {path.name for path in demo.iterdir()} - {"pipeline.yaml", EXPECTED}
    assert all(source.license == "CC0-1.0" for source in pipeline.sources)


def test_a_smaller_demo_replaces_a_larger_one_and_nothing_else_is_touched(tmp_path: Path) -> None:
    write_demo_corpus(tmp_path / "d", documents=200)
    write_demo_corpus(tmp_path / "d", documents=100)
    write_demo_corpus(tmp_path / "fresh", documents=100)
    assert _digests(tmp_path / "d") == _digests(tmp_path / "fresh")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes").write_text("important\n", encoding="utf-8")
    with pytest.raises(UsageError, match="not empty"):
        write_demo_corpus(tmp_path / "mine")
    assert (tmp_path / "mine" / "notes").read_text(encoding="utf-8") == "important\n"


def test_every_slot_of_every_sentence_has_words() -> None:
    own = {"subject", "Subject", "hero", "Hero", "home", "snippet"}
    for material in LANGUAGES.values():
        assert tuple(material.genres) == GENRES
        for patterns in material.genres.values():
            for pattern in patterns:
                slots = {piece.partition("}")[0] for piece in pattern.split("{")[1:]}
                assert slots <= own | set(material.words), pattern
        for subject in material.subjects.values():
            assert set(subject.split()) <= set(material.words)


def test_the_compressed_files_carry_no_time_of_writing(demo: Path) -> None:
    for name in ("web.jsonl.gz", "crawl.warc.gz"):
        assert (demo / name).read_bytes()[4:8] == b"\0\0\0\0"
    with gzip.open(demo / "crawl.warc.gz") as archive:
        assert archive.readline() == b"WARC/1.0\r\n"
