"""Heads and tails of a text lose advertising as far as phrases stand close together, and nothing else goes."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.kernels.rewrites.ends import trim_ends
from corpus.kernels.wordlist import Pattern, compile_patterns

AUTOMATON = compile_patterns([Pattern("扫码关注", 0), Pattern("点个在看", 0), Pattern("subscribe now", 0, edge=1)], 1)
GOOD = (
    "村口的老桥是清朝修的，石头都磨圆了。夏天的傍晚，大家坐在桥上说话。河水从山里来，冬天也不结冰。"
    "孩子们在桥下捉鱼，老人们看着他们，说自己小时候也是这样。后来修了新桥，车都从那边走，老桥就安静了。"
)


def run(*texts: str | None, **options: float | str) -> list[str | None]:
    return trim_ends(pa.array(texts, pa.large_string()), AUTOMATON, **options).text.to_pylist()  # type: ignore[arg-type]


def test_advertising_at_either_end_goes_with_the_blank_lines_it_leaves() -> None:
    assert run(f"扫码关注我们！\n\n{GOOD}\n\n点个在看，扫码关注。\n") == [GOOD]
    assert run(f"扫码关注我们！{GOOD}点个在看！", ends="head") == [f"{GOOD}点个在看！"]
    assert run(f"扫码关注我们！{GOOD}点个在看！", ends="tail") == [f"扫码关注我们！{GOOD}"]
    english = "The bridge is old. Every stone came by raft. Children fish there, where the water is slow."
    assert run(f"{english} Subscribe now!", f"{english} Do not subscribe nowadays.") == [
        english,
        f"{english} Do not subscribe nowadays.",
    ]


def test_a_text_without_a_phrase_and_a_null_are_as_they_were() -> None:
    assert run(GOOD, None, "", "\n\n  \n") == [GOOD, None, "", "\n\n  \n"]


def test_one_phrase_does_not_pay_for_a_paragraph() -> None:
    long = (
        "他在文章里写道，现在连卖菜的老人也挂着一块牌子，请过路的人扫码关注，他觉得这件事情很有意思，也有一点点伤感。"
    )
    assert run(f"{GOOD}{long}") == [f"{GOOD}{long}"]
    assert run(f"{GOOD}{long}", min_density=10, max_share=0.5) == [GOOD]


def test_what_lies_beyond_the_patience_stays() -> None:
    text = f"{GOOD}扫码关注。{'他们走了很远的路。' * 9}"
    options = {"ends": "tail", "min_density": 1, "max_share": 0.5}
    assert run(text, **options) == [text]
    assert run(text, **options, patience=200) == [GOOD]


def test_a_text_that_is_advertising_all_over_is_left_to_the_rules() -> None:
    text = "扫码关注我们。" * 12 + GOOD
    assert run(text) == [text]


def test_code_is_not_passed() -> None:
    text = f"{GOOD}\n```\nprint(1)\n```\n点个在看！"
    assert run(text) == [text.removesuffix("\n点个在看！")]
    assert run(f"{GOOD}\n```\n点个在看！\n```") == [f"{GOOD}\n```\n点个在看！\n```"]


def test_a_long_middle_makes_no_difference() -> None:
    middle = "河水从山里来，冬天也不结冰。" * 3000
    assert run(f"扫码关注！{middle}点个在看！", max_chars=50) == [middle]


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5])
@settings(max_examples=60, deadline=None)
@given(
    parts=st.lists(
        st.sampled_from(
            ["扫码关注！", "点个在看。", "河水很清。", "\n", "他走了，他们也走了。", "a. ", "```\n", "é", "😀"]
        ),
        max_size=40,
    )
)
def test_never_more_than_the_share_goes_and_a_second_time_nothing(parts: list[str], share: float) -> None:
    text = "".join(parts)
    (once,) = run(text, max_share=share, min_density=20)
    assert once is not None
    assert once.strip() in text
    assert len(text) - len(once) <= share * len(text) + sum(one in " \n" for one in text)
    assert run(once, max_share=share, min_density=20) == [once]
