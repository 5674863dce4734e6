"""Order of sentences: against a plain computation, on texts that hang together and on shuffled ones."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from statistics import NormalDist

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.kernels.catalogue import measure
from corpus.kernels.order import (
    ANY,
    GROWTH,
    MIN_SENTENCES,
    MOST_SENTENCES,
    MOST_SHARING,
    OPENED_ANY,
    OPENED_PROSE,
    PROSE,
    SPREAD,
)
from corpus.kernels.signal import SignalCall


def plain(sentences: list[str]) -> float | None:
    """The score of sentences of Han alone, by the definition."""
    held = [set(one) | {one[at : at + 2] for at in range(len(one) - 1)} for one in sentences if len(one) > 1]
    held = held[:MOST_SENTENCES]
    many = len(held)
    if many < MIN_SENTENCES:
        return None
    holders = defaultdict(list)
    for place, tokens in enumerate(held):
        for token in tokens:
            holders[token].append(place)
    shared: defaultdict[tuple[int, int], float] = defaultdict(float)
    for places in holders.values():
        if 2 <= len(places) <= min(MOST_SHARING, max(2, many // 2)):
            for at, first in enumerate(places):
                for second in places[at + 1 :]:
                    shared[first, second] += 1 / (len(places) - 1)
    if not shared:
        return 0.5
    near = {1: 1.0, 2: 0.5, 3: 0.25}
    all_pairs = [near.get(second - first, 0.0) for first in range(many) for second in range(first + 1, many)]
    mean = sum(all_pairs) / len(all_pairs)
    variance = sum(one * one for one in all_pairs) / len(all_pairs) - mean * mean
    total = sum(math.sqrt(found) * (near.get(b - a, 0.0) - mean) for (a, b), found in shared.items())
    z = total / math.sqrt(variance * sum(shared.values()))
    usual, spread = GROWTH * many, PROSE + SPREAD * many
    if spread > ANY:
        z = max(z, -usual * ANY**2 / (spread**2 - ANY**2))
    prose, any_order = NormalDist(usual, spread).pdf(z), NormalDist(0, ANY).pdf(z)
    return 1.0 if any_order == 0 else prose / (prose + any_order)


SENTENCES = st.lists(st.text(alphabet="甲乙丙丁戊己庚辛壬癸", min_size=1, max_size=8), min_size=1, max_size=40)


@given(SENTENCES)
def test_the_score_is_the_one_of_the_definition(sentences):
    batch = pa.RecordBatch.from_arrays([pa.array(["。".join(sentences)], pa.large_string())], ["text"])
    found = measure(batch, [SignalCall("sentence_order_score")]).column(0)[0].as_py()
    wanted = plain(sentences)
    assert found is None if wanted is None else found == pytest.approx(wanted, abs=1e-5)


def topics() -> list[str]:
    """Eight topics one after the other, six sentences each that share words."""
    words = ["梨树 花园 果实", "水泵 阀门 机器", "图书 书架 读者", "渔船 港口 风浪", "戏台 锣鼓 演员", "学校 课堂 老师",
             "医院 病人 大夫", "车站 列车 旅客"]  # fmt: skip
    glue = ["在春天里", "慢慢地", "让人想起", "今年又见", "村里人说起", "谁都记得"]
    return [
        f"{start}{one.split()[at % 3]}和{one.split()[(at + 1) % 3]}"
        for one in words
        for at, start in enumerate(glue)
    ]  # fmt: skip


def test_a_text_hangs_together_and_a_shuffled_one_does_not(ask):
    sentences = topics()
    assert ask("sentence_order_score", "。".join(sentences)) > 0.999
    shuffled = []
    for seed in range(20):
        drawn = list(sentences)
        random.Random(seed).shuffle(drawn)
        shuffled.append(ask("sentence_order_score", "。".join(drawn)))
    assert sum(shuffled) / len(shuffled) < 0.2


def test_too_few_sentences_have_no_order(ask):
    assert ask("sentence_order_score", "今天很好。" * (MIN_SENTENCES - 1)) is None
    assert ask("sentence_order_score", "今天很好。" * MIN_SENTENCES) is not None
    assert ask("sentence_order_score", "") is None


def test_english_is_read_by_words(ask):
    text = " ".join(
        f"The {one} met the {one} again." for one in ("miller", "baker", "sailor", "farmer") for _ in range(3)
    )
    assert ask("sentence_order_score", text) > 0.9


def test_a_sentence_that_comes_again_is_repeated(ask):
    first, second = "昨天下午图书馆把旧书架重新摆好。", "门口的梨树今年春天开满了花。"
    assert ask("repeated_sentence_ratio", first + second) == 0
    assert ask("repeated_sentence_ratio", first + second + first) == pytest.approx(15 / 43, abs=0.01)
    assert ask("repeated_sentence_ratio", "好的。" * 9) == 0
    assert ask("repeated_sentence_ratio", None) is None


def test_long_texts_are_measured(ask):
    assert 0 <= ask("sentence_order_score", "今天的天气很好，我们去公园。" * 50_000) <= 1
    assert ask("sentence_order_score", "字" * 300_000) is None


def odds(score: float) -> float:
    return score / (1 - score)


@pytest.mark.parametrize("start", ["但是，", "他说", "因此", "这些", "“其次，", "对此，", "此外"])
def test_a_text_that_begins_by_pointing_back_is_less_likely_in_order(ask, start):
    # Below every sentence is of characters of its own, so that order alone says nothing.
    rest = "。".join(chr(0x5000 + 9 * at) + chr(0x5001 + 9 * at) + chr(0x5002 + 9 * at) for at in range(9))
    assert ask("sentence_order_score", f"春风吹来。{rest}") == 0.5
    found = ask("sentence_order_score", f"{start}春风吹来。{rest}")
    assert odds(found) == pytest.approx(OPENED_PROSE / OPENED_ANY, rel=1e-4)
    assert ask("sentence_order_score", f"春风吹来。{start}。{rest}") == 0.5


@pytest.mark.parametrize("start", ["其实", "也许", "那天", "这款", "而立", "春但", "NASA但", "But "])
def test_other_beginnings_say_nothing(ask, start):
    rest = "。".join(chr(0x5000 + 9 * at) + chr(0x5001 + 9 * at) + chr(0x5002 + 9 * at) for at in range(9))
    assert ask("sentence_order_score", f"{start}春风吹来。{rest}") == 0.5


def test_a_heading_of_one_character_is_no_first_sentence(ask):
    rest = "。".join(chr(0x5000 + 9 * at) + chr(0x5001 + 9 * at) + chr(0x5002 + 9 * at) for at in range(9))
    assert ask("sentence_order_score", f"序。但是春风吹来。{rest}") < 0.2
