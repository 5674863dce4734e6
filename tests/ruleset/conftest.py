"""Small builders for rule files and signal columns."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

RULE = """\
- id: my.han_low
  applies: {lang: [zh]}
  signal: {kernel: char_ratio, of: han}
  keep_when: {min: 0.2, max: 0.9}
  otherwise: drop
  reason: too little Chinese in a Chinese text
  source: a test
  examples:
    keep: ["今天天气很好, sunny and warm."]
    drop: ["sunny and warm, 好"]
"""


@pytest.fixture
def rule_text() -> str:
    return RULE


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    """Write a YAML file and give its path."""

    def _write(text: str, name: str = "mine.yaml") -> str:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    return _write
