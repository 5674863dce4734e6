from __future__ import annotations

from pathlib import Path

import pytest
from building import write_jsonl

from corpus.errors import UsageError
from corpus.evaluation.answers import Answers, load
from corpus.evaluation.bootstrap import Resampling
from corpus.evaluation.labelled import Measured, measure, reader_of
from corpus.evaluation.testset import TestSet
from corpus.evaluation.testset import load as load_tests

HOW = Resampling(200, 0)
LABELS = ["正面"] * 6 + ["负面"] * 4
SAID = {
    "good": ["正面", "正面。", "答案：正面", "正面", "负面", None, "负面", "负面", "负面", "正面"],
    "poor": ["正面", "不知道", "正面或负面", "负面", "负面", "负面", "负面", "负面", "正面", "正面"],
}


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> tuple[TestSet, Answers]:
    folder = tmp_path_factory.mktemp("task")
    rows = [{"id": f"r{n}", "question": f"第{n}条评论", "label": label} for n, label in enumerate(LABELS)]
    tests = load_tests([str(write_jsonl(folder / "tests.jsonl", rows))])
    said = {
        model: [{"id": f"r{n}", "text": text} for n, text in enumerate(texts) if text is not None]
        for model, texts in SAID.items()
    }
    files = [write_jsonl(folder / f"{model}.jsonl", found) for model, found in said.items()]
    return tests, load([str(path) for path in files], tests.items)


def test_figures_of_the_positive_label_are_those_made_by_hand(task: tuple[TestSet, Answers]) -> None:
    found = measure(*task, "正面", HOW)
    good, poor = found.models
    assert (good.accuracy.value, good.precision.value, good.recall.value) == (0.7, 0.8, pytest.approx(4 / 6))
    assert good.f1.value == pytest.approx(2 * 4 / (5 + 6))
    assert (good.unclear, good.missing) == (0, 1)
    assert (poor.accuracy.value, poor.unclear, poor.missing) == (0.3, 2, 0)
    assert found.differences[0].accuracy.value == pytest.approx(0.4)
    assert found.differences[0].f1.value == pytest.approx(good.f1.value - poor.f1.value)


def test_without_one_they_are_means_over_the_labels(task: tuple[TestSet, Answers]) -> None:
    good = measure(*task, None, HOW).models[0]
    assert good.labels["负面"].precision == 0.75
    assert good.precision.value == pytest.approx((0.8 + 0.75) / 2)
    assert good.f1.value == pytest.approx((8 / 11 + 6 / 8) / 2)


def test_a_models_interval_does_not_depend_on_who_else_is_measured(task: tuple[TestSet, Answers]) -> None:
    both = measure(*task, None, HOW)
    alone = measure(task[0], Answers({"poor": task[1].of["poor"]}, {}, 0), None, HOW)
    assert alone.models[0] == both.models[1]
    assert isinstance(alone, Measured)
    assert alone.differences == ()


def test_equal_models_differ_by_nothing(task: tuple[TestSet, Answers]) -> None:
    twice = Answers({"a": task[1].of["good"], "b": task[1].of["good"]}, {}, 0)
    found = measure(task[0], twice, None, HOW).differences[0]
    assert (found.accuracy.value, found.accuracy.low, found.accuracy.high, found.p_accuracy) == (0, 0, 0, 1.0)


@pytest.mark.parametrize(
    ("text", "label"),
    [("Positive", "positive"), ("The label is: positive.", "positive"), ("neutral positive", "neutral positive"),
     ("positive, not negative", None), ("nonpositive", None), ("不好", "不好"), ("很好", "好"), ("", None),
     ("positive positive", "positive")],
)  # fmt: skip
def test_an_answer_gives_the_one_label_it_names(text: str, label: str | None) -> None:
    assert reader_of(["positive", "negative", "neutral positive", "好", "不好"])(text) == label


def test_what_is_no_task_is_told(task: tuple[TestSet, Answers], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="中性"):
        measure(*task, "中性", HOW)
    rows = [{"id": "a", "question": "一", "label": "x"}, {"id": "b", "question": "二"}]
    tests = load_tests([str(write_jsonl(tmp_path / "t.jsonl", rows))])
    with pytest.raises(UsageError, match="1 labels, and 1 rows without one"):
        measure(tests, Answers({}, {}, 0), None, HOW)
