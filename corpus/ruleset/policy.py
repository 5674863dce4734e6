"""A tier policy: which signals and scores make a record high, medium or low, read from YAML.

min_group: 100
category: tag_domain
validation: {share: 0.005}
protect:
  - {column: tag_domain, in: [poetry], tier: medium}
tiers:
  - name: high
    when:
      - {signal: {kernel: terminal_line_ratio}, min: 0.5, lang: [zh]}
      - {column: quality, min_percentile: 70}
  - name: low
mixture: {budget: {tokens: 1.0e+9}, by: quality, temperature: 0.7}     # or by categories: rules/tiers/ziya.yaml

A signal is measured when a policy asks for it; a column is one that a stage of the run has stored. In place of tiers a
policy may have `stages: {column: difficulty, stages: 3}`: cut where the distribution of the column has valleys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Any

from pydantic import Field, model_validator

from corpus import located
from corpus.errors import ConfigError, Problem
from corpus.kernels.catalogue import SIGNALS
from corpus.kernels.signal import Signal, SignalCall
from corpus.located import Located, Strict
from corpus.ruleset.bind import bind, wrong_bound
from corpus.ruleset.categories import Leaf, leaves
from corpus.ruleset.entries import Shelf
from corpus.ruleset.mixture import Mixture
from corpus.ruleset.model import Bound, digest_of, plain, sorted_calls
from corpus.ruleset.spec import Lang, Number
from corpus.scores.cuts import Wanted

ColumnName = Annotated[str, Field(pattern=r"^[A-Za-z_][\w.\-]{0,127}$")]
TierName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_\-]{0,31}$")]
Percentile = Annotated[float, Field(strict=True, gt=0, lt=100)]


@dataclass(frozen=True)
class Condition:
    """Holds when the column is within `bound` and, in its group's distribution, between two percentiles.

    The column is that of `signal`, or one that a stage has stored. A record of a language not in `lang` (when that is
    given) is not asked. Where it is asked and has no value, the condition does not hold.
    """

    column: str
    signal: SignalCall | None
    bound: Bound
    min_percentile: float | None = None
    max_percentile: float | None = None
    lang: tuple[str, ...] = ()

    @property
    def percentiles(self) -> tuple[float, ...]:
        """The percentiles it needs to know."""
        return tuple(p for p in (self.min_percentile, self.max_percentile) if p is not None)

    def __str__(self) -> str:
        said = [] if self.bound.empty else [str(self.bound)]
        said += [f"from percentile {plain(self.min_percentile)}"] if self.min_percentile is not None else []
        said += [f"up to percentile {plain(self.max_percentile)}"] if self.max_percentile is not None else []
        only = f" ({', '.join(self.lang)})" if self.lang else ""
        return f"{self.column} {' and '.join(said)}{only}"


@dataclass(frozen=True)
class Tier:
    """One tier: a record belongs to the first tier all of whose conditions hold."""

    name: str
    when: tuple[Condition, ...] = ()


class Protected(Strict):
    """Records whose `column` is (or, of a list, has) one of `in` get no worse a `tier`, and no budget removes them."""

    column: str
    among: tuple[str, ...] = Field(alias="in", min_length=1)
    tier: TierName


class Validation(Strict):
    """The share of the records that is held out for validation, by a hash over what makes duplicates of each other."""

    share: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    seed: Annotated[int, Field(ge=0)] = 0


class Stages(Wanted):
    """Stages cut by the distribution of a stored `column`, 1 with the lowest values: see `corpus.scores.cuts`. A record
    without a value is in the first.

    `replay` is the share of a stage's rows for training that are rows of earlier stages once more, beside its own.
    """

    column: ColumnName
    replay: Annotated[float, Field(ge=0, le=0.5)] = 0.0


NONE_HELD = Validation()


@dataclass(frozen=True)
class TierPolicy:
    """Tiers from the best to the one that takes the rest; groups smaller than `min_group` use a wider one.

    With `category`, a stored column of labels, percentiles are those of the record's source, language and category.
    """

    tiers: tuple[Tier, ...]
    min_group: int = 100
    category: str | None = None
    protect: tuple[Protected, ...] = ()
    validation: Validation = NONE_HELD
    mixture: Mixture | None = None
    stages: Stages | None = None
    leaves: tuple[Leaf, ...] = ()
    """The categories of the mixture, and their kinds, as groups that are filled one by one."""

    @property
    def names(self) -> tuple[str, ...]:
        """The tiers' names, best first."""
        return tuple(tier.name for tier in self.tiers)

    @cached_property
    def calls(self) -> tuple[SignalCall, ...]:
        """Every signal a condition looks at, once, sorted by column."""
        signals = {condition.signal for tier in self.tiers for condition in tier.when}
        signals |= {test.signal for leaf in self.leaves for test in leaf.tests}
        return sorted_calls({signal for signal in signals if signal is not None})

    @cached_property
    def stored(self) -> tuple[str, ...]:
        """Every stored column it looks at, sorted."""
        named = {one.column for tier in self.tiers for one in tier.when if one.signal is None}
        named |= {one.column for one in self.protect} | ({self.category} if self.category else set())
        named |= {self.stages.column} if self.stages is not None else set()
        named |= {self.mixture.by} if self.mixture is not None and self.mixture.by is not None else set()
        named |= {test.column for leaf in self.leaves for test in leaf.tests if test.signal is None}
        return tuple(sorted(named))

    @cached_property
    def percentiles(self) -> dict[str, tuple[float, ...]]:
        """The percentiles wanted of each column whose distribution counts, sorted."""
        wanted: dict[str, set[float]] = {}
        for tier in self.tiers:
            for condition in tier.when:
                if condition.percentiles:
                    wanted.setdefault(condition.column, set()).update(condition.percentiles)
        return {column: tuple(sorted(wanted[column])) for column in sorted(wanted)}

    @cached_property
    def digest(self) -> str:
        """sha256 over what changes an assignment."""
        more: list[Any] = [one.model_dump(mode="json") for one in (*self.protect, self.validation)]
        more += [one and one.model_dump(mode="json") for one in (self.mixture, self.stages)]
        tiers = [[tier.name, [_essence(one) for one in tier.when]] for tier in self.tiers]
        return digest_of([self.min_group, self.category, tiers, more])


class _ConditionSpec(Strict):
    signal: dict[str, Any] | None = None
    column: ColumnName | None = None
    min: Number | None = None
    max: Number | None = None
    min_percentile: Percentile | None = None
    max_percentile: Percentile | None = None
    lang: tuple[Lang, ...] = ()

    @model_validator(mode="after")
    def _bounds_something(self) -> _ConditionSpec:
        if (self.signal is None) == (self.column is None):
            raise ValueError("looks at one thing: give signal or column")
        pairs = ((self.min, self.max, ""), (self.min_percentile, self.max_percentile, "_percentile"))
        if all(value is None for low, high, _ in pairs for value in (low, high)):
            raise ValueError("bounds nothing; give min, max, min_percentile or max_percentile")
        for low, high, name in pairs:
            if low is not None and high is not None and low > high:
                raise ValueError(f"min{name} {plain(low)} is above max{name} {plain(high)}")
        return self


class _TierSpec(Strict):
    name: TierName
    when: tuple[_ConditionSpec, ...] = ()


class _PolicySpec(Strict):
    tiers: tuple[_TierSpec, ...] = Field(default=(), max_length=32)
    stages: Stages | None = None
    min_group: Annotated[int, Field(strict=True, ge=1)] = 100
    category: ColumnName | None = None
    protect: tuple[Protected, ...] = ()
    validation: Validation = Validation()
    mixture: Mixture | None = None

    @model_validator(mode="after")
    def _tiers_or_stages(self) -> _PolicySpec:
        if bool(self.tiers) == (self.stages is not None):
            raise ValueError("a policy has tiers, or stages that are cut by a column")
        return self


def load_tiers(name_or_path: str, signals: Mapping[str, Signal] = SIGNALS) -> TierPolicy:
    """The shipped policy of that name (`default`), or the one in a .yaml file; ConfigError with every problem."""
    document = Shelf.of("tiers", "tier policy").document(name_or_path)
    spec = located.validate(_PolicySpec, document)
    problems: list[Problem] = []
    tiers: list[Tier] = []
    if spec.stages is not None:
        tiers = [Tier(str(number)) for number in range(1, spec.stages.stages + 1)]
    for number, tier in enumerate(spec.tiers):
        place = ("tiers", number)
        last = number == len(spec.tiers) - 1
        if tier.name in [other.name for other in tiers]:
            problems.append(document.problem((*place, "name"), f"tier {tier.name!r} is declared twice"))
        if last and tier.when:
            problems.append(
                document.problem((*place, "when"), f"{tier.name}: the last tier takes the rest; drop its when")
            )
        if not last and not tier.when:
            problems.append(document.problem(place, f"{tier.name}: has no when, so it takes all; only the last may"))
        conditions = [
            _condition(one, document, (*place, "when", index), signals, problems) for index, one in enumerate(tier.when)
        ]
        tiers.append(Tier(tier.name, tuple(one for one in conditions if one is not None)))
    names = [tier.name for tier in tiers]
    problems += [
        document.problem(("protect", index, "tier"), f"no tier is named {one.tier!r}{located.suggest(one.tier, names)}")
        for index, one in enumerate(spec.protect)
        if one.tier not in names
    ]
    groups: tuple[Leaf, ...] = ()
    if spec.mixture is not None:
        groups = leaves(spec.mixture.categories, document, ("mixture", "categories"), signals, problems)
    if problems:
        raise ConfigError(problems)
    more = (spec.category, spec.protect, spec.validation, spec.mixture, spec.stages, groups)
    return TierPolicy(tuple(tiers), spec.min_group, *more)


def _condition(
    spec: _ConditionSpec,
    document: Located,
    place: tuple[str | int, ...],
    signals: Mapping[str, Signal],
    problems: list[Problem],
) -> Condition | None:
    bound = Bound(spec.min, spec.max)
    if spec.signal is None:
        return Condition(str(spec.column), None, bound, spec.min_percentile, spec.max_percentile, spec.lang)
    call = bind(spec.signal, signals, document, (*place, "signal"))
    if not isinstance(call, SignalCall):
        problems += call
        return None
    signal = signals[call.kernel]
    wrong = [] if bound.empty else list(wrong_bound(signal, bound))
    if signal.unit == "label":
        wrong = [("signal", f"{signal.name} is a label; tiers are cut by numbers")]
    problems += [document.problem((*place, key), message) for key, message in wrong]
    return None if wrong else Condition(call.column, call, bound, spec.min_percentile, spec.max_percentile, spec.lang)


def _essence(condition: Condition) -> dict[str, Any]:
    bound, signal = replace(condition.bound), condition.signal
    reads = {"column": condition.column} if signal is None else {"kernel": signal.kernel}
    return {
        **reads,
        "args": [list(pair) for pair in signal.args] if signal is not None else [],
        "bound": [None if value is None else float(value) for value in (bound.min, bound.max)],
        "percentiles": [condition.min_percentile, condition.max_percentile],
        "lang": sorted(set(condition.lang)),
    }
