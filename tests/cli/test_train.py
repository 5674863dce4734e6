"""What is typed to change models: folders in, folders out, mistakes said and nothing written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import neural
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from cli.main import app
from corpus.errors import UsageError

runner = CliRunner()


def said(*words: Any) -> dict[str, Any]:
    done = runner.invoke(app, ["train", *map(str, words), "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout.splitlines()[-1])


def test_a_delta_is_made_and_applied(tmp_path: Path) -> None:
    base, tuned = neural.causal(tmp_path / "base"), neural.causal(tmp_path / "tuned", seed=1)
    made = said("delta", "make", base, tuned, "--out", tmp_path / "delta")
    found = said("delta", "apply", base, tmp_path / "delta", "--out", tmp_path / "back")
    assert found["digest"] == made["tuned"] != made["base"]


def test_a_vocabulary_of_another_kind_is_refused(tmp_path: Path) -> None:
    base = neural.causal(tmp_path / "base")
    pq.write_table(pa.table({"text": ["天地"]}), tmp_path / "t.parquet")
    words = [
        "train",
        "vocab",
        "grow",
        str(base),
        str(tmp_path / "t.parquet"),
        "--add",
        "2",
        "--out",
        str(tmp_path / "o"),
    ]
    done = runner.invoke(app, words)
    assert isinstance(done.exception, UsageError)
    assert "only byte-pair" in str(done.exception)
    with pytest.raises(UsageError, match="no adapter"):
        runner.invoke(app, ["train", "merge", str(base), "--out", str(tmp_path / "o")], catch_exceptions=False)
    assert not (tmp_path / "o").exists()
