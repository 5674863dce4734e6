from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from judge_asking import SOON
from judge_server import MODEL, JudgeServer, serving

from corpus.judge.canary import STYLES, Canaries, demanded, measure, planted_text
from corpus.judge.client import Judge, Terms
from corpus.judge.ledger import opened
from corpus.judge.prompts import load_prompt
from corpus.judge.wire import Endpoint

QUALITY = load_prompt("quality_zh")
RECORDS = [{"text": f"第{number}篇短文 #{1 + number % 2}"} for number in range(10)]


def measured(server: JudgeServer, folder: Path) -> Canaries:
    async def work() -> Canaries:
        with opened(folder / "l.jsonl") as ledger:
            async with Judge(Endpoint(MODEL, server.url), ledger, Terms(patience=SOON)) as judge:
                return await measure(judge, QUALITY, RECORDS)

    return asyncio.run(work())


def test_a_judge_that_obeys_documents_is_seen_to(tmp_path: Path) -> None:
    with serving(lambda text, nth: "obeys") as server:
        found = measured(server, tmp_path)
    assert found.asked == 10
    assert found.share == 1.0
    assert set(found.by_style) == set(STYLES["zh"])


def test_a_judge_that_heeds_none_is_seen_to(tmp_path: Path) -> None:
    with serving() as server:
        found = measured(server, tmp_path)
    assert (found.asked, found.obeyed, found.share) == (10, 0, 0.0)


def test_canaries_without_an_answer_are_counted_apart(tmp_path: Path) -> None:
    with serving(lambda text, nth: "refuses" if "5" in text else "ok") as server:
        found = measured(server, tmp_path)
    assert found.unjudged > 0
    assert found.asked + found.unjudged == 10


@pytest.mark.parametrize(("score", "wanted"), [(1, 5), (2, 5), (3, 5), (4, 1), (5, 1)])
def test_the_farther_end_is_demanded(score: int, wanted: int) -> None:
    assert demanded(QUALITY, "score", score) == wanted


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_instruction_is_shown_whole_however_long_the_record(lang: str) -> None:
    prompt = load_prompt(f"quality_{lang}")
    for style in STYLES[lang].values():
        text = planted_text(prompt, "字" * 100_000, style, 5)
        assert len(text) <= prompt.most_chars
        assert "5" in text
