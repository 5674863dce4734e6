"""The gate's bound is Wilson's, its sample is stratified and seeded, and its sheet comes back as it was filled in."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from building import Go, prose, published, settings, write_jsonl
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import UsageError
from corpus.gate import gate, wilson_upper
from corpus.inspect.indicators import indicators
from corpus.inspect.strata import Drawn, allocate, draw, find, sizes
from corpus.report.sheet import Judgement, page, read_sheet, sheet, write_sheets
from corpus.rundir import RunDir

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

PII = ("写信到 li.ming@example.org 就行。", "电话13812345678，晚上都在。", "证件是11010519491231002X，已经过期。")


@pytest.fixture(scope="module")
def run(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> str:
    from corpus import pipeline
    from corpus.execute import execute

    folder = tmp_path_factory.mktemp("gate")
    good = [{"id": f"g{n}", "text": prose(n)} for n in range(80)] + [{"id": "again", "text": prose(3)}]
    bad = [{"id": f"b{n}", "text": prose(500 + n) + PII[n % 3]} for n in range(6)]
    bad += [{"id": "garble", "text": prose(600) + "\ufffd"}]
    bad += [{"id": f"o{n}", "text": prose(700 + n)} for n in range(12)]
    wanted = settings(
        {"name": "good", "paths": str(write_jsonl(folder / "good.jsonl", good))},
        {"name": "bad", "paths": str(write_jsonl(folder / "bad.jsonl", bad))},
        rules=["zh/web"],
    )
    execute(pipeline.compose(wanted), str(folder / "run"), spark=spark, split_bytes=1 << 12)
    return str(folder / "run")


@pytest.mark.parametrize(
    ("defects", "n", "upper"), [(81, 263, 0.3662), (15, 148, 0.1605), (0, 20, 0.1611), (1, 29, 0.1718)]
)
def test_the_bound_is_the_published_one(defects: int, n: int, upper: float) -> None:
    # Newcombe 1998, table I, method 3: two-sided 95 %, so one-sided 97.5 %.
    assert wilson_upper(defects / n, n, 0.975) == pytest.approx(upper, abs=5e-5)


def test_nothing_judged_says_nothing() -> None:
    assert wilson_upper(0, 0, 0.95) == 1


@given(n=st.integers(1, 5000), defects=st.integers(0, 4999), confidence=st.floats(0.5, 0.999))
def test_more_defects_less_judged_and_more_confidence_raise_the_bound(n: int, defects: int, confidence: float) -> None:
    defects = min(defects, n - 1)
    bound = wilson_upper(defects / n, n, confidence)
    assert defects / n <= bound + 1e-12
    assert bound <= wilson_upper((defects + 1) / n, n, confidence) + 1e-12
    assert wilson_upper(defects / n, 2 * n, confidence) <= bound + 1e-12
    assert bound <= wilson_upper(defects / n, n, (1 + confidence) / 2) + 1e-12


POPULATIONS = st.dictionaries(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from(["high", "low"])), st.integers(1, 10_000), min_size=1
)


@given(population=POPULATIONS, n=st.integers(1, 400), least=st.integers(1, 10))
def test_allocation_adds_up_and_forgets_no_stratum(population: dict[Any, int], n: int, least: int) -> None:
    found = allocate(population, n, least)
    assert sum(found.values()) == min(n, sum(population.values()))
    assert all(0 < many <= population[name] for name, many in found.items())
    if n >= len(population):
        assert found.keys() == population.keys()
    if n >= least * len(population):
        assert all(found[name] >= min(least, size) for name, size in population.items())


def test_allocation_is_in_proportion() -> None:
    assert allocate({("a", "t"): 6000, ("b", "t"): 3000, ("c", "t"): 1000}, 100, 1) == {
        ("a", "t"): 60,
        ("b", "t"): 30,
        ("c", "t"): 10,
    }
    assert allocate({("a", "t"): 9990, ("b", "t"): 10}, 100, 5)["b", "t"] == 5


def test_the_sample_is_stratified_seeded_and_what_was_published(run: str) -> None:
    publish = RunDir.open(run).need_published()["publish"]
    rows = {row["doc_id"]: row for row in published(run).to_pylist()}
    there = sizes(publish)
    assert there == Counter((row["source"], row["tier"]) for row in rows.values())
    wanted = allocate(there, 30, 5)
    found = draw(publish, wanted, seed=7)
    assert Counter((item.source, item.tier) for item in found) == wanted
    assert found == draw(publish, wanted, seed=7) != draw(publish, wanted, seed=8)
    for item in found:
        assert (item.text, item.cluster_size) == (rows[item.doc_id]["text"], rows[item.doc_id]["cluster_size"])
    assert find(publish, [item.doc_id for item in found]) == {item.doc_id: item for item in found}
    assert find(publish, ["0" * 32]) == {}


def test_the_whole_data_set_as_sample_has_every_planted_trouble(run: str) -> None:
    found = gate(run, n=10_000)
    assert found.judged == found.published == published(run).num_rows
    seen = Counter((item.record.source, name) for item in found.records for name in item.seen)
    assert seen["bad", "pii"] == 6
    assert seen["bad", "garble"] == 1
    assert seen["good", "duplicate"] == 1
    assert seen["good", "pii"] == seen["good", "garble"] == seen["good", "language"] == 0
    assert found.defects == 7
    assert {item.record.source for item in found.offending} == {"bad"}
    assert found.share == pytest.approx(7 / found.published)
    assert found.effective == pytest.approx(found.published)
    assert found.upper == pytest.approx(wilson_upper(7 / found.published, found.published, 0.95))
    assert not found.passed
    assert gate(run, n=10_000, limit=0.5).passed


def test_flags_are_those_of_the_decisions(run: str) -> None:
    found = gate(run, n=10_000)
    failing = RunDir.open(run).need_published()["decide"].manifest.counts["failing"]
    assert sum("flagged" in item.seen for item in found.records) <= sum(failing.values())


def test_another_language_and_mojibake_are_seen(run: str) -> None:
    stages = RunDir.open(run).need_published()
    english = "The river rose in the night and the ferry stood still for three days, so we walked. " * 3
    drawn = [
        Drawn(f"{at:032x}", "s", "high", "zh", len(text), 1, text)
        for at, text in enumerate(
            (english, prose(1), "å¤©ä¸‹ï¼Œâ€œæ˜¯â€", "π是3.14159265358979323846，订单20240101123456789012。")
        )
    ]
    found = indicators(drawn, {"s": "zh-Hans"}, stages)
    assert found[:2] == [("language",), ()]
    assert "garble" in found[2]
    assert "pii" not in found[3]


def test_people_decide_and_strata_are_weighted(run: str) -> None:
    drawn = gate(run, n=40).records
    judged = [Judgement(item.record.doc_id, item.record.source == "bad") for item in drawn]
    found = gate(run, judged=judged)
    share = sum(row.published for row in found.strata if row.source == "bad") / found.published
    assert (found.by, found.judged, found.covered) == ("people", 40, 1)
    assert found.share == pytest.approx(share)
    assert found.upper == pytest.approx(wilson_upper(share, found.effective, 0.95))
    assert gate(run, judged=[Judgement(item.record.doc_id, False) for item in drawn], limit=0.1).passed


def test_unjudged_records_and_strata_are_told(run: str) -> None:
    drawn = gate(run, n=40).records
    judged = [Judgement(item.record.doc_id, False if item.record.source == "good" else None) for item in drawn]
    found = gate(run, judged=judged)
    assert found.sampled == 40
    assert found.judged == sum(item.record.source == "good" for item in drawn)
    assert found.covered == pytest.approx(80 / found.published)
    assert {row.upper for row in found.strata if row.source == "bad"} == {1.0}


def test_sheets_that_cannot_be_judged_are_refused(run: str) -> None:
    drawn = gate(run, n=5).records
    with pytest.raises(UsageError, match="no verdict"):
        gate(run, judged=[Judgement(item.record.doc_id, None) for item in drawn])
    with pytest.raises(UsageError, match="does not publish 1 of the 1"):
        gate(run, judged=[Judgement("0" * 32, True)])
    for wrong in ({"limit": 0.0}, {"limit": 1.5}, {"confidence": 1.0}):
        with pytest.raises(UsageError, match="between 0 and 1"):
            gate(run, **wrong)  # type: ignore[arg-type]


RECORDS = [
    (Drawn("a" * 32, "s", "high", "zh", 6, 1, '=cmd|"x"\n<script>alert(1)</script>'), ("pii",)),
    (Drawn("b" * 32, "s", "low", None, 3, 2, "天气，很好"), ()),
]


def test_a_sheet_comes_back_as_people_left_it(tmp_path: Path) -> None:
    paths, fresh = write_sheets(str(tmp_path), "t", RECORDS)
    assert fresh
    assert read_sheet(paths["csv"]) == [Judgement("a" * 32, None), Judgement("b" * 32, None)]
    text = Path(paths["csv"]).read_text(encoding="utf-8-sig")
    filled = text.replace("a" * 32 + ",,", "a" * 32 + ", Defect ,广告").replace("b" * 32 + ",", "b" * 32 + ",ok")
    for encoding in ("utf-8-sig", "utf-8", "gb18030"):
        Path(paths["csv"]).write_bytes(filled.encode(encoding))
        assert read_sheet(paths["csv"]) == [Judgement("a" * 32, True, "广告"), Judgement("b" * 32, False)]
    assert write_sheets(str(tmp_path), "t", RECORDS) == (paths, False)
    assert Path(paths["csv"]).read_bytes() == filled.encode("gb18030")
    with pytest.raises(UsageError, match="another sample"):
        write_sheets(str(tmp_path), "t", RECORDS[:1])


def test_a_text_can_neither_run_in_a_spreadsheet_nor_in_a_browser() -> None:
    rows = list(csv.DictReader(io.StringIO(sheet(RECORDS), newline="")))
    assert rows[0]["preview"].startswith("'=cmd")
    shown = page("t & u", RECORDS)
    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert(1)" in shown
    assert "t &amp; u" in shown
    assert shown.count("<article ") == 2
    assert "http" not in shown.replace("http-equiv", "")


def test_wrong_lines_of_a_sheet_are_all_told(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text("doc_id,verdict\nx,maybe\ny,ok\ny,defect\n,\n", encoding="utf-8")
    with pytest.raises(UsageError) as told:
        read_sheet(str(path))
    assert str(told.value).splitlines() == [
        f"{path}:2: verdict 'maybe' is neither ok nor defect",
        f"{path}:4: y stands in the sheet twice",
    ]
    path.write_text("a;b\n", encoding="utf-8")
    with pytest.raises(UsageError, match="no columns"):
        read_sheet(str(path))
    with pytest.raises(UsageError, match="is not there"):
        read_sheet(str(tmp_path / "none.csv"))


def test_a_run_that_published_nothing_cannot_be_judged(go: Go, tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "in.jsonl", [{"text": "短"}])
    go(settings({"name": "s", "paths": str(path)}), tmp_path / "run")
    with pytest.raises(UsageError, match="published no record"):
        gate(str(tmp_path / "run"))
