"""Scores of models as averages: of questions, of each category, and of categories with and without maths and code."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from corpus.evaluation.bootstrap import Interval, Resampling, beyond, interval, resampled_means
from corpus.evaluation.categories import HARD_TO_JUDGE

Scored = tuple[str, str, float | None]
"""Id of a question, its category, its score; None where there is none."""


@dataclass(frozen=True)
class Category:
    """A category's questions with a score, those without, and the mean."""

    scored: int
    unscored: int
    mean: float | None


@dataclass(frozen=True)
class Standing:
    """A model's scores. `macro` is the mean of the categories' means, `without` that of the categories but maths and
    code, `micro` the mean of all questions. Questions without a score are in no mean; `unscored` counts them."""

    model: str
    scored: int
    unscored: int
    micro: Interval | None
    macro: Interval | None
    without: Interval | None
    categories: dict[str, Category]


@dataclass(frozen=True)
class Difference:
    """`first` less `second` on the `paired` questions that have a score of both: mean of the categories' means and of
    the questions, with the probability that a difference as large is chance (`p_macro`, `p_micro`)."""

    first: str
    second: str
    paired: int
    macro: Interval
    p_macro: float | None
    micro: Interval
    p_micro: float | None


def standing(model: str, rows: Sequence[Scored], how: Resampling) -> Standing:
    """The averages of a model. Intervals draw questions within each category, so that every category stays."""
    groups = _groups({key: (category, (score,)) for key, category, score in rows if score is not None})
    names = sorted({category for _, category, _ in rows})
    missing = {name: sum(score is None for _, category, score in rows if category == name) for name in names}
    categories = {
        name: Category(len(groups.get(name, ())), missing[name],
                       float(np.mean(groups[name])) if name in groups else None)
        for name in names
    }  # fmt: skip
    return Standing(
        model,
        sum(len(values) for values in groups.values()),
        sum(missing.values()),
        _average(groups, how, by_category=False),
        _average(groups, how, by_category=True),
        _average({name: group for name, group in groups.items() if name not in HARD_TO_JUDGE}, how, by_category=True),
        categories,
    )


def differences(rows: Mapping[str, Sequence[Scored]], how: Resampling) -> tuple[Difference, ...]:
    """Every pair of models, in the order given, that have scores of the same questions: a paired bootstrap."""
    found = []
    for first, second in itertools.combinations(rows, 2):
        one, other = ({key: score for key, _, score in rows[name] if score is not None} for name in (first, second))
        of = {key: category for key, category, _ in rows[first]}
        both = {key: (of[key], (one[key], other[key])) for key in one if key in other}
        if not both:
            continue
        groups = _groups(both)
        apart = {name: values[:, :1] - values[:, 1:] for name, values in groups.items()}
        macro, micro = (_resampled(apart, how, by_category=by) for by in (True, False))
        found.append(
            Difference(
                first,
                second,
                len(both),
                interval(_point(apart, by_category=True), macro, len(both), how),
                beyond(macro),
                interval(_point(apart, by_category=False), micro, len(both), how),
                beyond(micro),
            )
        )
    return tuple(found)


def _groups(values: Mapping[str, tuple[str, tuple[float, ...]]]) -> dict[str, np.ndarray]:
    """Scores by category, (questions, columns), questions in the order of their ids."""
    found: dict[str, list[tuple[float, ...]]] = {}
    for key in sorted(values):
        category, scores = values[key]
        found.setdefault(category, []).append(scores)
    return {name: np.asarray(found[name], np.float64) for name in sorted(found)}


def _average(groups: Mapping[str, np.ndarray], how: Resampling, *, by_category: bool) -> Interval | None:
    if not groups:
        return None
    rows = sum(len(values) for values in groups.values())
    return interval(
        _point(groups, by_category=by_category), _resampled(groups, how, by_category=by_category), rows, how
    )


def _point(groups: Mapping[str, np.ndarray], *, by_category: bool) -> float:
    if by_category:
        return float(np.mean([values.mean() for values in groups.values()]))
    return float(np.concatenate(list(groups.values())).mean())


def _resampled(groups: Mapping[str, np.ndarray], how: Resampling, *, by_category: bool) -> np.ndarray:
    means = np.stack([resampled_means(values, how, at)[:, 0] for at, values in enumerate(groups.values())])
    sizes = np.asarray([len(values) for values in groups.values()], np.float64)
    weights = np.ones(len(means)) if by_category else sizes
    return np.asarray((weights / weights.sum()) @ means)
