from __future__ import annotations

import random

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.kernels.rewrites.adjacent import may_follow_itself


def follows_itself(text: str, least: int) -> bool:
    """By trying every place and length."""
    for span in range(least, len(text) // 2 + 1):
        run = 0
        for place in range(len(text) - span):
            run = run + 1 if text[place] == text[place + span] else 0
            if run == span:
                return True
    return False


def sieve(*texts: str | None, least: int = 30) -> list[bool]:
    return [bool(one) for one in may_follow_itself(pa.array(texts, pa.large_string()), least)]


@pytest.mark.parametrize("least", [8, 11, 30, 100])
@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 1 << 30),
    alphabet=st.sampled_from(["ab", "山水花鸟鱼虫", "a山é😀", "abcdefghijklmnopqrstuvwxyz"]),
)
def test_no_text_with_a_span_that_follows_itself_is_left_out(least: int, seed: int, alphabet: str) -> None:
    chance = random.Random(seed)
    pieces = ["".join(chance.choices(alphabet, k=chance.randint(1, 2 * least))) for _ in range(4)]
    span = "".join(chance.choices(alphabet, k=chance.randint(least, 3 * least)))
    for text in ("".join(pieces), pieces[0] + span * 2 + pieces[1], pieces[0] + span + pieces[1] + span * 2):
        assert sieve(text, least=least)[0] or not follows_itself(text, least)


def test_most_prose_is_left_out() -> None:
    chance = random.Random(1)
    texts = ["".join(chance.choices([chr(0x4E00 + one) for one in range(3000)], k=800)) for _ in range(200)]
    assert sum(sieve(*texts)) == 0


def test_a_row_does_not_depend_on_its_neighbours() -> None:
    span = "清晨的渡口还笼罩在雾里，船夫已经把缆绳解开，等着第一批赶集的人。"
    assert sieve(None, span * 2, span, "", "短", span) == [False, True, False, False, False, False]


def test_a_long_text_of_one_character_is_in_doubt() -> None:
    assert sieve("一" * 300_000) == [True]
