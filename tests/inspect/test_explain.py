"""Every record of a run can be explained, and the explanation agrees with what was published."""

from __future__ import annotations

import pytest
from building import published, rows_of
from dirty import FATES

from corpus.errors import UsageError
from corpus.identity import doc_ids
from corpus.inspect.explain import Explanation, explain
from corpus.rundir import RunDir


def only(found: list[Explanation]) -> Explanation:
    assert len(found) == 1
    return found[0]


def test_the_run_has_every_fate(dirty: str) -> None:
    account = RunDir.open(dirty).account()
    assert account.kept == FATES["kept"]
    for fate in ("dropped", "merged", "quarantined"):
        assert sum(getattr(account, fate).values()) == FATES[fate], fate


def test_every_removed_id_is_explained_as_it_was_recorded(dirty: str) -> None:
    rejected = rows_of(dirty, "rejected")
    assert len(rejected) == FATES["dropped"] + FATES["merged"]
    for row in rejected:
        found = only(explain(dirty, row["doc_id"]))
        assert (found.stage, found.source_key) == (row["stage"], row["source_key"])
        assert list(found.reasons) == row["reasons"]
        if row["stage"] == "decide":
            failed = [rule for rule in found.rules if rule.failed]
            assert found.outcome == "dropped"
            assert [rule.value for rule in failed] == row["values"]
            assert [rule.bound for rule in failed] == row["bounds"]
            assert [rule.at for rule in failed] == row["rules"]
            assert all(rule.reason and rule.at.startswith("rules/") for rule in failed)


def test_a_duplicate_names_its_survivor_and_shows_its_text(dirty: str) -> None:
    kept = {row["doc_id"]: row for row in published(dirty).to_pylist()}
    merged = [row for row in rows_of(dirty, "rejected") if row["stage"] == "dedup-exact"]
    for row in merged:
        found = only(explain(dirty, row["doc_id"]))
        assert found.outcome == "merged"
        assert found.survivor is not None
        assert found.survivor.doc_id == row["survivor"]
        assert kept[row["survivor"]]["text"].startswith(found.survivor.preview)
        assert kept[row["survivor"]]["source_key"] == found.survivor.source_key


def test_every_kept_id_is_explained_by_the_rules_that_looked_at_it(dirty: str) -> None:
    for row in published(dirty).to_pylist():
        found = only(explain(dirty, row["doc_id"]))
        assert found.outcome == "kept"
        assert (found.tier, found.cluster_size) == (row["tier"], row["cluster_size"])
        assert any(rule.rule.startswith("zh.") for rule in found.rules)
        assert not any(rule.rule.startswith("en.") for rule in found.rules)
        chars = next(rule for rule in found.rules if rule.rule == "common.too_short")
        assert (chars.value, chars.failed) == (len(row["text"]), False)


def test_a_key_finds_its_record_without_the_id(dirty: str) -> None:
    assert only(explain(dirty, "short")).outcome == "dropped"
    assert only(explain(dirty, "more.jsonl#0")).outcome == "kept"


def test_a_key_that_several_records_share_lists_them_all(dirty: str) -> None:
    found = explain(dirty, "same")
    assert [item.outcome for item in found] == ["kept"] * 3
    ids = {item.doc_id for item in found}
    assert len(ids) == 3
    assert doc_ids("news", ["same"])[0].as_py() in ids
    for doc_id in ids:
        assert only(explain(dirty, str(doc_id))).doc_id == doc_id


def test_a_record_nobody_selected_is_explained(dirty: str) -> None:
    by_key = only(explain(dirty, "unwanted"))
    assert (by_key.outcome, by_key.stage, by_key.reasons) == ("dropped", "select", ("select.url",))
    assert only(explain(dirty, str(by_key.doc_id))) == by_key


def test_unreadable_records_are_found_by_place_by_key_and_by_the_id_they_would_have_got(dirty: str) -> None:
    read = [row for row in rows_of(dirty, "quarantine") if row["stage"] == "ingest"]
    assert {row["reason"] for row in read} == {"bad_json", "wrong_type", "bad_encoding"}
    for row in read:
        place = f"{row['path']}#{row['ordinal']}"
        found = only(explain(dirty, place))
        assert (found.outcome, found.reasons) == ("quarantined", (row["reason"],))
        assert (found.path, found.ordinal, found.detail) == (row["path"], row["ordinal"], row["detail"])
        doc_id = doc_ids(row["source"], [row["source_key"] or place])[0].as_py()
        assert only(explain(dirty, doc_id)).path == row["path"]


@pytest.mark.parametrize(("key", "stage"), [("bomb", "shout"), ("mine", "fussy")])
def test_a_record_that_broke_a_kernel_names_the_stage(dirty: str, key: str, stage: str) -> None:
    found = only(explain(dirty, key))
    assert (found.outcome, found.stage, found.reasons) == ("quarantined", stage, ("kernel_error",))
    assert str(found.detail).startswith("RuntimeError: ")


def test_an_unknown_record_is_said_to_be_unknown(dirty: str) -> None:
    for wanted in ("nobody", "0" * 32):
        with pytest.raises(UsageError, match=f"has no record '{wanted}'"):
            explain(dirty, wanted)


def test_what_select_asked_for_is_told_like_a_rule(dirty: str) -> None:
    (criterion,) = only(explain(dirty, "unwanted")).rules
    assert (criterion.rule, criterion.failed) == ("select.url", True)
    assert criterion.bound == "none of /login/"
    assert criterion.at == "select.urls of the pipeline"
