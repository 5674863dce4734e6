"""Runs that look for benchmark items: what they do, that it does not depend on how they are cut up, what they tell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from building import Go, contents, prose, published, rows_of, settings, write_jsonl

from corpus import pipeline
from corpus.execute import execute
from corpus.flow import contamination
from corpus.inspect.contamination import leakage
from corpus.inspect.explain import explain
from corpus.rundir import RunDir

QUESTION = "一座水库有两根进水管和一根出水管，甲管单独开放要六个小时，乙管单独开放要九个小时，三管齐开要多久？"
OPTIONS = ["十二个小时", "十五个小时", "十八个小时", "三十个小时"]
OTHER = "A ferry crosses the river twelve times a day and carries thirty people each time; how many cross in a week?"
ASKED = "\n".join([QUESTION, *(f"{label}. {text}" for label, text in zip("ABCD", OPTIONS, strict=True))])


def records() -> list[dict[str, Any]]:
    rows = [{"id": f"clean{n}", "text": prose(n)} for n in range(12)]
    rows += [{"id": "inside", "text": f"{prose(20)}\n\n7. {ASKED}\n\n{prose(21)}"}]
    rows += [{"id": "other", "text": f"{prose(22)}\n\n“{OTHER.upper()}”\n\n{prose(23)}"}]
    rows += [{"id": "bare", "text": f"（{ASKED}）"}, {"id": "half", "text": f"{prose(24)}\n{QUESTION[:24]}"}]
    return rows


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("in")
    write_jsonl(folder / "texts" / "0.jsonl", records()[::2])
    write_jsonl(folder / "texts" / "1.jsonl", records()[1::2])
    items = [
        {"id": "q0", "question": QUESTION, "choices": OPTIONS},
        {"id": "q1", "question": "船从来不开夜里也不开吗？"},
    ]
    write_jsonl(folder / "against" / "exam.jsonl", items)
    write_jsonl(folder / "against" / "ferry.jsonl", [{"question": OTHER}])
    return folder


def wanted(source: Path, action: str = "drop", **more: Any) -> Any:
    decontaminate = {"against": str(source / "against"), "action": action, **more}
    texts = {"name": "news", "paths": str(source / "texts" / "*.jsonl")}
    return settings(texts, rules=[], decontaminate=decontaminate)


def made(source: Path, root: Path, spark: Any, action: str) -> Path:
    execute(pipeline.compose(wanted(source, action)), str(root), spark=spark)
    return root


@pytest.fixture(scope="module")
def dropped(source: Path, tmp_path_factory: pytest.TempPathFactory, spark: Any) -> Path:
    return made(source, tmp_path_factory.mktemp("dropped") / "run", spark, "drop")


@pytest.fixture(scope="module")
def cut(source: Path, tmp_path_factory: pytest.TempPathFactory, spark: Any) -> Path:
    return made(source, tmp_path_factory.mktemp("cut") / "run", spark, "cut")


@pytest.fixture(scope="module")
def flagged(source: Path, tmp_path_factory: pytest.TempPathFactory, spark: Any) -> Path:
    return made(source, tmp_path_factory.mktemp("flagged") / "run", spark, "flag")


def texts(root: Path) -> dict[str, str]:
    return {row["source_key"]: row["text"] for row in published(root).to_pylist()}


def test_records_with_an_item_go_and_say_which(dropped: Path) -> None:
    assert set(texts(dropped)) == {row["id"] for row in records()} - {"inside", "other", "bare"}
    gone = {row["source_key"]: row for row in rows_of(dropped, "rejected")}
    assert {row["stage"] for row in gone.values()} == {"decontaminate"}
    inside = gone["inside"]
    assert (inside["reasons"], inside["rules"]) == (["contaminated"], ["exam.jsonl#0"])
    assert inside["bounds"] == ["< 0.7 of q0 in exam"]
    assert inside["similarity"] == inside["values"][0] == 1.0
    assert dict(RunDir.open(str(dropped)).account().dropped) == {"contaminated": 3}


def test_what_is_cut_is_the_question_with_its_number_marks_and_options(cut: Path) -> None:
    found = texts(cut)
    assert found["inside"] == f"{prose(20)}\n\n{prose(21)}"
    assert found["other"] == f"{prose(22)}\n\n{prose(23)}"
    assert found["half"] == f"{prose(24)}\n{QUESTION[:24]}"
    assert all(found[f"clean{n}"] == prose(n) for n in range(12))


def test_a_record_that_was_nothing_but_the_item_is_removed_and_the_account_balances(cut: Path) -> None:
    assert [row["source_key"] for row in rows_of(cut, "rejected")] == ["bare"]
    opened = RunDir.open(str(cut))
    assert opened.account().kept == published(cut).num_rows == len(records()) - 1
    assert opened.verify() == []


def test_flagged_records_stay_as_they_are_and_are_explained(flagged: Path) -> None:
    assert texts(flagged) == {row["id"]: row["text"] for row in records()}
    (told,) = explain(str(flagged), "inside")
    assert told.outcome == "kept"
    (item,) = told.contains
    assert (item.benchmark, item.item, item.counted, item.coverage) == ("exam", "q0", True, 1.0)
    assert item.evidence.startswith("7. 一座水库")
    (near,) = explain(str(flagged), "half")[0].contains
    assert not near.counted
    assert explain(str(flagged), "clean1")[0].contains == ()


@pytest.mark.parametrize("action", ["drop", "cut"])
def test_a_removed_record_is_explained_by_what_it_holds(dropped: Path, cut: Path, action: str) -> None:
    (told,) = explain(str({"drop": dropped, "cut": cut}[action]), "bare")
    assert (told.outcome, told.stage, told.reasons) == ("dropped", "decontaminate", ("contaminated",))
    assert [item.item for item in told.contains] == ["q0"]


def test_the_report_counts_items_and_records_by_benchmark(dropped: Path, cut: Path, flagged: Path) -> None:
    for root in (dropped, cut, flagged):
        exam, ferry = leakage(str(root)).leaks
        assert (exam.items, exam.looked_for, exam.found, exam.documents) == (2, 2, 1, 2)
        assert (ferry.items, ferry.found, ferry.documents, ferry.share) == (1, 1, 1, 1.0)
        assert exam.by_coverage["1"] == 1
        assert exam.by_how == {"question": 1}


def test_manifests_hold_no_text(flagged: Path) -> None:
    for path in flagged.glob("stages/*/*/manifest.json"):
        assert "水库" not in path.read_text("utf-8")


def test_the_same_rows_however_the_input_is_cut(source: Path, dropped: Path, tmp_path: Path, go: Go) -> None:
    go(wanted(source), tmp_path / "other", split_bytes=900, part_bytes=1200)
    assert contents(tmp_path / "other") == contents(dropped)


def test_the_same_rows_wherever_it_runs(
    source: Path, cut: Path, tmp_path: Path, go: Go, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contamination, "TEXT_HERE", -1)
    go(wanted(source, "cut"), tmp_path / "other", part_bytes=4000, bytes_here=0)
    assert contents(tmp_path / "other") == contents(cut)


def test_other_benchmarks_make_only_what_depends_on_them_anew(source: Path, tmp_path: Path, go: Go) -> None:
    root = tmp_path / "run"
    go(wanted(source, "flag"), root)
    before = {name: stage.slot for name, stage in RunDir.open(str(root)).published.items()}
    against = write_jsonl(tmp_path / "more.jsonl", [{"question": QUESTION}])
    go(wanted(source, "flag", against=str(against)), root)
    after = {name: stage.slot for name, stage in RunDir.open(str(root)).published.items()}
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"benchmarks", "decontaminate", "tier", "publish"}


def test_cuts_of_two_stages_that_leave_nothing_together_remove_the_record(source: Path, tmp_path: Path, go: Go) -> None:
    footer = "关注渡口文摘的公众号，每天读一篇。"
    rows = [{"id": f"r{n}", "text": f"{prose(n)}\n\n{footer}"} for n in range(8)]
    write_jsonl(tmp_path / "in.jsonl", [*rows, {"id": "both", "text": f"{ASKED}\n\n{footer}"}])
    asked = wanted(source, "cut").model_copy(
        update={"sources": settings({"name": "news", "paths": str(tmp_path / "in.jsonl")}).sources}
    )
    lines = settings({"name": "x", "paths": "x"}, dedup={"lines": {"documents": 8}}).dedup
    go(asked.model_copy(update={"dedup": lines}), tmp_path / "run")
    assert [row["source_key"] for row in rows_of(tmp_path / "run", "rejected")] == ["both"]
    assert {key: text.strip() for key, text in texts(tmp_path / "run").items()} == {f"r{n}": prose(n) for n in range(8)}
