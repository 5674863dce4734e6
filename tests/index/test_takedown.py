from __future__ import annotations

from pathlib import Path

import pytest
from building import rows_of
from indexing import run, unlike, varied

from corpus.errors import UsageError
from corpus.identity import doc_ids
from corpus.index.generation import Index
from corpus.index.grow import add, build
from corpus.index.takedown import take_down

LONG = unlike(1, 500)


def of(source: str, key: str) -> str:
    return str(doc_ids(source, [key])[0].as_py())


def test_the_best_of_its_duplicates_stands_again_for_the_others(tmp_path: Path) -> None:
    rows = [("best", LONG), ("second", varied(LONG[:-5], 3)), ("third", LONG[:-30]), ("apart", unlike(2))]
    run(tmp_path, "old", rows)
    index, (told,) = build([str(tmp_path / "old")], str(tmp_path / "index"))
    assert (told.added, told.duplicates) == (2, 2)
    after, gone = take_down(index, [of("old", "best")])
    (back,) = gone.back
    assert (back.doc_id, back.instead_of, back.cluster_size) == (of("old", "second"), of("old", "best"), 2)
    assert (gone.removed, gone.duplicates, gone.moved, gone.unknown) == (1, 0, 0, ())
    assert (after.now.standing, after.now.records) == (2, 3)
    assert Index.open(str(tmp_path / "index")).verify() == []


def test_a_duplicate_of_another_standing_record_does_not_stand_again(tmp_path: Path) -> None:
    """One that lies between two records: it went in favour of the first, and the second keeps it out."""
    half = 250
    first, last = unlike(3, 2 * half), unlike(4, 2 * half)
    chain = [LONG + first[:150], LONG + first[:75] + last[:74], LONG + last[:148]]
    run(tmp_path, "old", [(f"c{number}", text) for number, text in enumerate(chain)])
    kept = {row["source_key"] for row in rows_of(tmp_path / "old", "dataset")}
    index, _ = build([str(tmp_path / "old")], str(tmp_path / "index"))
    if kept != {"c0", "c2"}:
        pytest.fail(f"the chain is none: {kept} stand")
    survivor = next(row["survivor"] for row in rows_of(tmp_path / "old", "rejected"))
    _, gone = take_down(index, [survivor])
    assert gone.back == ()
    assert gone.moved == 1


def test_duplicates_that_are_unlike_each_other_all_stand_again(tmp_path: Path) -> None:
    """Both are similar to the record that goes, and not to one another."""
    middle = unlike(5, 600)
    run(
        tmp_path,
        "old",
        [("middle", middle), ("left", unlike(6, 75) + middle[75:-20]), ("right", middle[20:-75] + unlike(7, 75))],
        near={"threshold": 0.7},
    )
    index, (told,) = build([str(tmp_path / "old")], str(tmp_path / "index"))
    assert told.duplicates == 2
    _, gone = take_down(index, [of("old", "middle")])
    assert {back.doc_id for back in gone.back} == {of("old", "left"), of("old", "right")}


def test_taking_a_whole_cluster_down_brings_nothing_back(tmp_path: Path) -> None:
    run(tmp_path, "old", [("one", LONG), ("two", LONG), ("apart", unlike(2))])
    index, _ = build([str(tmp_path / "old")], str(tmp_path / "index"))
    after, gone = take_down(index, [of("old", "one"), of("old", "two")])
    assert (gone.removed, gone.duplicates, gone.back) == (1, 1, ())
    assert after.now.records == 1


def test_a_record_that_was_taken_down_is_not_taken_in_again(tmp_path: Path) -> None:
    run(tmp_path, "old", [("one", LONG), ("apart", unlike(2))])
    index, _ = build([str(tmp_path / "old")], str(tmp_path / "index"))
    after, _ = take_down(index, [of("old", "one")])
    again, (told,) = add(after, [str(tmp_path / "old")])
    assert (told.added, told.known, told.taken_down) == (0, 1, 1)
    assert again.now.standing == 1


def test_a_duplicate_from_a_later_run_stands_in_for_what_is_taken_down(tmp_path: Path) -> None:
    run(tmp_path, "old", [("one", LONG)])
    run(tmp_path, "new", [("late", varied(LONG, 1)), ("copy", varied(LONG, 1))])
    index, _ = build([str(tmp_path / "old")], str(tmp_path / "index"))
    index, (told,) = add(index, [str(tmp_path / "new")])
    assert (told.added, told.near, told.duplicates) == (0, 1, 1)
    _, gone = take_down(index, [of("old", "one")])
    (back,) = gone.back
    assert back.doc_id in {of("new", "late"), of("new", "copy")}
    assert (back.cluster_size, back.run) == (2, str(tmp_path / "new"))


def test_what_is_no_id_is_refused_and_what_is_unknown_is_told(tmp_path: Path) -> None:
    run(tmp_path, "old", [("one", LONG)])
    index, _ = build([str(tmp_path / "old")], str(tmp_path / "index"))
    with pytest.raises(UsageError, match="32 hex digits"):
        take_down(index, [of("old", "one"), "one"])
    after, gone = take_down(index, ["0" * 32])
    assert gone.unknown == ("0" * 32,)
    assert after.now == index.now
