"""Categories of a mixture are filled one by one, to the budget, and what is missing stays missing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import ConfigError
from corpus.ruleset.categories import OUTSIDE, Leaf, fill
from corpus.ruleset.policy import load_tiers

NAMES = ("code", "talk/play", "talk/rest")
UNITS = st.floats(0, 1e6)


@given(
    st.tuples(*[st.floats(1, 1e6)] * 3),
    st.dictionaries(st.sampled_from((*NAMES, OUTSIDE)), UNITS),
    st.none() | st.floats(1, 1e7),
    st.dictionaries(st.sampled_from(("code", "talk", "talk/play")), st.floats(0.01, 1)),
)
def test_nothing_gets_more_than_its_target_its_cap_or_what_there_is(targets, have, budget, caps):
    groups = tuple(Leaf(name, (), target) for name, target in zip(NAMES, targets, strict=True))
    found = {one.name: one for one in fill(groups, have, budget, caps)}
    size = sum(targets) if budget is None else budget
    for name, target in zip(NAMES, targets, strict=True):
        one = found[name]
        assert one.given <= min(one.want, have.get(name, 0.0)) + 1e-6
        assert one.want <= size * target / sum(targets) * (1 + 1e-9)
        assert one.short == pytest.approx(max(0.0, one.want - have.get(name, 0.0)), abs=1e-6)
        assert one.want <= caps.get(name, 1.0) * size * (1 + 1e-9)
    assert sum(one.given for one in found.values()) <= size * (1 + 1e-9)
    assert OUTSIDE not in found or found[OUTSIDE].given == 0


def test_the_shipped_policy_has_the_published_proportions():
    policy = load_tiers("ziya")
    totals: dict[str, float] = {}
    for leaf in policy.leaves:
        name = leaf.name.partition("/")[0]
        totals[name] = totals.get(name, 0.0) + leaf.target
    wanted = {"self_instruct": 2e6, "code": 3e5, "reasoning": 5e5, "parallel": 2e6, "multi_turn": 5e5}
    assert totals == pytest.approx(wanted)
    assert policy.stored == ("difficulty", "quality", "tag_task")


def test_every_mistake_is_told_with_its_line(tmp_path: Path):
    path = tmp_path / "policy.yaml"
    path.write_text(
        "tiers: [{name: all}]\n"
        "mixture:\n"
        "  categories:\n"
        "    - {name: rest, target: 2}\n"
        "    - name: code\n"
        "      target: 1\n"
        "      when: [{signal: {kernel: charz}, min: 3}]\n"
        "    - name: code\n"
        "      target: 1\n"
        "      when: [{signal: {kernel: chars, view: turns}, min: 3, max: 9}]\n"
        "      kinds: [{name: a, when: [{column: tag_task, in: [code]}]}]\n",
        encoding="utf-8",
    )
    with pytest.raises(ConfigError) as caught:
        load_tiers(str(path))
    said = {(one.line, one.message.split(";")[0]) for one in caught.value.problems}
    assert {line for line, _ in said} == {4, 7, 8, 10, 11}
    assert (4, "rest: has no when, so it takes all") in said


@pytest.mark.parametrize("more", ["weights: {a: 2}", "epochs: {a: 2}", "temperature: 0.5"])
def test_settings_of_sources_do_not_go_with_categories(tmp_path: Path, more: str):
    path = tmp_path / "policy.yaml"
    text = f"tiers: [{{name: all}}]\nmixture:\n  {more}\n  categories: [{{name: a, target: 1}}]\n"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="for sources"):
        load_tiers(str(path))
