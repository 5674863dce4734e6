"""kill -9 between the last write and the commit of stages that learn and score: the result is the same."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest
from building import contents, prose, write_jsonl
from killing import committed, finish, start

from corpus.rundir import RunDir

STAGES = ("perplexity-fit", "embed", "cluster-fit", "cluster", "dedup-semantic", "quality")
PIPELINE = """\
name: killed
sources: [{name: s, paths: in.jsonl}]
rules: []
perplexity: {order: 3}
embed: {dim: 16}
cluster: {k: 4}
dedup: {semantic: {threshold: 0.999}}
quality: quality.yaml
tiers: ranked
"""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("killed")
    rows: list[Any] = [{"text": prose(number), "id": f"r{number}"} for number in range(300)]
    write_jsonl(folder / "in.jsonl", rows)
    (folder / "quality.yaml").write_text("parts: [{column: perplexity, better: low}]\n", encoding="utf-8")
    (folder / "pipeline.yaml").write_text(PIPELINE, encoding="utf-8")
    return folder / "pipeline.yaml"


def test_killed_between_write_and_commit_the_run_is_the_same(pipeline: Path, tmp_path: Path) -> None:
    finish(pipeline, tmp_path / "undisturbed", tmp_path / "log")
    run = tmp_path / "run"
    for stage in STAGES:
        process = start(pipeline, run, stage, log=tmp_path / "log")
        assert process.wait(200) == -signal.SIGKILL, (tmp_path / "log").read_text(errors="replace")
        assert not committed(run, stage)
    finish(pipeline, run, tmp_path / "log")
    assert contents(run) == contents(tmp_path / "undisturbed")
    assert RunDir.open(str(run)).verify() == []
