"""Runs as processes of their own, to be killed with SIGKILL while a chosen stage works."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

SUPPORT = Path(__file__).parent
MASTER = "local[2,4]"


def start(
    pipeline: Path, run: Path, *stage: str, log: Path, master: str = MASTER, rows_here: int | None = None
) -> subprocess.Popen[bytes]:
    """Begin a run; with `stage` it kills itself between that stage's last write and its commit."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(SUPPORT.parents[1]), str(SUPPORT)])}
    if rows_here is not None:
        environment["RUN_ONCE_ROWS_HERE"] = str(rows_here)
    command = [sys.executable, str(SUPPORT / "run_once.py"), str(pipeline), str(run), master, *stage]
    with log.open("ab") as output:
        return subprocess.Popen(command, start_new_session=True, env=environment, stdout=output, stderr=output)


def finish(pipeline: Path, run: Path, log: Path, master: str = MASTER, rows_here: int | None = None) -> None:
    """Run to the end, undisturbed."""
    process = start(pipeline, run, log=log, master=master, rows_here=rows_here)
    assert process.wait(300) == 0, log.read_text(errors="replace")


def committed(run: Path, stage: str) -> bool:
    """Whether a stage of the run is committed."""
    return any((run / "stages" / stage).glob("*/manifest.json"))


def at_work(run: Path, stages: Sequence[str], stage: str, receipts: int) -> bool:
    """Whether `stage` has begun, and has left `receipts` receipts if it leaves any while it works."""
    if stage != "text":
        return committed(run, stages[stages.index(stage) - 1])
    return len(list((run / "stages/text").glob("*/receipts/*.json"))) >= receipts


def kill_during(
    process: subprocess.Popen[bytes], run: Path, stages: Sequence[str], stage: str, receipts: int, seconds: float
) -> bool:
    """Wait until `stage` is at work, some time more, then kill the whole process group; False if it was over."""
    began = time.monotonic()
    while time.monotonic() - began < 120 and process.poll() is None and not at_work(run, stages, stage, receipts):
        time.sleep(0.002)
    time.sleep(seconds)
    hit = not committed(run, stage)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(60)
    return hit
