"""The directory of a model: it appears whole, in a place where nothing was."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from corpus.errors import UsageError


def must_be_free(out: Path) -> None:
    """UsageError unless `out` is not there, or is an empty directory."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out}: is there already; name a new directory, nothing is overwritten")


@contextmanager
def written(out: Path) -> Iterator[Path]:
    """A directory beside `out` that becomes `out` when all of it was written, and goes when that failed."""
    out.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".model-", dir=out.parent))
    aside.chmod(0o755)
    try:
        yield aside
        if out.is_dir():
            out.rmdir()
        aside.replace(out)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
