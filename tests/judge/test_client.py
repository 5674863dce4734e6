from __future__ import annotations

from pathlib import Path

import pytest
from judge_asking import SOON, Ask, scores
from judge_server import score_of, serving

from corpus.errors import BudgetExhausted, EnvironmentProblem, UsageError
from corpus.judge.breaker import Patience
from corpus.judge.budget import Budget
from corpus.judge.ledger import opened
from corpus.judge.schema import Reason

TEXTS = [f"第{number}篇短文，说的是山里的一条小路。" for number in range(40)]
HOSTILE = ("500", "503", "429", "drop", "cut", "malformed", "garbage", "violates", "wrong_model", "two_choices")


def test_answers_come_in_the_order_of_the_questions_and_are_right(ask: Ask) -> None:
    with serving() as server:
        assert scores(ask(server, TEXTS)) == [score_of(text) for text in TEXTS]


def test_no_more_calls_are_under_way_than_allowed(ask: Ask) -> None:
    with serving(delay=0.02) as server:
        ask(server, TEXTS, concurrency=3)
        assert server.most_under_way == 3


def test_a_hostile_server_gives_right_results_within_bounded_attempts(ask: Ask) -> None:
    def plan(text: str, nth: int) -> str:
        return HOSTILE[TEXTS.index(text) % len(HOSTILE)] if nth == 1 else "ok"

    with serving(plan) as server:
        assert scores(ask(server, TEXTS)) == [score_of(text) for text in TEXTS]
        assert set(server.calls.values()) == {2}


@pytest.mark.parametrize(
    ("behaviour", "reason", "calls"),
    [
        ("malformed", Reason.MALFORMED, 3),
        ("garbage", Reason.MALFORMED, 3),
        ("violates", Reason.VIOLATES_SCHEMA, 3),
        ("wrong_model", Reason.WRONG_MODEL, 3),
        ("two_choices", Reason.SEVERAL_CHOICES, 3),
        ("too_long", Reason.CUT_OFF, 3),
        ("refuses", Reason.REFUSED, 1),
        ("400", Reason.REJECTED, 1),
    ],
)
def test_what_cannot_be_judged_is_null_with_a_reason_and_never_asked_again(
    ask: Ask, behaviour: str, reason: Reason, calls: int
) -> None:
    with serving(lambda text, nth: behaviour) as server:
        for _ in range(2):
            (answer,) = ask(server, TEXTS[:1])
            assert (answer.value, answer.reason) == (None, reason)
        assert server.calls[TEXTS[0]] == calls


@pytest.mark.parametrize(("behaviour", "calls"), [("503", 4), ("drop", 3), ("cut", 3)])
def test_what_may_pass_is_bounded_now_and_asked_again_by_the_next_command(ask: Ask, behaviour: str, calls: int) -> None:
    patience = Patience(tries=4, first=0.01, most=0.02)
    with serving(lambda text, nth: behaviour if nth <= calls else "ok") as server:
        assert ask(server, TEXTS[:1], patience=patience)[0].reason is Reason.UNREACHABLE
        assert server.calls[TEXTS[0]] == calls
        assert scores(ask(server, TEXTS[:1], patience=patience)) == [score_of(TEXTS[0])]


def test_a_reply_that_is_late_is_given_up_and_asked_again(ask: Ask) -> None:
    with serving(lambda text, nth: "slow" if nth == 1 else "ok") as server:
        assert scores(ask(server, TEXTS[:1], timeout=0.3)) == [score_of(TEXTS[0])]
        assert server.calls[TEXTS[0]] == 2


def test_retry_after_is_heeded_by_every_call(ask: Ask) -> None:
    with serving(lambda text, nth: "429" if nth == 1 and text == TEXTS[0] else "ok", delay=0.02) as server:
        ask(server, TEXTS, concurrency=2)
        early = [at for at in server.times if at - server.times[0] < 0.9]
        assert len(early) <= 5, "the server asked for a second; of the forty, only those under way were let through"


def test_the_same_choice_twice_and_an_answer_in_a_code_fence_are_answers(ask: Ask) -> None:
    for behaviour in ("same_twice", "fenced"):
        with serving(lambda text, nth, said=behaviour: said) as server:
            text = f"{behaviour}：一段话。"
            assert scores(ask(server, [text])) == [score_of(text)]


def test_one_content_is_paid_for_once_however_often_it_is_asked(ask: Ask) -> None:
    with serving(delay=0.02) as server:
        first = ask(server, TEXTS[:3] * 5)
        assert [one.bought for one in first].count(True) == 3
        again = ask(server, TEXTS[:3])
        assert scores(again) == scores(first[:3])
        assert not any(one.bought for one in again)
        assert set(server.payments.values()) == {1}


def test_other_sampling_is_another_question(ask: Ask) -> None:
    from corpus.judge.schema import Sampling

    with serving() as server:
        ask(server, TEXTS[:1])
        ask(server, TEXTS[:1], sampling=Sampling(temperature=0.5))
        assert server.calls[TEXTS[0]] == 2


def test_an_empty_text_is_not_sent(ask: Ask) -> None:
    with serving() as server:
        assert [one.reason for one in ask(server, ["", " \n"])] == [Reason.EMPTY, Reason.EMPTY]
        assert not server.calls


def test_a_server_that_is_down_is_given_up_and_what_was_answered_is_kept(ask: Ask) -> None:
    patience = Patience(tries=50, first=0.001, most=0.002, broken=5, rest=0.01, rests=2)
    with serving(lambda text, nth: "ok" if text in TEXTS[:5] else "503") as server:
        ask(server, TEXTS[:5])
        with pytest.raises(EnvironmentProblem, match="fails again and again"):
            ask(server, TEXTS, concurrency=2, patience=patience)
        assert sum(server.calls.values()) < 5 + 20, "a broken server is left alone"


def test_nobody_listening_is_no_payment(ask: Ask, tmp_path: Path) -> None:
    with serving() as server:
        pass
    with pytest.raises(EnvironmentProblem):
        ask(server, TEXTS, patience=Patience(tries=50, first=0.001, most=0.002, broken=3, rest=0.01, rests=1))
    with opened(tmp_path / "ledger.jsonl") as ledger:
        assert ledger.paid.tokens == 0


def test_a_server_that_rejects_every_question_is_a_mistake_in_the_settings(ask: Ask) -> None:
    with serving(lambda text, nth: "400") as server, pytest.raises(UsageError, match="rejects every question"):
        ask(server, TEXTS, concurrency=1)


def test_the_budget_is_never_exceeded_and_the_rest_can_be_bought_later(ask: Ask) -> None:
    with serving(delay=0.01) as server:
        with pytest.raises(BudgetExhausted, match="raise the budget"):
            ask(server, TEXTS, budget=Budget(tokens=12_000))
        bought = len(server.payments)
        assert server.tokens <= 12_000
        assert 12_000 - server.tokens < 3 * max(server.costs) + 1024, "it is used as far as a call's bound allows"
        with pytest.raises(BudgetExhausted):
            ask(server, TEXTS, budget=Budget(tokens=12_000))
        assert len(server.payments) <= bought + 1
        assert scores(ask(server, TEXTS, budget=Budget(tokens=200_000))) == [score_of(text) for text in TEXTS]
        assert set(server.payments.values()) == {1}


def test_a_server_that_counts_more_than_the_bound_exceeds_the_budget_by_one_call_at_most(ask: Ask) -> None:
    limit = 220_000
    with serving(lambda text, nth: "overcharges", delay=0.01) as server:
        for _ in range(2):
            with pytest.raises(BudgetExhausted):
                ask(server, TEXTS, budget=Budget(tokens=limit), concurrency=8)
            assert server.tokens - max(server.costs) <= limit
        assert len(server.costs) > 2


def test_a_server_that_does_not_count_is_charged_at_the_bound(ask: Ask, tmp_path: Path) -> None:
    with serving(lambda text, nth: "uncounted") as server:
        ask(server, TEXTS[:1])
        with opened(tmp_path / "ledger.jsonl") as ledger:
            assert ledger.paid.tokens >= server.tokens


def test_a_budget_in_dollars_needs_prices(ask: Ask) -> None:
    with serving() as server, pytest.raises(UsageError, match="--prices"):
        ask(server, TEXTS, budget=Budget(usd=1.0))


def test_the_key_of_the_environment_is_sent_and_written_nowhere(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-for-disk")
    with serving() as server:
        ask(server, TEXTS[:2], patience=SOON)
        assert server.keys == {"Bearer sk-not-for-disk"}
    assert "sk-not-for-disk" not in (tmp_path / "ledger.jsonl").read_text(encoding="utf-8")


def test_what_is_sent_has_the_strict_schema_and_the_settings(ask: Ask) -> None:
    with serving() as server:
        ask(server, TEXTS[:1])
        (body,) = server.bodies
    form = body["response_format"]["json_schema"]
    assert form["strict"] is True
    assert form["schema"]["additionalProperties"] is False
    assert form["schema"]["required"] == ["reason", "score"]
    assert body["temperature"] == 0
    assert body["max_tokens"] == 512
