"""Code of strangers, run in a process that may use little: for rewards by tests, and only where somebody asks for it.

The process has no network where the kernel lets its user give it up (a namespace of its own), no way to make processes
unless it is root's, bounds on time, memory, files and output, an empty environment and an empty directory that is
removed. This is a bound on accidents and on clumsy malice, not a wall: it can read what its user can read. Run it as an
ordinary user, in a container.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Ended = Literal["passed", "failed", "timeout", "no_sandbox"]
MEMORY = 512 << 20
FILE = 1 << 20
OUTPUT = 64 << 10
_STARTED = 97
_LAUNCH = """
import ctypes, os, resource, sys
seconds, memory, size, need = (int(one) for one in sys.argv[1:5])
alone = ctypes.CDLL(None, use_errno=True).unshare(0x10000000 | 0x40000000) == 0
if need and not alone:
    os._exit(97)
for what, most in ((resource.RLIMIT_CPU, seconds), (resource.RLIMIT_AS, memory), (resource.RLIMIT_FSIZE, size),
                   (resource.RLIMIT_NOFILE, 32), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_NPROC, 0)):
    resource.setrlimit(what, (most, most))
os.execve(sys.executable, [sys.executable, "-I", "-S", "-B", "program.py"], {"LANG": "C.UTF-8", "PYTHONHASHSEED": "0"})
"""


@dataclass(frozen=True)
class Ran:
    """How a program ended, and the end of what it said."""

    ended: Ended
    said: str


def run_python(program: str, seconds: float = 5.0, *, need_isolation: bool = True) -> Ran:
    """Run a Python program: `passed` where it ends with 0 within `seconds`.

    With `need_isolation` a kernel that grants no network namespace is `no_sandbox`, and the program is not run.
    """
    with tempfile.TemporaryDirectory(prefix="corpus-code-") as folder:
        (Path(folder) / "program.py").write_text(program, encoding="utf-8", errors="replace")
        limits = [str(max(1, int(seconds + 1))), str(MEMORY), str(FILE), str(int(need_isolation))]
        with (Path(folder) / "output").open("w+b") as output:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _LAUNCH, *limits], cwd=folder, stdin=subprocess.DEVNULL,
                stdout=output, stderr=output, start_new_session=True, close_fds=True, env={"LANG": "C.UTF-8"},
            )  # fmt: skip
            try:
                code: int | None = process.wait(seconds)
            except subprocess.TimeoutExpired:
                code = None
            finally:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            output.seek(max(0, output.seek(0, os.SEEK_END) - OUTPUT))
            said = output.read().decode(errors="replace")
    if code is None:
        return Ran("timeout", said)
    if code == _STARTED and need_isolation:
        return Ran("no_sandbox", said)
    return Ran("passed" if code == 0 else "failed", said)
