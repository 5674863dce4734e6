"""Targets: shares of leaves and groups by hand; gaps, weights, the epochs that bound them; mistakes at their line."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import ConfigError, UsageError
from corpus.tags.coverage import Counts, Target, compare, load_target, wanted_shares, write_mixture

NATURAL = {"a/x": 60.0, "a/y": 20.0, "b/z": 20.0, "c": 0.0}


def counts(**tokens: float) -> Counts:
    named = {name.replace("_", "/"): many for name, many in tokens.items()}
    return Counts(named, dict.fromkeys(named, 1), 50.0, 2)


@pytest.mark.parametrize(
    ("shares", "rest", "wanted"),
    [
        ({"a": 40}, "natural", {"a/x": 0.3, "a/y": 0.1, "b/z": 0.6, "c": 0.0}),
        ({"a": 40, "a/y": 30, "c": 10}, "natural", {"a/x": 0.1, "a/y": 0.3, "b/z": 0.5, "c": 0.1}),
        ({"a": 1, "b/z": 3}, "nothing", {"a/x": 0.1875, "a/y": 0.0625, "b/z": 0.75, "c": 0.0}),
        ({"a/x": 2, "c": 2}, "nothing", {"a/x": 0.5, "a/y": 0.0, "b/z": 0.0, "c": 0.5}),
    ],
)
def test_shares_by_hand(shares, rest, wanted):
    assert wanted_shares(Target(shares=shares, rest=rest), NATURAL) == pytest.approx(wanted)


@given(st.dictionaries(st.sampled_from(list(NATURAL)), st.floats(0.1, 20), min_size=1))
def test_shares_are_one_together(shares):
    for rest in ("natural", "nothing"):
        assert sum(wanted_shares(Target(shares=shares, rest=rest), NATURAL).values()) == pytest.approx(1)


def test_gaps_are_listed_with_what_they_lack_first():
    wanted = {"a/x": 0.25, "a/y": 0.25, "b/z": 0.25, "c": 0.25}
    found = compare(counts(a_x=70, a_y=22, b_z=8), wanted, column="tag_domain", against="t", tolerance=0.2)
    assert [leaf.tag for leaf in found.leaves] == ["c", "b/z", "a/y", "a/x"]
    assert (found.gaps, found.absent) == (("c", "b/z"), ("c",))
    assert [leaf.lacks for leaf in found.leaves] == [25, 17, 3, 0]
    assert found.distance == pytest.approx((0.45 + 0.03 + 0.17 + 0.25) / 2)
    assert (found.tokens, found.tagged) == (150, 100)
    weights = {leaf.tag: leaf.weight for leaf in found.leaves}
    assert weights == pytest.approx({"a/x": 25 / 70, "a/y": 25 / 22, "b/z": 25 / 8, "c": None})


def test_no_token_is_read_more_often_than_the_epochs_allow():
    found = compare(counts(a=99, b=1), {"a": 0.5, "b": 0.5}, column="c", against="t", epochs=4)
    assert {leaf.tag: leaf.epochs for leaf in found.leaves} == pytest.approx({"a": 96 / 99, "b": 4})
    assert found.mixture["epochs"] == {"*": 4}
    assert found.reachable == pytest.approx(1)


def test_what_is_as_wanted_has_no_gap_and_nothing_has_no_weights():
    even = compare(counts(a=50, b=50), {"a": 0.5, "b": 0.5}, column="c", against="t")
    assert (even.gaps, even.distance) == ((), 0)
    assert even.mixture["weights"] == {"a": 1.0, "b": 1.0}
    none = compare(Counts({}, {}, 0.0, 0), {"a": 1.0}, column="c", against="t")
    assert (none.absent, none.reachable, none.mixture["weights"]) == (("a",), 0.0, {})


def test_a_target_file_is_read_and_its_mistakes_are_told_together(tmp_path):
    path = tmp_path / "target.yaml"
    path.write_text("coverage: 1\nshares: {a: 40, a/y: 30}\nrest: natural\n", encoding="utf-8")
    assert load_target(str(path), list(NATURAL)).shares == {"a": 40, "a/y": 30}
    path.write_text("shares:\n  a: 10\n  a/y: 30\n  bee: 5\n  c: 95\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_target(str(path), list(NATURAL))
    told = str(caught.value)
    for part in (":2:3: a has 10, its leaves ask for 30", ":4:3: no tag or group is called 'bee'", "sum to 110"):
        assert part in told, told


def test_the_mixture_is_written_as_yaml_or_json_and_nothing_is_overwritten(tmp_path):
    found = compare(counts(a=30, b=10), {"a": 0.5, "b": 0.5}, column="c", against="t")
    for name, read in (("m.yaml", yaml.safe_load), ("m.json", json.loads)):
        write_mixture(found, tmp_path / name)
        noted = read((tmp_path / name).read_text(encoding="utf-8"))
        assert noted["weights"] == pytest.approx({"a": 2 / 3, "b": 2}, abs=1e-4)
        with pytest.raises(UsageError):
            write_mixture(found, tmp_path / name)
