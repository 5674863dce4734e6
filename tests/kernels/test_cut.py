from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.kernels.cut import cut_spans


def cut(text: str, *spans: tuple[int, int]) -> tuple[str, list[int]]:
    starts, ends = (np.array([span[side] for span in spans], np.int64) for side in (0, 1))
    left, lost = cut_spans(pa.array([text], pa.large_string()), np.zeros(len(spans), np.int64), starts, ends)
    return left[0].as_py(), lost.tolist()


@pytest.mark.parametrize(
    ("text", "gone", "left"),
    [
        ("a\nNAV\nb\n", "NAV\n", "a\nb\n"),
        ("a\n\nNAV\n\nb", "NAV\n", "a\n\nb"),
        ("NAV\n\nb\n", "NAV\n", "b\n"),
        ("a\n\nNAV", "NAV", "a"),
        ("a\n\nNAV\n", "NAV\n", "a\n"),
        ("a\nNAV\n\nb", "NAV\n", "a\n\nb"),
        ("NAV", "NAV", ""),
        ("NAV\n", "NAV\n", ""),
        ("one NAV two", "NAV ", "one two"),
    ],
)
def test_a_cut_leaves_no_gap_where_a_line_stood(text: str, gone: str, left: str) -> None:
    start = text.index(gone)
    assert cut(text, (start, start + len(gone))) == (left, [len(text) - len(left)])


def test_overlapping_spans_are_merged_and_a_character_counts_once() -> None:
    assert cut("0123456789", (1, 4), (2, 6), (3, 4), (6, 8)) == ("089", [3, 2, 0, 2])


def test_characters_are_counted_not_bytes() -> None:
    assert cut("甲乙丙丁", (3, 9)) == ("甲丁", [2])


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.text(alphabet="ab\n甲", max_size=30)), min_size=1, max_size=6), st.data())
def test_what_is_left_and_what_is_counted_add_up_and_rows_without_spans_stay(
    texts: list[str | None], data: st.DataObject
) -> None:
    spans = []
    for row, text in enumerate(texts):
        edges = np.cumsum([0, *(len(letter.encode()) for letter in text or "")]).tolist()
        place = st.tuples(st.sampled_from(edges), st.sampled_from(edges)).map(sorted)
        spans += [(row, *span) for span in sorted(data.draw(st.lists(place, max_size=3)))]
    rows, starts, ends = (np.array([span[field] for span in spans], np.int64) for field in range(3))
    left, lost = cut_spans(pa.array(texts, pa.large_string()), rows, starts, ends)
    for row, (before, after) in enumerate(zip(texts, left.to_pylist(), strict=True)):
        if before is None:
            assert after is None
            continue
        assert len(before) - len(after) == lost[rows == row].sum()
        assert before == after or row in rows
        kept = bytearray(before.encode())
        for start, end in zip(starts[rows == row], ends[rows == row], strict=True):
            kept[start:end] = b"\0" * (end - start)
        assert kept.replace(b"\0", b"").replace(b"\n", b"").decode() == after.replace("\n", "")
