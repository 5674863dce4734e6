"""Near-duplicates of more records than the driver takes: on Spark the same ones go, and the same is told of them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from building import Go, contents, settings, write_jsonl
from similar import chinese, edited

from corpus import config, pipeline
from corpus.dedup import on_spark
from corpus.errors import RejectedTooMuch
from corpus.execute import execute
from corpus.rundir import RunDir

NEAR_STAGES = ("near-candidates", "near-shingles", "near-edges", "dedup-near")


def records() -> list[dict[str, Any]]:
    """Clusters, a bucket too large for all of its pairs, a template, forms of other numbers, and what is alone."""
    rows = [{"id": f"own{seed}", "text": chinese(seed, 250)} for seed in range(20)]
    for cluster in range(8):
        text = chinese(500 + cluster, 350)
        rows += [{"id": f"c{cluster}.{copy}", "text": edited(text, 1 + copy, seed=copy)} for copy in range(2 + cluster)]
        rows.append({"id": f"c{cluster}.again", "text": edited(text, 1, seed=0)})
    hot = chinese(900, 400)
    rows += [{"id": f"hot{copy}", "text": edited(hot, 2 + copy % 5, seed=copy)} for copy in range(45)]
    frame = chinese(6, 600)
    rows += [{"id": f"t{n}", "text": frame[:300] + chinese(1000 + n, 70) + frame[300:]} for n in range(30)]
    form = chinese(9, 200)
    rows += [{"id": f"n{n}", "text": f"订单编号{1000 + n}，金额{7 * n}元，{form}"} for n in range(6)]
    rows += [{"id": f"d{n}", "text": edited(chinese(70, 300), 2, seed=n), "date": f"202{n}-01-01"} for n in range(4)]
    # One id for several texts: a rank tells them apart.
    return rows + [{"id": "same", "text": edited(chinese(71, 300), 2, seed=n)} for n in range(3)]


def near(folder: Path, **dedup: Any) -> config.Pipeline:
    sources = [
        {"name": "s", "paths": str(folder / "s*.jsonl"), "lang": "zh"},
        {"name": "t", "paths": str(folder / "t*.jsonl"), "lang": "zh", "priority": 3},
    ]
    return settings(*sources, rules=[], dedup={"near": {}, **dedup})


def write(folder: Path, rows: list[dict[str, Any]], files: int = 1) -> Path:
    """Every third record comes from the better source."""
    for name, some in (("s", [row for at, row in enumerate(rows) if at % 3]), ("t", rows[::3])):
        for number in range(files):
            write_jsonl(folder / f"{name}{number}.jsonl", some[number::files])
    return folder


@pytest.fixture(autouse=True)
def few_partitions(spark: Any) -> Iterator[None]:
    before = spark.conf.get("spark.sql.shuffle.partitions")
    spark.conf.set("spark.sql.shuffle.partitions", "3")
    yield
    spark.conf.set("spark.sql.shuffle.partitions", before)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_spark, "BLOCK_BYTES", 1 << 16)
    monkeypatch.setattr(on_spark, "PAIRS_TOGETHER", 20)


def told(run: Path) -> dict[str, dict[str, Any]]:
    """What the manifests tell of the near stages, without what is a matter of the way."""
    stages = RunDir.open(str(run)).published
    details = {name: dict(stages[name].manifest.details) for name in NEAR_STAGES}
    candidates = details["near-candidates"]
    shared = {"signed", "candidates", "compared", "pairs", "numbers_only", "below_sketch"}
    details["near-candidates"] = {name: candidates.get(name, 0) for name in shared}
    return details


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory, spark: Any) -> Path:
    """The input in `in` and what the driver makes of it in `run`."""
    folder = tmp_path_factory.mktemp("near")
    execute(pipeline.compose(near(write(folder / "in", records()))), str(folder / "run"), spark=spark)
    return folder


def test_the_same_records_go_and_the_same_is_told(go: Go, tmp_path: Path, here: Path, small_blocks: None) -> None:
    go(near(here / "in"), tmp_path / "run", rows_here=0, part_bytes=1 << 16)
    assert contents(tmp_path / "run") == contents(here / "run")
    assert told(tmp_path / "run") == told(here / "run")
    stages = RunDir.open(str(tmp_path / "run")).published
    assert len(stages["text"].manifest.parts) > 1
    assert stages["near-candidates"].manifest.details["blocks"] > 4
    assert stages["dedup-near"].manifest.details["templates"] == 1
    assert stages["dedup-near"].manifest.details["largest"] > 32
    assert list((tmp_path / "run").rglob("*-frames")) == [], "what was in between is gone"


def test_splits_and_the_order_of_files_and_rows_do_not_show(go: Go, tmp_path: Path, here: Path) -> None:
    rows = records()
    thirds = list(zip(rows[::3], rows[1::3], rows[2::3], strict=False))
    random.Random(5).shuffle(thirds)
    shuffled = [row for third in thirds for row in third] + rows[3 * len(thirds) :]
    folder = write(tmp_path / "in", shuffled, 2)
    go(
        near(folder),
        tmp_path / "run",
        rows_here=1,
        split_bytes=sum(file.stat().st_size for file in folder.iterdir()) // 7,
    )
    assert json.loads((tmp_path / "run/run.json").read_bytes())["splits"] >= 7
    found, wanted = contents(tmp_path / "run"), contents(here / "run")
    # The fingerprint names the input's files, which are others here; what came of them must not be.
    assert {name: digests for name, (_, digests) in found.items()} == {
        name: digests for name, (_, digests) in wanted.items()
    }


def test_other_settings_decide_alike(go: Go, tmp_path: Path) -> None:
    folder = write(tmp_path / "in", records())
    other = {
        "near": {"similarity": "containment", "numbers": "ignore", "threshold": 0.6, "bands": 20, "rows": 5},
        "keep": ["date", "length"],
        "guard": {"template": 5},
    }
    go(near(folder, **other), tmp_path / "here")
    go(near(folder, **other), tmp_path / "spark", rows_here=0)
    assert contents(tmp_path / "spark") == contents(tmp_path / "here")
    assert told(tmp_path / "spark") == told(tmp_path / "here")


def test_stages_of_one_way_are_read_by_the_other(go: Go, tmp_path: Path) -> None:
    """A run that grew, or was interrupted and goes on with another bound."""
    folder = write(tmp_path / "in", records())
    go(near(folder), tmp_path / "run")
    wanted = contents(tmp_path / "run")
    for first in ("near-edges", "near-shingles"):
        for stage in NEAR_STAGES[NEAR_STAGES.index(first) :]:
            for path in (tmp_path / "run/stages" / stage).glob("*/manifest.json"):
                path.unlink()
        go(near(folder), tmp_path / "run", rows_here=0 if first == "near-edges" else 10**6)
        assert contents(tmp_path / "run") == wanted


def test_nothing_alike_is_nothing_to_do(go: Go, tmp_path: Path) -> None:
    folder = write(tmp_path / "in", [{"id": str(seed), "text": chinese(seed, 200)} for seed in range(6)])
    result = go(near(folder), tmp_path / "run", rows_here=0)
    assert result.account.kept == 6
    assert told(tmp_path / "run")["dedup-near"]["largest"] == 1


def test_a_wipe_out_stops_and_leaves_nothing_in_between(go: Go, tmp_path: Path) -> None:
    text = chinese(1)
    folder = write(tmp_path / "in", [{"id": str(n), "text": edited(text, 2, seed=n)} for n in range(40)])
    with pytest.raises(RejectedTooMuch, match=r"s: 26 of 26 records .*dedup\.guard\.source_share"):
        go(near(folder, guard={"least": 10, "source_share": 0.8}), tmp_path / "run", rows_here=0)
    assert not (tmp_path / "run" / "dataset").exists()
    assert list((tmp_path / "run").rglob("*-frames")) == []
