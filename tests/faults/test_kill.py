"""kill -9 at seeded moments of every stage, and between the last write and the commit: the result is the same.

CORPUS_KILL_SEEDS=5 kills each stage at five moments instead of one.
"""

from __future__ import annotations

import json
import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from building import contents, prose, write_jsonl
from killing import at_work, committed, finish, kill_during, start

from corpus.rundir import RunDir

STAGES = ("text", "identify", "decide", "dedup-exact", "tier", "publish")
SEEDS = int(os.environ.get("CORPUS_KILL_SEEDS", "1"))

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("killed")
    rows: list[Any] = [{"text": prose(number % 900), "id": f"r{number}"} for number in range(1200)]
    rows += [{"text": prose(5000 + number), "id": f"r{number % 3}"} for number in range(30)]
    rows += [{"text": "短", "id": f"short{number}"} for number in range(40)] + [b"{"]
    random.Random(1).shuffle(rows)
    for number in range(4):
        write_jsonl(folder / f"in-{number}.jsonl", rows[number::4])
    text = f"name: killed\nsources: [{{name: s, paths: {folder}/*.jsonl}}]\n"
    (folder / "pipeline.yaml").write_text(text, encoding="utf-8")
    return folder / "pipeline.yaml"


@pytest.fixture(scope="module")
def undisturbed(pipeline: Path) -> tuple[dict[str, Any], dict[str, float]]:
    run = pipeline.parent / "undisturbed"
    finish(pipeline, run, pipeline.parent / "log")
    stages = RunDir.open(str(run)).published
    assert stages["text"].manifest.account.quarantined == {"bad_json": 1}
    assert len(stages["text"].manifest.parts) > 8
    return contents(run), {name: stage.manifest.seconds for name, stage in stages.items()}


@pytest.mark.parametrize("seed", range(SEEDS))
def test_killed_in_every_stage_and_resumed_the_run_is_the_same(
    pipeline: Path, undisturbed: tuple[dict[str, Any], dict[str, float]], tmp_path: Path, seed: int
) -> None:
    expected, seconds = undisturbed
    splits = len(list((pipeline.parent / "undisturbed/stages/text").glob("*/receipts/*.json")))
    moments = random.Random(seed)
    run = tmp_path / "run"
    hits = 0
    for stage in STAGES:
        moment = moments.uniform(0.0, min(0.6 * seconds[stage], 1.0) if stage != "text" else 0.05)
        process = start(pipeline, run, log=tmp_path / "log")
        hits += kill_during(process, run, STAGES, stage, moments.randint(0, splits - 2), moment)
    finish(pipeline, run, tmp_path / "log")
    assert hits >= 4, "most kills must hit a stage at work"
    assert contents(run) == expected
    assert RunDir.open(str(run)).verify() == []


def test_killed_between_write_and_commit_the_run_is_the_same(
    pipeline: Path, undisturbed: tuple[dict[str, Any], dict[str, float]], tmp_path: Path
) -> None:
    run = tmp_path / "run"
    for stage in STAGES:
        process = start(pipeline, run, stage, log=tmp_path / "log")
        assert process.wait(120) == -signal.SIGKILL
        assert not committed(run, stage)
        if stage == "text":
            assert len(list(run.glob("stages/text/*/receipts/*.json"))) > 8, "what was written is not lost"
    finish(pipeline, run, tmp_path / "log")
    assert contents(run) == undisturbed[0]
    note = json.loads((run / "run.json").read_bytes())
    attempts = list((run / note["stages"]["text"]).glob("attempt-*"))
    assert len(attempts) == 1, "the text was written once, before the kill, and taken from its receipts"


@pytest.mark.parametrize("master", ["local[1,4]", "local[7,4]"])
def test_one_or_seven_splits_at_a_time_give_the_same(
    pipeline: Path, undisturbed: tuple[dict[str, Any], dict[str, float]], tmp_path: Path, master: str
) -> None:
    finish(pipeline, tmp_path / "run", tmp_path / "log", master)
    assert contents(tmp_path / "run") == undisturbed[0]


def test_a_worker_that_is_killed_changes_nothing(
    pipeline: Path, undisturbed: tuple[dict[str, Any], dict[str, float]], tmp_path: Path
) -> None:
    run = tmp_path / "run"
    process = start(pipeline, run, log=tmp_path / "log")
    while process.poll() is None and not at_work(run, STAGES, "text", 3):
        time.sleep(0.002)
    workers = [
        child
        for child in psutil.Process(process.pid).children(recursive=True)
        if "worker_daemon" in " ".join(child.cmdline()) and not child.children()
    ]
    assert workers
    workers[0].kill()
    assert process.wait(300) == 0, (tmp_path / "log").read_text(errors="replace")
    assert contents(run) == undisturbed[0]
