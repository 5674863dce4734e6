"""Elements of a JSON array are cut out exactly, wherever the blocks end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.readers.decompress import Broken
from corpus.readers.elements import read_elements
from corpus.readers.lines import Oversize

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='a"\\[]{},中\n', max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet='a"\\]', max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


def in_blocks(data: bytes, cuts: list[int]) -> Iterator[bytes]:
    bounds = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return (data[a:b] for a, b in pairwise(bounds) if a < b)


@given(st.lists(JSON, max_size=6), st.sampled_from([None, 1]), st.booleans(), st.lists(st.integers(0, 1 << 16)))
def test_elements_are_those_of_the_json_module(
    values: list[Any], indent: int | None, escaped: bool, cuts: list[int]
) -> None:
    data = b"\xef\xbb\xbf \n" * (len(cuts) % 2) + json.dumps(values, indent=indent, ensure_ascii=escaped).encode()
    found = list(read_elements(in_blocks(data, cuts), 1 << 20, array=True))
    assert [json.loads(element) for _, element in found] == values  # type: ignore[misc]
    assert all(data[offset : offset + len(element)] == element for offset, element in found)  # type: ignore[misc]


@given(
    st.lists(st.dictionaries(st.text(max_size=3), JSON, max_size=3) | st.lists(JSON, max_size=3), max_size=5),
    st.sampled_from([b"\n", b"", b" \r\n\t"]),
    st.lists(st.integers(0, 1 << 16)),
)
def test_values_one_after_the_other_are_told_apart(values: list[Any], between: bytes, cuts: list[int]) -> None:
    data = between.join(json.dumps(value).encode() for value in values)
    found = list(read_elements(in_blocks(data, cuts), 1 << 20, array=False))
    assert [json.loads(element) for _, element in found] == values  # type: ignore[misc]


@given(st.lists(st.text(max_size=30), max_size=5), st.integers(1, 40), st.lists(st.integers(0, 1 << 16)))
def test_a_long_element_costs_itself(texts: list[str], limit: int, cuts: list[int]) -> None:
    parts = [json.dumps(text).encode() for text in texts]
    found = list(read_elements(in_blocks(b"[" + b",".join(parts) + b"]", cuts), limit, array=True))
    assert [isinstance(item, Oversize) for item in found] == [len(part) > limit for part in parts]
    assert [item.length if isinstance(item, Oversize) else len(item[1]) for item in found] == [len(p) for p in parts]


@given(st.binary(max_size=60), st.lists(st.integers(0, 1 << 16), max_size=4), st.booleans())
def test_no_input_breaks_the_scanner_and_blocks_never_matter(data: bytes, cuts: list[int], array: bool) -> None:
    def run(blocks: Iterator[bytes]) -> tuple[list[Any], str]:
        found = []
        try:
            for item in read_elements(blocks, 20, array=array):
                found.append(item)
        except Broken as error:
            return found, f"{error.detail} {error.offset}"
        return found, ""

    assert run(in_blocks(data, cuts)) == run(in_blocks(data, []))


def test_a_string_of_ten_million_escapes_takes_no_stack() -> None:
    data = b'["' + rb"\u4e2d\"" * 1_500_000 + b'"]'
    found = list(read_elements(in_blocks(data, [1 << 20, 1 << 21, (1 << 21) + 1]), 1 << 30, array=True))
    assert [element for _, element in found] == [data[1:-1]]  # type: ignore[misc]


def test_an_array_that_is_not_closed_says_so_after_its_elements() -> None:
    found = read_elements(iter([b'[{"a":1}, {"b":']), 100, array=True)
    assert next(found) == (1, b'{"a":1}')
    with pytest.raises(Broken) as broken:
        next(found)
    assert (broken.value.offset, broken.value.partial) == (9, b' {"b":')
