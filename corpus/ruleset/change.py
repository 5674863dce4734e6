"""Rules changed by a few words: bounds set and rules taken away without a file, and the overlay that says the same."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from corpus.errors import UsageError
from corpus.kernels.catalogue import SIGNALS
from corpus.located import suggest
from corpus.ruleset.bind import wrong_bound
from corpus.ruleset.model import Bound, Rule, RuleSet, plain

SIDES = ("min", "max")
NONE = ("none", "null")


@dataclass(frozen=True)
class Setting:
    """One side of one rule's bound; None takes that side away."""

    rule: str
    side: str
    value: float | None


def parse_setting(said: str) -> Setting:
    """`zh.punct_ratio_high.max=0.25` or `zh.short.min=none`; UsageError says what is wrong with anything else."""
    name, equals, value = said.partition("=")
    rule, _, side = name.strip().rpartition(".")
    if not equals or not rule or side not in SIDES:
        raise UsageError(f"--set {said}: must be ID.min=NUMBER or ID.max=NUMBER, as in zh.punct_ratio_high.max=0.25")
    if value.strip() in NONE:
        return Setting(rule, side, None)
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if not abs(number) < float("inf"):
        raise UsageError(f"--set {said}: {value.strip()!r} is no number; `none` takes the bound away")
    return Setting(rule, side, number)


def changed(rules: RuleSet, settings: Sequence[Setting], disabled: Sequence[str]) -> RuleSet:
    """`rules` with these bounds, in the same order, without those that are disabled.

    UsageError with every mistake: a rule that is not there, a number its signal cannot have, a rule that would keep
    nothing or bound nothing, a rule that is both set and disabled.
    """
    wrong: list[str] = []
    by_id = {rule.id: rule for rule in rules.rules}
    for name in dict.fromkeys([*disabled, *(setting.rule for setting in settings)]):
        if name not in by_id:
            wrong.append(f"no rule {name!r} in this rule set{suggest(name, by_id)}")
    places = [(setting.rule, setting.side) for setting in settings]
    wrong += [f"{rule}.{side}: is set twice" for rule, side in dict.fromkeys(places) if places.count((rule, side)) > 1]
    wrong += [f"{name}: is set and disabled" for name in sorted({rule for rule, _ in places} & set(disabled))]
    for name in dict.fromkeys(setting.rule for setting in settings if setting.rule in by_id):
        old = by_id[name]
        bound = old.keep_when
        for setting in settings:
            if setting.rule == name:
                sides = {"min": bound.min, "max": bound.max, setting.side: setting.value}
                bound = replace(bound, min=sides["min"], max=sides["max"])
        problems = [f"{name}: {message}" for _, message in wrong_bound(SIGNALS[old.signal.kernel], bound)]
        if bound.min is not None and bound.max is not None and bound.min > bound.max:
            problems.append(f"{name}: keeps nothing: {bound}")
        wrong += problems
        by_id[name] = replace(old, keep_when=bound)
    if wrong:
        raise UsageError("\n".join(wrong))
    return RuleSet(tuple(by_id[rule.id] for rule in rules.rules if rule.id not in set(disabled)))


def overlay(entries: Iterable[tuple[Rule, Bound, str]], head: Sequence[str] = ()) -> str:
    """A rule file that gives each rule (rule, bound, source) its bound; `head` are comment lines above it.

    `load_rules` accepts it after the sets that declare the rules.
    """
    lines = [f"# {' '.join(line.split())}" for line in head]
    for rule, bound, source in entries:
        sides = _side("min", rule.keep_when.min, bound.min) + _side("max", rule.keep_when.max, bound.max)
        lines += [f"- override: {rule.id}", f"  keep_when: {{{', '.join(sides)}}}"]
        lines.append(f"  source: {json.dumps(source, ensure_ascii=False)}")
    return "\n".join(lines or ["[]"]) + "\n"


def _side(name: str, old: float | None, new: float | None) -> list[str]:
    if new is None:
        return [] if old is None else [f"{name}: null"]
    # YAML 1.1 takes a number like 1e-05 for a word.
    return [f"{name}: {Decimal(plain(new)):f}"]
