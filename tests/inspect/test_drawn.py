"""Drawn records are those of the run, under the reason they count for, with their whole text and their place."""

from __future__ import annotations

from pathlib import Path

from building import published, rows_of

from corpus.inspect.clusters import clusters
from corpus.inspect.drawn import addresses_of, kept_by_tier, removed_by_reason, unreadable_by_reason
from corpus.inspect.files import read_row, read_rows
from corpus.inspect.labels import NONE, label_counts, values_of
from corpus.rundir import RunDir


def test_every_removed_record_is_drawn_once_under_the_reason_it_counts_for(dirty: str) -> None:
    run = RunDir.open(dirty)
    account = run.account()
    counts = {**account.dropped, **account.merged}
    found = removed_by_reason(run.published, list(counts), 1000)
    assert {reason: len(items) for reason, items in found.items()} == counts
    rows = {row["doc_id"]: row for row in rows_of(dirty, "rejected")}
    for item in (one for items in found.values() for one in items):
        row = rows[item.doc_id]
        assert item.text.startswith(row["preview"] or "")
        assert item.characters in (None, len(item.text))
    assert len(removed_by_reason(run.published, list(counts), 2)["exact_duplicate"]) == 2
    assert removed_by_reason(run.published, [], 2) == {}


def test_a_smaller_draw_begins_a_larger_one_and_seeds_differ(dirty: str) -> None:
    stages = RunDir.open(dirty).published
    ids = [
        [item.doc_id for item in removed_by_reason(stages, ["exact_duplicate"], n, seed)["exact_duplicate"]]
        for n, seed in ((3, 0), (8, 0), (8, 1))
    ]
    assert ids[0] == ids[1][:3]
    assert ids[1] != ids[2]


def test_unreadable_records_are_told_by_reason_without_their_folder(dirty: str) -> None:
    run = RunDir.open(dirty)
    found = unreadable_by_reason(run.published["publish"], 10)
    assert {reason: len(items) for reason, items in found.items()} == dict(run.account().quarantined)
    for item in (one for items in found.values() for one in items):
        assert "/" not in item.path
    assert any("\\xff" in item.raw for items in found.values() for item in items)


def test_kept_records_come_from_every_tier(dirty: str) -> None:
    rows = published(dirty).to_pylist()
    found = kept_by_tier(RunDir.open(dirty).published["publish"], 1000)
    assert {tier: len(items) for tier, items in found.items()} == {
        tier: sum(row["tier"] == tier for row in rows) for tier in {row["tier"] for row in rows}
    }


def test_addresses_lead_to_the_record(dirty: str) -> None:
    stages = RunDir.open(dirty).published
    rows = {row["doc_id"]: row for row in published(dirty).to_pylist()}
    text = stages["text"].table("text")
    found = addresses_of(stages, list(rows))
    assert len(found) >= len(rows) - 3  # three records claim one id
    for doc_id, place in found.items():
        item = read_row(text.slot, text.files[place.part], place.row, ["text"])
        assert item["text"] == rows[doc_id]["text"]
    assert addresses_of(stages, []) == {}


def test_rows_are_read_in_order(dirty: str) -> None:
    text = RunDir.open(dirty).published["text"].table("text")
    file = text.files[min(text.files)]
    every = [read_row(text.slot, file, row, ["source_key"]) for row in range(file.rows)]
    assert read_rows(text.slot, file, range(0, file.rows, 2), ["source_key"]) == every[::2]


def test_clusters_are_those_of_the_survivors(dirty: str) -> None:
    found = clusters(RunDir.open(dirty).published["publish"], largest=3, members=2)
    rows = published(dirty).to_pylist()
    sizes = sorted((row["cluster_size"] for row in rows if row["cluster_size"] > 1), reverse=True)
    assert sum(found.sizes.values()) == len(sizes)
    assert [cluster.size for cluster in found.largest] == sizes[:3]
    assert sum(sum(counts.values()) for counts in found.similar.values()) == 10
    gone = {row["doc_id"]: row["survivor"] for row in rows_of(dirty, "rejected")}
    for cluster in found.largest:
        assert 1 <= len(cluster.members) <= 2
        assert all(gone[member.doc_id] == cluster.doc_id for member in cluster.members)


def test_labels_are_counted_by_tier(dirty: str, tmp_path: Path) -> None:
    publish = RunDir.open(dirty).published["publish"]
    rows = published(dirty).to_pylist()
    tiers = sorted({row["tier"] for row in rows})
    every = sorted({*tiers, "high", "medium", "low"})
    (lang,) = label_counts(publish, ["lang"], every)
    assert sum(map(sum, lang.counts.values())) == len(rows)
    assert lang.counts.get(NONE, (0,) * len(every)) == tuple(
        sum(row["lang"] is None and row["tier"] == tier for row in rows) for tier in every
    )
    one = rows[0]
    assert values_of(publish, ["source"], [one["doc_id"]]) == {one["doc_id"]: {"source": one["source"]}}
