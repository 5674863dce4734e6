"""Two orders to win, tie or lose; these to a win rate; and the win rate that answers of one length would have.

Verdicts and the rate are those of the phased fine-tuning paper (PhasedSFT, section 4): a win is won in both orders or
won in one and tied in the other; a tie is tied in both or won in one and lost in the other; a loss mirrors the win. The
rate is 100 (wins + ties / 2) / N - 50 points over the N questions judged in both orders: 0 is a draw, 50 wins all.
Questions without a verdict are in no N.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from corpus.evaluation.bootstrap import Interval, Resampling, draws, interval, mean_interval
from corpus.evaluation.categories import HARD_TO_JUDGE

Verdict = Literal["win", "tie", "lose"]
VALUES: Mapping[str, float] = {"win": 1.0, "tie": 0.5, "lose": 0.0}
_POINTS = {"first": 1, "tie": 0, "second": -1}
STEPS = 60
PRIOR = 0.01
"""Inverse variance of the normal priors on strength and slope; it keeps the fit finite where one side wins all."""


@dataclass(frozen=True)
class Rate:
    """Wins, ties and losses of the first model, questions without a verdict, and the points with their interval.

    `controlled`: the points when both answers are equally long (see `length_controlled`), `slope` how much longer
    answers win (above 0: the judge likes them), `longer` the share of questions on which the first model's is longer.
    """

    win: int
    tie: int
    lose: int
    unjudged: int
    points: Interval | None
    controlled: Interval | None
    slope: float | None
    longer: float | None


@dataclass(frozen=True)
class Compared:
    """A question's verdict (None: no judgement) and the characters of both answers."""

    id: str
    category: str
    verdict: Verdict | None
    lengths: tuple[int, int]


def verdict_of(forward: str, backward: str) -> Verdict:
    """What two orders make together; both say first, second or tie in terms of the order given."""
    balance = _POINTS[forward] + _POINTS[backward]
    return "win" if balance > 0 else "lose" if balance < 0 else "tie"


def rate(rows: Sequence[Compared], how: Resampling) -> Rate:
    """The win rate of the first model over all rows, questions resampled together."""
    judged = sorted((row for row in rows if row.verdict is not None), key=lambda row: row.id)
    counts = {name: sum(row.verdict == name for row in judged) for name in VALUES}
    values = np.asarray([VALUES[str(row.verdict)] for row in judged])
    lengths = np.asarray([row.lengths for row in judged], np.float64).reshape(-1, 2)
    found = mean_interval(values, how)
    controlled, slope = length_controlled(values, lengths, how) if len(values) else (None, None)
    longer = float(np.mean(lengths[:, 0] > lengths[:, 1])) if len(values) else None
    points = None if found is None else _scaled(found)
    return Rate(
        counts["win"], counts["tie"], counts["lose"], len(rows) - len(judged), points, controlled, slope, longer
    )


def by_category(rows: Sequence[Compared], how: Resampling) -> dict[str, Rate]:
    """The rate of each category, in the order of their names."""
    return {name: rate([row for row in rows if row.category == name], how) for name in sorted(_names(rows))}


def macro_points(categories: Mapping[str, Rate], *, without_hard: bool) -> float | None:
    """The mean of the categories' points; without maths and code where asked. None where no category has any."""
    found = [
        one.points.value
        for name, one in categories.items()
        if one.points is not None and not (without_hard and name in HARD_TO_JUDGE)
    ]
    return float(np.mean(found)) if found else None


def length_controlled(values: np.ndarray, lengths: np.ndarray, how: Resampling) -> tuple[Interval, float]:
    """Points of the first model if answers were equally long, with the interval, and the slope.

    After the idea of AlpacaEval 2 (Dubois et al. 2024), without its term for each question's difficulty:
    P(first wins) = logistic(strength + slope * tanh(d / s)), d the difference of lengths in characters, s its standard
    deviation about 0; a tie counts half a win. The points are 100 logistic(strength) - 50. Both coefficients have a
    weak normal prior (variance 100).
    """
    apart = lengths[:, 0] - lengths[:, 1]
    spread = float(np.sqrt(np.mean(apart**2)))
    terms = np.tanh(apart / spread) if spread else np.zeros(len(apart))
    fitted = _fit(values, terms, np.ones((1, len(values))))
    again = [_fit(values, terms, counts.astype(np.float64))[:, 0] for counts in draws(len(values), how, 1)]
    resampled = _points(np.concatenate(again)) if again else np.zeros(0)
    return interval(float(_points(fitted[0, 0])), resampled, len(values), how), float(fitted[0, 1])


def _fit(values: np.ndarray, terms: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Strength and slope for each row of `weights` (fits, questions), by Newton's method, steps bounded by 1."""
    found = np.zeros((len(weights), 2))
    for _ in range(STEPS):
        chance = _logistic(found[:, :1] + found[:, 1:] * terms)
        missed = weights * (values - chance)
        curve = weights * chance * (1 - chance)
        down = np.stack([missed.sum(1) - PRIOR * found[:, 0], missed @ terms - PRIOR * found[:, 1]], 1)
        a, b, c = curve.sum(1) + PRIOR, curve @ terms, curve @ terms**2 + PRIOR
        step = (
            np.stack([c * down[:, 0] - b * down[:, 1], a * down[:, 1] - b * down[:, 0]], 1) / (a * c - b * b)[:, None]
        )
        found += np.clip(step, -1.0, 1.0)
        if np.abs(step).max(initial=0.0) < 1e-10:
            break
    return found


def _logistic(value: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(value / 2))


def _points(strength: np.ndarray) -> np.ndarray:
    return 100 * _logistic(np.asarray(strength)) - 50


def _scaled(found: Interval) -> Interval:
    low, high = (None if bound is None else 100 * bound - 50 for bound in (found.low, found.high))
    return Interval(100 * found.value - 50, low, high)


def _names(rows: Sequence[Compared]) -> set[str]:
    return {row.category for row in rows}
