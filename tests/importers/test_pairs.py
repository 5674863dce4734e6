"""Preferences in the shapes that DPO and reward sets have."""

from __future__ import annotations

from typing import Any

import pytest
from dialogues import ROWS
from importing import imported, refused

from corpus.importers.model import Format, Reason
from corpus.importers.pairs import common


def dpo(**fields: Any) -> dict[str, Any]:
    return {"prompt": "怎样煮米饭？", "chosen": "先淘米。", "rejected": "不知道。", **fields}


def test_a_pair_of_texts_has_a_prompt_and_two_answers() -> None:
    record = imported(dpo(score_chosen="8.5", score_rejected=2), Format.DPO)
    assert record.prompt == [("user", "怎样煮米饭？")]
    assert (record.chosen, record.rejected) == ([("assistant", "先淘米。")], [("assistant", "不知道。")])
    assert (record.chosen_score, record.rejected_score) == (8.5, 2.0)


def test_reject_and_other_names_are_read_and_come_back() -> None:
    row = {"question": "问", "response_chosen": "好", "response_rejected": "坏", "system": "s"}
    record = imported(row, Format.DPO)
    assert record.prompt == [("system", "s"), ("user", "问")]
    assert imported({"prompt": "p", "chosen": "c", "reject": "r"}, Format.DPO).rejected == [("assistant", "r")]


@pytest.mark.parametrize(
    "prompt",
    [
        "Human: \n你好\n\nAssistant: \n您好\n\nHuman: \n再见\n\nAssistant: \n",
        "\n\nHuman: 你好\n\nAssistant: 您好\n\nHuman: 再见\n\nAssistant:",
        "<|im_start|>user\n你好<|im_end|>\n<|im_start|>assistant\n您好<|im_end|>\n<|im_start|>user\n再见<|im_end|>\n"
        "<|im_start|>assistant\n",
        "<human>:你好\n<bot>:您好\n<human>:再见\n<bot>:",
        "Human: 你好\nAssistant: 您好\nHuman: 再见\nAssistant:",
    ],
)
def test_a_rendered_prompt_is_cut_into_its_turns(prompt: str) -> None:
    record = imported(dpo(prompt=prompt), Format.DPO)
    assert record.prompt == [("user", "你好"), ("assistant", "您好"), ("user", "再见")]


def test_a_prompt_that_only_mentions_a_header_stays_whole() -> None:
    text = "Human: 这个词是什么意思？"
    assert imported(dpo(prompt=text), Format.DPO).prompt == [("user", text)]


def test_answers_that_are_equal_or_empty_are_no_preference() -> None:
    assert refused(dpo(rejected="先淘米。"), Format.DPO) == Reason.SAME_ANSWERS
    assert refused(dpo(rejected=" "), Format.DPO) == Reason.NO_ANSWER
    assert refused(dpo(prompt=""), Format.DPO) == Reason.EMPTY_TURN
    assert refused({"prompt": "a", "chosen": "b"}, Format.DPO) == Reason.NOT_THIS_FORMAT


def test_sharegpt_answers_may_be_texts_or_turns_and_follow_results() -> None:
    tools = [
        {"from": "human", "value": "a"},
        {"from": "function_call", "value": "{}"},
        {"from": "observation", "value": "r"},
    ]
    record = imported({"conversations": tools, "chosen": "b", "rejected": "c", "tools": "[]"}, Format.SHAREGPT_PAIR)
    assert (record.prompt or [])[-1] == ("tool", "r")
    ended = {
        **ROWS[Format.SHAREGPT_PAIR],
        "conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}],
    }
    assert refused(ended, Format.SHAREGPT_PAIR) == Reason.ROLE_ORDER


def test_lists_may_hold_the_prompt_or_stand_beside_it() -> None:
    user, good, bad = (
        {"role": role, "content": text} for role, text in (("user", "a"), ("assistant", "b"), ("assistant", "c"))
    )
    beside = imported({"prompt": [user], "chosen": [good], "rejected": [bad]}, Format.MESSAGES_PAIR)
    within = imported({"chosen": [user, good], "rejected": [user, bad]}, Format.MESSAGES_PAIR)
    assert beside.prompt == within.prompt == [("user", "a")]
    assert beside.chosen == within.chosen == [("assistant", "b")]


def test_ultrafeedback_says_the_prompt_once() -> None:
    record = imported(ROWS[Format.ULTRAFEEDBACK], Format.ULTRAFEEDBACK)
    assert set(record.meta or {}) == {"score_chosen", "score_rejected", "_import"}
    assert record.source_key == "af3"
    assert record.chosen_score == pytest.approx(8.7)
    other = {**ROWS[Format.ULTRAFEEDBACK], "prompt": "another question"}
    assert (imported(other, Format.ULTRAFEEDBACK).meta or {})["prompt"] == "another question"


def test_transcripts_share_the_turns_up_to_the_question() -> None:
    record = imported(ROWS[Format.TRANSCRIPTS], Format.TRANSCRIPTS)
    assert [role for role, _ in record.prompt or []] == ["user", "assistant", "user"]
    assert record.chosen == [("assistant", "Leach them first.")]


def test_reward_pairs_rendered_by_belles_template_are_read() -> None:
    row = {"chosen": "Human: \n你好\n\nAssistant: \n您好。", "rejected": "Human: \n你好\n\nAssistant: \n走开。"}
    assert imported(row, Format.TRANSCRIPTS).prompt == [("user", "你好")]


def test_a_transcript_without_its_last_answer_is_refused() -> None:
    row = {"chosen": "\n\nHuman: a\n\nAssistant: b", "rejected": "\n\nHuman: a"}
    assert refused(row, Format.TRANSCRIPTS) == Reason.NO_ANSWER
    assert refused({**row, "rejected": "\n\nHuman: a\n\nAssistant:"}, Format.TRANSCRIPTS) == Reason.NO_ANSWER
    assert refused({"chosen": "a", "rejected": "b"}, Format.TRANSCRIPTS) == Reason.NOT_THIS_FORMAT


def test_dialogues_that_part_at_a_question_share_the_turns_before_the_answer_to_the_last_common_one() -> None:
    start = [("user", "a"), ("assistant", "b")]
    prompt, chosen, rejected = common(
        [*start, ("user", "c"), ("assistant", "d")], [*start, ("user", "e"), ("assistant", "f")]
    )
    assert prompt == [("user", "a")]
    assert (chosen[0], rejected[0]) == (("assistant", "b"), ("assistant", "b"))


def test_a_system_and_a_history_of_their_own_fields_come_before_the_prompt() -> None:
    row = dpo(system="简短。", history=[["你好", "您好。"]])
    assert [role for role, _ in imported(row, Format.DPO).prompt or []] == ["system", "user", "assistant", "user"]
    assert len(imported(dpo(system="", history=[]), Format.DPO).prompt or []) == 1
    assert refused(dpo(history="Human: 你好"), Format.DPO) == Reason.NOT_THIS_FORMAT
