"""A record is shown the survivor that stayed, however many went on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from building import Go, published, rows_of, settings, write_jsonl
from similar import chinese, edited

from corpus.manifest import RowAccount


def run_chain(go: Go, tmp_path: Path, dedup: dict[str, Any], **how: Any) -> RowAccount:
    """page -> its newest copy -> an equal, longer text -> a similar, still longer one."""
    text = chinese(1, 300)
    rows: list[dict[str, Any]] = [
        {"id": "page", "text": chinese(2, 100), "url": "http://a.com/1", "date": "2020-01-01"},
        {"id": "newest", "text": text, "url": "http://a.com/1", "date": "2024-01-01"},
        {"id": "equal", "text": text + "。", "url": "http://a.com/2"},
        {"id": "best", "text": edited(text, 3) + chinese(3, 20), "url": "http://a.com/3"},
    ]
    write_jsonl(tmp_path / "in.jsonl", rows)
    source = {"name": "s", "paths": str(tmp_path / "in.jsonl"), "lang": "zh"}
    return go(settings(source, rules=[], dedup=dedup), tmp_path / "run", **how).account


@pytest.mark.parametrize("rows_here", [0, 1_000_000])
def test_url_then_exact(go: Go, tmp_path: Path, rows_here: int) -> None:
    account = run_chain(go, tmp_path, {"urls": "newest"}, rows_here=rows_here)
    assert dict(account.merged) == {"same_url": 1, "exact_duplicate": 1}
    kept = {row["source_key"]: row for row in published(tmp_path / "run").to_pylist()}
    assert set(kept) == {"equal", "best"}
    assert kept["equal"]["cluster_size"] == 3
    assert [row["survivor"] for row in rows_of(tmp_path / "run", "rejected")] == [kept["equal"]["doc_id"]] * 2


def test_url_then_exact_then_near(go: Go, tmp_path: Path) -> None:
    account = run_chain(go, tmp_path, {"urls": "newest", "near": {}})
    assert dict(account.merged) == {"same_url": 1, "exact_duplicate": 1, "near_duplicate": 1}
    (kept,) = published(tmp_path / "run").to_pylist()
    assert (kept["source_key"], kept["cluster_size"]) == ("best", 4)
    assert [row["survivor"] for row in rows_of(tmp_path / "run", "rejected")] == [kept["doc_id"]] * 3
