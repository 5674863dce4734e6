"""Quality policies: what is read, and every mistake told where it stands."""

from __future__ import annotations

import pickle

import pytest

from corpus.errors import ConfigError
from corpus.ruleset.entries import Shelf
from corpus.ruleset.quality import FOLDER, RANK_CURVES, load_quality

POLICY = """\
within: source
min_group: 10
parts:
  - {signal: {kernel: url_char_ratio}, weight: 2, curve: [[0.1, 1], [0.4, 0]]}
  - {name: words, signal: {kernel: function_han_ratio}, better: high, lang: [zh]}
  - {column: judge.score, weight: 4, rank_curve: [[0, 0], [0.5, 1]]}
"""


def test_a_policy_knows_what_it_reads(write):
    policy = load_quality(write(POLICY))
    assert (policy.within, policy.min_group) == ("source", 10)
    assert [call.column for call in policy.calls] == ["function_han_ratio", "url_char_ratio"]
    assert policy.columns == ("judge.score",)
    assert policy.ranked == ("function_han_ratio", "judge.score")
    assert [part.name for part in policy.parts] == ["url_char_ratio", "words", "judge.score"]
    assert policy.parts[1].rank_curve == RANK_CURVES["high"]
    copy = pickle.loads(pickle.dumps(policy))
    assert (copy, copy.digest) == (policy, policy.digest)


def test_the_digest_is_of_what_changes_a_score(write):
    digest = load_quality(write(POLICY)).digest
    assert load_quality(write(POLICY.replace("name: words, ", ""))).digest == digest
    for old, new in (("weight: 2", "weight: 3"), ("0.4, 0", "0.5, 0"), ("[zh]", "[en]")):
        assert load_quality(write(POLICY.replace(old, new))).digest != digest


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("{signal: {kernel: chars}, column: x, better: high}", "either a signal or a column"),
        ("{better: high}", "either a signal or a column"),
        ("{column: x}", "give better, curve or rank_curve"),
        ("{column: x, better: high, curve: [[0, 0], [1, 1]]}", "give it alone"),
        ("{column: x, curve: [[0, 0]]}", "two points or more"),
        ("{column: x, curve: [[1, 0], [1, 1]]}", "points must ascend; 1 comes after 1"),
        ("{column: x, curve: [[0, 0], [1, 2]]}", "quality is from 0 to 1, not 2"),
        ("{column: x, rank_curve: [[0, 0], [30, 1]]}", "a rank is from 0 to 1, not 30"),
        ("{column: x, better: high, weight: 0}", "greater than 0"),
        ("{signal: {kernel: charz}, better: high}", 'unknown kernel "charz"; did you mean "chars"?'),
        ("{signal: {kernel: script}, better: high}", "script is a label"),
        ("{column: x, bettr: high}", "did you mean"),
    ],
)
def test_mistakes_are_told_with_their_line(write, part, said):
    path = write(f"parts:\n  - {{column: fine, better: low}}\n  - {part}\n")
    with pytest.raises(ConfigError) as caught:
        load_quality(path)
    assert any(one.line == 3 and said in one.message for one in caught.value.problems), caught.value


def test_all_mistakes_are_told_at_once_and_names_are_unique(write):
    entries = ("{column: x, better: low}", "{column: x, better: high}", "{signal: {kernel: no}, better: low}")
    path = write("parts:\n" + "".join(f"  - {one}\n" for one in entries))
    with pytest.raises(ConfigError) as caught:
        load_quality(path)
    assert [one.line for one in caught.value.problems] == [3, 4]


def test_an_unknown_name_is_answered_with_those_there_are():
    with pytest.raises(ConfigError, match='did you mean "default"'):
        load_quality("defalt")


@pytest.mark.parametrize("name", Shelf.of(FOLDER, "policy").names)
def test_shipped_policies_load(name):
    assert load_quality(name).parts
