"""How far a run is, seen from its directory; what a pipeline would do, seen before it begins."""

from __future__ import annotations

from pathlib import Path

import pytest
from building import Go, settings, write_jsonl
from dirty import dirty_pipeline, write_dirty

from corpus import pipeline, storage
from corpus.errors import UsageError
from corpus.inspect.plan import plan
from corpus.inspect.status import status
from corpus.rundir import RunDir


def test_a_finished_run_has_every_stage_committed(dirty: str) -> None:
    found = status(dirty)
    assert found.published
    assert found.running is None
    assert {stage.state for stage in found.stages} == {"committed"}
    accounts = [stage.account for stage in found.stages if stage.account is not None]
    assert len(accounts) == len(found.stages)


def test_an_unfinished_stage_shows_its_receipts(go: Go, tmp_path: Path) -> None:
    write_jsonl(tmp_path / "in.jsonl", [{"text": "文字", "id": f"r{number}"} for number in range(200)])
    wanted = settings({"name": "s", "paths": str(tmp_path / "in.jsonl")}, rules=[])
    run = str(tmp_path / "run")
    go(wanted, Path(run), split_bytes=1 << 11)
    Path(run, "published.json").unlink()
    for name in ("text", "publish"):
        Path(RunDir.open(run).planned[name].manifest_uri).unlink()
    found = {stage.name: stage for stage in status(run).stages}
    splits = len(pipeline.compose(wanted).splits(1 << 11))
    assert splits > 2
    assert (found["text"].state, found["text"].done, found["text"].units) == ("working", splits, splits)
    assert (found["publish"].state, found["publish"].units) == ("working", None)
    assert not status(run).published


def test_a_directory_that_is_no_run_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a run directory"):
        status(str(tmp_path))


def test_a_plan_counts_the_input_and_touches_nothing(tmp_path: Path) -> None:
    write_dirty(tmp_path)
    root = tmp_path / "run"
    found = plan(dirty_pipeline(tmp_path), str(root), 1 << 14)
    assert not root.exists()
    assert [(item.name, item.files, item.formats) for item in found.sources] == [
        ("news", 1, ("jsonl",)),
        ("more", 1, ("jsonl",)),
    ]
    assert sum(item.bytes for item in found.sources) == sum(info.size for info in storage.list_files(str(tmp_path)))
    assert [stage.name for stage in found.stages][:4] == ["text", "measure", "fingerprint", "fussy"]
    assert {stage.state for stage in found.stages} == {"waiting"}
    assert found.columns["text"] == "large_string"
    assert found.columns["fuss"] == "int32"


def test_a_plan_knows_what_is_committed_whatever_the_size_of_splits(dirty: str) -> None:
    folder = Path(dirty).parent
    for split_bytes in (1 << 14, 1 << 25):
        assert {stage.state for stage in plan(dirty_pipeline(folder), dirty, split_bytes).stages} == {"committed"}
