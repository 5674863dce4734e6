from __future__ import annotations

import itertools

import pytest

from corpus.models.causal.disorder import Sentences, Version, beginning
from corpus.scores.dirty.pieces import Pieces

TEXT = "天地玄黄，宇宙洪荒。日月盈昃？\n辰宿列张，寒来暑往！12。\n\n秋收冬藏，闰余成岁，律吕调阳。云腾致雨，露结为霜。"
ENGLISH = "The sun rose over the hills. Nobody had seen it for weeks.\nSo they went out. It was cold, but they stayed."


def shown(version: Version, text: str) -> None:
    """Every piece stands where it is said to stand, and no character is lost."""
    assert sorted(version.text) == sorted(text)
    bodies = Sentences(text).bodies
    for (sentence, start), at in version.at.items():
        end = min(
            (one for other, one in version.at if other == sentence and one > start), default=len(bodies[sentence])
        )
        assert version.text[at : at + end - start] == bodies[sentence][start:end]


@pytest.mark.parametrize("text", [TEXT, ENGLISH])
def test_versions_hold_what_the_text_holds_where_they_say(text: str) -> None:
    read = Sentences(text)
    assert read.whole().text == text
    assert read.whole().judged == ()
    orders, crossings = [read.ordered() for _ in range(20)], [read.crossed() for _ in range(20)]
    lines = [len(Pieces(one).sentences) for one in text.split("\n")]
    for version in [*orders, *crossings]:
        shown(version, text)
        assert [len(Pieces(one).sentences) for one in version.text.split("\n")] == lines
    assert len({one.text for one in orders}) > 10
    assert len({one.text for one in crossings}) == 20


def test_an_order_judges_the_sentences_that_follow_another_one_than_before() -> None:
    read = Sentences(TEXT)
    assert len(read.moved) == 5  # "12。" holds too little
    for _ in range(20):
        version = read.ordered()
        assert "12。\n\n" in version.text  # and stays
        order = [sentence for sentence, _ in sorted(version.at, key=version.at.__getitem__) if sentence in read.moved]
        follows = dict(itertools.pairwise(order))
        before = dict(itertools.pairwise(read.moved))
        changed = {two for one, two in follows.items() if before.get(one) != two} | {order[0]}
        assert {piece.sentence for piece in version.judged} == changed - {read.moved[0]}
        for piece in version.judged:
            assert (piece.start, piece.end) == (0, len(read.bodies[piece.sentence]))


def test_a_crossing_judges_tails_that_begin_in_the_middle_third_behind_heads_of_others() -> None:
    read = Sentences(TEXT)
    for _ in range(20):
        version = read.crossed()
        assert "日月盈昃？\n" in version.text  # four letters are moved, not cut
        assert len(version.judged) == 4
        for piece in version.judged:
            size = len(read.bodies[piece.sentence])
            assert size // 3 <= piece.start <= size * 2 // 3
            assert piece.end == size
            at = version.at[piece.sentence, piece.start]
            head = next(one for one, start in version.at if start == 0 and version.at[one, 0] < at and
                        at - version.at[one, 0] == _cut_of(version, one))  # fmt: skip
            assert head != piece.sentence


def _cut_of(version: Version, sentence: int) -> int:
    return max(start for one, start in version.at if one == sentence)


def test_what_is_drawn_depends_on_the_text_alone() -> None:
    first, again, other = Sentences(TEXT), Sentences(TEXT), Sentences(TEXT[:-1])
    assert [first.ordered(), first.crossed()] == [again.ordered(), again.crossed()]
    assert Sentences(TEXT).ordered().text[:-1] != other.ordered().text


def test_a_text_of_one_sentence_has_no_crossing() -> None:
    version = Sentences("天地玄黄，宇宙洪荒，日月盈昃。").crossed()
    assert (version.text, version.judged) == ("天地玄黄，宇宙洪荒，日月盈昃。", ())
    assert Sentences("").whole().text == ""


@pytest.mark.parametrize(
    ("most", "kept"), [(9, ""), (10, "天地玄黄，宇宙洪荒。"), (16, TEXT[:16]), (17, TEXT[:16]), (999, TEXT)]
)
def test_a_beginning_is_whole_sentences(most: int, kept: str) -> None:
    assert beginning(TEXT, most) == kept
