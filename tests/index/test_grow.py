from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from building import rows_of
from indexing import run, unlike, varied

from corpus import storage
from corpus.errors import CommitFailed, UsageError
from corpus.identity import doc_ids
from corpus.index import grow
from corpus.index.generation import Index
from corpus.index.grow import add, build

OLD = [(f"k{number}", unlike(number)) for number in range(20)]
NEW = [
    ("fresh", unlike(100)),
    ("same", unlike(3)),
    ("alike", varied(unlike(5), 1)),
    ("marked", "".join(f"{one}，" if at % 7 == 0 else one for at, one in enumerate(unlike(6)))),
]


def test_an_index_of_a_run_holds_what_the_run_published(tmp_path: Path) -> None:
    run(tmp_path, "old", [*OLD, ("copy", unlike(3)), ("close", varied(unlike(4), 2))])
    index, (told,) = build([str(tmp_path / "old")], str(tmp_path / "index"))
    assert (told.published, told.added, told.duplicates) == (20, 20, 2)
    assert (index.now.standing, index.now.records) == (20, 22)
    assert index.verify() == []


def test_of_a_new_run_only_what_is_not_there_is_added(tmp_path: Path) -> None:
    run(tmp_path, "old", OLD)
    index, _ = build([str(tmp_path / "old")], str(tmp_path / "index"))
    run(tmp_path, "new", NEW)
    index, (told,) = add(index, [str(tmp_path / "new")])
    assert (told.published, told.added, told.exact, told.near) == (4, 1, 2, 1)
    assert index.now.standing == 21
    assert Index.open(str(tmp_path / "index")).verify() == []


def test_adding_a_run_again_changes_nothing(tmp_path: Path) -> None:
    run(tmp_path, "old", OLD)
    index, _ = build([str(tmp_path / "old")], str(tmp_path / "index"))
    again, (told,) = add(index, [str(tmp_path / "old")])
    assert (told.added, told.known) == (0, 20)
    assert again.now == index.now


def test_content_depends_neither_on_partitions_nor_on_segments(tmp_path: Path) -> None:
    contents = set()
    for files, rows in ((1, 500_000), (7, 500_000), (7, 3)):
        folder = tmp_path / f"{files}-{rows}"
        run(folder, "old", OLD, files=files)
        run(folder, "new", NEW, files=min(files, 4))
        index, _ = build([str(folder / "old")], str(folder / "index"), rows)
        index, (told,) = add(index, [str(folder / "new")], rows)
        assert (told.added, told.exact, told.near) == (1, 2, 1)
        contents.add(index.now.content)
    assert len(contents) == 1


def test_many_small_segments_become_one_of_the_same_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grow, "MANY", 2)
    names = [f"r{number}" for number in range(4)]
    for number, name in enumerate(names):
        run(tmp_path, name, [(f"{name}-{at}", unlike(10 * number + at)) for at in range(3)])
    roots = [str(tmp_path / name) for name in names]
    whole, _ = build(roots, str(tmp_path / "whole"))
    index, _ = build(roots[:1], str(tmp_path / "index"))
    for root in roots[1:]:
        index, _ = add(index, [root])
    assert len(index.now.segments) < len(names)
    assert index.now.content == whole.now.content
    assert index.verify() == []


def test_a_run_of_other_signatures_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    run(tmp_path, "old", OLD)
    run(tmp_path, "other", OLD, near={"bands": 16})
    index, _ = build([str(tmp_path / "old")], str(tmp_path / "index"))
    before = storage.list_files(str(tmp_path / "index"))
    with pytest.raises(UsageError, match="bands: 32, rows: 8"):
        add(index, [str(tmp_path / "old"), str(tmp_path / "other")])
    assert storage.list_files(str(tmp_path / "index")) == before


def test_an_interrupted_command_leaves_the_index_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(tmp_path, "old", OLD)
    run(tmp_path, "new", NEW)
    build([str(tmp_path / "old")], str(tmp_path / "index"))
    before = Index.open(str(tmp_path / "index"))

    def stop(*_: Any, **__: Any) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(storage, "put_atomic", stop)
        with pytest.raises(KeyboardInterrupt):
            add(before, [str(tmp_path / "new")])
    after = Index.open(str(tmp_path / "index"))
    assert after.now == before.now
    assert after.verify() == []
    _, (told,) = add(after, [str(tmp_path / "new")])
    assert told.added == 1


def test_of_two_commands_that_add_at_once_one_is_refused(tmp_path: Path) -> None:
    run(tmp_path, "old", OLD)
    run(tmp_path, "new", NEW)
    index, _ = build([str(tmp_path / "old")], str(tmp_path / "index"))
    add(index, [str(tmp_path / "new")])
    with pytest.raises(CommitFailed, match="repeat"):
        add(index, [str(tmp_path / "new")])


def test_an_existing_index_is_not_built_over(tmp_path: Path) -> None:
    run(tmp_path, "old", OLD)
    build([str(tmp_path / "old")], str(tmp_path / "index"))
    with pytest.raises(UsageError, match="corpus index add"):
        build([str(tmp_path / "old")], str(tmp_path / "index"))


def test_damage_is_noticed(tmp_path: Path) -> None:
    run(tmp_path, "old", OLD)
    index, _ = build([str(tmp_path / "old")], str(tmp_path / "index"))
    file = next(file for file in index.now.files() if file.table == "bands")
    path = tmp_path / "index" / file.path
    data = bytearray(path.read_bytes())
    data[40] ^= 1
    path.write_bytes(bytes(data))
    (wrong,) = Index.open(str(tmp_path / "index")).verify()
    assert "bands.parquet: its bytes changed" in wrong


def test_ids_of_records_that_share_one_are_those_published(tmp_path: Path) -> None:
    run(tmp_path, "old", [("k", unlike(1)), ("k", unlike(2))])
    index, _ = build([str(tmp_path / "old")], str(tmp_path / "index"))
    (segment,) = index.segments
    table = segment.take(np.arange(2))
    mask = (1 << 64) - 1
    have = {
        f"{high & mask:016x}{low & mask:016x}"
        for high, low in zip(table.column("id0").to_pylist(), table.column("id1").to_pylist(), strict=True)
    }
    assert have == {row["doc_id"] for row in rows_of(tmp_path / "old", "dataset")}
    assert doc_ids("old", ["k"])[0].as_py() in have
