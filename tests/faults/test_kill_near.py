"""kill -9 in every stage that looks for similar records, on Spark, and between its last write and its commit."""

from __future__ import annotations

import json
import os
import random
import signal
from pathlib import Path
from typing import Any

import pytest
from building import contents, write_jsonl
from killing import committed, finish, kill_during, start
from similar import chinese, edited

from corpus.gc import collect
from corpus.rundir import RunDir

STAGES = ("text", "identify", "decide", "dedup-exact", "near-candidates", "near-shingles", "near-edges", "dedup-near")
NEAR = STAGES[4:]
SEEDS = int(os.environ.get("CORPUS_KILL_SEEDS", "1"))

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("near")
    rows = [{"text": chinese(seed, 300), "id": f"own{seed}"} for seed in range(60)]
    for cluster in range(30):
        text = chinese(500 + cluster, 350)
        rows += [{"text": edited(text, 1 + copy, seed=copy), "id": f"c{cluster}.{copy}"} for copy in range(5)]
    random.Random(1).shuffle(rows)
    write_jsonl(folder / "in.jsonl", rows)
    settings = f"name: killed\nsources: [{{name: s, paths: {folder}/*.jsonl}}]\nrules: []\ndedup: {{near: {{}}}}\n"
    (folder / "pipeline.yaml").write_text(settings, encoding="utf-8")
    return folder / "pipeline.yaml"


@pytest.fixture(scope="module")
def undisturbed(pipeline: Path) -> tuple[dict[str, Any], dict[str, float]]:
    """What the driver makes of it, and how long the stages take on Spark."""
    finish(pipeline, pipeline.parent / "here", pipeline.parent / "log")
    run = pipeline.parent / "spark"
    finish(pipeline, run, pipeline.parent / "log", rows_here=0)
    stages = RunDir.open(str(run)).published
    assert stages["dedup-near"].manifest.account.merged["near_duplicate"] > 80
    expected = contents(pipeline.parent / "here")
    assert contents(run) == expected
    return expected, {name: stage.manifest.seconds for name, stage in stages.items()}


@pytest.mark.parametrize("seed", range(SEEDS))
def test_killed_in_every_near_stage_and_resumed_the_run_is_the_same(
    pipeline: Path, undisturbed: tuple[dict[str, Any], dict[str, float]], tmp_path: Path, seed: int
) -> None:
    expected, seconds = undisturbed
    moments = random.Random(seed)
    run = tmp_path / "run"
    hits = 0
    for stage in NEAR:
        process = start(pipeline, run, log=tmp_path / "log", rows_here=0)
        hits += kill_during(process, run, STAGES, stage, 0, moments.uniform(0.02, 0.3) * seconds[stage])
    finish(pipeline, run, tmp_path / "log", rows_here=0)
    assert hits >= 3, "most kills must hit a stage at work"
    assert contents(run) == expected
    assert RunDir.open(str(run)).verify() == []
    collect(str(run), grace_hours=0)
    assert list(run.rglob("attempt-*-frames")) == [], "what a killed stage had in between is no part of the run"
    assert RunDir.open(str(run)).verify() == []


def test_killed_between_write_and_commit_of_near_stages_the_run_is_the_same(
    pipeline: Path, undisturbed: tuple[dict[str, Any], dict[str, float]], tmp_path: Path
) -> None:
    run = tmp_path / "run"
    for stage in NEAR:
        process = start(pipeline, run, stage, log=tmp_path / "log", rows_here=0)
        assert process.wait(300) == -signal.SIGKILL, (tmp_path / "log").read_text(errors="replace")
        assert not committed(run, stage)
    finish(pipeline, run, tmp_path / "log", rows_here=0)
    assert contents(run) == undisturbed[0]
    note = json.loads((run / "run.json").read_bytes())
    slot = run / note["stages"]["near-shingles"]
    assert list(slot.glob("receipts/*.json"))
    assert len(list(slot.glob("attempt-*"))) == 1, "shingles were written once, before the kill, and found again"
