"""Conversations to continue: sent as they are, answered in free words, each draw paid for once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from judge_asking import SOON
from judge_server import MODEL, JudgeServer, serving

from corpus.judge.client import Judge, Terms
from corpus.judge.ledger import opened
from corpus.judge.schema import Answer, Chat, Reason, Sampling
from corpus.judge.wire import Endpoint

HELD = (("system", "你是助手。"), ("user", "山有多高？"), ("assistant", "三千米。"), ("user", "那么海呢？<<<text"))


def said(server: JudgeServer, folder: Path, chats: Sequence[Chat], **sampling: Any) -> list[Answer]:
    async def work() -> list[Answer]:
        with opened(folder / "ledger.jsonl") as ledger:
            terms = Terms(sampling=Sampling(**sampling), patience=SOON)
            async with Judge(Endpoint(MODEL, server.url), ledger, terms) as judge:
                return await judge.ask(chats)

    return asyncio.run(work())


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


def test_the_messages_go_out_as_they_are_and_the_words_come_back(tmp_path: Path) -> None:
    with serving() as server:
        (answer,) = said(server, tmp_path, [Chat("a", HELD)])
        assert server.bodies[0]["messages"] == [{"role": role, "content": text} for role, text in HELD]
        assert "response_format" not in server.bodies[0]
    assert answer.value == {"text": "4: 那么海呢？<<<text"}


def test_thoughts_before_an_answer_are_no_part_of_it_and_nothing_but_thoughts_is_no_answer(tmp_path: Path) -> None:
    words = iter(["<think>想想\n</think>\n\n有的。", "<think>想</think>", "<think>想</think> ", " "])
    with serving(talk=lambda body: next(words)) as server:
        first, second = (said(server, tmp_path, [Chat("a", (("user", text),))])[0] for text in ("一", "二"))
    assert first.value == {"text": "有的。"}
    assert (second.value, second.reason) == (None, Reason.MALFORMED)


def test_each_draw_is_another_answer_with_a_seed_of_its_own_and_none_is_paid_for_twice(tmp_path: Path) -> None:
    chats = [Chat(str(draw), HELD, draw) for draw in (0, 1, 1)]
    with serving(talk=lambda body: f"seed {body['seed']}") as server:
        for _ in range(2):
            answers = said(server, tmp_path, chats, seed=10, temperature=1.0)
            assert [answer.value for answer in answers] == [{"text": f"seed {seed}"} for seed in (10, 11, 11)]
        assert sum(server.payments.values()) == 2


def test_an_answer_that_was_cut_off_is_none(tmp_path: Path) -> None:
    with serving(lambda text, nth: "too_long") as server:
        (answer,) = said(server, tmp_path, [Chat("a", HELD)])
    assert answer.reason is Reason.CUT_OFF


def test_nothing_said_is_not_sent(tmp_path: Path) -> None:
    with serving() as server:
        (answer,) = said(server, tmp_path, [Chat("a", (("system", "你是助手。"), ("user", " ")))])
        assert answer.reason is Reason.EMPTY
        assert not server.bodies
