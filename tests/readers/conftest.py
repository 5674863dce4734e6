"""Write a file and read it back; an S3 server on loopback."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from objectstore import bucket, s3_address  # noqa: F401
from reading import Outcome, read_source

from corpus import config


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Outcome]:
    """`read("a.jsonl", b"...", **settings)` writes the file and reads it as a source."""

    def write_and_read(
        name: str, data: bytes, *, split_bytes: int = 32 << 20, limits: config.Limits | None = None, **settings: Any
    ) -> Outcome:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        source = config.Source(name="test", paths=(str(path),), **settings)
        return read_source(source, split_bytes, limits)

    return write_and_read
