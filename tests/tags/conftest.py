"""Writes taxonomy files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from taxonomy import SMALL


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    def put(text: str = SMALL, name: str = "fruit.yaml") -> str:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return str(tmp_path / name)

    return put
