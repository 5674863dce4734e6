"""What a directory of answers is for: written down once, so a repeated command goes on and another one is refused."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from corpus import storage
from corpus.errors import UsageError


def claim(path: Path, settings: Mapping[str, Any], otherwise: str) -> None:
    """Write `settings` to `path`, or see that they are there.

    UsageError that begins with the directory and `otherwise`, and names every setting that differs.
    """
    wanted = orjson.loads(orjson.dumps(settings))
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        said = orjson.dumps({"asked": wanted}, option=orjson.OPT_INDENT_2) + b"\n"
        storage.put_atomic(str(path), said, replace=False)
    there = orjson.loads(path.read_bytes())["asked"]
    other = [
        f"{name}: {there.get(name)!r} there, {new!r} now" for name, new in wanted.items() if there.get(name) != new
    ]
    if other:
        raise UsageError(f"{path.parent}: {otherwise}. " + "; ".join(other))
