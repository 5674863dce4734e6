"""Rows do not depend on which replies come first, nothing is paid for twice, and every request has one outcome."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from judge_server import serving
from synth_server import task
from synth_work import SEEDS, said, worked

from corpus.errors import BudgetExhausted
from corpus.judge.prompts import load_prompt
from corpus.synth.dealing import lists
from corpus.synth.instruct import Instruct

MODE = Instruct(load_prompt("synth_instruct_zh"), lists("zh"), SEEDS, 4, 0)


def sometimes(parts: dict[str, str]) -> dict[str, Any]:
    """Every verb with a 写 in it gets a seed again, those of questions no answer."""
    if "写" in parts["verb"]:
        return {"instruction": SEEDS[0].instruction, "input": "", "output": "先选花盆，再装土。"}
    return {**task(parts), **({"output": ""} if "问" in parts["verb"] else {})}


def late(parts: dict[str, str]) -> dict[str, Any]:
    time.sleep(random.random() / 50)
    return sometimes(parts)


def test_rows_are_the_same_whichever_replies_come_first_and_however_many_are_under_way(tmp_path: Path) -> None:
    found = []
    for concurrency, say in ((1, sometimes), (16, late)):
        with serving(say=say) as server:
            folder = tmp_path / str(concurrency)
            found.append(said(worked(server, folder, MODE, SEEDS, concurrency, rows=30, window=12)))
            assert server.most_under_way <= concurrency
    assert found[0] == found[1]
    assert [number for number, _, _ in found[0]] == list(range(len(found[0])))
    reasons = Counter(reason for _, reason, _ in found[0])
    assert set(reasons) == {"", "exact_duplicate", "blank_answer"}
    assert reasons[""] >= 30


def test_accepted_rows_are_shown_to_later_requests_and_count_as_known(tmp_path: Path) -> None:
    with serving(say=sometimes) as server:
        found = worked(server, tmp_path, MODE, SEEDS, rows=30, window=8)
    parents = [[one.id for one in outcome.request.parents] for outcome in found]
    assert all(len(set(one)) == 4 for one in parents)
    own = [sum(not name.startswith("seed") for name in one) for one in parents]
    assert own[:8] == [0] * 8
    assert set(own[20:]) == {1}


def test_categories_are_balanced_by_what_is_accepted(tmp_path: Path) -> None:
    def say(parts: dict[str, str]) -> dict[str, Any]:
        broken = parts["category"] == "数学" and len(parts["topic"]) % 2
        return {**task(parts), **({"output": ""} if broken else {})}

    with serving(say=say) as server:
        found = worked(server, tmp_path, MODE, SEEDS, rows=60, window=8)
    accepted = Counter(one.request.category for one in found if not one.reason)
    assert set(accepted) == set(MODE.categories)
    assert max(accepted.values()) - min(accepted.values()) <= 6
    asked = Counter(one.request.category for one in found)
    assert asked["数学"] > max(asked[name] for name in ("生活", "写作", "知识"))


def test_more_rows_go_on_where_fewer_ended_and_pay_for_no_request_again(tmp_path: Path) -> None:
    with serving(say=sometimes) as server:
        few = said(worked(server, tmp_path, MODE, SEEDS, rows=10, window=12))
        paid = sum(server.payments.values())
        assert paid == len(few)
        more = said(worked(server, tmp_path, MODE, SEEDS, rows=25, window=12))
        assert more[: len(few)] == few
        assert sum(server.payments.values()) == len(more)
    with serving(say=sometimes) as server:
        assert said(worked(server, tmp_path / "fresh", MODE, SEEDS, rows=25, window=12)) == more


def test_little_more_is_asked_than_the_rows_take(tmp_path: Path) -> None:
    with serving(say=task) as server:
        found = worked(server, tmp_path, MODE, SEEDS, concurrency=32, rows=10, window=64)
    assert len(found) == 10


def test_requests_have_a_limit_whatever_they_give(tmp_path: Path) -> None:
    with serving(say=lambda parts: {"instruction": "", "input": "", "output": ""}) as server:
        found = worked(server, tmp_path, MODE, SEEDS, rows=5, requests=17)
    assert Counter(one.reason for one in found) == {"blank_instruction": 17}


def test_a_reply_that_is_none_is_an_outcome_with_the_reason_of_the_judge(tmp_path: Path) -> None:
    plans = {"malformed": 0, "too_long": 0, "refuses": 0, "500": 0}

    def plan(text: str, nth: int) -> str:
        return list(plans)[len(text) % 4]

    with serving(plan, say=task) as server:
        found = worked(server, tmp_path, MODE, SEEDS, rows=99, requests=12)
        reasons = Counter(one.reason for one in found)
        assert set(reasons) <= {"malformed", "cut_off", "refused", "unreachable"}
        assert len(reasons) >= 3
        calls = sum(server.calls.values())
        # That nobody could be reached lasts, too: later requests were made of it.
        again = worked(server, tmp_path, MODE, SEEDS, rows=99, requests=12)
        assert said(again) == said(found)
        assert sum(server.calls.values()) == calls


def test_a_budget_that_is_used_up_ends_it_after_the_outcomes_that_were_paid(tmp_path: Path) -> None:
    import asyncio

    from judge_asking import SOON
    from judge_server import MODEL

    from corpus.judge.budget import Budget
    from corpus.judge.client import Judge, Terms
    from corpus.judge.ledger import opened
    from corpus.judge.wire import Endpoint
    from corpus.synth.novelty import Novelty
    from corpus.synth.work import Limits, Outcome, Work

    found: list[Outcome] = []

    async def work(url: str, tokens: int) -> None:
        with opened(tmp_path / "ledger.jsonl") as ledger:
            terms = Terms(budget=Budget(tokens=tokens), concurrency=4, patience=SOON)
            async with Judge(Endpoint(MODEL, url), ledger, terms) as judge:
                await Work(MODE, "zh", Novelty(), Limits(rows=40), found.append).run(judge)

    with serving(say=late) as server:
        with pytest.raises(BudgetExhausted):
            asyncio.run(work(server.url, 20_000))
        assert server.tokens <= 20_000
        first = said(found)
        assert 0 < len(first) < 40
        found.clear()
        asyncio.run(work(server.url, 10_000_000))
        assert said(found)[: len(first)] == first
        assert sum(server.payments.values()) == len(found)
