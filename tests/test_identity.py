from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from corpus.identity import doc_ids, from_halves, halves, repeated_id


def test_ids_have_golden_values() -> None:
    assert doc_ids("news", ["a", "文"]).to_pylist() == [
        "37c43b157188b5d90560b67a33d04fa3",
        "799fcbb331a90c9ec98bbfead4ebe5b5",
    ]
    assert repeated_id("00" * 16, 1) == "fd76407a6b775815ed86d3161abbbd00"


def test_source_and_key_are_both_part_of_the_id() -> None:
    ids = {doc_ids(source, [key])[0].as_py() for source, key in (("a", "bc"), ("ab", "c"), ("a", "b"), ("abc", ""))}
    assert len(ids) == 4


@given(st.lists(st.text(max_size=20), max_size=20))
def test_halves_are_inverted(keys: list[str]) -> None:
    ids = doc_ids("source", keys)
    high, low = halves(ids)
    assert [from_halves(int(one), int(other)) for one, other in zip(high, low, strict=True)] == ids.to_pylist()


def test_halves_of_nothing_are_nothing() -> None:
    high, low = halves(pa.array([], pa.string()))
    assert len(high) == len(low) == 0
