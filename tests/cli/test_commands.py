"""Every command once, as a user types it, and the JSON that scripts rely on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from building import contents, prose, published, rows_of, write_jsonl
from dirty import FATES
from typing_it import Corpus

from corpus.rundir import RunDir


def last_object(said: Any) -> Any:
    assert said.code == 0, said.err
    (line,) = said.out.splitlines()
    return json.loads(line)


@pytest.fixture
def pipeline(tmp_path: Path) -> Path:
    write_jsonl(tmp_path / "in.jsonl", [*({"text": prose(number % 4)} for number in range(5)), {"text": "短"}])
    path = tmp_path / "p.yaml"
    path.write_text("name: t\nsources: [{name: s, paths: in.jsonl}]\n", encoding="utf-8")
    return path


@pytest.mark.usefixtures("spark")
def test_run_ends_in_one_object_with_the_account(corpus: Corpus, pipeline: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    found = last_object(corpus("run", pipeline, "--out", run, "--json"))
    assert found.pop("seconds") > 0
    assert found == {
        "run": str(run),
        "dataset": str(run / "dataset"),
        "account": {
            "in": 6,
            "kept": 4,
            "dropped": {"common.too_short": 1},
            "merged": {"exact_duplicate": 1},
            "quarantined": {},
        },
    }
    assert published(run).num_rows == 4


@pytest.mark.usefixtures("spark")
def test_run_again_does_nothing_and_says_so(corpus: Corpus, pipeline: Path, tmp_path: Path) -> None:
    first = corpus("run", pipeline, "--out", tmp_path / "run")
    assert "common.too_short" in first.out
    assert "text: 6 records" in first.err
    again = corpus("run", pipeline, "--out", tmp_path / "run")
    assert again.out.startswith("Nothing to do")
    assert again.err.count("done before") == len(RunDir.open(str(tmp_path / "run")).published)


@pytest.mark.usefixtures("spark")
def test_clean_dedup_and_tier_publish_too(corpus: Corpus, pipeline: Path, tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    cleaned = last_object(corpus("clean", source, "--out", tmp_path / "c", "--rules", "common", "--json"))
    assert (cleaned["account"]["kept"], cleaned["account"]["merged"]) == (5, {})
    deduped = last_object(corpus("dedup", source, "--out", tmp_path / "d", "--text", "text", "--lang", "zh", "--json"))
    assert (deduped["account"]["kept"], deduped["account"]["dropped"]) == (5, {})
    policy = tmp_path / "tiers.yaml"
    policy.write_text("tiers: [{name: all}]\n", encoding="utf-8")
    tiered = last_object(corpus("tier", tmp_path / "c", "--tiers", policy, "--json"))
    assert tiered["account"] == cleaned["account"]
    assert set(published(tmp_path / "c")["tier"].to_pylist()) == {"all"}


def test_plan_shows_the_input_the_rules_and_the_stages(corpus: Corpus, pipeline: Path, tmp_path: Path) -> None:
    shown = corpus("plan", pipeline, "--out", tmp_path / "run")
    assert shown.code == 0
    assert not (tmp_path / "run").exists()
    for said in ("jsonl", "rules     ", "common.lorem_ipsum", "high, medium, low", "dedup-exact"):
        assert said in shown.out
    found = last_object(corpus("plan", pipeline, "--json"))
    assert [item["name"] for item in found["sources"]] == ["s"]
    assert [stage["state"] for stage in found["stages"]] == ["waiting"] * 8


def test_status_shows_each_stage(corpus: Corpus, dirty: str) -> None:
    shown = corpus("status", dirty)
    assert shown.out.startswith("published  yes")
    assert shown.out.count("committed") == len(RunDir.open(dirty).published)
    assert last_object(corpus("status", dirty, "--json"))["running"] is None


@pytest.mark.usefixtures("spark")
def test_verify_lists_every_damage_and_ends_with_3(corpus: Corpus, pipeline: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    corpus("run", pipeline, "--out", run)
    assert corpus("verify", run).out.endswith("all as committed\n")
    text = next(iter(RunDir.open(str(run)).published["text"].manifest.files()))
    damaged = Path(RunDir.open(str(run)).published["text"].slot.root) / text.path
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"?")
    shown = next((run / "dataset").rglob("*.parquet"))
    shown.unlink()
    said = corpus("verify", run, "--json")
    assert said.code == 3
    problems = json.loads(said.out)["problems"]
    assert len(problems) == 2
    assert any(str(damaged) in problem for problem in problems)
    assert all(problem in said.err for problem in problems)


def test_explain_prints_rule_value_bound_and_place_of_every_removed_record(corpus: Corpus, dirty: str) -> None:
    for row in rows_of(dirty, "rejected"):
        shown = corpus("explain", dirty, row["doc_id"])
        assert shown.code == 0
        for part in [row["doc_id"], row["stage"], *row["reasons"], *(row["bounds"] or []), *(row["rules"] or [])]:
            assert part in shown.out
        if row["survivor"]:
            assert row["survivor"] in shown.out


def test_explain_lists_all_records_of_one_key(corpus: Corpus, dirty: str) -> None:
    assert corpus("explain", dirty, "same").out.count("kept in tier") == 3
    found = last_object(corpus("explain", dirty, "same", "--json"))
    assert [record["source_key"] for record in found["records"]] == ["same"] * 3


def test_explain_says_where_an_unreadable_record_was(corpus: Corpus, dirty: str) -> None:
    for row in (row for row in rows_of(dirty, "quarantine") if row["stage"] == "ingest"):
        shown = corpus("explain", dirty, f"{row['path']}#{row['ordinal']}").out
        assert f"quarantined by ingest: {row['reason']}" in shown
        assert f"{row['ordinal']:,}" in shown


def test_stats_agree_with_the_account(corpus: Corpus, dirty: str) -> None:
    found = last_object(corpus("stats", dirty, "--json"))["stats"]
    assert found["accounts"]["publish"]["kept"] == FATES["kept"]
    for by in ("source", "lang", "tier"):
        shown = corpus("stats", dirty, "--by", by)
        assert shown.code == 0
        assert f"published by {by}" in shown.out


def test_sample_shows_both_kinds_unless_asked_for_one(corpus: Corpus, dirty: str) -> None:
    shown = corpus("sample", dirty, "-n", 2).out
    assert shown.splitlines()[0] == "kept"
    assert "\nremoved\n" in shown
    removed = last_object(corpus("sample", dirty, "--reason", "exact_duplicate", "-n", 99, "--json"))["records"]
    assert len(removed) == FATES["merged"]
    assert {record["which"] for record in removed} == {"removed"}


def test_rules_can_be_listed_shown_linted_and_tested(corpus: Corpus) -> None:
    listed = last_object(corpus("rules", "list", "common", "--json"))["rules"]
    assert listed
    assert all(rule["id"].startswith("common.") for rule in listed)
    assert "common.too_short" in corpus("rules", "list", "common").out
    shown = corpus("rules", "show", "zh.short").out
    assert "rules/zh/web.yaml:" in shown
    assert "keep example" in shown
    for check in ("lint", "test"):
        assert corpus("rules", check).code == 0


def test_rules_that_break_their_promise_end_with_3(corpus: Corpus, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "- id: my.rule\n  signal: {kernel: chars}\n  keep_when: {min: 3}\n  otherwise: drop\n  reason: short\n"
        "  source: this test\n  examples: {keep: ['一'], drop: ['一二']}\n",
        encoding="utf-8",
    )
    tested = corpus("rules", "test", path)
    assert tested.code == 3
    assert f"{path}:1:1: my.rule: keep example 1 fails" in tested.err
    linted = corpus("rules", "lint", path)
    assert linted.code == 3
    assert "too short to explain" in linted.err


@pytest.mark.usefixtures("spark")
def test_gc_says_what_it_freed_and_harms_nothing(corpus: Corpus, pipeline: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    corpus("run", pipeline, "--out", run)
    before = contents(run)
    orphan = Path(RunDir.open(str(run)).published["text"].slot.root) / "attempt-x" / "part.parquet"
    orphan.parent.mkdir()
    orphan.write_bytes(b"12345")
    assert last_object(corpus("gc", run, "--json"))["bytes"] == 0
    freed = corpus("gc", run, "--grace-hours", 0).out
    assert str(orphan.relative_to(run)) in freed
    assert "Freed 5 B in 1 files." in freed
    assert contents(run) == before
    assert corpus("verify", run).code == 0


@pytest.mark.usefixtures("spark")
def test_demo_shows_its_run_and_explains_what_it_removed(corpus: Corpus, tmp_path: Path) -> None:
    shown = corpus("demo", "--out", tmp_path / "demo")
    assert shown.code == 0
    run = tmp_path / "demo" / "run"
    rejected = {row["doc_id"] for row in rows_of(run, "rejected")}
    kept = {row["doc_id"] for row in published(run).to_pylist()}
    named = {word for word in shown.out.split() if len(word) == 32}
    assert named & rejected
    assert named & kept
    assert named <= rejected | kept
    for path in (run / "dataset", run / "dataset" / "README.md"):
        assert str(path) in shown.out
        assert path.exists()
    for doc_id in named & rejected:
        assert corpus("explain", run, doc_id).code == 0


def test_doctor_ends_with_2_when_something_is_wrong_and_says_what_to_do(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = corpus("doctor", tmp_path, "--json")
    findings = json.loads(found.out)["findings"]
    assert found.code == (2 if any(finding["ok"] is False for finding in findings) else 0)
    assert next(finding for finding in findings if finding["name"] == "java")["ok"]
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nowhere")
    wrong = corpus("doctor")
    assert wrong.code == 2
    assert any(line.startswith("WRONG") and " cache " in line for line in wrong.out.splitlines())
    assert "Set XDG_CACHE_HOME to a writable directory." in wrong.out
