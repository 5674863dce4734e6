"""Spans and paragraphs that other records hold: cut once found, whole, and the same however a run is cut up."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from building import Go, contents, published, rows_of, settings, write_jsonl
from similar import chinese, edited

from corpus import pipeline
from corpus.execute import execute
from corpus.inspect.explain import explain
from corpus.inspect.stats import stats
from corpus.rundir import RunDir

SPAN = chinese(1, 119) + "。"
TWIN = edited(chinese(2, 240), 4)
CODE = "```\n" + "\n".join(f"total_{n} = measure(boat_{n}) + measure(bridge_{n})" for n in range(20)) + "\n```"


def finished(wanted: Any, root: Path) -> Path:
    def no_spark() -> Any:
        raise AssertionError("small inputs need no Spark")

    composed = pipeline.compose(wanted)
    execute(composed, str(root), bytes_here=1 << 30, spark=None, master=None)
    return root


def wanted(path: Path, *sources: Mapping[str, Any], **dedup: Any) -> Any:
    return settings(*(sources or [{"name": "s", "paths": str(path)}]), rules=[], dedup={"exact": False, **dedup})


def texts(root: Path) -> dict[str, str]:
    return {row["source_key"]: row["text"] for row in published(root).to_pylist()}


def own(seed: int, characters: int = 200) -> str:
    return chinese(100 + seed, characters - 1) + "。"


def records() -> list[dict[str, Any]]:
    rows = [{"id": f"span{n}", "text": own(n, 300 - n) + SPAN + own(50 + n)} for n in range(4)]
    rows += [
        {"id": f"twin{n}", "text": f"{own(10 + n)}\n\n{text}\n\n{own(60 + n, 150 - n)}"} for n, text in TWINS.items()
    ]
    rows += [{"id": f"code{n}", "text": f"{own(20 + n)}\n\n{CODE}\n\n{own(70 + n)}"} for n in range(3)]
    rows += [{"id": "alone", "text": f"{SPAN}"}, {"id": "other", "text": own(90)}]
    return rows


TWINS = {0: chinese(2, 240), 1: TWIN}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("in")
    write_jsonl(folder / "0.jsonl", records()[::2])
    write_jsonl(folder / "1.jsonl", records()[1::2])
    return folder / "*.jsonl"


@pytest.fixture(scope="module")
def run(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finished(wanted(source, spans={}, paragraphs={}), tmp_path_factory.mktemp("spans") / "run")


def test_a_span_stays_in_the_longest_record_alone(run: Path) -> None:
    found = texts(run)
    assert found["span0"] == records()[0]["text"]
    assert [found[f"span{n}"] for n in (1, 2, 3)] == [own(n, 300 - n) + own(50 + n) for n in (1, 2, 3)]
    assert found["other"] == own(90)


def test_a_record_of_which_nothing_is_left_is_removed_and_the_account_balances(run: Path) -> None:
    (gone,) = rows_of(run, "rejected")
    assert (gone["source_key"], gone["stage"], gone["reasons"]) == ("alone", "dedup-spans", ["repeated_spans"])
    opened = RunDir.open(str(run))
    assert dict(opened.account().dropped) == {"repeated_spans": 1}
    assert opened.account().kept == len(records()) - 1
    assert opened.verify() == []
    (told,) = explain(str(run), "alone")
    assert (told.outcome, told.stage, told.reasons) == ("dropped", "dedup-spans", ("repeated_spans",))


def test_a_paragraph_like_another_is_cut_with_its_line_and_named_so(run: Path) -> None:
    assert texts(run)["twin0"] == next(row["text"] for row in records() if row["id"] == "twin0")
    assert texts(run)["twin1"] == f"{own(11)}\n\n{own(61, 149)}"
    (told,) = explain(str(run), "twin1")
    assert [(cut.reason, cut.documents, cut.text) for cut in told.cuts] == [("near_paragraph", 2, TWIN)]


def test_code_is_not_cut_however_often_it_stands(run: Path) -> None:
    assert all(CODE in texts(run)[f"code{n}"] for n in range(3))


def test_what_was_cut_is_counted(run: Path) -> None:
    totals = {item.reason: (item.records, item.spans) for item in stats(str(run)).cuts}
    assert totals == {"repeated_span": (3, 3), "near_paragraph": (1, 1)}
    assert RunDir.open(str(run)).published["dedup-spans"].manifest.counts["emptied"] == {"s": 1}


def test_splits_parts_and_spark_do_not_show(go: Go, source: Path, run: Path, tmp_path: Path) -> None:
    many = tmp_path / "many"
    go(wanted(source, spans={}, paragraphs={}), many, split_bytes=1 << 12, part_bytes=1 << 12, rows_here=0)
    assert contents(many) == contents(run)
    assert texts(many) == texts(run)


def test_a_span_is_cut_to_the_character_where_edges_are_exact(tmp_path: Path) -> None:
    span = chinese(3, 120).replace("，", "天").replace("。", "地")
    rows = [{"id": name, "text": f"👍{own(seed)}é{name}{span}{name}é👍"} for seed, name in enumerate("甲乙")]
    write_jsonl(tmp_path / "in.jsonl", rows)
    exact = texts(finished(wanted(tmp_path / "in.jsonl", spans={"edges": "exact"}), tmp_path / "exact"))
    whole = texts(finished(wanted(tmp_path / "in.jsonl", spans={}), tmp_path / "whole"))
    (stays,) = (name for name, text in exact.items() if span in text)
    (loses,) = {"甲", "乙"} - {stays}
    assert exact[loses] == next(row["text"] for row in rows if row["id"] == loses).replace(span, "")
    assert whole == {row["id"]: row["text"] for row in rows}, "no sentence of it is whole"


@pytest.mark.parametrize(("units", "cut"), [(49, False), (50, True)])
def test_a_span_is_repeated_from_min_units_on(tmp_path: Path, units: int, cut: bool) -> None:
    shared = chinese(4, 200).replace("，", "").replace("。", "")[:units]
    rows = [{"id": f"{n}", "text": f"{own(n)}\n{shared}\n{own(5 + n)}"} for n in range(2)]
    write_jsonl(tmp_path / "in.jsonl", rows)
    found = texts(finished(wanted(tmp_path / "in.jsonl", spans={"min_units": 50}), tmp_path / "run"))
    assert sum(shared in text for text in found.values()) == (1 if cut else 2)


def test_spellings_are_one_and_numbers_are_not(tmp_path: Path) -> None:
    plain = "这家公司在2024年把ABC产品卖到了三十个国家，" * 3 + "后来又在每个国家开了维修站。"
    twin = plain.replace("这", "這").replace("国", "國").replace("ABC", "ＡＢＣ").replace("，", " ")
    other = plain.replace("2024", "2023")
    rows = [
        {"id": name, "text": f"{own(n, 150 - n)}\n{text}"}
        for n, (name, text) in enumerate({"a": plain, "b": twin, "c": other}.items())
    ]
    write_jsonl(tmp_path / "in.jsonl", rows)
    found = texts(finished(wanted(tmp_path / "in.jsonl", spans={"min_units": 60}), tmp_path / "run"))
    assert found["b"] == own(1, 149)
    assert (found["a"], found["c"]) == (rows[0]["text"], rows[2]["text"])


def test_what_one_record_repeats_goes_only_when_asked(tmp_path: Path) -> None:
    rows = [{"id": "a", "text": f"{SPAN}\n{own(1)}\n{SPAN}\n{own(2)}"}, {"id": "b", "text": own(3)}]
    write_jsonl(tmp_path / "in.jsonl", rows)
    assert texts(finished(wanted(tmp_path / "in.jsonl", spans={}), tmp_path / "plain"))["a"] == rows[0]["text"]
    asked = wanted(tmp_path / "in.jsonl", spans={"within": True})
    assert texts(finished(asked, tmp_path / "within"))["a"] == f"{SPAN}\n{own(1)}\n{own(2)}"


def test_spared_sources_are_compared_and_stay_whole(tmp_path: Path) -> None:
    for name in ("law", "web"):
        write_jsonl(
            tmp_path / f"{name}.jsonl",
            [{"id": f"{name}{n}", "text": own(n + len(name) * 10 + ord(name[0])) + SPAN} for n in range(2)],
        )
    sources = [
        {"name": name, "paths": str(tmp_path / f"{name}.jsonl"), "priority": name == "law"} for name in ("law", "web")
    ]
    asked = wanted(tmp_path, *sources, spans={"sources": {"exclude": ["law"]}})
    found = texts(finished(asked, tmp_path / "run"))
    assert {name: SPAN in text for name, text in found.items()} == {
        "law0": True,
        "law1": True,
        "web0": False,
        "web1": False,
    }


def test_a_copy_that_a_line_cut_took_is_not_the_one_that_stays(tmp_path: Path) -> None:
    """The line goes from three records; a fourth holds its text within a paragraph, and keeps it."""
    rows = [{"id": f"line{n}", "text": f"{own(n, 400)}\n{SPAN}\n{own(9 + n)}"} for n in range(3)]
    rows += [{"id": "within", "text": f"{own(30)}{SPAN}{own(31)}"}]
    write_jsonl(tmp_path / "in.jsonl", rows)
    asked = wanted(tmp_path / "in.jsonl", lines={"documents": 3}, spans={})
    found = texts(finished(asked, tmp_path / "run"))
    assert [name for name, text in found.items() if SPAN in text] == ["within"]


def test_paragraphs_need_enough_records_length_and_more_than_other_numbers(tmp_path: Path) -> None:
    priced = "订单的金额是{}元，" + chinese(6, 150)
    rows = [{"id": f"twin{n}", "text": f"{own(n)}\n\n{text}"} for n, text in TWINS.items()]
    rows += [{"id": f"price{n}", "text": f"{own(20 + n)}\n\n{priced.format(n)}"} for n in range(3)]
    rows += [{"id": f"short{n}", "text": f"{own(30 + n)}\n\n{chinese(7, 80)}"} for n in range(3)]
    write_jsonl(tmp_path / "in.jsonl", rows)
    whole = {row["id"]: row["text"] for row in rows}
    assert texts(finished(wanted(tmp_path / "in.jsonl", paragraphs={"documents": 3}), tmp_path / "three")) == whole
    found = texts(finished(wanted(tmp_path / "in.jsonl", paragraphs={}), tmp_path / "two"))
    assert {name for name, text in found.items() if text != whole[name]} <= {"twin0", "twin1"}
    assert len(found["twin0"]) != len(found["twin1"])
    asked = {"min_characters": 60, "numbers": "ignore"}
    both = texts(finished(wanted(tmp_path / "in.jsonl", paragraphs=asked), tmp_path / "short"))
    assert sum(both[f"short{n}"] == whole[f"short{n}"] for n in range(3)) == 1
    assert sum(both[f"price{n}"] == whole[f"price{n}"] for n in range(3)) == 1


def test_another_bound_reads_no_sidecar_again(tmp_path: Path, source: Path) -> None:
    root = finished(wanted(source, spans={}), tmp_path / "run")
    first = RunDir.open(str(root)).published
    finished(wanted(source, spans={"documents": 50}), root)
    second = RunDir.open(str(root)).published
    assert first["anchors"].slot == second["anchors"].slot
    assert texts(root) == {row["id"]: row["text"] for row in records()}


def test_every_span_that_is_cut_stands_whole_in_a_record_that_stays(tmp_path: Path) -> None:
    """Records that share overlapping pieces of one text: none may lose what only it holds for the others."""
    long = chinese(8, 400).replace("，", "天").replace("。", "地")
    rows = [
        {"id": f"{n}", "text": f"{own(n)}{long[start : start + 120]}{own(50 + n)}"}
        for n, start in enumerate(range(0, 280, 20))
    ]
    write_jsonl(tmp_path / "in.jsonl", rows)
    found = texts(finished(wanted(tmp_path / "in.jsonl", spans={"edges": "exact"}), tmp_path / "run"))
    pieces = [long[start : start + 50] for start in range(len(long[:380]) - 49)]
    assert [piece for piece in pieces if not any(piece in text for text in found.values())] == []
    assert sum(map(len, found.values())) < sum(len(row["text"]) for row in rows) - 500
