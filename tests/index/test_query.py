from __future__ import annotations

from pathlib import Path

from building import write_jsonl
from indexing import run, unlike, varied

from corpus.config import Fields
from corpus.identity import doc_ids
from corpus.index.generation import Index
from corpus.index.grow import build
from corpus.index.query import Asked, query
from corpus.shorthand import sources_from


def asked(tmp_path: Path, rows: list[object]) -> tuple[list[tuple[str, str, str]], Asked, Index]:
    run(tmp_path, "old", [(f"k{number}", unlike(number)) for number in range(8)])
    index, _ = build([str(tmp_path / "old")], str(tmp_path / "index"))
    path = write_jsonl(tmp_path / "new.jsonl", rows)  # type: ignore[arg-type]
    counts = Asked()
    found = list(query(index, sources_from([str(path)], Fields()), counts))
    return [(one.source_key, one.duplicate_of, one.how) for one in found], counts, index


def old(key: str) -> str:
    return str(doc_ids("old", [key])[0].as_py())


def test_each_known_record_is_told_with_the_indexed_one(tmp_path: Path) -> None:
    rows = [
        {"id": "fresh", "text": unlike(50)},
        {"id": "same", "text": f"  {unlike(3)}！"},
        {"id": "alike", "text": varied(unlike(5), 1)},
        b"{broken",
    ]
    found, counts, _ = asked(tmp_path, rows)
    assert found == [("same", old("k3"), "exact"), ("alike", old("k5"), "near")]
    assert (counts.records, counts.unreadable, counts.exact, counts.near) == (3, 1, 1, 1)


def test_nothing_is_written(tmp_path: Path) -> None:
    _, _, index = asked(tmp_path, [{"id": "same", "text": unlike(3)}])
    assert Index.open(index.root).now == index.now


def test_texts_that_differ_in_a_number_alone_are_different_records(tmp_path: Path) -> None:
    body = unlike(9, 300)
    run(tmp_path, "old", [("k", f"{body}第12号")])
    index, _ = build([str(tmp_path / "old")], str(tmp_path / "index"))
    path = write_jsonl(tmp_path / "new.jsonl", [{"id": "n", "text": f"{body}第13号"}])
    assert list(query(index, sources_from([str(path)], Fields()), Asked())) == []


def test_short_texts_are_found_by_their_key_alone(tmp_path: Path) -> None:
    run(tmp_path, "old", [("k", "好")])
    index, _ = build([str(tmp_path / "old")], str(tmp_path / "index"))
    path = write_jsonl(tmp_path / "new.jsonl", [{"id": "a", "text": "好。"}, {"id": "b", "text": "坏"}])
    assert [one.source_key for one in query(index, sources_from([str(path)], Fields()), Asked())] == ["a"]
