"""Rows that went through a run come out of `corpus export` as they went in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from building import Go, settings, write_jsonl
from dialogues import ROWS

from corpus.exporters.files import export
from corpus.importers.convert import KINDS
from corpus.importers.model import Kind


@pytest.mark.parametrize("kind", [Kind.CONVERSATION, Kind.PREFERENCE, Kind.PROMPT])
def test_rows_of_every_format_come_back_from_a_run(go: Go, tmp_path: Path, kind: Kind) -> None:
    formats = [fmt for fmt in sorted(ROWS) if KINDS[fmt] == kind]
    sources = []
    for fmt in formats:
        path = write_jsonl(tmp_path / f"{fmt}.jsonl", [ROWS[fmt]])
        sources.append({"name": str(fmt), "paths": [str(path)], "importer": str(fmt)})
    wanted = settings(*sources, kind=str(kind), rules=[], dedup={"exact": False})
    go(wanted, tmp_path / "run")
    export([str(tmp_path / "run")], "original", str(tmp_path / "out"))
    found: list[dict[str, Any]] = [
        json.loads(line)
        for path in sorted((tmp_path / "out").glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    assert sorted(json.dumps(row, sort_keys=True) for row in found) == sorted(
        json.dumps(ROWS[fmt], sort_keys=True) for fmt in formats
    )
