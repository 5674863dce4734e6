"""The sample of vectors is chosen by ids, and knows of each record where it ended and what it is about."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from building import published
from hostile import hostile_run

from corpus.inspect.vectors import NONE, vector_sample
from corpus.rundir import RunDir

ASKED: dict[str, Any] = {"rules": [], "embed": {"dim": 8}, "cluster": {"k": 3}, "tags": ["domains"], "tiers": "single"}
WORDS = ("桥梁", "水渠", "图书", "实验", "集市", "渡口", "山脚", "学校", "地图", "蚂蚁")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """One run cut in two ways; `semantic` removes some records after they got their vectors."""
    folder = tmp_path_factory.mktemp("vectors")
    rows: list[Any] = [
        {
            "id": str(number),
            "text": f"{WORDS[number % 10]}旁边有{WORDS[number // 10]}。" * (2 + number % 3) + f"第{number}件。",
        }
        for number in range(60)
    ]
    rows += [{"id": "empty", "text": "……"}]
    more = ASKED | {"dedup": {"semantic": {"threshold": 0.99, "shared": 0}}}
    whole = hostile_run(folder, rows, **more)
    return whole, hostile_run(folder, rows, split_bytes=1 << 10, name="cut", **more)


def test_every_record_with_a_vector_is_there_once_with_what_is_known_of_it(runs: tuple[str, str]) -> None:
    stages = RunDir.open(runs[0]).published
    sample = vector_sample(stages, 1000)
    assert sample is not None
    stored = sum(stages["embed"].slot.read(file).num_rows for file in stages["embed"].table("vectors").files.values())
    assert stored - 1 <= len(sample.vectors) <= stored
    assert sample.published.sum() <= len(published(runs[0]))
    assert not sample.published.all()
    assert {tier == NONE for tier, kept in zip(sample.labels["tier"], sample.published, strict=True) if not kept} == {
        True
    }
    assert set(sample.labels) >= {"source", "tier", "cluster", "tag_domain"}
    assert all(len(labels) == len(sample.vectors) for labels in sample.labels.values())
    assert sum(begin.startswith(WORDS) for begin in sample.begins) >= len(sample.begins) - 1


def test_clusters_are_those_that_were_published(runs: tuple[str, str]) -> None:
    sample = vector_sample(RunDir.open(runs[0]).published, 1000)
    assert sample is not None
    counts = {str(row["cluster"]) for row in published(runs[0]).to_pylist() if row["cluster"] is not None}
    assert counts <= set(sample.labels["cluster"])


@pytest.mark.parametrize("seed", [0, 4])
def test_the_sample_is_the_same_however_the_run_was_cut_up(runs: tuple[str, str], seed: int) -> None:
    whole, cut = (vector_sample(RunDir.open(run).published, 20, seed) for run in runs)
    assert whole is not None
    assert cut is not None
    assert np.array_equal(whole.vectors, cut.vectors)
    assert (whole.labels, whole.begins) == (cut.labels, cut.begins)
    assert np.array_equal(whole.published, cut.published)
    every = vector_sample(RunDir.open(runs[0]).published, 1000, seed)
    assert every is not None
    assert every.begins[: len(whole.begins)] == whole.begins


def test_a_run_without_vectors_has_no_sample(dirty: str) -> None:
    assert vector_sample(RunDir.open(dirty).published, 10) is None
