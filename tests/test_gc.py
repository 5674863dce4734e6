"""What nobody names goes once it is old; what a manifest, a receipt or a command names stays."""

from __future__ import annotations

import os
import time
from pathlib import Path

from building import Go, contents, prose, settings, write_jsonl

from corpus.gc import collect
from corpus.inspect.status import status
from corpus.rundir import RunDir

DAY = 86400.0


def finished(go: Go, tmp_path: Path) -> Path:
    write_jsonl(tmp_path / "in.jsonl", [{"text": prose(number)} for number in range(5)])
    go(settings({"name": "s", "paths": str(tmp_path / "in.jsonl")}), tmp_path / "run")
    return tmp_path / "run"


def test_a_finished_run_has_nothing_to_free(go: Go, tmp_path: Path) -> None:
    run = finished(go, tmp_path)
    assert collect(str(run), now=time.time() + 9 * DAY).files == ()
    assert RunDir.open(str(run)).verify() == []


def test_orphans_of_failed_attempts_go_and_their_directories_too(go: Go, tmp_path: Path) -> None:
    run = finished(go, tmp_path)
    slot = Path(RunDir.open(str(run)).published["text"].slot.root)
    orphan = slot / "attempt-lost" / "part-0-text-x.parquet"
    late = next(slot.glob("attempt-*")) / "part-0-text-late.parquet"
    view = run / ".view-abc" / "dataset" / "x.parquet"
    for path in (orphan, late, view):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"12345")
    assert collect(str(run)).files == (), "all are younger than the grace period"
    freed = collect(str(run), now=time.time() + 2 * DAY)
    assert freed.files == tuple(sorted(str(path.relative_to(run)) for path in (orphan, late, view)))
    assert freed.bytes == 15
    assert not orphan.parent.exists()
    assert not (run / ".view-abc").exists()
    assert RunDir.open(str(run)).verify() == []


def test_receipts_of_an_unfinished_stage_keep_their_files(go: Go, tmp_path: Path) -> None:
    run = finished(go, tmp_path)
    before = contents(run)
    Path(RunDir.open(str(run)).published["decide"].slot.manifest_uri).unlink()
    (run / "published.json").unlink()
    collect(str(run), now=time.time() + 9 * DAY)
    states = {stage.name: stage.state for stage in status(str(run)).stages}
    assert states.pop("decide") == "working"
    assert set(states.values()) == {"committed"}
    go(settings({"name": "s", "paths": str(tmp_path / "in.jsonl")}), run)
    assert contents(run) == before


def test_stages_of_settings_nobody_asks_for_go_whole(go: Go, tmp_path: Path) -> None:
    run = finished(go, tmp_path)
    old = {name: stage.slot.root for name, stage in RunDir.open(str(run)).published.items()}
    go(settings({"name": "s", "paths": str(tmp_path / "in.jsonl")}, rules=["common"]), run)
    new = {name: stage.slot.root for name, stage in RunDir.open(str(run)).published.items()}
    replaced = [name for name in old if old[name] != new[name]]
    assert "decide" in replaced
    assert "text" not in replaced
    assert collect(str(run)).files == ()
    touched = next(Path(old["decide"]).rglob("*.json"))
    os.utime(touched, (time.time() + 2 * DAY, time.time() + 2 * DAY))
    collect(str(run), now=time.time() + 2 * DAY)
    assert [name for name in replaced if Path(old[name]).exists()] == ["decide"], "something in it is young"
    collect(str(run), now=time.time() + 4 * DAY)
    assert not Path(old["decide"]).exists()
    assert RunDir.open(str(run)).verify() == []
