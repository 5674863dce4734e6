"""The most memory that this process has held. (ru_maxrss is no use in a child: it begins with what its parent held.)"""

from __future__ import annotations

from pathlib import Path


def peak() -> float:
    """Bytes in memory at most, since the program began."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(float(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
