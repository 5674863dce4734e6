"""The view users glob: never a mixture, repaired when it was interrupted."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from building import Go, prose, settings, write_jsonl

from corpus.exposure import expose, is_whole
from corpus.rundir import RunDir
from corpus.slot import Committed


@pytest.fixture
def states(go: Go, tmp_path: Path) -> tuple[Path, Any, list[dict[str, Committed]]]:
    """A run directory with two publishable states: with the default rules and without any."""
    write_jsonl(tmp_path / "in.jsonl", [{"text": prose(number)} for number in range(50)] + [{"text": "短"}])
    run = tmp_path / "run"
    found = []
    for rules in (["common"], []):
        wanted = settings({"name": "s", "paths": str(tmp_path / "in.jsonl")}, rules=rules)
        go(wanted, run)
        found.append(dict(RunDir.open(str(run)).published))
    return run, wanted, found


def test_two_runners_that_publish_at_once_leave_one_whole_state(
    states: tuple[Path, Any, list[dict[str, Committed]]],
) -> None:
    run, wanted, (one, other) = states
    failures: list[Exception] = []

    def publish(state: dict[str, Committed]) -> None:
        for _ in range(10):
            try:
                expose(str(run), state, wanted)
            except Exception as error:
                failures.append(error)

    threads = [threading.Thread(target=publish, args=(state,)) for state in (one, other, one)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert RunDir.open(str(run)).verify() == []
    assert not list(run.glob(".view-*"))


def test_an_interrupted_view_is_repaired(states: tuple[Path, Any, list[dict[str, Committed]]]) -> None:
    run, wanted, (_, other) = states
    (run / "dataset").rename(run / "gone")
    assert not is_whole(str(run), other["publish"])
    assert expose(str(run), other, wanted)
    assert RunDir.open(str(run)).verify() == []


def test_a_foreign_parquet_file_in_the_view_is_noticed_and_removed(
    states: tuple[Path, Any, list[dict[str, Committed]]],
) -> None:
    run, wanted, (_, other) = states
    real = next(run.glob("dataset/**/*.parquet"))
    (real.parent / "copied-here-by-hand.parquet").write_bytes(real.read_bytes())
    assert any("do not show" in line for line in RunDir.open(str(run)).verify())
    assert expose(str(run), other, wanted)
    assert RunDir.open(str(run)).verify() == []
