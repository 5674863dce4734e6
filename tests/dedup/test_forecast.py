from __future__ import annotations

from pathlib import Path

import pytest
from building import Go, write_jsonl
from similar import chinese, edited

from corpus import shorthand
from corpus.config import Dedup
from corpus.dedup.forecast import Forecast, forecast
from corpus.errors import UsageError
from corpus.pipeline import compose
from corpus.rundir import RunDir


def write(path: Path, pairs: int, copies: int, alone: int = 50) -> Path:
    """Records alone, pairs, one cluster of near-identical copies, and records of one form with other numbers."""
    rows = [chinese(seed, 150) for seed in range(alone)]
    for seed in range(pairs):
        text = chinese(10_000 + seed, 200)
        rows += [text, edited(text, 2)]
    rows += [edited(chinese(50_000, 400), 3, seed=seed) for seed in range(copies)]
    rows += [f"第{number}页，" + chinese(60_000, 100) for number in range(12)]
    return write_jsonl(path, [{"id": str(place), "text": text} for place, text in enumerate(rows)])


def foretold(path: Path, **more: int) -> Forecast:
    return forecast(shorthand.dedup([str(path)]), **more)


def test_a_forecast_from_everything_is_what_the_run_finds(go: Go, tmp_path: Path) -> None:
    path = write(tmp_path / "in.jsonl", pairs=40, copies=60)
    found = foretold(path)
    go(compose(shorthand.dedup([str(path)])), tmp_path / "run")
    stages = RunDir.open(str(tmp_path / "run")).published
    details = stages["near-candidates"].manifest.details
    assert found.share == 1
    assert found.records == 50 + 80 + 60 + 12
    assert found.compared == details["signed"]
    assert found.largest == details["largest"]
    assert found.involved.value == details["candidates"]
    assert found.to_verify.value == pytest.approx(stages["near-edges"].manifest.details["compared"], rel=0.02)
    assert found.pairs == pytest.approx(details["pairs"], rel=0.02)
    assert found.numbers_only == pytest.approx(details["numbers_only"] / details["pairs"], rel=0.02)
    assert found.where == "here"


def test_the_truth_lies_in_the_interval_of_a_sample(tmp_path: Path) -> None:
    path = write(tmp_path / "in.jsonl", pairs=400, copies=100, alone=400)
    truth, told = foretold(path), foretold(path, texts=400)
    assert told.share < 0.6
    assert told.to_verify.low <= truth.to_verify.value <= told.to_verify.high
    assert told.involved.low <= truth.involved.value <= told.involved.high
    assert told.compared == pytest.approx(truth.compared, rel=0.2)
    assert truth.largest / 2.5 < told.largest < truth.largest * 2.5
    assert told.to_verify.high > told.to_verify.value > told.to_verify.low


def test_the_hottest_bucket_is_named_once(tmp_path: Path) -> None:
    found = foretold(write(tmp_path / "in.jsonl", pairs=2, copies=60))
    first = 50 + 4
    assert found.hot[0].members > 32
    assert first <= int(found.hot[0].example) < first + 60
    assert sum(one.members > 20 for one in found.hot) == 1


def test_a_sample_without_pairs_says_how_many_there_may_be(tmp_path: Path) -> None:
    rows = [{"text": chinese(seed, 100)} for seed in range(300)]
    found = foretold(write_jsonl(tmp_path / "in.jsonl", rows), texts=150)
    assert found.share < 1
    assert (found.to_verify.value, found.involved.value) == (0, 0)
    assert found.to_verify.high > 0


def test_without_near_duplicates_there_is_nothing_to_foretell(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "in.jsonl", [{"text": "x"}])
    with pytest.raises(UsageError, match="--exact-only"):
        forecast(shorthand.dedup([str(path)], settings=Dedup()))
