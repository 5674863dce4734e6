from __future__ import annotations

import datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.kernels.digest import hash_bytes, row_hashes, table_digest

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "text": st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
            "number": st.none() | st.integers(-(2**63), 2**63 - 1),
            "share": st.none() | st.floats(allow_nan=False),
            "flag": st.none() | st.booleans(),
            "many": st.none() | st.lists(st.none() | st.text("ab", max_size=3), max_size=4),
        }
    ),
    max_size=8,
)
SCHEMA = pa.schema(
    [
        ("text", pa.large_string()),
        ("number", pa.int64()),
        ("share", pa.float64()),
        ("flag", pa.bool_()),
        ("many", pa.list_(pa.string())),
    ]
)


def table(rows: list[dict[str, object]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def one(array: pa.Array) -> tuple[int, ...]:
    return tuple(row_hashes(pa.table({"c": array}))[0])


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"", 0x0),
        (b"hello", 0xCBD8A7B341BD9B025B1E906A48AE1D19),
        (b"hello, world", 0x342FAC623A5EBC8E4CDCBC079642414D),
        (b"The quick brown fox jumps over the lazy dog.", 0xCD99481F9EE902C9695DA1A38987B6E7),
    ],
)
def test_bytes_hash_to_murmurs_published_values(data: bytes, value: int) -> None:
    assert hash_bytes(data) == value


@settings(max_examples=150, deadline=None)
@given(ROWS, st.integers(0, 8), st.randoms(use_true_random=False))
def test_order_partition_and_columns_do_not_matter(rows: list[dict[str, object]], cut: int, random: object) -> None:
    whole = row_hashes(table(rows))
    assert whole.shape == (len(rows), 2)
    digest = table_digest(whole)
    parts = [table_digest(row_hashes(table(part))) for part in (rows[:cut], rows[cut:])]
    assert sum(parts) % (1 << 128) == digest
    assert table_digest(row_hashes(table(rows[::-1]))) == digest
    assert np.array_equal(row_hashes(table(rows).select(["many", "flag", "text", "share", "number"])), whole)
    assert np.array_equal(row_hashes(table(rows).slice(1)), whole[1:])


@settings(max_examples=150, deadline=None)
@given(ROWS.filter(len), ROWS.filter(len))
def test_rows_hash_alike_only_when_they_are_alike(
    some: list[dict[str, object]], others: list[dict[str, object]]
) -> None:
    left, right = some[0], others[0]
    same = repr(sorted(left.items())) == repr(sorted(right.items()))
    assert np.array_equal(row_hashes(table([left])), row_hashes(table([right]))) == same


def test_null_empty_and_missing_all_differ() -> None:
    assert one(pa.array([None], pa.string())) != one(pa.array([""], pa.string()))
    assert one(pa.array([[]], pa.list_(pa.string()))) != one(pa.array([[""]], pa.list_(pa.string())))
    assert one(pa.array([[None]], pa.list_(pa.string()))) != one(pa.array([[""]], pa.list_(pa.string())))
    with_null = pa.table({"a": ["x"], "b": pa.array([None], pa.string())})
    assert not np.array_equal(row_hashes(with_null), row_hashes(with_null.select(["a"])))


def test_values_do_not_wander_between_columns_or_items() -> None:
    assert not np.array_equal(
        row_hashes(pa.table({"a": ["x"], "b": ["y"]})), row_hashes(pa.table({"a": ["y"], "b": ["x"]}))
    )
    assert one(pa.array([["ab", "c"]])) != one(pa.array([["a", "bc"]])) != one(pa.array([["c", "ab"]]))


def test_the_width_of_a_type_does_not_matter_and_its_kind_does() -> None:
    assert one(pa.array([7], pa.int8())) == one(pa.array([7], pa.uint64())) == one(pa.array([7], pa.int32()))
    assert one(pa.array(["a"], pa.string())) == one(pa.array(["a"], pa.large_string()))
    assert one(pa.array(["a"]).dictionary_encode()) == one(pa.array(["a"]))
    assert one(pa.array([["a"]], pa.list_(pa.string()))) == one(pa.array([["a"]], pa.large_list(pa.large_string())))
    kinds = [pa.array(["1"]), pa.array([b"1"]), pa.array([1]), pa.array([1.0]), pa.array([True]), pa.array([["1"]])]
    assert len({one(array) for array in kinds}) == len(kinds)


def test_structs_and_times_have_digests_and_odd_types_say_so() -> None:
    turn = {"role": "user", "content": "好"}
    assert one(pa.array([[turn]])) != one(pa.array([[{**turn, "role": "tool"}]]))
    assert one(pa.array([None, turn])) != one(pa.array([{"role": None, "content": None}]))
    when = datetime.datetime(2024, 5, 1, tzinfo=datetime.UTC)
    assert one(pa.array([when])) != one(pa.array([when + datetime.timedelta(seconds=1)]))
    assert one(pa.array([datetime.date(2024, 5, 1)])) != one(pa.array([None], pa.date32()))
    with pytest.raises(TypeError, match="digest"):
        one(pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64())))


def test_digests_are_these_on_every_machine() -> None:
    rows = [
        {"text": "今天天气很好", "number": 1, "share": 0.5, "flag": True, "many": ["a", None]},
        {"text": "", "number": None, "share": -0.0, "flag": None, "many": []},
    ]
    assert table_digest(row_hashes(table(rows))) == GOLDEN


GOLDEN = 303882428124566477624437132981924258790


def test_an_empty_table_is_zero() -> None:
    assert table_digest(row_hashes(table([]))) == 0
