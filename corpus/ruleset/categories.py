"""Categories of a mixture: what kinds of records a data set is to be made of, and how much of each.

A record belongs to the first category that it fits, and in it to the first kind. Targets are in proportion to each
other: they are scaled to the budget, and without one they are rows as they stand. What a category lacks is told and
never filled with records of another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, model_validator

from corpus.errors import Problem
from corpus.kernels.signal import Signal, SignalCall
from corpus.located import Located, Step, Strict
from corpus.ruleset.bind import bind, worst_of, wrong_bound
from corpus.ruleset.model import Bound
from corpus.ruleset.spec import Number

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_\-]{0,63}$")]
Target = Annotated[float, Field(gt=0)]
OUTSIDE = ""
"""The group of records that fit no category."""


class WhenSpec(Strict):
    """A condition: a signal or a stored column within bounds, or (a label, or one of a list of them) `in` a list."""

    signal: Mapping[str, Any] | None = None
    column: str | None = None
    min: Number | None = None
    max: Number | None = None
    among: tuple[str, ...] = Field(default=(), alias="in")

    @model_validator(mode="after")
    def _bounds_something(self) -> WhenSpec:
        if (self.signal is None) == (self.column is None):
            raise ValueError("looks at one thing: give signal or column")
        if self.min is None and self.max is None and not self.among:
            raise ValueError("bounds nothing; give min, max or in")
        return self


class KindSpec(Strict):
    """A kind within a category; targets of kinds share out that of the category, equally where none is given."""

    name: Name
    when: tuple[WhenSpec, ...] = ()
    target: Target = 1.0


class CategorySpec(Strict):
    """A category, its target, and its kinds."""

    name: Name
    when: tuple[WhenSpec, ...] = ()
    target: Target
    kinds: tuple[KindSpec, ...] = ()


@dataclass(frozen=True)
class When:
    """Holds when the column is within `bound`; of a list of labels one must be. Never for null."""

    column: str
    signal: SignalCall | None
    bound: Bound


@dataclass(frozen=True)
class Leaf:
    """A group that is filled by itself: a category without kinds, or a kind (`multi_turn/role_play`). `tests` must all
    hold; `target` is its share of the sum of all leaves' in proportion."""

    name: str
    tests: tuple[When, ...]
    target: float


def leaves(
    specs: Sequence[CategorySpec],
    document: Located,
    at: tuple[Step, ...],
    signals: Mapping[str, Signal],
    problems: list[Problem],
) -> tuple[Leaf, ...]:
    """Every leaf of the categories, in the order in which records are tried; what is wrong goes to `problems`."""
    found: list[Leaf] = []
    _check_order(specs, document, at, problems)
    for number, one in enumerate(specs):
        place = (*at, number)
        own = _tests(one.when, document, (*place, "when"), signals, problems)
        if not one.kinds:
            found.append(Leaf(one.name, own, one.target))
            continue
        _check_order(one.kinds, document, (*place, "kinds"), problems)
        if one.kinds[-1].when:
            said = f"{one.kinds[-1].name}: the last kind takes the rest of its category; drop its when"
            problems.append(document.problem((*place, "kinds", len(one.kinds) - 1), said))
        whole = sum(kind.target for kind in one.kinds)
        for index, kind in enumerate(one.kinds):
            more = _tests(kind.when, document, (*place, "kinds", index, "when"), signals, problems)
            found.append(Leaf(f"{one.name}/{kind.name}", own + more, one.target * kind.target / whole))
    return tuple(found)


def _check_order(
    specs: Sequence[CategorySpec | KindSpec], document: Located, at: tuple[Step, ...], problems: list[Problem]
) -> None:
    names = [one.name for one in specs]
    for number, one in enumerate(specs):
        if one.name in names[:number]:
            problems.append(document.problem((*at, number, "name"), f"{one.name!r} is declared twice"))
        if not one.when and number < len(specs) - 1:
            said = f"{one.name}: has no when, so it takes all; only the last may"
            problems.append(document.problem((*at, number), said))


def _tests(
    specs: Sequence[WhenSpec],
    document: Located,
    at: tuple[Step, ...],
    signals: Mapping[str, Signal],
    problems: list[Problem],
) -> tuple[When, ...]:
    return tuple(
        found for number, one in enumerate(specs) for found in _test(one, document, (*at, number), signals, problems)
    )


def _test(
    spec: WhenSpec, document: Located, at: tuple[Step, ...], signals: Mapping[str, Signal], problems: list[Problem]
) -> Iterator[When]:
    bound = Bound(spec.min, spec.max, spec.among)
    if spec.signal is None:
        yield When(str(spec.column), None, bound)
        return
    call = bind(spec.signal, signals, document, (*at, "signal"))
    if not isinstance(call, SignalCall):
        problems += call
        return
    wrong = [document.problem((*at, key), said) for key, said in wrong_bound(signals[call.kernel], bound)]
    worst = worst_of(call, bound)
    if worst is None:
        wrong.append(document.problem(at, f"{call.view}: the worst turn decides, so give min or max, not both"))
    problems += wrong
    if not wrong and worst is not None:
        yield When(worst.column, worst, bound)


@dataclass(frozen=True)
class Filled:
    """A leaf and the units that it wants, gets (`given`) and lacks (`short`); `have` are those that there are."""

    name: str
    have: float
    want: float
    given: float

    @property
    def short(self) -> float:
        """What is missing of its target."""
        return max(0.0, self.want - self.given)


def fill(
    groups: Sequence[Leaf], have: Mapping[str, float], budget: float | None, caps: Mapping[str, float]
) -> tuple[Filled, ...]:
    """How much each leaf gets, in their order, and what is outside of all (OUTSIDE), which gets nothing.

    `budget` None takes the targets as they are. `caps` are shares of the budget that a category or a leaf never gets
    more of, by name; a category's cap is shared out among its kinds as their targets are.
    """
    whole = sum(one.target for one in groups)
    size = whole if budget is None else budget
    found = []
    for one in groups:
        want = size * one.target / whole
        category = one.name.partition("/")[0]
        if one.name in caps:
            want = min(want, caps[one.name] * size)
        elif category in caps:
            own = sum(other.target for other in groups if other.name.partition("/")[0] == category)
            want = min(want, caps[category] * size * one.target / own)
        there = have.get(one.name, 0.0)
        found.append(Filled(one.name, there, want, min(want, there)))
    if have.get(OUTSIDE):
        found.append(Filled(OUTSIDE, have[OUTSIDE], 0.0, 0.0))
    return tuple(found)
