"""A run that is ended from outside says so, leaves nothing behind, and goes on where it was."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from building import contents, prose, write_jsonl
from typing_it import command, environment, typed

from corpus import pipeline
from corpus.execute import execute

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

RECORDS = 60_000


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("written")
    write_jsonl(folder / "in.jsonl", ({"text": prose(number % 30_000), "id": str(number)} for number in range(RECORDS)))
    path = folder / "p.yaml"
    path.write_text("name: t\nsources: [{name: s, paths: in.jsonl}]\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def undisturbed(spark: SparkSession, written: Path) -> dict[str, Any]:
    """What a run makes of it that nothing ends."""
    run = written.parent / "undisturbed"
    execute(pipeline.read(written), str(run), spark=spark, split_bytes=1 << 20)
    return contents(run)


def wait_for(what: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not what():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def receipts(run: Path) -> int:
    return len(list(run.glob("stages/text/*/receipts/*.json")))


@pytest.mark.slow
def test_ctrl_c_ends_with_130_and_the_same_command_goes_on(
    written: Path, undisturbed: dict[str, Any], tmp_path: Path
) -> None:
    run = tmp_path / "run"
    line = command("run", str(written), "--out", str(run), "--split-mb", "1", "--master", "local[1,4]")
    with subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(), start_new_session=True
    ) as process:
        wait_for(lambda: receipts(run) > 0)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert out == ""
    assert err.splitlines()[-1] == "Interrupted. What was finished is kept: repeat the command to go on."
    assert "Traceback" not in err
    done = receipts(run)
    again = typed("run", str(written), "--out", str(run), "--split-mb", "1", "--json")
    assert again.code == 0, again.err
    assert f"{done} done before" in again.err
    assert contents(run) == undisturbed


@pytest.mark.slow
def test_a_detached_run_is_seen_stopped_with_all_its_processes_and_resumed(
    written: Path, undisturbed: dict[str, Any], tmp_path: Path
) -> None:
    run = tmp_path / "run"
    line = ["run", str(written), "--out", str(run), "--split-mb", "1", "--master", "local[1,4]", "--json"]
    started = json.loads(typed(*line, "--detach").out)
    process = psutil.Process(started["pid"])
    assert f"running    pid {started['pid']}" in typed("status", str(run)).out
    assert typed(*line, "--detach").code == 2
    # From here on nothing may come between the first receipt and the stop: the run would be over.
    wait_for(lambda: receipts(run) > 0)
    family = [process, *process.children(recursive=True)]
    assert len(family) > 2, "the driver, its JVM and a worker"
    stopped = typed("stop", str(run))
    assert stopped.code == 0, stopped.err
    assert not [member for member in family if member.is_running() and member.status() != psutil.STATUS_ZOMBIE]
    assert typed("stop", str(run)).code == 2
    assert not (run / "dataset").exists()
    again = typed(*line)
    assert again.code == 0, again.err
    assert json.loads(again.out)["account"]["in"] == RECORDS
    assert contents(run) == undisturbed
