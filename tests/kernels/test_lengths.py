from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.kernels.lengths import code_points


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.none(), max_size=8))
def test_lengths_are_those_of_python(texts: list[str | None]) -> None:
    found = code_points(pa.array(texts, pa.large_string()))
    assert found.type == pa.int32()
    assert found.to_pylist() == [None if text is None else len(text) for text in texts]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_a_slice_has_its_own_lengths(kind: pa.DataType) -> None:
    assert code_points(pa.array(["一", "二三", "", None], kind).slice(1)).to_pylist() == [2, 0, None]
