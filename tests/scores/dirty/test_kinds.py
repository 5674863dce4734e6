"""Defects: each changes its text, alike for a seed, whatever the other texts; groups share no kind."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.errors import UsageError
from corpus.scores.dirty.kinds import GROUPS, KINDS, dirtied, dirty_rows, kinds_of
from corpus.scores.dirty.pieces import Pieces

CHINESE = (
    "昨天下午，镇上的图书馆把旧书架重新摆了一遍。来借书的老人说，找书方便多了。馆长告诉我们，下个月还会添一批儿童读物。\n"
    "门口的梨树开了花，孩子们在树下读书。傍晚的时候下起了小雨，大家把书搬进屋里。明天是集市，村里的人都要去卖菜。\n"
    "河边的磨坊已经停了很多年，水车却还在转。守磨坊的人每天早上给它上油，他说只要水车转着，磨坊就不算老。"
)
ENGLISH = (
    "The old mill stands by the river. Nobody remembers who built it, but the pear tree is older still. In spring the "
    "children come here after school. The keeper oils the wheel every morning. He says that a mill is not old while "
    "its wheel turns. On market days the road is full of carts."
)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", [CHINESE, ENGLISH])
def test_every_kind_changes_a_text_and_says_what_it_does(kind, text):
    found = dirtied(text, kind, seed=3, amount=0.5)
    assert found != text
    assert found == dirtied(text, kind, seed=3, amount=0.5)
    assert KINDS[kind].doc.endswith(".")


def test_another_seed_is_another_defect():
    assert len({dirtied(CHINESE, "adverts", seed) for seed in range(5)}) > 1


def test_groups_share_no_kind_and_have_eight_or_more():
    for first, second in itertools.combinations(GROUPS.values(), 2):
        assert not set(first) & set(second)
    assert all(len(members) >= 8 for members in GROUPS.values())
    assert set(KINDS) == {name for members in GROUPS.values() for name in members}


@pytest.mark.parametrize("kind", ["adverts", "boilerplate", "chatter", "wrong_language", "markup", "keyword_lists"])
def test_what_is_inserted_leaves_the_sentences_as_they_are(kind):
    found = dirtied(CHINESE, kind, amount=0.5)
    at = 0
    for sentence in Pieces(CHINESE).sentences:
        at = found.index(sentence.strip(), at)
    assert len(found) > len(CHINESE)


def test_more_is_dirtier():
    lengths = [len(dirtied(CHINESE, "adverts", 1, amount)) for amount in (0.1, 0.4, 1.0)]
    assert lengths == sorted(lengths)
    assert lengths[0] < lengths[-1]


def test_shuffled_sentences_are_the_same_sentences():
    found = dirtied(CHINESE, "shuffled_sentences")
    assert sorted(found) == sorted(CHINESE)
    assert found.count("\n") == CHINESE.count("\n")


def test_what_only_moves_text_keeps_its_characters():
    for kind in ("dealt_blocks", "crossed_tails"):
        found = dirtied(CHINESE, kind, seed=3)
        assert sorted(found) == sorted(CHINESE)
        assert found != CHINESE


def test_rows_take_kinds_in_turn_whatever_their_order():
    texts = [f"{place}号房间里住着一位老人。{CHINESE}" for place in range(24)]
    made, given_kinds = dirty_rows(texts, ["tune"], seed=7)
    again, kinds_again = dirty_rows(texts[::-1], ["tune"], seed=7)
    assert (again[::-1], kinds_again[::-1]) == (made, given_kinds)
    assert {given_kinds.count(kind) for kind in GROUPS["tune"]} == {2}
    assert all(dirty == dirtied(text, kind, 7) for text, kind, dirty in zip(texts, given_kinds, made, strict=True))


def test_names_and_groups_are_known_and_others_told():
    assert kinds_of(["test"]) == tuple(GROUPS["test"])
    assert kinds_of(["all"]) == tuple(KINDS)
    assert kinds_of(["menus", "menus"]) == ("menus",)
    with pytest.raises(UsageError, match='did you mean "menus"'):
        kinds_of(["menu"])
    for amount in (0, 1.5, float("nan")):
        with pytest.raises(UsageError, match="amount"):
            dirtied(CHINESE, "menus", amount=amount)
    with pytest.raises(UsageError, match="no kind"):
        dirty_rows([""], ["shuffled_sentences"])


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.sampled_from("今天好a. b。！\n「」”1é"), max_size=60), st.sampled_from(sorted(KINDS)))
def test_any_text_can_be_given(text, kind):
    assert isinstance(dirtied(text, kind), str)
    assert "".join(Pieces(text).sentences) == text
