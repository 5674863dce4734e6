"""What-if from stored signals says what a real run would decide, and nothing where nothing changes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from building import Go, prose, rows_of, settings, write_jsonl
from hypothesis import HealthCheck, given
from hypothesis import settings as tries
from hypothesis import strategies as st

from corpus.errors import UsageError
from corpus.inspect.overlap import overlap
from corpus.inspect.stats import stats
from corpus.inspect.whatif import WhatIf, whatif
from corpus.ruleset.change import Setting
from corpus.rundir import RunDir


def records(found: WhatIf) -> dict[str, int]:
    return {change.kind: change.records for change in found.changes}


def test_the_rules_of_the_run_change_nothing(dirty: str) -> None:
    found = whatif(dirty)
    account = RunDir.open(dirty).need_published()["decide"].manifest.account
    assert records(found) == {"back": 0, "gone": 0, "raised": 0, "demoted": 0}
    assert found.looked_at == account.rows_in
    assert found.dropped == (account.rows_in - account.kept,) * 2
    assert dict(found.by_rule) == dict(account.dropped)


def test_what_comes_back_is_what_the_rule_removed(dirty: str) -> None:
    found = whatif(dirty, [Setting("common.too_short", "min", 1)])
    back = found.changes[0]
    assert (back.kind, dict(back.by_rule)) == ("back", {"common.too_short": 1})
    (example,) = back.examples
    assert (example.source_key, example.value, example.preview) == ("short", 1, "短")
    assert (example.was, example.bound) == ("at least 20", "at least 1")
    row = next(row for row in rows_of(dirty, "rejected") if row["source_key"] == "short")
    assert example.doc_id == row["doc_id"]


def test_what_goes_names_the_new_bound_and_the_sample_is_seeded(dirty: str) -> None:
    asked = [Setting("common.too_short", "min", 10_000)]
    found = whatif(dirty, asked, n=3)
    gone = found.changes[1]
    assert gone.records == found.looked_at - found.dropped[0] == sum(gone.by_source.values())
    assert {item.bound for item in gone.examples} == {"at least 10000"}
    assert found == whatif(dirty, asked, n=3)
    wider = whatif(dirty, asked, n=1000).changes[1].examples
    assert wider[:3] == gone.examples
    assert len({item.doc_id for item in wider}) == gone.records
    assert whatif(dirty, asked, n=3, seed=1).changes[1].examples != gone.examples


@tries(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    low=st.integers(0, 400), punctuation=st.floats(0, 1), disabled=st.sampled_from([[], ["zh.short"], ["zh.top_3gram"]])
)
def test_counts_add_up_for_every_bound(dirty: str, low: int, punctuation: float, disabled: list[str]) -> None:
    asked = [Setting("common.too_short", "min", low), Setting("zh.punct_ratio_high", "max", punctuation)]
    found = whatif(dirty, asked, disabled, n=0)
    moved = records(found)
    assert found.dropped[1] == found.dropped[0] - moved["back"] + moved["gone"] == sum(found.by_rule.values())
    for change in found.changes:
        assert change.records == sum(change.by_rule.values()) == sum(change.by_source.values())


def test_a_prediction_is_what_a_run_with_that_overlay_decides(go: Go, tmp_path: Path) -> None:
    rows = [{"id": f"p{n}", "text": prose(n, 2 + n % 6)} for n in range(60)]
    rows += [{"id": f"m{n}", "text": prose(n, 4) + "，。！" * (8 * n)} for n in range(30)]
    rows += [{"id": f"s{n}", "text": f"第{n}场雨停了。"} for n in range(5)]
    source = {"name": "s", "paths": str(write_jsonl(tmp_path / "in.jsonl", rows))}
    run = tmp_path / "run"
    go(settings(source), run, split_bytes=1 << 12)
    asked = [Setting("zh.punct_ratio_high", "max", 0.3), Setting("zh.short", "min", 150)]
    asked += [Setting("common.too_short", "min", 5)]
    found = whatif(str(run), asked, ["zh.top_3gram"], n=1000)
    overlay = tmp_path / "o.yaml"
    overlay.write_text(
        "- override: zh.punct_ratio_high\n  keep_when: {max: 0.3}\n"
        "- override: zh.short\n  keep_when: {min: 150}\n- override: zh.top_3gram\n  disable: true\n"
        "- override: common.too_short\n  keep_when: {min: 5}\n",
        encoding="utf-8",
    )
    names = ["common", "zh/web", "en/web", str(overlay)]
    assert whatif(str(run), rules=names, n=1000) == found
    before = {row["doc_id"] for row in rows_of(run, "rejected") if row["stage"] == "decide"}
    go(settings(source, rules=names), run, split_bytes=1 << 12)
    account = RunDir.open(str(run)).need_published()["decide"].manifest.account
    after = {row["doc_id"] for row in rows_of(run, "rejected") if row["stage"] == "decide"}
    assert dict(found.by_rule) == dict(account.dropped)
    assert {item.doc_id for item in found.changes[0].examples} == before - after
    assert {item.doc_id for item in found.changes[1].examples} == after - before
    assert min(len(before - after), len(after - before), found.changes[3].records) > 0
    assert records(whatif(str(run))) == {"back": 0, "gone": 0, "raised": 0, "demoted": 0}


def test_a_signal_that_was_not_measured_is_named(dirty: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "- id: my.curly\n  signal: {kernel: curly_ratio}\n  keep_when: {max: 0.1}\n  otherwise: drop\n"
        '  reason: a test of rules\n  source: a test\n  examples: {keep: ["a"], drop: ["{{{"]}\n',
        encoding="utf-8",
    )
    with pytest.raises(UsageError, match=r"did not measure curly_ratio.*repeat `corpus run`"):
        whatif(dirty, rules=["common", str(path)])


def test_rule_files_that_changed_since_are_not_taken_for_those_of_the_run(go: Go, tmp_path: Path) -> None:
    overlay = tmp_path / "o.yaml"
    overlay.write_text("- override: common.too_short\n  keep_when: {min: 5}\n", encoding="utf-8")
    source = {"name": "s", "paths": str(write_jsonl(tmp_path / "in.jsonl", [{"text": "只有六个字呢。"}]))}
    go(settings(source, rules=["common", str(overlay)]), tmp_path / "run")
    overlay.write_text("- override: common.too_short\n  keep_when: {min: 9}\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"no longer what the run used \(common.too_short\)"):
        whatif(str(tmp_path / "run"))
    assert records(whatif(str(tmp_path / "run"), rules=["common", str(overlay)]))["gone"] == 1


def test_overlap_agrees_with_the_account_and_with_what_if(dirty: str) -> None:
    found = overlap(dirty)
    account = RunDir.open(dirty).need_published()["decide"].manifest.account
    assert {item.rule: item.decides for item in found.rules if item.decides} == dict(account.dropped)
    assert found.removed == sum(account.dropped.values())
    failing = {item.rule: item.failing for item in stats(dirty).failing}
    assert {item.rule: item.fails for item in found.rules} == failing
    for item in found.rules:
        assert item.alone <= item.decides <= item.fails
        if item.decides:
            assert records(whatif(dirty, disabled=[item.rule], n=0))["back"] == item.alone


def test_pairs_are_those_of_the_decisions(dirty: str) -> None:
    decisions = RunDir.open(dirty).need_published()["decide"].table("decisions")
    expected: Counter[tuple[int, int]] = Counter()
    for number in decisions.files:
        table = decisions.read(number, ["failed"])
        assert table is not None
        for failed in table.column("failed").to_pylist():
            expected.update((a, b) for a in failed for b in failed if a < b)
    names = [item.rule for item in overlap(dirty).rules]
    found = overlap(dirty, 1000).pairs
    assert {(item.first, item.second): item.both for item in found} == {
        (names[a], names[b]): count for (a, b), count in expected.items()
    }
    assert all(0 < item.share <= 1 for item in found)
    assert [item.both for item in found] == sorted((item.both for item in found), reverse=True)
