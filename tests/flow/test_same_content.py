"""How a run is cut up, ordered or spread must not show in what it produces."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from building import Go, contents, prose, published, settings, write_jsonl

from corpus.rundir import RunDir


def records() -> list[Any]:
    rows: list[Any] = [{"text": prose(number % 220), "id": f"r{number}", "n": number} for number in range(300)]
    rows += [{"text": prose(number), "id": "r7", "n": -number} for number in range(400, 403)]
    rows += [{"text": "短", "id": "short"}, {"text": "！？" * 200, "id": "noise"}, b"{broken", b'{"text": 5}']
    return rows


def write_in_files(folder: Path, rows: list[Any], files: int) -> None:
    for number in range(files):
        write_jsonl(folder / f"{number}.jsonl", rows[number::files])


def run_settings(folder: Path, order: int = 1) -> Any:
    paths = [str(path) for path in sorted(folder.glob("*.jsonl"))][::order]
    return settings({"name": "s", "paths": paths}, limits={"quarantine_share": 0.2})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("input")
    write_in_files(folder, records(), 5)
    return folder


@pytest.fixture(scope="module")
def expected(folder: Path, tmp_path_factory: pytest.TempPathFactory, spark: Any) -> dict[str, Any]:
    from corpus import pipeline
    from corpus.execute import execute

    root = tmp_path_factory.mktemp("expected") / "run"
    execute(pipeline.compose(run_settings(folder)), str(root), spark=spark)
    assert published(root).num_rows == 223
    return contents(root)


@pytest.mark.parametrize(("split_bytes", "part_bytes"), [(1 << 12, 64 << 20), (1 << 16, 1 << 12), (64 << 20, 1 << 14)])
def test_splits_and_parts_do_not_show(
    go: Go, folder: Path, tmp_path: Path, expected: Any, split_bytes: int, part_bytes: int
) -> None:
    go(run_settings(folder), tmp_path / "run", split_bytes=split_bytes, part_bytes=part_bytes)
    assert contents(tmp_path / "run") == expected


def test_narrow_stages_on_spark_and_in_the_driver_decide_alike(
    go: Go, folder: Path, tmp_path: Path, expected: Any
) -> None:
    go(run_settings(folder), tmp_path / "run", split_bytes=1 << 15, rows_here=0)
    assert contents(tmp_path / "run") == expected
    assert RunDir.open(str(tmp_path / "run")).verify() == []


def test_the_order_of_files_does_not_show(go: Go, folder: Path, tmp_path: Path, expected: Any) -> None:
    go(run_settings(folder, order=-1), tmp_path / "run", split_bytes=1 << 13)
    assert contents(tmp_path / "run") == expected


def test_the_order_of_rows_with_ids_of_their_own_does_not_show(go: Go, tmp_path: Path, expected: Any) -> None:
    rows = records()
    random.Random(3).shuffle(rows)
    write_in_files(tmp_path / "in", rows, 2)
    go(run_settings(tmp_path / "in"), tmp_path / "run")
    # The fingerprint names the input's files, which are others here; what came of them must not be.
    found = contents(tmp_path / "run")
    assert {name: digests for name, (_, digests) in found.items()} == {
        name: digests for name, (_, digests) in expected.items()
    }


def unopened(master: str | None = None) -> Any:
    raise AssertionError("Spark was started though there was nothing to do")


def test_a_second_run_starts_no_spark_and_touches_nothing(
    folder: Path, tmp_path: Path, go: Go, monkeypatch: pytest.MonkeyPatch
) -> None:
    from corpus import pipeline
    from corpus.execute import execute

    go(run_settings(folder), tmp_path / "run")
    before = {
        path: path.stat().st_mtime_ns for path in sorted((tmp_path / "run").rglob("*")) if path.name != "run.json"
    }

    # No session is given and none may be opened: this would start a second JVM, which the suite's session forbids.
    again = execute(pipeline.compose(run_settings(folder)), str(tmp_path / "run"), master="no such master")
    assert not again.worked
    files = {path: stamp for path, stamp in before.items() if path.is_file()}
    assert {path: path.stat().st_mtime_ns for path in files} == files


def test_a_changed_threshold_runs_again_from_decide(go: Go, folder: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    go(run_settings(folder), run)
    first = RunDir.open(str(run)).published
    overlay = tmp_path / "strict.yaml"
    overlay.write_text("- override: common.too_short\n  keep_when: {min: 212}\n", encoding="utf-8")
    changed = run_settings(folder).model_copy(update={"rules": ("common", "zh/web", "en/web", str(overlay))})
    result = go(changed, run)
    assert result.worked
    second = RunDir.open(str(run)).published
    same = {name for name in first if first[name].slot == second[name].slot}
    assert same == {"text", "measure", "fingerprint", "identify"}
    assert second["decide"].manifest.account.dropped["common.too_short"] > 80
    assert published(run).num_rows == result.account.kept < 150
    assert RunDir.open(str(run)).verify() == []


def test_going_back_to_the_old_threshold_shows_the_old_dataset_again(go: Go, folder: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    go(run_settings(folder), run)
    before = contents(run)
    go(run_settings(folder).model_copy(update={"rules": ()}), run)
    assert contents(run) != before
    go(run_settings(folder), run)
    assert contents(run) == before
    assert RunDir.open(str(run)).verify() == []
