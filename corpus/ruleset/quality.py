"""A quality policy: the parts a quality score is made of, their weights and how each is read, from YAML.

min_group: 100
parts:
  - {signal: {kernel: char_repetition_ratio, n: 10}, weight: 2, curve: [[0.1, 1], [0.4, 0]]}
  - {signal: {kernel: function_han_ratio}, weight: 1, better: high, lang: [zh]}
  - {column: judge.score, weight: 4, curve: [[1, 0], [5, 1]]}

A part is a value from 0 (bad) to 1 (good): what it reads by a declared `curve`, or by its rank among the records of its
language. `better` says which ranks are good; `rank_curve` is a curve of the rank. A part with both curves is as good as
the better of the two says: bad is what is bad by itself and unusual among its like. How parts are combined is in
`corpus.scores.quality`.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from corpus import located
from corpus.errors import ConfigError, Problem
from corpus.kernels.catalogue import SIGNALS
from corpus.kernels.signal import Signal, SignalCall
from corpus.located import Located, Strict
from corpus.ruleset.bind import bind
from corpus.ruleset.entries import Shelf
from corpus.ruleset.model import digest_of, plain, sorted_calls
from corpus.ruleset.spec import Lang, Number

FOLDER = "quality"
Better = Literal["high", "low", "middle"]
Within = Literal["lang", "source"]
Knots = tuple[tuple[float, float], ...]
MOST_PARTS = 64
RANK_CURVES: Mapping[str, Knots] = {
    "high": ((0.0, 0.0), (1.0, 1.0)),
    "low": ((0.0, 1.0), (1.0, 0.0)),
    "middle": ((0.0, 0.0), (0.5, 1.0), (1.0, 0.0)),
}
_Weight = Annotated[float, Field(strict=True, gt=0, le=1000, allow_inf_nan=False)]
_Name = Annotated[str, Field(min_length=1, max_length=120)]
_Knot = Annotated[tuple[Number, ...], Field(min_length=2, max_length=2)]


@dataclass(frozen=True)
class QualityPart:
    """One part: `column` is what it reads, measured by `signal` or stored by a stage (then null).

    `curve` is read at the value and `rank_curve` at its rank from 0 to 1; one of them may be empty, and of two the
    greater counts. Curves are points, straight between them and level outside. A record of a language not in `lang`
    (when that is given) has not this part.
    """

    name: str
    column: str
    signal: SignalCall | None
    curve: Knots
    rank_curve: Knots
    weight: float
    lang: tuple[str, ...] = ()

    def __str__(self) -> str:
        said = [
            f"{name} {{{', '.join(f'{plain(x)}: {plain(y)}' for x, y in knots)}}}"
            for name, knots in (("value", self.curve), ("rank", self.rank_curve))
            if knots
        ]
        only = f" ({', '.join(self.lang)})" if self.lang else ""
        return f"{self.name}, weight {plain(self.weight)}, {' or '.join(said)}{only}"


@dataclass(frozen=True)
class QualityPolicy:
    """The parts of a score; see `corpus.scores.quality`.

    Ranks are taken `within` a language, or within a source and language; groups of fewer than `min_group` records use
    a wider one.
    """

    parts: tuple[QualityPart, ...]
    within: Within = "lang"
    min_group: int = 100

    @cached_property
    def calls(self) -> tuple[SignalCall, ...]:
        """Every signal a part reads, once, sorted by column."""
        return sorted_calls({part.signal for part in self.parts if part.signal is not None})

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Every column that a part reads and no signal of the policy measures, sorted: a judge's or a user's."""
        return tuple(sorted({part.column for part in self.parts if part.signal is None}))

    @cached_property
    def ranked(self) -> tuple[str, ...]:
        """The columns whose histograms are needed, sorted."""
        return tuple(sorted({part.column for part in self.parts if part.rank_curve}))

    @cached_property
    def digest(self) -> str:
        """sha256 over what changes a score."""
        return digest_of(
            [
                self.within,
                self.min_group,
                [[part.column, *_listed(part), part.weight, sorted(set(part.lang))] for part in self.parts],
            ]
        )


def _listed(part: QualityPart) -> list[list[list[float]]]:
    return [[list(knot) for knot in knots] for knots in (part.curve, part.rank_curve)]


class _PartSpec(Strict):
    name: _Name | None = None
    signal: dict[str, Any] | None = None
    column: _Name | None = None
    weight: _Weight = 1.0
    better: Better | None = None
    curve: tuple[_Knot, ...] = ()
    rank_curve: tuple[_Knot, ...] = ()
    lang: tuple[Lang, ...] = ()

    @model_validator(mode="after")
    def _reads_one_thing_one_way(self) -> _PartSpec:
        if (self.signal is None) == (self.column is None):
            raise ValueError("a part reads either a signal or a column")
        if self.better is not None and (self.curve or self.rank_curve):
            raise ValueError("better is a curve of the rank by itself; give it alone, or curve and rank_curve")
        if self.better is None and not self.curve and not self.rank_curve:
            raise ValueError("says not which values are good; give better, curve or rank_curve")
        for key, knots in (("curve", self.curve), ("rank_curve", self.rank_curve)):
            _check(key, knots)
        return self


def _check(key: str, knots: tuple[tuple[float, ...], ...]) -> None:
    if knots and len(knots) < 2:
        raise ValueError(f"{key} needs two points or more, [value, quality] each")
    for (x, _), (later, _) in itertools.pairwise(knots):
        if not x < later:
            raise ValueError(f"{key}: points must ascend; {plain(later)} comes after {plain(x)}")
    for x, y in knots:
        if not 0 <= y <= 1:
            raise ValueError(f"{key}: quality is from 0 to 1, not {plain(y)}")
        if key == "rank_curve" and not 0 <= x <= 1:
            raise ValueError(f"{key}: a rank is from 0 to 1, not {plain(x)}")


class _PolicySpec(Strict):
    parts: Annotated[tuple[_PartSpec, ...], Field(min_length=1, max_length=MOST_PARTS)]
    within: Within = "lang"
    min_group: Annotated[int, Field(strict=True, ge=1)] = 100


def load_quality(name_or_path: str, signals: Mapping[str, Signal] = SIGNALS) -> QualityPolicy:
    """The shipped policy of that name (`default`), or the one in a .yaml file; ConfigError with every problem."""
    document = Shelf.of(FOLDER, "quality policy").document(name_or_path)
    spec = located.validate(_PolicySpec, document)
    problems: list[Problem] = []
    parts: list[QualityPart] = []
    for index, one in enumerate(spec.parts):
        found = _part(one, document, ("parts", index), signals, problems)
        if found is None:
            continue
        if found.name in [other.name for other in parts]:
            problems.append(
                document.problem(("parts", index), f"part {found.name!r} is declared twice; give one a name")
            )
        parts.append(found)
    if problems:
        raise ConfigError(problems)
    return QualityPolicy(tuple(parts), spec.within, spec.min_group)


def _part(
    spec: _PartSpec,
    document: Located,
    place: tuple[str | int, ...],
    signals: Mapping[str, Signal],
    problems: list[Problem],
) -> QualityPart | None:
    call: SignalCall | None = None
    column = spec.column or ""
    if spec.signal is not None:
        bound = bind(spec.signal, signals, document, (*place, "signal"))
        if not isinstance(bound, SignalCall):
            problems += bound
            return None
        if signals[bound.kernel].unit == "label":
            problems.append(
                document.problem((*place, "signal"), f"{bound.kernel} is a label; a part of quality is a number")
            )
            return None
        call, column = bound, bound.column
    curve = tuple((float(x), float(y)) for x, y in spec.curve)
    rank_curve = tuple((float(x), float(y)) for x, y in spec.rank_curve)
    if spec.better is not None:
        rank_curve = RANK_CURVES[spec.better]
    return QualityPart(spec.name or column, column, call, curve, rank_curve, float(spec.weight), spec.lang)
