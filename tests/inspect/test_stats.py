"""The numbers of a run agree with its rows."""

from __future__ import annotations

from collections import Counter
from statistics import median

import pytest
from building import published, rows_of
from dirty import FATES

from corpus.inspect.stats import By, stats


def test_every_source_balances(dirty: str) -> None:
    found = stats(dirty)
    kept = Counter(row["source"] for row in published(dirty).to_pylist())
    assert {item.source: item.published for item in found.sources} == kept
    for item in found.sources:
        assert item.read == item.published + sum(item.removed.values())
    assert sum(item.read for item in found.sources) == sum(FATES.values())
    news = next(item for item in found.sources if item.source == "news")
    assert news.removed["ingest (quarantined)"] == 3
    assert news.removed["dedup-exact"] == FATES["merged"]


@pytest.mark.parametrize("by", ["source", "lang", "tier", None])
def test_published_counts_are_those_of_the_rows(dirty: str, by: By | None) -> None:
    rows = published(dirty).to_pylist()
    expected: dict[str, list[int]] = {}
    for row in rows:
        total = expected.setdefault(row[by] if by else "all", [0, 0, 0])
        for index, value in enumerate((1, len(row["text"]), row["tokens"])):
            total[index] += value
    assert {item.group: [item.rows, item.characters, item.tokens] for item in stats(dirty, by).published} == expected


def test_failing_rules_are_counted_whether_they_decided_or_not(dirty: str) -> None:
    rejected = [row for row in rows_of(dirty, "rejected") if row["stage"] == "decide"]
    dropped = Counter(reason for row in rejected for reason in row["reasons"])
    found = {item.rule: item for item in stats(dirty).failing}
    for rule, count in dropped.items():
        assert found[rule].failing >= count
    assert sum(item.counted for item in found.values()) == len(rejected)
    assert sum(item.failing for item in found.values()) > len(rejected)


def test_spreads_are_those_of_every_record_read(dirty: str) -> None:
    chars = next(item for item in stats(dirty).signals if item.signal == "chars")
    assert (chars.group, chars.min) == ("all", 1)
    # All records but the three unreadable, the one nobody selected and the one that broke a row stage.
    assert chars.count == sum(FATES.values()) - 5


def test_spreads_by_tier_line_up_with_the_rows(dirty: str) -> None:
    rows = published(dirty).to_pylist()
    found = {item.group: item for item in stats(dirty, "tier").signals if item.signal == "chars"}
    assert found.keys() == {row["tier"] for row in rows} | {"(removed)"}
    for tier in {row["tier"] for row in rows}:
        lengths = sorted(len(row["text"]) for row in rows if row["tier"] == tier)
        item = found[tier]
        assert (item.count, item.min, item.max) == (len(lengths), lengths[0], lengths[-1])
        assert abs(item.median - median(lengths)) <= 1


def test_spreads_by_source_count_each_source(dirty: str) -> None:
    found = {item.group: item.count for item in stats(dirty, "source").signals if item.signal == "chars"}
    assert found["more"] == 13
