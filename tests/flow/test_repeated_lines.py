"""Lines that many records repeat: found the same however a run is cut up, cut once, counted and explained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from building import Go, contents, prose, published, rows_of, settings, write_jsonl

from corpus.inspect.explain import explain
from corpus.inspect.stats import stats
from corpus.rundir import RunDir

FOOTER, SHOUTED = "关注渡口文摘的公众号，每天读一篇。", "關注渡口文摘的公眾號 每天讀一篇！"
MENU = "Front page | News | Boats and bridges"
CODE = "```\nimport boats_and_bridges as boats\n```"


def records() -> list[dict[str, Any]]:
    rows = [{"id": f"r{n}", "text": f"{MENU}\n\n{prose(n)}\n\n{(FOOTER, SHOUTED)[n % 2]}\n"} for n in range(8)]
    rows += [{"id": f"once{n}", "text": f"{prose(n)}\n\n{CODE}"} for n in range(20, 30)]
    rows += [{"id": "empty", "text": f"{MENU}\n\n{FOOTER}"}, {"id": "short", "text": f"{MENU}\n短\n"}]
    rows += [{"id": "twice", "text": f"{FOOTER}\n{prose(50)}\n{FOOTER}"}]
    return rows


def wanted(path: Path, **lines: Any) -> Any:
    source = {"name": "news", "paths": str(path)}
    return settings(source, rules=[], dedup={"lines": {"documents": 8, **lines}})


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("in")
    write_jsonl(folder / "0.jsonl", records()[::2])
    write_jsonl(folder / "1.jsonl", records()[1::2])
    return folder / "*.jsonl"


@pytest.fixture(scope="module")
def run(source: Path, tmp_path_factory: pytest.TempPathFactory, spark: Any) -> Path:
    from corpus import pipeline
    from corpus.execute import execute

    root = tmp_path_factory.mktemp("lines") / "run"
    execute(pipeline.compose(wanted(source)), str(root), spark=spark)
    return root


@pytest.fixture(scope="module")
def kept(source: Path, tmp_path_factory: pytest.TempPathFactory, spark: Any) -> Path:
    from corpus import pipeline
    from corpus.execute import execute

    root = tmp_path_factory.mktemp("kept") / "run"
    execute(pipeline.compose(wanted(source, keep_first=True)), str(root), spark=spark)
    return root


def texts(root: Path) -> dict[str, str]:
    return {row["source_key"]: row["text"] for row in published(root).to_pylist()}


def test_every_copy_goes_in_any_width_case_or_script_and_the_rest_stays(run: Path) -> None:
    found = texts(run)
    for n in range(8):
        assert found[f"r{n}"] == prose(n) + "\n"
    assert found["twice"] == prose(50)
    assert found["short"] == "短\n"


def test_code_is_not_cut_however_often_it_stands(run: Path) -> None:
    for n in range(20, 30):
        assert texts(run)[f"once{n}"] == f"{prose(n)}\n\n{CODE}"


def test_a_record_of_which_nothing_is_left_is_removed_and_the_account_balances(run: Path) -> None:
    (gone,) = rows_of(run, "rejected")
    assert (gone["source_key"], gone["stage"], gone["reasons"]) == ("empty", "dedup-lines", ["repeated_lines"])
    assert gone["preview"].startswith(MENU)
    opened = RunDir.open(str(run))
    assert dict(opened.account().dropped) == {"repeated_lines": 1}
    assert opened.account().kept == published(run).num_rows == len(records()) - 1
    assert opened.verify() == []


def test_what_was_cut_is_counted_by_source_and_reason(run: Path) -> None:
    opened = RunDir.open(str(run)).published
    before = {row["id"]: len(row["text"]) for row in records()}
    lost = sum(before[key] - len(text) for key, text in texts(run).items())
    assert opened["publish"].manifest.counts["cut"] == {
        "records\tnews\trepeated_line": 10,
        "spans\tnews\trepeated_line": 8 + 8 + 1 + 2,
        "characters\tnews\trepeated_line": lost,
    }
    counts = opened["dedup-lines"].manifest.counts
    assert (counts["lines"], counts["documents"], counts["emptied"]) == ({"news": 19}, {"news": 10}, {"news": 1})


def test_the_published_lengths_are_those_of_the_published_text(run: Path) -> None:
    assert all(row["characters"] == len(row["text"]) for row in published(run).to_pylist())


def test_frequent_lines_can_be_read_with_their_counts(run: Path) -> None:
    found = stats(str(run))
    assert [(item.documents, item.example in (FOOTER, SHOUTED, MENU)) for item in found.frequent] == [
        (10, True),
        (10, True),
    ]
    (total,) = found.cuts
    assert (total.source, total.reason, total.records, total.spans) == ("news", "repeated_line", 10, 19)


def test_explain_lists_what_was_cut_and_why_a_record_went(run: Path) -> None:
    (kept,) = explain(str(run), "twice")
    assert kept.outcome == "kept"
    assert [(cut.reason, cut.documents, cut.text) for cut in kept.cuts] == [("repeated_line", 10, FOOTER)] * 2
    (gone,) = explain(str(run), "empty")
    assert (gone.outcome, gone.stage, gone.reasons) == ("dropped", "dedup-lines", ("repeated_lines",))


def test_spans_are_places_in_the_committed_text(run: Path) -> None:
    opened = RunDir.open(str(run)).published
    text, cuts = opened["text"].table("text"), opened["dedup-lines"].table("cuts")
    said = set()
    for number in cuts.files:
        rows = text.read(number, ["text"]).column("text").to_pylist()
        for item in cuts.read(number).to_pylist():
            said.add(rows[item["row"]].encode()[item["start"] : item["end"]].decode().strip())
    assert said == {FOOTER, SHOUTED, MENU}


@pytest.mark.parametrize("keep_first", [False, True])
def test_splits_parts_and_spark_do_not_show(
    go: Go, source: Path, run: Path, kept: Path, tmp_path: Path, keep_first: bool
) -> None:
    one = kept if keep_first else run
    many = tmp_path / "many"
    go(wanted(source, keep_first=keep_first), many, split_bytes=1 << 12, part_bytes=1 << 12, rows_here=0)
    assert contents(many) == contents(one)
    assert texts(many) == texts(one)


def test_one_copy_stays_in_the_record_that_the_keep_policy_prefers(kept: Path) -> None:
    found = texts(kept)
    holding = {line: [key for key, text in found.items() if line in text] for line in (FOOTER, SHOUTED, MENU)}
    longest = max(records(), key=lambda row: len(row["text"]) if MENU in row["text"] else 0)["text"]
    assert len(holding[FOOTER]) + len(holding[SHOUTED]) == len(holding[MENU]) == 1
    (holder,) = holding[MENU]
    assert len(next(row["text"] for row in records() if row["id"] == holder)) == len(longest)


def test_a_share_bounds_beside_the_number_and_spared_sources_stay_whole(go: Go, source: Path, tmp_path: Path) -> None:
    go(wanted(source, share=0.9), tmp_path / "share")
    assert texts(tmp_path / "share") == {row["id"]: row["text"] for row in records()}
    go(wanted(source, sources={"exclude": ["news"]}), tmp_path / "spared")
    assert texts(tmp_path / "spared") == {row["id"]: row["text"] for row in records()}
    assert len(stats(str(tmp_path / "spared")).frequent) == 2, "they are counted all the same"


def test_paragraphs_are_cut_whole_or_not_at_all(go: Go, tmp_path: Path) -> None:
    block = "一、文章版权归渡口文摘所有。\n二、转载请写明出处。"
    rows = [{"id": f"r{n}", "text": f"{prose(n)}\n\n{block}\n\n完"} for n in range(4)]
    rows += [{"id": "line", "text": f"{prose(9)}\n\n二、转载请写明出处。\n"}]
    write_jsonl(tmp_path / "in.jsonl", rows)
    go(wanted(tmp_path / "in.jsonl", documents=4, scope="paragraph"), tmp_path / "run")
    found = texts(tmp_path / "run")
    assert [found[f"r{n}"] for n in range(4)] == [f"{prose(n)}\n\n完" for n in range(4)]
    assert found["line"] == rows[-1]["text"]


def test_another_bound_reads_no_text_again(go: Go, source: Path, tmp_path: Path) -> None:
    go(wanted(source), tmp_path / "run")
    first = RunDir.open(str(tmp_path / "run")).published
    go(wanted(source, documents=1000), tmp_path / "run")
    second = RunDir.open(str(tmp_path / "run")).published
    same = {name for name in first if first[name].slot == second[name].slot}
    assert {"text", "measure", "lines", "decide"} <= same
    assert not {"count-lines", "dedup-lines", "publish"} & same
    assert texts(tmp_path / "run") == {row["id"]: row["text"] for row in records()}


def test_line_rules_cut_before_anything_is_measured_and_are_counted(go: Go, tmp_path: Path) -> None:
    page = f"当前位置：首页 > 新闻\n{prose(1)}\n责任编辑：某某\n"
    write_jsonl(tmp_path / "in.jsonl", [{"id": "page", "text": page}, {"id": "only", "text": "上一篇：旧桥的来历"}])
    source = {"name": "s", "paths": str(tmp_path / "in.jsonl"), "lang": "zh"}
    go(settings(source, lines=["common", "zh"]), tmp_path / "run")
    assert texts(tmp_path / "run") == {"page": prose(1) + "\n"}
    opened = RunDir.open(str(tmp_path / "run")).published
    counts = opened["text"].manifest.counts["line-rules"]
    assert {name for name in counts if name.endswith(".lines")} == {
        "lines.common.way_here.lines",
        "lines.zh.credits.lines",
        "lines.zh.neighbours.lines",
    }
    (gone,) = rows_of(tmp_path / "run", "rejected")
    assert (gone["source_key"], gone["stage"], gone["characters"]) == ("only", "decide", 0)
    measured = [pq.read_table(file) for file in (tmp_path / "run/stages/measure").rglob("*-signals-*.parquet")]
    assert sorted(measured[0].column("chars").to_pylist()) == [0, len(prose(1)) + 1]
