"""Every sentence of the report exists in both languages, is used, and says the same things."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

from corpus import removals
from corpus.quarantine import Reason
from corpus.report import words
from corpus.report.words import REASONS, WORDS, Text, bound, reason, say, stage
from corpus.ruleset.model import Bound

REPORT = Path(words.__file__).parent


def test_both_languages_have_the_same_places_and_are_not_the_same_words() -> None:
    for key, text in WORDS.items():
        assert _places(text.zh) == _places(text.en), key
        assert text.zh, key
        if key != "head.version":
            assert re.search(r"[\u4e00-\u9fff]", text.zh), key
            assert not re.search(r"[\u4e00-\u9fff]", text.en), key


def _places(said: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(said) if name is not None}


def test_every_key_is_used_and_every_used_key_exists() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in REPORT.rglob("*.py") if path.name != "words.py")
    quoted = set(re.findall(r'"([a-z]+(?:\.[a-z_]+)?)"', source))
    built = {"map.source", "map.tier", "map.cluster", "scores.valleys", "scores.quantiles"}
    assert set(WORDS) - quoted - built == set()
    asked = set(re.findall(r'say\("([^"{}]+)"', source))
    assert asked - set(WORDS) == set()


def test_reasons_of_removing_stages_and_of_quarantine_have_words() -> None:
    known = {item.reason for item in removals.REMOVALS if item.reason is not None} | {str(item) for item in Reason}
    assert known - set(REASONS) == set()


def test_values_are_filled_in_with_thousands_apart() -> None:
    assert say("table.all", {"rows": 1234}) == Text("显示全部 1,234 行", "Show all 1,234 rows")
    with pytest.raises(KeyError):
        say("no.such.words")


def test_bounds_as_rules_say_them_are_said_in_chinese() -> None:
    for limits in (
        Bound(min=0.3),
        Bound(max=20),
        Bound(1, 2),
        Bound(allowed=("Hani", "Latn")),
        Bound(refused=("Cyrl",)),
    ):
        said = bound(str(limits))
        assert said.en == str(limits)
        assert re.search(r"[\u4e00-\u9fff]", said.zh), limits


def test_names_that_nobody_knows_stay_as_they_are() -> None:
    assert stage("something-new") == Text("something-new", "something-new")
    assert reason("zh.short") == Text("zh.short", "zh.short")
    assert stage("survivors-2").en == "last survivors (survivors-2)"
