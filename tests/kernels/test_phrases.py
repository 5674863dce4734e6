"""Phrases that many texts begin or end with are found and counted by text, however the texts are cut into batches."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pyarrow as pa

from corpus.kernels.phrases import Phrases, Seeds, Strings

FOOT = "欢迎扫码加入读者交流群"
HEAD = "Sign up for our weekly letter"
HAN = "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁律吕调阳云腾致雨露结为霜金生丽水玉出昆冈剑号巨阙珠称夜光"


def babble(chance: random.Random, characters: int) -> str:
    return "".join(chance.choice(HAN) for _ in range(characters))


def texts(count: int, every: int = 2) -> list[str]:
    chance = random.Random(7)
    made = []
    for number in range(count):
        body = "。".join(babble(chance, 20) for _ in range(12)) + "。"
        head = f"{HEAD}.\n" if number % every == 0 else ""
        foot = f"{babble(chance, 3)}，{FOOT}！" if number % every == 1 else ""
        made.append(head + body + "\n" + foot)
    return made


def counted(made: Sequence[str | None], least: int, batch: int = 1000, slots: int = 1 << 14) -> Phrases:
    arrays = [pa.array(made[start : start + batch], pa.large_string()) for start in range(0, len(made), batch)]
    seeds = Seeds(600)
    for array in arrays:
        seeds.add(array)
    strings = Strings(seeds, least, slots)
    for array in arrays:
        strings.add(array)
    return strings.phrases(0.7)


def closed(found: Phrases) -> dict[str, int]:
    return {
        text: int(documents)
        for text, documents, extended in zip(found.text, found.documents, found.extended, strict=True)
        if not extended
    }


def test_a_phrase_is_counted_once_for_each_text_that_has_it_at_an_edge() -> None:
    found = closed(counted(texts(60), least=20))
    assert found == {FOOT: 30, HEAD: 30}


def test_a_phrase_that_a_text_repeats_counts_once() -> None:
    made = [f"{FOOT}。{FOOT}。" + "。".join(f"第{n}行{k}" for k in range(80)) for n in range(10)]
    assert closed(counted(made, least=10))[FOOT] == 10


def test_phrases_in_the_middle_are_not_looked_at() -> None:
    chance = random.Random(3)
    made = [f"{babble(chance, 300)}。{FOOT}。{babble(chance, 300)}" for _ in range(40)]
    assert FOOT not in closed(counted(made, least=10))


def test_counts_do_not_depend_on_batches() -> None:
    whole, cut = (closed(counted(texts(50), least=10, batch=batch)) for batch in (1000, 7))
    assert whole == cut


def test_parts_of_a_frequent_phrase_say_that_a_longer_one_is_as_frequent() -> None:
    found = counted(texts(60), least=20)
    extended = {text for text, flag in zip(found.text, found.extended, strict=True) if flag}
    assert FOOT[1:] in extended
    assert FOOT[:-1] in extended


def test_marks_spaces_and_case_between_tokens_are_not_compared() -> None:
    made = ["Click here, to subscribe! " + "x. " * 200, "click  HERE to subscribe\n" + "y. " * 200] * 5
    found = counted(made, least=10)
    assert int(max(found.documents)) == 10


def test_chance_strings_hold_together_less_than_a_phrase() -> None:
    found = counted(texts(60), least=20)
    cohesion = dict(zip(found.text, found.cohesion, strict=True))
    assert cohesion[FOOT] > 8


def test_a_full_table_forgets_rare_strings_and_keeps_frequent_ones() -> None:
    chance = random.Random(11)
    made = texts(200)
    # Every text ends in one of many short phrases too, each in a few texts: far more strings than the table has room.
    tails = [babble(chance, 24) for _ in range(60)]
    made = [f"{text}\n{tails[n % 60]}" for n, text in enumerate(made)]
    small = counted(made, least=3, batch=10, slots=1 << 13)
    assert small.missed > 0
    found = dict(zip(small.text, small.documents.tolist(), strict=True))
    assert found[FOOT] >= 100 - small.missed


def test_empty_null_and_odd_texts_are_no_trouble() -> None:
    found = counted(["", None, "\0", "。。。", "字" * 100_000, "a" * 100_000, "😀" * 500], least=2)
    assert found.text == []


def test_no_texts_give_no_phrases() -> None:
    assert counted([], least=2).text == []
