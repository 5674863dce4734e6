"""However a file of lines is cut, the same lines come out, each once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpus import config
from corpus.readers.items import chunks
from corpus.readers.lines import Oversize, peek, read_lines, skip_to_line
from corpus.readers.read import _items
from corpus.readers.split import Piece, Split

LINES = st.lists(st.binary(max_size=12).map(lambda line: line.replace(b"\n", b"")), max_size=12)


def in_blocks(data: bytes, cuts: list[int]) -> Iterator[bytes]:
    bounds = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return (data[a:b] for a, b in pairwise(bounds) if a < b)


@given(LINES, st.booleans(), st.lists(st.integers(0, 1 << 16), max_size=6))
def test_lines_do_not_depend_on_blocks(lines: list[bytes], ended: bool, cuts: list[int]) -> None:
    data = b"\n".join(lines) + (b"\n" if ended else b"")
    expected = data.split(b"\n")
    if expected[-1] == b"":
        expected.pop()
    found = list(read_lines(in_blocks(data, cuts), 100))
    assert [line for _, line in found] == expected  # type: ignore[misc]
    assert all(data[offset : offset + len(line)] == line for offset, line in found)  # type: ignore[misc]


@given(LINES, st.integers(1, 8), st.lists(st.integers(0, 1 << 16), max_size=6))
def test_a_long_line_keeps_its_place_and_length_but_not_its_bytes(
    lines: list[bytes], limit: int, cuts: list[int]
) -> None:
    data = b"\n".join(lines) + b"\n"
    found = list(read_lines(in_blocks(data, cuts), limit))
    assert len(found) == data.count(b"\n")
    offset = 0
    for line, item in zip(data.split(b"\n"), found, strict=False):
        assert isinstance(item, Oversize) == (len(line) > limit)
        assert (item.offset, item.length) == (offset, len(line)) if isinstance(item, Oversize) else item[1] == line
        offset += len(line) + 1


@given(LINES, st.lists(st.integers(0, 1 << 16), max_size=5))
def test_every_line_belongs_to_the_range_in_which_it_begins(lines: list[bytes], cuts: list[int]) -> None:
    data = b"\n".join(lines)
    bounds = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    found: list[tuple[int, bytes] | Oversize] = []
    for start, end in pairwise(bounds):
        if start:
            blocks, first = skip_to_line(in_blocks(data[start - 1 :], [3]), start - 1, end)
        else:
            blocks, first = in_blocks(data, [5]), 0
        found += read_lines(blocks, 100, first, end)
    assert found == list(read_lines(iter([data] if data else []), 100))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(
        st.one_of(
            st.text(max_size=20).map(lambda text: json.dumps({"text": text}, ensure_ascii=False).encode()),
            st.sampled_from([b"", b"  ", b"{", b'{"text":"\xff"}', b"[]", b'{"id":"x","text":"y"}', b"\r"]),
        ),
        max_size=15,
    ),
    st.sampled_from([b"", b"\xef\xbb\xbf"]),
    st.lists(st.integers(0, 1 << 16), max_size=5),
)
def test_the_records_of_a_file_do_not_depend_on_how_it_was_cut(
    tmp_path: Path, lines: list[bytes], mark: bytes, cuts: list[int]
) -> None:
    data = mark + b"\n".join(line.replace(b"\n", b" ") for line in lines)
    path = tmp_path / "x.jsonl"
    path.write_bytes(data)
    source = config.Source(name="s", paths=(str(path),))

    def read(bounds: list[int]) -> tuple[list[object], list[object]]:
        pieces = tuple(
            Piece(str(path), "x.jsonl", len(data), start, end, "jsonl", "none") for start, end in pairwise(bounds)
        )
        done = list(chunks(_items(Split("s", pieces), source, config.Limits())))
        rows = [row for chunk in done for row in chunk.records.to_pylist()]
        return rows, [row for chunk in done for row in chunk.quarantined]

    whole = read([0, len(data)])
    assert read([0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]) == whole
    assert len(whole[0]) + len(whole[1]) == sum(bool(line.strip()) for line in data.removeprefix(mark).split(b"\n"))


@given(st.lists(st.binary(min_size=1, max_size=5), max_size=6), st.integers(0, 12))
def test_peeking_takes_nothing_away(blocks: list[bytes], size: int) -> None:
    head, rest = peek(iter(blocks), size)
    assert b"".join(rest) == b"".join(blocks)
    assert b"".join(blocks).startswith(head)
    assert len(head) >= min(size, len(b"".join(blocks)))
