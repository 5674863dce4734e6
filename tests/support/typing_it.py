"""The command line as a user types it: in a process of its own, or in this one where Spark is open already."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str


Corpus = Callable[..., Said]
"""The `corpus` fixture: arguments in, the answer out."""


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "cli.main", *arguments]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100"}


def typed(*arguments: str, cwd: Path | None = None) -> Said:
    """The answer of `corpus` in a new process."""
    done = subprocess.run(
        command(*arguments), capture_output=True, text=True, cwd=cwd, env=environment(), timeout=240, check=False
    )
    return Said(done.returncode, done.stdout, done.stderr)
