from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.kernels.overlap import BUCKETS, bucket_counts, may_share
from corpus.kernels.shingles import units
from corpus.synth.rouge import rouge_l, strings_of

TEXTS = st.lists(st.text("甲乙丙丁戊己庚 abc1", max_size=40), min_size=1, max_size=12)


@settings(max_examples=150, deadline=None)
@given(TEXTS, st.sampled_from([0.5, 0.7, 0.9]))
def test_no_text_that_is_alike_enough_is_missing(texts: list[str], least: float) -> None:
    found = units(pa.array(texts, pa.large_string()))
    (counts, over), strings = bucket_counts(found), strings_of(found)
    lengths = np.array([len(one) for one in strings], np.int32)
    wanted = np.ones(len(texts), np.uint8)
    for row, string in enumerate(strings):
        near = may_share(counts, lengths, wanted, counts[row], len(string), int(over[row]), least)
        alike = [other for other, text in enumerate(strings) if rouge_l(string, text) >= least]
        assert set(alike) <= set(near.tolist())


def test_most_texts_that_share_little_are_left_out_and_so_is_what_is_not_wanted() -> None:
    texts = ["在阳台上怎样种番茄才能结得多", "怎样在阳台上种番茄才能结得多", "请证明三角形的内角和是一百八十度", ""]
    found = units(pa.array(texts, pa.large_string()))
    counts, over = bucket_counts(found)
    assert counts.shape == (4, BUCKETS)
    lengths = np.diff(found.offsets).astype(np.int32)
    length = int(lengths[0])
    for wanted, near in (([1, 1, 1, 1], [0, 1]), ([0, 1, 1, 1], [1])):
        mask = np.array(wanted, np.uint8)
        assert may_share(counts, lengths, mask, counts[0], length, int(over[0]), 0.7).tolist() == near


def test_a_unit_that_fills_its_bucket_makes_the_bound_wider_not_wrong() -> None:
    texts = ["哈" * 900, "哈" * 800]
    found = units(pa.array(texts, pa.large_string()))
    counts, over = bucket_counts(found)
    assert over.tolist() == [900 - 255, 800 - 255]
    near = may_share(counts, np.array([900, 800], np.int32), np.ones(2, np.uint8), counts[1], 800, 545, 0.9)
    assert near.tolist() == [0, 1]
