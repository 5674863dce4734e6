"""The audit of duplicate detection: what it measures, that it can fail, and that it leaves nothing behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from building import Go, write_jsonl
from similar import chinese, edited

from corpus import config, shorthand
from corpus.dedup.audit import Audit, audit
from corpus.dedup.evidence import Evidence
from corpus.errors import UsageError
from corpus.pipeline import compose
from corpus.rundir import RunDir


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records alone, some with an exact copy, some pairs, and a repeated id."""
    rows = [{"id": f"{seed}", "text": chinese(seed, 300)} for seed in range(120)]
    rows += [{"id": f"copy{seed}", "text": chinese(seed, 300)} for seed in range(10)]
    rows += [{"id": f"near{seed}", "text": edited(chinese(seed, 300), 2)} for seed in range(10, 20)]
    rows += [{"id": "20", "text": chinese(900, 300)}]
    return write_jsonl(tmp_path_factory.mktemp("audit") / "in.jsonl", rows)


def measured(data: Path, beside: Path, spark: Any, **near: Any) -> Audit:
    settings = shorthand.dedup([str(data)], settings=config.Dedup(near=config.Near(**near)))
    return audit(settings, str(beside / "run"), 100, spark=spark)


def test_recall_follows_the_curve_and_every_removal_is_right(data: Path, tmp_path: Path, spark: Any) -> None:
    before = data.read_bytes()
    found = measured(data, tmp_path, spark)
    assert found.records == 141
    assert found.recall.low <= found.expected <= found.recall.high
    assert found.recall.of + found.injected > 120
    assert found.precision.hits == found.precision.of == found.removals >= 10 + found.recall.hits - 5
    assert found.least is not None
    assert found.least >= 0.7
    assert [level.low for level in found.levels] == pytest.approx([0.5 + 0.05 * step for step in range(10)])
    assert sum(level.pairs for level in found.levels) + sum(found.set_aside.values()) >= 100
    assert all(level.merged == 0 for level in found.levels)
    assert data.read_bytes() == before
    assert list(tmp_path.iterdir()) == []


def test_bands_that_find_nothing_are_found_out(data: Path, tmp_path: Path, spark: Any) -> None:
    found = measured(data, tmp_path, spark, bands=1, rows=64)
    assert found.recall.of > 30
    assert found.recall.hits / found.recall.of < 0.3
    assert found.expected < 0.3


def test_removals_are_compared_anew(go: Go, data: Path, tmp_path: Path) -> None:
    """The same removals are wrong by a higher threshold."""
    go(compose(shorthand.dedup([str(data)])), tmp_path / "run")
    evidence = Evidence(RunDir.open(str(tmp_path / "run")).need_published())
    right, wrong = (evidence.check(config.Near(threshold=at)) for at in (0.7, 0.999))
    assert (right.removals, right.checked, right.right) == (10, 10, 10)
    assert (wrong.checked, wrong.right) == (10, 0)


def test_a_pair_that_stays_apart_is_not_taken_for_found(go: Go, tmp_path: Path) -> None:
    from corpus.identity import doc_ids

    text = chinese(1, 300)
    rows = [{"id": "a", "text": text}, {"id": "b", "text": edited(text, 2)}, {"id": "c", "text": chinese(2, 300)}]
    rows += [{"id": "same", "text": text}]
    go(compose(shorthand.dedup([str(write_jsonl(tmp_path / "in.jsonl", rows))])), tmp_path / "run")
    evidence = Evidence(RunDir.open(str(tmp_path / "run")).need_published())
    a, b, c, same = doc_ids("in", ["a", "b", "c", "same"]).to_pylist()
    found = evidence.pairs([(a, text, b), (a, text, c), (same, text, b), (b, "another text", c)])
    assert [seen.verified for seen in found] == [True, False, True, False]
    assert found[1].aside is None
    assert found[3].aside == "several records have the original's id"


def test_what_cannot_be_measured_is_said(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "in.jsonl", [{"text": "短"}])
    with pytest.raises(UsageError, match="drop --exact-only"):
        audit(shorthand.dedup([str(path)], settings=config.Dedup()))
    with pytest.raises(UsageError, match="0 records are long enough"):
        audit(shorthand.dedup([str(path)]))
    with pytest.raises(UsageError, match="-n 3"):
        audit(shorthand.dedup([str(path)]), injected=3)
