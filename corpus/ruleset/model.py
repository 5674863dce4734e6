"""What a rule is: a named bound on a signal, with whom it applies to, why it exists and what it must do.

All of it is frozen and picklable: a rule set is built once, where the settings are read, and sent to the workers.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from corpus.kernels.signal import SignalCall

Action = Literal["drop", "flag", "demote"]
KEPT, FLAGGED, DEMOTED, DROPPED = 0, 1, 2, 3
SEVERITY: dict[Action, int] = {"flag": FLAGGED, "demote": DEMOTED, "drop": DROPPED}
"""What a failing rule does to a record, as stored in the `action` column; the worst of all failing rules counts."""

CHARS = SignalCall("chars")
"""The length of the text, which `applies.min_chars` and `max_chars` look at."""


@dataclass(frozen=True)
class Bound:
    """Values that are kept: `min <= value <= max`, both ends included, or a label `allowed`, or none `refused`."""

    min: float | None = None
    max: float | None = None
    allowed: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether it bounds nothing at all."""
        return self.min is None and self.max is None and not self.allowed and not self.refused

    def __str__(self) -> str:
        said: list[str] = []
        if self.min is not None and self.max is not None:
            said = [f"from {plain(self.min)} to {plain(self.max)}"]
        elif self.min is not None:
            said = [f"at least {plain(self.min)}"]
        elif self.max is not None:
            said = [f"at most {plain(self.max)}"]
        said += [f"one of {', '.join(self.allowed)}"] if self.allowed else []
        said += [f"none of {', '.join(self.refused)}"] if self.refused else []
        return " and ".join(said) or "anything"


@dataclass(frozen=True)
class Applies:
    """Which records a rule or a condition looks at; an empty field means all of them.

    `lang` compares the primary subtag without case (`zh` covers `zh-TW`); a record whose language is not known is
    never looked at by a rule for a language. `source` compares names as they are. Lengths are in characters, both
    ends included.
    """

    lang: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    min_chars: int | None = None
    max_chars: int | None = None

    @property
    def needs_chars(self) -> bool:
        """Whether the length of the text decides."""
        return self.min_chars is not None or self.max_chars is not None

    def __str__(self) -> str:
        said = [", ".join(values) for values in (self.lang, self.source, self.kind) if values]
        if self.needs_chars:
            said.append(f"{Bound(self.min_chars, self.max_chars)} characters")
        return "; ".join(said) or "all"


@dataclass(frozen=True)
class Examples:
    """What the rule must keep and what it must not: each is a value of the column the signal reads, mostly a text."""

    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()


@dataclass(frozen=True, order=True)
class Location:
    """Where a rule stands; the path of a shipped rule starts at `rules/`."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True)
class Rule:
    """A record is kept by this rule when the signal's value is within `keep_when`, or null, or it does not apply."""

    id: str
    signal: SignalCall
    keep_when: Bound
    otherwise: Action
    reason: str
    source: str
    applies: Applies
    examples: Examples
    at: Location
    overridden: Location | None = None
    """The last override that changed it; `at` stays where the rule was declared."""
    idle: Location | None = None
    """The last override that left everything as it was."""


@dataclass(frozen=True)
class RuleSet:
    """Rules in the order that decides which one a removed record is counted under."""

    rules: tuple[Rule, ...]

    @cached_property
    def digest(self) -> str:
        """sha256 over what changes a verdict: order, ids, signals, bounds, actions and applies; nothing else."""
        return digest_of([_essence(rule) for rule in self.rules])

    @cached_property
    def calls(self) -> tuple[SignalCall, ...]:
        """Every signal the rules look at, once, sorted by column."""
        found = {rule.signal for rule in self.rules}
        found |= {call.place for call in found if call.by_turn}
        if any(rule.applies.needs_chars for rule in self.rules):
            found.add(CHARS)
        return sorted_calls(found)

    @cached_property
    def by_id(self) -> dict[str, int]:
        """The place of each rule in the order."""
        return {rule.id: index for index, rule in enumerate(self.rules)}


def plain(number: float) -> str:
    """A number as a person writes it: no exponent for whole numbers, no trailing zeros."""
    whole = float(number).is_integer() and abs(number) < 1e15
    return str(int(number)) if whole else f"{number:.10g}"


def sorted_calls(calls: set[SignalCall]) -> tuple[SignalCall, ...]:
    """The calls in the order of their column names."""
    return tuple(sorted(calls, key=lambda call: call.column))


def applies_essence(applies: Applies) -> dict[str, Any]:
    """What of `applies` changes a verdict, in an order that does not depend on how it was written."""
    return {
        "lang": sorted(set(applies.lang)),
        "source": sorted(set(applies.source)),
        "kind": sorted(set(applies.kind)),
        "chars": [applies.min_chars, applies.max_chars],
    }


def digest_of(essence: Any) -> str:
    """sha256 hex of the canonical JSON of plain values."""
    canonical = json.dumps(essence, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _essence(rule: Rule) -> dict[str, Any]:
    bound = rule.keep_when
    return {
        "id": rule.id,
        "kernel": rule.signal.kernel,
        "args": [list(pair) for pair in rule.signal.args],
        **({"view": rule.signal.view} if rule.signal.view else {}),
        "bound": [_number(bound.min), _number(bound.max), sorted(bound.allowed), sorted(bound.refused)],
        "otherwise": rule.otherwise,
        "applies": applies_essence(rule.applies),
    }


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)
