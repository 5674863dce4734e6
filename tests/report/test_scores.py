"""Scores and tags of what is published are drawn by tier, with the cuts that stages made of them."""

from __future__ import annotations

from typing import Any

import pytest
from building import prose, settings, write_jsonl
from hostile import SIZE

from corpus import pipeline
from corpus.execute import execute
from corpus.report.context import Context
from corpus.report.report import report
from corpus.report.sections.scores import scores, stored_cuts, told
from corpus.report.words import Text


@pytest.fixture(scope="module")
def dialogues(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("dialogues")
    rows: list[Any] = [
        {"instruction": f"请写出第{number}条记录。", "input": "", "output": prose(number, 2 + 2 * (number % 3))}
        for number in range(90)
    ]
    write_jsonl(folder / "a.jsonl", rows)
    source = {"name": "a", "paths": str(folder / "a.jsonl")}
    composed = pipeline.compose(settings(source, kind="conversation", rules=[], tags=["tasks"]))
    execute(composed, str(folder / "run"), bytes_here=SIZE)
    return str(folder / "run")


def test_stages_cut_by_a_score_are_told_with_their_stability(dialogues: str) -> None:
    context = Context.open(dialogues)
    ((name, cuts),) = stored_cuts(context)
    assert name == "difficulty"
    found = scores(context)
    assert found is not None
    drawn = next(chart for chart in found.charts if str(chart.title).count("difficulty"))
    lines = [trace for trace in drawn.views[0].data if trace["type"] == "scatter"]
    assert len(lines) == len(cuts.values) == 2
    assert "valleys of the density" in found.body
    for size in cuts.sizes:
        assert f"{size.rows:,}" in found.body


def test_tags_and_the_split_have_a_bar_for_each_tier(dialogues: str) -> None:
    context = Context.open(dialogues)
    found = scores(context)
    assert found is not None
    titles = {chart.title.en: chart for chart in found.charts if isinstance(chart.title, Text)}
    split = next(chart for title, chart in titles.items() if title.startswith("training and validation"))
    assert [trace["name"] for trace in split.views[0].data] == list(context.tiers)
    assert sum(sum(trace["x"]) for trace in split.views[0].data) == context.publish.manifest.account.kept
    assert any(title.startswith("tasks") for title in titles)


def test_dialogues_themselves_are_no_labels(dialogues: str) -> None:
    page = report(dialogues)
    assert "instruction · " not in page
    assert page.count(">difficulty 0.") > 3


def test_what_is_known_of_a_record_is_told_and_the_rest_left_out() -> None:
    values = {"quality": 0.25, "tag_domain": None, "tag_subject": ["maths", "x"], "has_code": True, "has_maths": False}
    said = told(values, {"maths": Text("数学 maths", "maths")})
    assert [text.en for text in said] == ["quality 0.25", "school subjects maths, x", "holds code"]
    assert said[1].zh == "学科 数学 maths、x"
