"""The demo corpus, whose author knows what is in it, against the account of its run."""

from __future__ import annotations

import json
from pathlib import Path

from building import Go

from corpus import pipeline
from corpus.demo import EXPECTED, write_demo_corpus
from corpus.inspect.explain import explain
from corpus.rundir import RunDir


def test_the_run_finds_what_was_planted_and_explains_every_removal(go: Go, tmp_path: Path) -> None:
    written = write_demo_corpus(tmp_path / "demo")
    expected = json.loads((written.parent / EXPECTED).read_text(encoding="utf-8"))
    result = go(pipeline.read(written), tmp_path / "run")
    repeated = len(expected["repeated_ids"])
    assert any(said.startswith(f"{repeated} records came with an id that another") for said in result.notes)
    assert any(f"{sum(expected['skipped'].values())} entries of archives" in said for said in result.notes)
    run = RunDir.open(str(tmp_path / "run"))
    account = run.account()
    assert account.rows_in == expected["records"]
    assert dict(account.quarantined) == expected["quarantined"]
    found = {
        "in": account.rows_in,
        "kept": account.kept,
        "dropped": sum(account.dropped.values()),
        "merged": sum(account.merged.values()),
        "quarantined": sum(account.quarantined.values()),
    }
    assert found == expected["account"]
    removed = [row for path in (tmp_path / "run/rejected").glob("*.parquet") for row in rows(path)]
    assert len(removed) == found["dropped"] + found["merged"]
    for row in removed:
        (why,) = explain(str(tmp_path / "run"), str(row["doc_id"]))
        assert why.outcome == ("merged" if row["survivor"] else "dropped")
        failing = [rule for rule in why.rules if rule.failed]
        if why.outcome == "merged":
            assert why.survivor is not None
        elif why.stage == "decide":
            assert failing
            assert all(rule.bound and rule.value is not None and ":" in rule.at for rule in failing)


def rows(path: Path) -> list[dict[str, object]]:
    import pyarrow.parquet as pq

    return list(pq.ParquetFile(path).read(["doc_id", "survivor"]).to_pylist())
