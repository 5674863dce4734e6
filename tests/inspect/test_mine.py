"""What is proposed as boilerplate is what was planted at the edges of texts, whole, with its counts."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from building import write_jsonl

from corpus import wordlists
from corpus.errors import UsageError
from corpus.inspect.mine import Mined, mine, proposals_file

HAN = "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁律吕调阳云腾致雨露结为霜金生丽水玉出昆冈剑号巨阙珠称夜光"
FOOT = "欢迎扫码加入读者交流群"
HEAD = "Sign up for our weekly letter"
EVERYWHERE = "话说天下大势"


def sentence(chance: random.Random, characters: int = 20) -> str:
    return "".join(chance.choice(HAN) for _ in range(characters)) + "。"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Mined:
    chance = random.Random(5)
    records = []
    for number in range(120):
        body = [sentence(chance) for _ in range(30)]
        for place in (0, 6, 12, 18, 24, 29):
            body[place] = f"{chance.choice(HAN)}{EVERYWHERE}{chance.choice(HAN)}。" + body[place]
        lines = ["".join(body)]
        if number % 3 == 0:
            lines.append(f"{chance.choice(HAN)}{chance.choice(HAN)}，{FOOT}！")
        if number % 3 == 1:
            lines.append(f"{FOOT}哦")
        if number % 2:
            lines.insert(0, f"{HEAD}.")
        records.append({"id": str(number), "text": "\n".join(lines)})
    return mine([str(write_jsonl(tmp_path_factory.mktemp("mine") / "in.jsonl", records))])


def test_what_stands_at_the_edges_of_many_texts_is_proposed_and_nothing_else(found: Mined) -> None:
    assert {one.phrase for one in found.proposals} == {FOOT, HEAD}


def test_a_proposal_says_in_how_many_texts_and_where(found: Mined) -> None:
    seen = {one.phrase: (one.documents, one.head, one.tail, one.middle) for one in found.proposals}
    assert seen == {FOOT: (80, 0, 80, 0), HEAD: (60, 60, 0, 0)}


def test_a_longer_form_in_fewer_texts_is_a_variant_of_what_finds_both(found: Mined) -> None:
    (foot,) = (one for one in found.proposals if one.phrase == FOOT)
    assert foot.variants == ((f"{FOOT}哦", 40),)


def test_a_proposal_shows_contexts(found: Mined) -> None:
    (foot,) = (one for one in found.proposals if one.phrase == FOOT)
    assert len(foot.contexts) == 2
    assert all(f"[{FOOT}]" in context for context in foot.contexts)


def test_the_file_is_a_word_list(found: Mined) -> None:
    text = proposals_file(found)
    terms = wordlists.parse(text.encode(), "proposals.tsv")
    assert {term.text for term in terms} == {FOOT, HEAD}
    assert "texts 80  head 0  tail 80  middle 0" in text


def test_variants_of_one_phrase_are_one_proposal_the_longest(tmp_path: Path) -> None:
    chance = random.Random(9)
    records = []
    for number in range(90):
        end = "今日" if number % 3 == 0 else "本站" if number % 3 == 1 else "每日"
        foot = f"更多精彩内容请关注{end}公众号"
        records.append({"text": "".join(sentence(chance) for _ in range(30)) + f"\n{foot}\n"})
    proposed = mine([str(write_jsonl(tmp_path / "in.jsonl", records))]).proposals
    assert len(proposed) == 1
    assert proposed[0].phrase.startswith("更多精彩内容请关注")


def test_too_few_texts_propose_nothing(tmp_path: Path) -> None:
    records = [{"text": sentence(random.Random(n)) * 20 + f"\n{FOOT}"} for n in range(4)]
    assert mine([str(write_jsonl(tmp_path / "in.jsonl", records))]).proposals == ()


def test_numbers_that_cannot_be_are_refused(tmp_path: Path) -> None:
    for wrong in ({"least": 1}, {"lift": 0.5}, {"top": 0}):
        with pytest.raises(UsageError):
            mine([str(tmp_path)], **wrong)  # type: ignore[arg-type]
