"""Runs that outlive the terminal: started in a session of their own, found again by pid and start time, stopped alone.

RUN/run.log gets what the run says, RUN/run.pid says which process it is. A pid alone names a process only until it
ends and the number is given to another; with the time the process started it names one for good.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from corpus import storage
from corpus.errors import UsageError

LOG, PID = "run.log", "run.pid"
GRACE_SECONDS = 30.0
"""How long a run may take to close Spark by itself before its processes are killed. Both leave it resumable."""

_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Running:
    """A live detached run: the process, when it started (seconds since the epoch), its log."""

    pid: int
    since: float
    log: str


def start(command: Sequence[str], root: str) -> Running:
    """Start `command` as the leader of a new session, its output appended to the run's log; return at once.

    Raises UsageError when `root` is not local, and when a detached run is at work there already.
    """
    directory = _directory(root)
    other = running(root)
    if other is not None:
        raise UsageError(f"{root}: a detached run is at work already (pid {other.pid}); `corpus stop {root}` ends it")
    directory.mkdir(parents=True, exist_ok=True)
    log = directory / LOG
    with log.open("ab") as output:
        process = subprocess.Popen(
            list(command), stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    since = time.time()
    note = {"pid": process.pid, "started": _birth(process.pid), "since": since, "command": list(command)}
    storage.put_atomic(str(directory / PID), orjson.dumps(note, option=orjson.OPT_INDENT_2))
    # Whoever started it does not wait for it: without this, Python warns that a child is left behind.
    process.returncode = 0
    return Running(process.pid, since, str(log))


def running(root: str) -> Running | None:
    """The detached run at work in `root`; None when there is none, or it ended, or its pid is another process now."""
    if not storage.is_local(root):
        return None
    directory = _directory(root)
    try:
        note = orjson.loads((directory / PID).read_bytes())
        pid, started, since = int(note["pid"]), str(note["started"]), float(note["since"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Running(pid, since, str(directory / LOG)) if _birth(pid) == started else None


def stop(root: str, grace_seconds: float = GRACE_SECONDS) -> Running:
    """End the detached run of `root` and nothing else, and wait until all its processes are gone.

    The run is asked to leave first, so that it closes Spark; what is left of its session after `grace_seconds` is
    killed. Either way what it finished stays, and repeating the command goes on from there. UsageError when no
    detached run is at work.
    """
    found = running(root)
    if found is None:
        raise UsageError(f"{root}: no detached run is at work here; `corpus status {root}` shows how far it is")
    members = {found.pid: _birth(found.pid)} | _session(found.pid)
    _signal(found.pid, members[found.pid], signal.SIGTERM)
    deadline = time.monotonic() + grace_seconds
    while time.monotonic() < deadline:
        members |= _session(found.pid)
        if not _alive(members):
            break
        time.sleep(_POLL_SECONDS)
    else:
        while _alive(members):
            for pid, birth in members.items():
                _signal(pid, birth, signal.SIGKILL)
            time.sleep(_POLL_SECONDS)
            members |= {pid: birth for pid, birth in _session(found.pid).items() if pid not in members}
    (_directory(root) / PID).unlink(missing_ok=True)
    return found


def _directory(root: str) -> Path:
    if not storage.is_local(root):
        raise UsageError(f"{root}: a detached run needs a run directory on this machine, for its log and its pid")
    return Path(storage.resolve(root)[1])


def _alive(members: dict[int, str | None]) -> bool:
    return any(birth is not None and _birth(pid) == birth for pid, birth in members.items())


def _signal(pid: int, birth: str | None, number: signal.Signals) -> None:
    if birth is not None and _birth(pid) == birth:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _birth(pid: int) -> str | None:
    """What tells this process from any other that has or will have its pid; None when it is dead (or a zombie)."""
    stat = _stat(pid)
    if stat is not None:
        return None if stat[0] == "Z" else f"{_boot()}:{stat[19]}"
    if Path("/proc/self/stat").exists():
        return None
    shown = subprocess.run(["ps", "-o", "state=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, born = shown.stdout.strip().partition(" ")
    return None if not born or state.startswith("Z") else born.strip()


def _session(leader: int) -> dict[int, str | None]:
    """The processes of a session with their births. The driver, its JVM and the Python workers share one, though the
    workers form a process group of their own."""
    found: dict[int, str | None] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        stat = _stat(int(entry.name))
        if stat is not None and int(stat[3]) == leader:
            found[int(entry.name)] = _birth(int(entry.name))
    return found


def _stat(pid: int) -> list[str] | None:
    """Fields of /proc/PID/stat from the third (the state) on; the second, the name, may hold anything."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""
