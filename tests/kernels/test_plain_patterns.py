from __future__ import annotations

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.kernels.plain_patterns import count, plain

PLAIN = (
    "[A-Za-z0-9+/=]{16}", "[ab]{20}", "[，。！？；：、．｡﹐,!?;:]|\\.\\s", "\\.\\s|[.,]", "[.,]|\\.\\s", "。",
    "[a-c]|[b-d][x-z]", "[b-d][x-z]|[a-c]", "\\.|a", "[{}]|\\(", "[😀-😂]|[\\.\\-]", "\\s",
)  # fmt: skip
LEFT_TO_THE_ENGINE = (
    "[^a]", "a+", "(?i)a|b", "[a-z]{3}", "[一-龥]{16}", "ab", "[屼屽]龥|銆[備傚]", "a|", "|a", "[a-z&&b]", "[z-a]|b",
    "\\d|a", "^a", "abc|d", "(a)|b", "[[:alpha:]]|b", "a{2}|b", ".|a", "",
)  # fmt: skip


@pytest.mark.parametrize("pattern", PLAIN)
@settings(max_examples=60, deadline=None)
@given(
    texts=st.lists(
        st.none()
        | st.text(st.sampled_from("aab bxyz.,，。！\u3000\n\u0085{}(-😀😁Z9+/="), max_size=60)
        | st.lists(st.sampled_from(["a" * 15, "ab" * 9, "汉", "x9+/=", ". "]), max_size=9).map("".join),
        max_size=5,
    )
)
def test_counts_are_those_of_the_engine(pattern: str, texts: list[str | None]) -> None:
    known = plain(pattern)
    assert known is not None
    expected = pl.Series(texts, dtype=pl.String).str.count_matches(pattern).fill_null(0).to_list()
    assert count(pa.array(texts, pa.large_string()), known).tolist() == expected


@pytest.mark.parametrize("pattern", LEFT_TO_THE_ENGINE)
def test_what_is_not_plain_is_left_to_the_engine(pattern: str) -> None:
    assert plain(pattern) is None


def test_a_slice_counts_its_own_rows() -> None:
    known = plain("[ab]{16}")
    assert known is not None
    assert count(pa.array(["a" * 40, "b" * 15, "ab" * 16], pa.large_string()).slice(1), known).tolist() == [0, 2]
