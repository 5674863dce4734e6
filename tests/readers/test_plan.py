"""The plan is a function of the listing: order, names, cuts and packing; everything wrong is said at once."""

from __future__ import annotations

import gzip
import io
import lzma
from collections.abc import Callable
from pathlib import Path

import poison
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reading import read_source

from corpus import config, storage
from corpus.errors import UsageError
from corpus.readers.plan import input_digest, plan_splits
from corpus.readers.read import read_split
from corpus.readers.split import Split


def source(*paths: Path | str, name: str = "s", **more: object) -> config.Source:
    return config.Source(name=name, paths=tuple(map(str, paths)), **more)  # type: ignore[arg-type]


def write(root: Path, **sizes: int) -> Path:
    for name, size in sizes.items():
        line = poison.GOOD + b"\n"
        (root / f"{name}.jsonl").write_bytes((line * (size // len(line) + 1))[:size])
    return root


def shape(splits: list[Split]) -> list[list[tuple[str, int, int]]]:
    return [[(piece.name, piece.start, piece.end) for piece in split.pieces] for split in splits]


def test_small_files_are_packed_and_large_ones_cut(tmp_path: Path) -> None:
    write(tmp_path, b=300, a=300, c=2500, d=500, e=600)
    assert shape(plan_splits([source(tmp_path)], 1000)) == [
        [("a.jsonl", 0, 300), ("b.jsonl", 0, 300)],
        [("c.jsonl", 0, 833)],
        [("c.jsonl", 833, 1666)],
        [("c.jsonl", 1666, 2500)],
        [("d.jsonl", 0, 500)],
        [("e.jsonl", 0, 600)],
    ]


def test_formats_and_sources_are_not_mixed_in_a_split(tmp_path: Path) -> None:
    write(tmp_path, a=100)
    (tmp_path / "b.txt").write_text("好")
    splits = plan_splits([source(tmp_path, name="one"), source(tmp_path / "a.jsonl", name="two")], 1000)
    assert [(split.source, split.pieces[0].format) for split in splits] == [
        ("one", "jsonl"),
        ("one", "text"),
        ("two", "jsonl"),
    ]


def test_a_plan_does_not_depend_on_where_the_files_are(tmp_path: Path) -> None:
    plans = []
    for place in ("here", "and/there"):
        root = tmp_path / place
        root.mkdir(parents=True)
        plans.append(plan_splits([source(write(root, a=900, b=4000))], 1000))
    assert [split.key for split in plans[0]] == [split.key for split in plans[1]]
    assert len({split.key for split in plans[0]}) == len(plans[0])
    assert input_digest(plans[0]) == input_digest(plans[1])


def test_the_digest_sees_names_sizes_heads_and_tails_but_not_cuts(tmp_path: Path) -> None:
    path = write(tmp_path, a=300_000) / "a.jsonl"
    first = input_digest(plan_splits([source(path)], 1 << 20))
    assert input_digest(plan_splits([source(path)], 10_000)) == first
    data = path.read_bytes()
    seen = {first}
    for changed in (b"x" + data[1:], data[:-1] + b"x", data + b"x"):
        path.write_bytes(changed)
        seen.add(input_digest(plan_splits([source(path)], 1 << 20)))
    path.rename(tmp_path / "b.jsonl")
    seen.add(input_digest(plan_splits([source(tmp_path / "b.jsonl")], 1 << 20)))
    assert len(seen) == 5


def test_everything_wrong_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "what.bin").write_bytes(b"\0\1\2")
    wrong = source(tmp_path / "missing.jsonl", tmp_path / "*.nothing", tmp_path / "what.bin", "nowhere://x/y")
    with pytest.raises(UsageError) as error:
        plan_splits([wrong, source(tmp_path / "gone", name="other")], 1000)
    for part in ("missing.jsonl", "*.nothing", "what.bin: cannot tell its format", "nowhere://", "source other"):
        assert part in str(error.value)
    assert error.value.exit_code == 2


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    write(tmp_path, a=100)
    splits = plan_splits([source(tmp_path, tmp_path / "a.jsonl", tmp_path / "*.jsonl")], 1000)
    assert shape(splits) == [[("a.jsonl", 0, 100)]]


def test_files_of_one_name_keep_their_directories(tmp_path: Path) -> None:
    for place in ("x", "y"):
        (tmp_path / place).mkdir()
        write(tmp_path / place, a=100)
    splits = plan_splits([source(tmp_path / "x", tmp_path / "y")], 1000)
    assert shape(splits) == [[("x/a.jsonl", 0, 100), ("y/a.jsonl", 0, 100)]]
    again = plan_splits([source(tmp_path / "y" / "a.jsonl", tmp_path / "x" / "a.jsonl")], 1000)
    assert [split.key for split in again] == [split.key for split in splits]


def test_parquet_is_cut_at_row_groups_and_its_rows_keep_their_numbers(tmp_path: Path) -> None:
    texts = [f"{poison.ZH}{number}" for number in range(1000)]
    table = pa.table({"text": texts, "n": range(1000)})
    pq.write_table(table, tmp_path / "x.parquet", row_group_size=100, compression="none", use_dictionary=False)
    cut = read_source(source(tmp_path / "x.parquet"), split_bytes=40_000)
    assert cut.keys == [f"x.parquet#{number}" for number in range(1000)]
    assert cut.texts == texts
    assert cut.rows == read_source(source(tmp_path / "x.parquet")).rows
    splits = plan_splits([source(tmp_path / "x.parquet")], 40_000)
    assert len(splits) > 3
    assert sum(split.bytes for split in splits) <= (tmp_path / "x.parquet").stat().st_size


def test_a_file_that_changed_after_planning_stops_the_run(tmp_path: Path) -> None:
    path = write(tmp_path, a=100) / "a.jsonl"
    wanted = source(path)
    split = plan_splits([wanted], 1000)[0]
    path.write_bytes(b"{}")
    with pytest.raises(UsageError, match=r"a\.jsonl has 2 bytes and had 100"):
        list(read_split(split, wanted, config.Limits()))


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.json", b'{"text":"a"}\n{"text":"b"}\n', "jsonl"),
        ("a.json", b'{"text":"a"}', "jsonl"),
        ("a.json", b'{\n"text":"a"}', "json"),
        ("a.json", b'[{"text":"a"}]\n', "json"),
        ("a.json", b'[\n{"text":"a"}]', "json"),
        ("a", b' {"text":"a"}\n', "jsonl"),
        ("a", b"<!DOCTYPE html><p>", "html"),
        ("a", b"WARC/1.0\r\n", "warc"),
        ("a.wet", b"WARC/1.0\r\n", "wet"),
        ("a.txt", b"[1]", "text"),
        ("A.MD", b"#", "text"),
    ],
)
def test_formats_are_told_by_name_and_content(tmp_path: Path, name: str, data: bytes, expected: str) -> None:
    (tmp_path / name).write_bytes(data)
    assert plan_splits([source(tmp_path / name)], 1000)[0].pieces[0].format == expected
    for suffix, pack in (("gz", gzip.compress), ("xz", lzma.compress)):
        (tmp_path / f"{name}.{suffix}").write_bytes(pack(data))
        piece = plan_splits([source(tmp_path / f"{name}.{suffix}")], 1000)[0].pieces[0]
        assert (piece.format, piece.compression) == (expected, {"gz": "gzip", "xz": "xz"}[suffix])


def test_a_parquet_file_is_known_without_its_suffix(tmp_path: Path) -> None:
    sink = io.BytesIO()
    pq.write_table(pa.table({"text": ["a"]}), sink)
    (tmp_path / "part-0").write_bytes(sink.getvalue())
    assert read_source(source(tmp_path / "part-0")).texts == ["a"]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.integers(20, 3000))
def test_the_size_of_splits_changes_no_record(tmp_path: Path, split_bytes: int) -> None:
    data = b"\n".join(poison.lines(b"{", b"", poison.GOOD * 3) for _ in range(5))
    (tmp_path / "x.jsonl").write_bytes(data)
    out = read_source(source(tmp_path / "x.jsonl"), split_bytes)
    whole = read_source(source(tmp_path / "x.jsonl"))
    assert (out.rows, out.quarantined) == (whole.rows, whole.quarantined)
    assert (len(whole.rows), len(whole.quarantined)) == (10, 10)


def test_an_object_store_gives_the_same_plan_and_records(tmp_path: Path, bucket: Callable[[str], str]) -> None:
    files = {
        "in/a.jsonl": poison.lines(b"{") * 40,
        "in/n/b.jsonl.zst": zstandard.compress(poison.lines()),
        "in/c.html": b"<p>",
    }
    for key, data in files.items():
        storage.put_atomic(bucket(key), data)
        storage.put_atomic(str(tmp_path / key), data)
    here, there = source(tmp_path / "in"), source(bucket("in"))
    assert shape(plan_splits([there], 2000)) == shape(plan_splits([here], 2000))
    assert [split.key for split in plan_splits([there], 2000)] == [split.key for split in plan_splits([here], 2000)]
    assert input_digest(plan_splits([there], 2000)) == input_digest(plan_splits([here], 2000))
    remote, local = read_source(there, 2000), read_source(here, 2000)
    assert (remote.rows, remote.quarantined) == (local.rows, local.quarantined)
    assert len(remote.rows) == 82
    globbed = read_source(source(bucket("in/**/*.zst")))
    assert globbed.texts == [poison.ZH, poison.ZH2]
