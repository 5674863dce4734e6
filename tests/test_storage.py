"""One storage layer: whole files appear at once, names are relative, globs mean the same on disks and object stores."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from objectstore import bucket, s3_address  # noqa: F401

from corpus import storage
from corpus.errors import UsageError

Place = Callable[[str], str]


@pytest.fixture(params=["local", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """`place("a/b")` is a location below an empty root, on each kind of storage."""
    if request.param == "local":
        return lambda key: str(tmp_path / key)
    return request.getfixturevalue("bucket")  # type: ignore[no-any-return]


def names(root: str, found: list[storage.FileInfo]) -> list[str]:
    return [storage.relative(info.uri, root) for info in found]


def test_a_put_file_is_read_back_whole(place: Place) -> None:
    assert storage.put_atomic(place("run/manifest.json"), b"one")
    assert storage.read_bytes(place("run/manifest.json")) == b"one"
    assert storage.put_atomic(place("run/manifest.json"), b"two")
    assert storage.read_bytes(place("run/manifest.json")) == b"two"
    assert storage.size(place("run/manifest.json")) == 3
    assert storage.size(place("run/nothing")) is None


@pytest.mark.parametrize("name", ["a.gz", "a.zst", "a.bz2"])
def test_a_name_never_makes_the_bytes_compressed(place: Place, name: str) -> None:
    storage.put_atomic(place(name), b"plain")
    assert storage.read_bytes(place(name)) == b"plain"
    with storage.open_write(place(f"again-{name}")) as stream:
        stream.write(b"plain")
    assert storage.read_bytes(place(f"again-{name}")) == b"plain"


def test_create_if_absent_keeps_the_first(place: Place) -> None:
    assert storage.put_atomic(place("m.json"), b"first", replace=False)
    assert not storage.put_atomic(place("m.json"), b"second", replace=False)
    assert storage.read_bytes(place("m.json")) == b"first"


def test_of_many_local_writers_one_creates(tmp_path: Path) -> None:
    target = str(tmp_path / "m.json")
    won: list[int] = []

    def write(number: int) -> None:
        if storage.put_atomic(target, str(number).encode(), replace=False):
            won.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert storage.read_bytes(target) == str(won[0]).encode()
    assert [path.name for path in tmp_path.iterdir()] == ["m.json"]


def test_a_failed_put_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "m.json"
    storage.put_atomic(str(target), b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        storage.put_atomic(str(target), b"new")
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["m.json"]


def test_files_are_listed_sorted_with_sizes_and_can_be_opened_again(place: Place) -> None:
    for key in ("d/b.txt", "d/a.txt", "d/sub/c.txt", "other/x.txt"):
        with storage.open_write(place(key)) as stream:
            stream.write(key.encode())
    found = storage.list_files(place("d"))
    assert names(place("d"), found) == ["a.txt", "b.txt", "sub/c.txt"]
    assert [info.size for info in found] == [7, 7, 11]
    assert [storage.read_bytes(info.uri) for info in found] == [b"d/a.txt", b"d/b.txt", b"d/sub/c.txt"]
    assert names(place("d"), storage.list_files(place("d"), recursive=False)) == ["a.txt", "b.txt"]
    assert storage.list_files(place("nothing")) == []


@pytest.mark.parametrize(
    ("pattern", "root", "expected"),
    [
        ("d/a.jsonl", "d", ["a.jsonl"]),
        ("d", "d", ["a.jsonl", "b.jsonl", "n/c.jsonl", "n/m/d.txt", "o/c.jsonl"]),
        ("d/*.jsonl", "d", ["a.jsonl", "b.jsonl"]),
        ("d/[!a].jsonl", "d", ["b.jsonl"]),
        ("d/*/c.jsonl", "d", ["n/c.jsonl", "o/c.jsonl"]),
        ("d/**/*.jsonl", "d", ["a.jsonl", "b.jsonl", "n/c.jsonl", "o/c.jsonl"]),
        ("d/**", "d", ["a.jsonl", "b.jsonl", "n/c.jsonl", "n/m/d.txt", "o/c.jsonl"]),
        ("d/n*", "d", ["n/c.jsonl", "n/m/d.txt"]),
        ("d/x*", "d", []),
    ],
)
def test_globs_mean_the_same_everywhere(place: Place, pattern: str, root: str, expected: list[str]) -> None:
    for key in ("d/a.jsonl", "d/b.jsonl", "d/n/c.jsonl", "d/n/m/d.txt", "d/o/c.jsonl", "d/.hidden", "d/_tmp/x.jsonl"):
        storage.put_atomic(place(key), b"x")
    found_root, found = storage.expand(place(pattern))
    assert found_root == place(root)
    assert names(found_root, found) == expected
    assert all(storage.exists(info.uri) for info in found)


def test_a_query_string_stays_at_the_end_of_what_is_derived() -> None:
    uri = "s3://bucket/a?scheme=http&endpoint_override=127.0.0.1:1"
    assert storage.join(uri, "b", "c.txt") == "s3://bucket/a/b/c.txt?scheme=http&endpoint_override=127.0.0.1:1"
    assert storage.name_of(storage.join(uri, "b", "c.txt")) == "c.txt"
    assert storage.relative(storage.join(uri, "b", "c.txt"), uri) == "b/c.txt"


def test_a_local_name_may_hold_a_question_mark_or_a_hash(tmp_path: Path) -> None:
    target = storage.join(str(tmp_path), "what?#1.txt")
    storage.put_atomic(target, b"x")
    assert [Path(info.uri).name for info in storage.list_files(str(tmp_path))] == ["what?#1.txt"]


def test_a_link_or_copy_has_the_same_bytes(place: Place) -> None:
    storage.put_atomic(place("a/part.parquet"), b"bytes")
    storage.link_or_copy(place("a/part.parquet"), place("b/c/part.parquet"))
    assert storage.read_bytes(place("b/c/part.parquet")) == b"bytes"
    assert storage.sha256(place("b/c/part.parquet")) == storage.sha256(place("a/part.parquet"))


def test_files_and_trees_can_be_deleted_twice(place: Place) -> None:
    storage.put_atomic(place("t/a/x"), b"x")
    storage.put_atomic(place("t/y"), b"y")
    storage.delete_file(place("t/y"))
    storage.delete_file(place("t/y"))
    assert names(place("t"), storage.list_files(place("t"))) == ["a/x"]
    storage.delete_tree(place("t"))
    storage.delete_tree(place("t"))
    assert storage.list_files(place("t")) == []


def test_a_question_mark_is_a_wildcard_on_a_disk_alone(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt", "ab.txt"):
        (tmp_path / name).write_bytes(b"x")
    root, found = storage.expand(str(tmp_path / "?.txt"))
    assert names(root, found) == ["a.txt", "b.txt"]


def test_a_scheme_nobody_knows_is_the_users_mistake() -> None:
    with pytest.raises(UsageError, match=r"nowhere://.*corpus doctor"):
        storage.size("nowhere://x/y")


@given(st.lists(st.text(alphabet="ab.*+(){}^$|\\[]- 中", min_size=1, max_size=8), min_size=1, max_size=3))
def test_a_glob_without_wildcards_matches_itself_alone(segments: list[str]) -> None:
    plain = "/".join(segment.replace("*", "").replace("[", "") for segment in segments)
    assert re.match(storage.glob_regex(plain), plain)
    assert not re.match(storage.glob_regex(plain), plain + "x")
