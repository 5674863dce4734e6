"""Every record is somewhere, once, and its removal is explained."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from breaking import Shout
from building import Go, prose, published, rows_of, settings, write_jsonl

from corpus.errors import RejectedTooMuch, UsageError
from corpus.rundir import RunDir
from corpus.runner import Look, Silent
from corpus.slot import Slot


def test_one_bad_byte_costs_one_line(go: Go, tmp_path: Path) -> None:
    rows: list[Any] = [{"text": prose(number), "id": f"r{number}"} for number in range(1001)]
    rows.insert(500, '{"text": "坏'.encode() + b"\xff" + '字节"}'.encode())
    write_jsonl(tmp_path / "in.jsonl", rows)
    result = go(settings({"name": "s", "paths": str(tmp_path / "in.jsonl")}, rules=[]), tmp_path / "run")
    assert result.account.rows_in == 1002
    assert dict(result.account.quarantined) == {"bad_encoding": 1}
    assert result.account.kept == 1001 == published(tmp_path / "run").num_rows
    (lost,) = rows_of(tmp_path / "run", "quarantine")
    assert lost["raw"] == rows[500]
    assert (lost["path"], lost["ordinal"]) == ("in.jsonl", sum(len(line) for line in lines_before(tmp_path, 500)))


def lines_before(tmp_path: Path, count: int) -> list[bytes]:
    return (tmp_path / "in.jsonl").read_bytes().splitlines(keepends=True)[:count]


def test_a_row_that_breaks_a_row_stage_is_lost_alone(go: Go, tmp_path: Path) -> None:
    texts = [prose(number) for number in range(300)]
    texts[123] += "炸弹"
    write_jsonl(tmp_path / "in.jsonl", [{"text": text} for text in texts])
    result = go(
        settings({"name": "s", "paths": str(tmp_path / "in.jsonl")}, rules=[]), tmp_path / "run", extra=[Shout()]
    )
    assert result.account.kept == 299
    assert dict(result.account.quarantined) == {"kernel_error": 1}
    (lost,) = rows_of(tmp_path / "run", "quarantine")
    assert lost["raw"].decode() == texts[123]
    assert lost["stage"] == "shout"
    assert lost["detail"] == "RuntimeError: cannot shout that"


def test_every_stage_balances_and_the_next_takes_what_it_kept(go: Go, tmp_path: Path) -> None:
    rows: list[Any] = [{"text": prose(number % 40), "id": f"r{number}"} for number in range(60)]
    rows += [{"text": "短"}, {"text": "！！！？？？，，，。。。" * 30}, b"{", {"body": 3}, {"other": 1}, b"", b"  "]
    write_jsonl(tmp_path / "in.jsonl", rows)
    run = tmp_path / "run"
    limits = {"quarantine_share": 0.5}
    result = go(settings({"name": "s", "paths": str(tmp_path / "in.jsonl")}, limits=limits), run)
    account = result.account
    assert account.balances
    assert account.rows_in == 65, "blank lines are no records"
    assert dict(account.quarantined) == {"bad_json": 1, "missing_text": 1, "wrong_type": 1}
    assert dict(account.merged) == {"exact_duplicate": 20}
    assert sum(account.dropped.values()) == 2
    before = None
    for name, step in RunDir.open(str(run)).accounts().items():
        assert step.balances, name
        assert before is None or step.rows_in == before, name
        before = step.kept
    assert published(run).num_rows == account.kept == 40
    assert len(rows_of(run, "rejected")) == account.rows_in - account.kept - 3
    assert len(rows_of(run, "quarantine")) == 3


def test_each_removed_row_names_its_rule_or_its_survivor(go: Go, tmp_path: Path) -> None:
    rows = [{"text": prose(1), "id": "first"}, {"text": prose(1) + "\n", "id": "twin"}, {"text": "太短", "id": "short"}]
    write_jsonl(tmp_path / "in.jsonl", rows)
    run = tmp_path / "run"
    go(settings({"name": "s", "paths": str(tmp_path / "in.jsonl")}), run)
    kept = {row["source_key"]: row for row in published(run).to_pylist()}
    rejected = {row["source_key"]: row for row in rows_of(run, "rejected")}
    (survivor,) = kept.values()
    (merged_key,) = {"first", "twin"} - set(kept)
    assert survivor["cluster_size"] == 2
    assert rejected[merged_key]["survivor"] == survivor["doc_id"]
    assert rejected[merged_key]["reasons"] == ["exact_duplicate"]
    short = rejected["short"]
    assert short["stage"] == "decide"
    assert short["reasons"]
    assert len(short["reasons"]) == len(short["values"]) == len(short["bounds"]) == len(short["rules"])
    assert all(rule.startswith("rules/") and rule.rpartition(":")[2].isdigit() for rule in short["rules"])


def test_too_many_unreadable_records_stop_the_run_and_a_higher_limit_resumes_it(go: Go, tmp_path: Path) -> None:
    write_jsonl(tmp_path / "in.jsonl", [{"text": prose(1)}, b"{"])
    source = {"name": "s", "paths": str(tmp_path / "in.jsonl")}
    with pytest.raises(RejectedTooMuch, match=r"1 of 2 records \(50.0%\).*bad_json"):
        go(settings(source, rules=[]), tmp_path / "run")
    assert not (tmp_path / "run" / "dataset").exists()
    result = go(settings(source, rules=[], limits={"quarantine_share": 0.5}), tmp_path / "run")
    assert result.account.kept == 1


def test_too_many_drops_stop_the_run(go: Go, tmp_path: Path) -> None:
    write_jsonl(tmp_path / "in.jsonl", [{"text": prose(1)}, {"text": "短"}])
    source = {"name": "s", "paths": str(tmp_path / "in.jsonl")}
    with pytest.raises(RejectedTooMuch, match=r"drop 50\.0% of 2 records"):
        go(settings(source, limits={"drop_share": [0, 0.4]}), tmp_path / "run")


def test_repeated_ids_are_told_apart_by_content_and_counted(go: Go, tmp_path: Path) -> None:
    rows = [{"text": prose(number), "id": "same"} for number in range(3)] + [{"text": prose(9), "id": "other"}]
    ids = []
    for order in (rows, rows[::-1]):
        write_jsonl(tmp_path / "in.jsonl", order)
        run = tmp_path / f"run{len(ids)}"
        go(settings({"name": "s", "paths": str(tmp_path / "in.jsonl")}, rules=[]), run)
        table = published(run)
        assert len(set(table["doc_id"].to_pylist())) == 4
        ids.append(dict(zip(table["text"].to_pylist(), table["doc_id"].to_pylist(), strict=True)))
        assert RunDir.open(str(run)).published["identify"].manifest.details == {"repeated_ids": 2}
    assert ids[0] == ids[1]


def test_an_empty_input_publishes_an_empty_account(go: Go, tmp_path: Path) -> None:
    write_jsonl(tmp_path / "in.jsonl", [])
    result = go(settings({"name": "s", "paths": str(tmp_path / "in.jsonl")}), tmp_path / "run")
    assert result.account.rows_in == result.account.kept == 0
    assert (tmp_path / "run/dataset/README.md").exists()


def test_no_rules_and_a_policy_that_looks_at_nothing_keep_everything(go: Go, tmp_path: Path) -> None:
    write_jsonl(tmp_path / "in.jsonl", [{"text": "短"}, {"text": ""}, {"text": prose(1)}])
    (tmp_path / "tiers.yaml").write_text("tiers:\n  - name: all\n", encoding="utf-8")
    source = {"name": "s", "paths": str(tmp_path / "in.jsonl")}
    result = go(settings(source, rules=[], tiers=str(tmp_path / "tiers.yaml")), tmp_path / "run")
    assert result.account.kept == 3
    assert set(published(tmp_path / "run")["tier"].to_pylist()) == {"all"}


class Meddler(Silent):
    """Somebody who truncates the input between the plan and the first task."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def stage(
        self, name: str, slot: Slot, units: int, done: int, look: Look | None = None
    ) -> AbstractContextManager[None]:
        self.path.write_bytes(self.path.read_bytes()[:-100])
        return nullcontext()


def test_an_input_that_changes_while_it_is_read_is_a_mistake_not_a_bug(go: Go, tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "in.jsonl", [{"text": prose(number)} for number in range(20)])
    with pytest.raises(UsageError, match=r"in\.jsonl"):
        go(settings({"name": "s", "paths": str(path)}), tmp_path / "run", progress=Meddler(path))
    assert not (tmp_path / "run/dataset").exists()
