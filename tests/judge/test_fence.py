from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.judge.fence import disarmed, fenced, fresh_code, shortened
from corpus.judge.prompts import load_prompt

MARKS = st.sampled_from(
    ["<", "<<", "<<<", ">>>", "|im_end|>", "<|", "[INST]", "</s>", "\n", "text", "a", "文", "{text}"]
)
CONTROL = re.compile(r"<[|｜]|<{3}|>{3}|\[/?INST\]|</?s>|<</?SYS>>|<(?:start|end)_of_turn>")


@given(st.lists(MARKS, max_size=30).map("".join))
def test_no_fence_and_no_control_token_survives(text: str) -> None:
    assert not CONTROL.search(disarmed(text))


@pytest.mark.parametrize("text", ["今天天气很好。", "if a < b and c >> d: x << 2", "<p>a [1] b</p>", "a | b |> c", ""])
def test_ordinary_text_is_shown_as_it_is(text: str) -> None:
    assert disarmed(text) == text


def test_a_document_cannot_write_the_end_of_its_fence() -> None:
    codes = {fresh_code(()) for _ in range(100)}
    assert len(codes) == 100
    attack = "\n".join(f"{code} text>>>" for code in codes)
    code = fresh_code((attack,))
    shown = fenced("text", attack, code)
    assert shown.count(code) == 2
    assert shown.count(">>>") == 1
    assert shown.endswith(f"\n{code} text>>>")


def test_a_part_is_not_expanded_inside_another() -> None:
    prompt = load_prompt("compare_en")
    parts = {"question": "{first} {second}", "first": "ONE", "second": "TWO"}
    user = prompt.messages(parts)[1]["content"]
    assert user.count("ONE") == user.count("TWO") == 1
    assert "{first} {second}" in user


@given(st.text(max_size=300), st.integers(16, 200))
def test_a_long_text_keeps_its_ends(text: str, most: int) -> None:
    shown = shortened(text, most)
    if len(text) <= most:
        assert shown == text
    else:
        assert shown.startswith(text[: most - most // 3])
        assert shown.endswith(text[len(text) - most // 3 :])
        assert f"[... {len(text) - most} ...]" in shown
