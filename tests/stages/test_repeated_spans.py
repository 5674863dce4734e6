"""Which copies of a window go, by the rows alone."""

from __future__ import annotations

import random
from typing import Any

import pyarrow as pa
import pytest

from corpus.stages.repeated_spans import HELD, SharedAnchors, SpanCopies


def held(row: int, windows: list[int], **given: Any) -> dict[str, Any]:
    plain = dict.fromkeys(HELD.names, 0) | {"row": row, "id0": row, "windows": windows, "anchor": 1}
    return plain | given


def decided(
    rows: list[dict[str, Any]], documents: int = 2, within: bool = False, keep: tuple[str, ...] = ()
) -> dict[tuple[int, int], tuple[list[int], int]]:
    """By row and first unit which windows go, and in how many documents they are."""
    shuffled = list(rows)
    random.Random(1).shuffle(shuffled)
    return {
        (item["row"], item["first"]): (
            [step for step in range(64) if item["which"] & 0xFFFFFFFFFFFFFFFF & (1 << step)],
            item["documents"],
        )
        for item in copies(shuffled, documents, within, keep)
        if item["which"]
    }


def copies(rows: list[dict[str, Any]], documents: int, within: bool, keep: tuple[str, ...]) -> list[dict[str, Any]]:
    table = pa.Table.from_pylist(rows, schema=HELD)
    return SpanCopies(20, documents, within, keep)(table).to_pylist()


def test_every_copy_but_that_of_the_first_record_goes() -> None:
    rows = [held(1, [7, 8]), held(2, [5, 7, 8]), held(3, [8, 9]), held(4, [9], anchor=2)]
    assert decided(rows) == {(2, 0): ([1, 2], 3), (3, 0): ([0], 3)}


def test_the_last_of_64_windows_can_go() -> None:
    rows = [held(1, list(range(1, 65))), held(2, list(range(1, 65)))]
    assert decided(rows) == {(2, 0): (list(range(64)), 2)}


@pytest.mark.parametrize(("keep", "gone"), [(("priority", "length"), 2), (("length",), 1), (("date",), 1), ((), 2)])
def test_the_copy_that_stays_is_chosen_by_the_keep_policy_then_by_id(keep: tuple[str, ...], gone: int) -> None:
    rows = [held(1, [7], priority=1, characters=5, time=None), held(2, [7], characters=9, time=3)]
    assert set(decided(rows, keep=keep)) == {(gone, 0)}


def test_windows_of_too_few_records_stay() -> None:
    rows = [held(1, [7, 8]), held(2, [7, 8]), held(3, [8])]
    assert decided(rows, documents=3) == {(2, 0): ([1], 3), (3, 0): ([0], 3)}


def test_what_one_record_repeats_is_not_counted_twice_and_goes_only_when_asked() -> None:
    rows = [held(1, [7]), held(1, [7], first=30), held(1, [7], first=15), held(2, [6])]
    assert decided(rows) == {}
    assert decided(rows, within=True) == {(1, 30): ([0], 1)}, "a copy that overlaps the first one stays"


def test_a_window_that_was_cut_before_is_no_copy() -> None:
    assert decided([held(1, [0, 7]), held(2, [0, 8]), held(3, [0])]) == {}


def test_the_copy_that_stays_is_marked_and_no_other() -> None:
    rows = [held(1, [6, 7, 8]), held(2, [5, 7, 8]), held(3, [5, 9])]
    found = {item["row"]: item["stays"] for item in copies(rows, 2, False, ())}
    assert found == {1: 0b110, 2: 0b001, 3: 0}


def test_nothing_in_nothing_out() -> None:
    assert decided([]) == {}


def test_anchors_of_enough_lists_are_shared() -> None:
    rows = [{"part": 0, "row": row, "anchor": anchor} for row, anchor in [(1, 5), (2, 5), (3, 6), (4, 5), (1, 6)]]
    table = pa.Table.from_pylist(rows, schema=SharedAnchors.reads)
    assert sorted(SharedAnchors(2)(table).column("anchor").to_pylist()) == [5, 5, 5, 6, 6]
    assert SharedAnchors(3)(table).column("anchor").to_pylist() == [5, 5, 5]
