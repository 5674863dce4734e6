"""Detached processes: started at once, found again for certain, ended alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from corpus import detach
from corpus.errors import UsageError

SLEEP = "import time; print('began', flush=True); time.sleep(60)"
STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
code = "import os, time; os.setpgid(0, 0); print('child', os.getpid(), flush=True); time.sleep(60)"
subprocess.Popen([sys.executable, "-c", code])
time.sleep(60)
"""


def wait_for(what: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not what():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


@pytest.fixture
def root(tmp_path: Path) -> Iterator[str]:
    yield str(tmp_path / "run")
    found = detach.running(str(tmp_path / "run"))
    if found is not None:
        os.killpg(found.pid, signal.SIGKILL)


def test_a_detached_process_leads_a_session_of_its_own_and_writes_to_the_log(root: str) -> None:
    started = detach.start([sys.executable, "-c", SLEEP], root)
    assert os.getsid(started.pid) == started.pid != os.getsid(0)
    wait_for(lambda: Path(root, "run.log").read_text() == "began\n")
    assert detach.running(root) == started
    assert detach.stop(root).pid == started.pid
    assert detach.running(root) is None


def test_two_detached_runs_of_one_directory_are_refused(root: str) -> None:
    detach.start([sys.executable, "-c", SLEEP], root)
    with pytest.raises(UsageError, match="at work already"):
        detach.start([sys.executable, "-c", SLEEP], root)


def test_a_process_that_ended_is_not_running(root: str) -> None:
    detach.start([sys.executable, "-c", "pass"], root)
    wait_for(lambda: detach.running(root) is None)
    with pytest.raises(UsageError, match="no detached run is at work"):
        detach.stop(root)


def test_a_pid_that_was_given_to_another_process_is_left_alone(root: str) -> None:
    detach.start([sys.executable, "-c", SLEEP], root)
    time.sleep(0.05)  # the clock of process births ticks every hundredth of a second
    other = subprocess.Popen([sys.executable, "-c", SLEEP])
    try:
        note = json.loads(Path(root, "run.pid").read_bytes())
        detach.stop(root)
        Path(root, "run.pid").write_text(json.dumps({**note, "pid": other.pid}))
        assert detach.running(root) is None
        with pytest.raises(UsageError, match="no detached run is at work"):
            detach.stop(root)
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_stop_ends_what_will_not_leave_and_workers_in_groups_of_their_own(root: str, tmp_path: Path) -> None:
    neighbour = detach.start([sys.executable, "-c", SLEEP], str(tmp_path / "neighbour"))
    detach.start([sys.executable, "-c", STUBBORN], root)
    log = Path(root, "run.log")
    wait_for(lambda: "child" in log.read_text())
    child = int(log.read_text().split()[1])
    detach.stop(root, grace_seconds=0.2)
    assert not alive(child)
    assert detach.running(str(tmp_path / "neighbour")) == neighbour
    detach.stop(str(tmp_path / "neighbour"))


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_directory_without_a_usable_pid_file_has_no_run(root: str) -> None:
    Path(root).mkdir()
    assert detach.running(root) is None
    for wrong in ("", "[]", '{"pid": "x"}', '{"pid": 1}'):
        Path(root, "run.pid").write_text(wrong)
        assert detach.running(root) is None


def test_remote_directories_have_no_detached_runs() -> None:
    assert detach.running("s3://bucket/run") is None
    with pytest.raises(UsageError, match="on this machine"):
        detach.start(["true"], "s3://bucket/run")
