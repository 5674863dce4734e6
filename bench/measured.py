"""One `corpus dedup` measured: seconds and rows by stage, CPU time and memory of every process that took part."""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from corpus import shorthand
from corpus.config import Dedup
from corpus.execute import execute
from corpus.pipeline import compose

FOUND = ("signed", "pairs", "numbers_only", "below_sketch", "candidates", "compared", "verified", "clusters", "largest")
"""What the manifests of the stages tell that is worth a line."""


class Watch(AbstractContextManager["Watch"]):
    """CPU seconds (user and system) of this process and all it started, and the largest sum of their memory.

    Memory is proportional set size, where pages of several processes are shared out among them, sampled five times a
    second. `at_start` is what was held before. CPU seconds are summed over the processes seen, since one that nobody
    waits for (a fork server) is in no parent's account; what a process does after its last sample is missed.
    """

    def __init__(self) -> None:
        self.peak = self.at_start = memory()
        self.cpu = 0.0
        self.seconds = 0.0
        self._used: dict[tuple[int, float], float] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> Watch:
        self._began, self._before = time.monotonic(), cpu_seconds()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.monotonic() - self._began
        self._stop.set()
        self._thread.join()
        self._used |= cpu_seconds()
        self.cpu = sum(used - self._before.get(process, 0.0) for process, used in self._used.items())

    def _sample(self) -> None:
        while not self._stop.wait(0.2):
            self.peak = max(self.peak, memory())
            self._used |= cpu_seconds()


def tree() -> list[psutil.Process]:
    own = psutil.Process()
    return [own, *own.children(recursive=True)]


def memory() -> int:
    """Bytes, proportional set size, of this process and all it started."""
    total = 0
    for process in tree():
        try:
            total += process.memory_full_info().pss
        except (psutil.Error, AttributeError):
            continue
    return total


def cpu_seconds() -> dict[tuple[int, float], float]:
    """Of this process and all it started, each by its id and start, without those it waited for."""
    found = {}
    for process in tree():
        try:
            used = process.cpu_times()
            found[process.pid, process.create_time()] = used.user + used.system
        except psutil.Error:
            continue
    return found


@dataclass(frozen=True)
class Run:
    """What a run took and did; `at_start` and `peak` are bytes of memory, `spent` seconds by stage."""

    seconds: float
    cpu: float
    at_start: int
    peak: int
    rows: int
    kept: int
    merged: dict[str, int]
    spent: dict[str, float]
    found: dict[str, Any] = field(default_factory=dict)


def dedup(files: Sequence[str], root: Path, settings: Dedup, spark: Any, split_mb: int = 0) -> Run:
    """`corpus dedup FILES --out ROOT` in this process, on a session that is there already."""
    composed = compose(shorthand.dedup(files, settings=settings))
    given = {"split_bytes": split_mb << 20} if split_mb else {}
    with Watch() as watch:
        result = execute(composed, str(root), spark=spark, **given)
    spent, found = {}, {}
    for name, at in json.loads((root / "published.json").read_bytes())["stages"].items():
        manifest = json.loads((root / at / "manifest.json").read_bytes())
        spent[name] = round(manifest["seconds"], 2)
        found |= {key: value for key, value in manifest.get("details", {}).items() if key in FOUND}
    return Run(
        seconds=result.seconds,
        cpu=watch.cpu,
        at_start=watch.at_start,
        peak=watch.peak,
        rows=result.account.rows_in,
        kept=result.account.kept,
        merged=dict(result.account.merged),
        spent=spent,
        found=found,
    )


def size(files: Sequence[str]) -> float:
    """MB (10^6 bytes) of files."""
    return sum(Path(file).stat().st_size for file in files) / 1e6


def load() -> str:
    """How busy the machine is: what is measured beside other work says little of wall time."""
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def forget(root: Path) -> None:
    """Delete a run."""
    shutil.rmtree(root, ignore_errors=True)
