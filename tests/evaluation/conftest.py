"""A small test set with the answers of two models, judged by a server of the tests, and a browser for the page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import Browser, chromium
from building import write_jsonl
from evaluating import HOSTILE, HOW, QUESTIONS, bench, rating
from judge_server import serving

from corpus.evaluation import answers, pairwise, pointwise, testset
from corpus.evaluation.answers import Answers
from corpus.evaluation.testset import TestSet


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """tests.jsonl; strong.jsonl answers all questions, weak.jsonl all but the last, worse and longer."""
    folder = tmp_path_factory.mktemp("evaluation")
    write_jsonl(folder / "tests.jsonl", QUESTIONS)
    write_jsonl(folder / "strong.jsonl", [
        {"question": row["question"], "text": f"答案{HOSTILE if n == 5 else ''} #{9 - n % 3}"}
        for n, row in enumerate(QUESTIONS)
    ])  # fmt: skip
    write_jsonl(folder / "weak.jsonl", [
        {"question": row["question"], "model": "weak", "text": f"我来说一说这件事的前后经过 #{8 - n % 5}"}
        for n, row in enumerate(QUESTIONS[:-1])
    ])  # fmt: skip
    return folder


@pytest.fixture(scope="session")
def tests(files: Path) -> TestSet:
    return testset.load([str(files / "tests.jsonl")])


@pytest.fixture(scope="session")
def given(files: Path, tests: TestSet) -> Answers:
    return answers.load([str(files / "strong.jsonl"), str(files / "weak.jsonl")], tests.items)


@pytest.fixture(scope="session")
def judged(tests: TestSet, given: Answers, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with `judge` and `pairwise` in it, evaluated once."""
    folder = tmp_path_factory.mktemp("judged")
    with serving(say=rating) as server:
        pointwise.judge(tests, given, bench(server, folder / "judge"), HOW, print)
        pairwise.compare(tests, given, ("strong", "weak"), bench(server, folder / "pairwise"), HOW, print)
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found
