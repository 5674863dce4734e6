from __future__ import annotations

from collections import Counter

import pytest

from corpus.errors import UsageError
from corpus.synth.dealing import LANGS, dealt, drawn, lists


def test_everything_is_dealt_once_before_anything_is_dealt_again_in_another_order() -> None:
    things = [str(n) for n in range(10)]
    rounds = [[dealt(things, number, 0, "topic") for number in range(first, first + 10)] for first in (0, 10)]
    assert [sorted(one) for one in rounds] == [things, things]
    assert rounds[0] != rounds[1]
    assert rounds[0] == [dealt(things, number, 0, "topic") for number in range(10)]
    assert rounds[0] != [dealt(things, number, 1, "topic") for number in range(10)]
    assert rounds[0] != [dealt(things, number, 0, "verb") for number in range(10)]


def test_what_is_drawn_is_different_and_follows_from_what_it_is_drawn_for() -> None:
    assert drawn(50, 4, "a", 1) == drawn(50, 4, "a", 1) != drawn(50, 4, "a", 2)
    assert len(set(drawn(50, 20, "a"))) == 20
    assert sorted(drawn(3, 9, "a")) == [0, 1, 2]
    assert drawn(0, 4, "a") == []


@pytest.mark.parametrize("lang", LANGS)
def test_the_lists_hold_nothing_twice_and_both_kinds_of_operations(lang: str) -> None:
    found = lists(lang)
    for things in (found.topics, found.verbs, found.forms, found.manners):
        assert len(set(things)) == len(things)
    assert len(found.topics) >= 100
    assert len(found.verbs) >= 50
    assert Counter(one.kind for one in found.operations) == {"depth": 7, "breadth": 2}
    assert {one.kind for one in found.questions} == {"question"}


def test_both_languages_have_the_same_operations_and_questions() -> None:
    chinese, english = lists("zh"), lists("en")
    for name in ("operations", "questions"):
        both = [[(one.name, one.kind) for one in getattr(found, name)] for found in (chinese, english)]
        assert both[0] == both[1]
    assert set(chinese.categories) == set(english.categories)
    with pytest.raises(UsageError, match="zh and en"):
        lists("fr")
