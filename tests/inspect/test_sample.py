"""A sample is the same for the same seed, shows what was asked for, and favours no file."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pytest
from building import published, rows_of

from corpus.errors import UsageError
from corpus.inspect.sample import sample, scrambled, which


def test_the_same_seed_gives_the_same_records_and_another_seed_others(dirty: str) -> None:
    first = sample(dirty, "kept", 8, seed=1)
    assert first == sample(dirty, "kept", 8, seed=1)
    assert [item.doc_id for item in first] != [item.doc_id for item in sample(dirty, "kept", 8, seed=2)]
    assert sample(dirty, "kept", 3, seed=1) == first[:3]


def test_kept_records_are_shown_as_published(dirty: str) -> None:
    rows = {row["doc_id"]: row for row in published(dirty).to_pylist()}
    found = sample(dirty, "kept", 1000)
    assert {item.doc_id for item in found} == rows.keys()
    for item in found:
        row = rows[item.doc_id]
        assert (item.tier, item.characters) == (row["tier"], len(row["text"]))
        assert item.preview == row["text"][:200]


def test_removed_records_are_shown_with_every_reason(dirty: str) -> None:
    rows = {row["doc_id"]: row for row in rows_of(dirty, "rejected")}
    found = sample(dirty, "removed", 1000)
    assert {item.doc_id for item in found} == rows.keys()
    for item in found:
        row = rows[item.doc_id]
        assert list(item.reasons) == row["reasons"]
        assert list(item.bounds) == (row["bounds"] or [])
        assert item.survivor == row["survivor"]


def test_a_reason_and_a_tier_narrow_the_sample(dirty: str) -> None:
    assert {item.source_key for item in sample(dirty, "removed", 9, reason="common.too_short")} == {"short"}
    assert len(sample(dirty, "removed", 99, reason="exact_duplicate")) == 10
    tiers = Counter(row["tier"] for row in published(dirty).to_pylist())
    for tier, count in tiers.items():
        assert len(sample(dirty, "kept", 99, tier=tier)) == count


def test_an_unknown_reason_or_tier_is_answered_with_those_there_are(dirty: str) -> None:
    with pytest.raises(UsageError, match=r"no record was removed for 'nothing'; there are .*exact_duplicate"):
        sample(dirty, "removed", reason="nothing")
    with pytest.raises(UsageError, match=r"nothing is published in tier 'best'; there are high"):
        sample(dirty, "kept", tier="best")


def test_a_request_that_contradicts_itself_is_refused() -> None:
    assert which(None) == ("kept", "removed")
    assert which(None, reason="x") == which(True) == ("removed",)
    assert which(None, tier="x") == which(False) == ("kept",)
    for removed, reason, tier in ((False, "x", None), (True, None, "x"), (None, "x", "y")):
        with pytest.raises(UsageError):
            which(removed, reason, tier)


def test_orders_of_different_seeds_are_unrelated() -> None:
    ids = pa.array([f"{number:032x}" for number in range(2000)])
    first, second = (scrambled(ids, seed).argsort() for seed in (0, 1))
    agreeing = sum(a == b for a, b in zip(first.tolist(), second.tolist(), strict=True))
    assert agreeing < 20
    assert len(set(scrambled(ids, 0).tolist())) == 2000
