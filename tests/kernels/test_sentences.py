from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.kernels.placed import placed_units
from corpus.kernels.sentences import whole_sentences


def cut(text: str, least: int = 1) -> str | None:
    """What is cut of the span between ⟦ and ⟧, in units; None where nothing is."""
    before, span, _ = (part for part in text.replace("⟧", "⟦").split("⟦"))
    plain = text.replace("⟦", "").replace("⟧", "")
    units = placed_units(pa.array([plain], pa.large_string()))
    low, high = len(before.encode()), len((before + span).encode())
    first, last = np.searchsorted(units.starts, low), np.searchsorted(units.starts, high)
    start, end = whole_sentences(units, np.array([first]), np.array([last]), least)
    return None if start[0] < 0 else units.data[start[0] : end[0]].tobytes().decode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("甲。⟦乙丙。丁。⟧戊。", "乙丙。丁。"),
        ("甲乙⟦丙。丁戊。己⟧庚。", "丁戊。"),
        ("甲乙⟦丙丁，戊己⟧庚。", None),
        ("甲。“⟦乙丙。⟧”丁", "“乙丙。”"),
        ("他说：⟦好。”她走了。⟧再见", "她走了。"),
        ("⟦甲乙⟧", "甲乙"),
        ("甲乙\n⟦丙丁\n戊己\n⟧庚辛", "丙丁\n戊己\n"),
        ("甲乙\n⟦丙丁\n戊⟧己\n庚辛", "丙丁\n"),
        ("甲。⟦乙丙\n⟧丁", "乙丙"),
        ("甲。\n\n　　⟦乙丙。⟧丁", "　　乙丙。"),
        ("One. ⟦Two two. ⟧Three.", "Two two. "),
        ("One ⟦one. Two two. Thr⟧ee three.", "Two two. "),
        ("Pi is ⟦3.14 or 3.15⟧ or more.", None),
        ("甲。⟦乙[丙。](u) 丁。⟧戊", "乙[丙。](u) 丁。"),
        ("甲。乙[⟦丙。](u) 丁。⟧戊", None),
        ("罚款；⟦拒不改正的；责令停业。⟧再", None),
        ("```\ncode\n```\n\n⟦甲乙。⟧丙", "甲乙。"),
        ("甲。⟦乙丙\n\n⟧```\ncode\n```", "乙丙"),
        ("甲\n\n⟦乙丙\n⟧\n```\ncode\n```", "乙丙\n"),
    ],
)
def test_whole_sentences_and_lines_are_cut(text: str, expected: str | None) -> None:
    assert cut(text) == expected


def test_what_would_be_cut_must_be_long_enough() -> None:
    assert cut("甲乙⟦丙。丁戊。己⟧庚。", least=2) == "丁戊。"
    assert cut("甲乙⟦丙。丁戊。己⟧庚。", least=3) is None


@given(
    st.text(st.sampled_from("天地a .\n\n。，”「」`~[](!?\u3000\u0301é👍"), max_size=50),
    st.integers(0, 40),
    st.integers(1, 40),
)
def test_what_is_cut_lies_in_its_run_holds_no_more_units_and_is_whole_characters(text: str, at: int, size: int) -> None:
    units = placed_units(pa.array([text], pa.large_string()))
    spans = [
        (max(low, at), min(high, at + size))
        for low, high in zip(units.firsts[:-1], units.firsts[1:], strict=True)
        if max(low, at) < min(high, at + size)
    ]
    first, last = (
        (np.array(ends, np.int64) for ends in zip(*spans, strict=True)) if spans else (np.zeros(0, np.int64),) * 2
    )
    starts, ends = whole_sentences(units, first, last, 1)
    for span in np.flatnonzero(starts >= 0):
        run = int(np.searchsorted(units.firsts, first[span], "right")) - 1
        assert units.runs[run, 1] <= starts[span] <= ends[span] <= units.runs[run, 2]
        units.data[starts[span] : ends[span]].tobytes().decode()
        inside = (units.starts >= starts[span]) & (units.ends <= ends[span])
        assert set(np.flatnonzero(inside)) <= set(range(first[span], last[span]))
