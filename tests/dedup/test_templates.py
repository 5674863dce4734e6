"""Copies of one text are duplicates; records of one form with contents of their own are not."""

from __future__ import annotations

import numpy as np

from corpus.dedup.templates import judge


def sets(shared: int, own: int, members: int = 20) -> list[np.ndarray]:
    """Members with `shared` shingles in common and `own` of their own."""
    common = np.arange(shared, dtype=np.uint32)
    return [np.concatenate([common, np.arange(own, dtype=np.uint32) + 10_000 * (n + 1)]) for n in range(members)]


def test_contents_of_their_own_make_a_template() -> None:
    seen = judge(sets(400, 80))
    assert seen.is_template
    assert seen.own_share == np.float64(80 / 480)
    assert seen.own_similarity == 0


def test_copies_with_small_edits_are_none() -> None:
    assert not judge(sets(400, 10)).is_template


def test_copies_that_differ_alike_are_none() -> None:
    """Two versions of one text: what half of them add, the other half lacks."""
    plain, longer = np.arange(400, dtype=np.uint32), np.arange(480, dtype=np.uint32)
    assert not judge([plain, longer] * 10).is_template


def test_equal_members_are_none() -> None:
    assert not judge([np.arange(100, dtype=np.uint32)] * 5).is_template
