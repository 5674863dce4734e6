"""Progress is read from receipts and never gets in the way."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from cli.progress import Bars, Lines, Tally, Watch, clock, paced
from corpus.manifest import Receipt, RowAccount
from corpus.runner import Underway
from corpus.slot import Slot


def leave(slot: Slot, key: str, rows: int) -> None:
    slot.leave(Receipt(key=key, accounts={"ingest": RowAccount(rows_in=rows, kept=rows)}, bytes_in=rows * 10))


def test_receipts_are_counted_once_and_old_ones_apart(tmp_path: Path) -> None:
    slot = Slot(str(tmp_path))
    leave(slot, "old", 1000)
    watch = Watch(slot, 4, 1)
    assert (watch.look().done, watch.look().rows) == (1, 0)
    leave(slot, "a", 5)
    leave(slot, "b", 7)
    for _ in range(2):
        tally = watch.look()
        assert (tally.done, tally.rows, tally.bytes) == (3, 12, 120)


def test_time_left_is_that_of_the_units_of_this_run() -> None:
    assert Tally(units=10, before=4, done=6, seconds=4.0).left == 8.0
    assert Tally(units=10, before=4, done=4, seconds=4.0).left is None
    assert Tally(units=10, before=0, done=2, rows=3000, bytes=4_000_000, seconds=2.0).pace == "1,500 rows/s, 2.0 MB/s"


def test_a_stage_that_tells_records_one_by_one_shows_them_before_a_unit_ends(tmp_path: Path) -> None:
    watch = Watch(Slot(str(tmp_path)), 1, 0, lambda: Underway(rows=30, known=20, of=70))
    tally = watch.look()
    assert (tally.far, tally.rows, tally.fresh) == ("30 of 70 records", 30, 10)
    slow = Tally(units=1, before=0, rows=30, seconds=40.0, of=70, known=20)
    assert (slow.left, slow.pace) == (160.0, "0.25 rows/s")
    nothing = Tally(units=1, before=0, rows=20, seconds=40.0, of=70, known=20)
    assert (nothing.left, nothing.pace) == (None, "")


@pytest.mark.parametrize(("seconds", "shown"), [(0.4, "0:00"), (67, "1:07"), (3661, "1:01:01")])
def test_clocks(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown


@pytest.mark.parametrize("display", [Lines(), Bars()])
def test_both_displays_say_what_was_done_on_standard_error_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], display: Lines | Bars
) -> None:
    slot = Slot(str(tmp_path))
    with display.stage("text", slot, 2, 0):
        leave(slot, "a", 5)
        leave(slot, "b", 7)
    said = capsys.readouterr()
    assert said.out == ""
    assert "12 records" in said.err


@pytest.mark.parametrize("display", [Lines(), Bars()])
def test_an_error_of_the_run_is_not_hidden(tmp_path: Path, display: Lines | Bars) -> None:
    with pytest.raises(ZeroDivisionError), display.stage("text", Slot(str(tmp_path)), 2, 0):
        raise ZeroDivisionError


def test_who_waits_for_a_count_is_told_how_far_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    done = 1000
    with paced("tokens", lambda: done, seconds=0.05):
        done += 2500
        time.sleep(0.3)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) >= 2
    assert all(re.fullmatch(r"2,500 tokens, [\d,]+ tokens/s, 0:0\d", line) for line in lines)
