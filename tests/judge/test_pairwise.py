from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from judge_asking import SOON
from judge_server import MODEL, JudgeServer, serving

from corpus.errors import UsageError
from corpus.judge.client import Judge, Terms
from corpus.judge.ledger import opened
from corpus.judge.pairwise import Comparison, agreement, both_orders, compare
from corpus.judge.prompts import load_prompt
from corpus.judge.schema import Question, Reason
from corpus.judge.wire import Endpoint

PAIRS = [("答案甲 #5", "答案乙 #2"), ("答案甲 #1", "答案乙 #4"), ("答案甲 #3", "答案乙 #3")]


def compared(server: JudgeServer, folder: Path) -> list[Comparison]:
    prompt = load_prompt("compare_zh")
    questions = [
        Question(str(n), prompt, {"question": "问题", "first": one, "second": other})
        for n, (one, other) in enumerate(PAIRS)
    ]

    async def work() -> list[Comparison]:
        with opened(folder / "l.jsonl") as ledger:
            async with Judge(Endpoint(MODEL, server.url), ledger, Terms(patience=SOON)) as judge:
                return await compare(judge, questions)

    return asyncio.run(work())


def test_both_orders_are_asked_and_a_fair_judge_agrees_with_itself(tmp_path: Path) -> None:
    with serving() as server:
        found = compared(server, tmp_path)
        assert [one.winner for one in found] == ["first", "second", "tie"]
        assert sum(server.calls.values()) == 6
    assert agreement(found).agree == 1.0


def test_a_judge_that_likes_what_comes_first_is_found_out(tmp_path: Path) -> None:
    with serving(biased=True) as server:
        found = compared(server, tmp_path)
    assert [one.winner for one in found] == ["inconsistent"] * 3
    measured = agreement(found)
    assert (measured.agree, measured.prefers_first_shown, measured.prefers_second_shown) == (0.0, 3, 0)


def test_a_pair_of_which_one_order_was_not_judged_has_no_winner(tmp_path: Path) -> None:
    turned = "\n".join(["问题", PAIRS[0][1], PAIRS[0][0]])
    with serving(lambda text, nth: "refuses" if text == turned else "ok") as server:
        found = compared(server, tmp_path)
    assert (found[0].winner, found[0].forward, found[0].backward) == (None, "first", None)
    assert found[0].reason is Reason.REFUSED
    assert agreement(found).compared == 2


def test_a_prompt_that_scores_compares_nothing() -> None:
    with pytest.raises(UsageError, match="comparing needs"):
        both_orders(Question("1", load_prompt("quality_zh"), {"text": "a"}))
