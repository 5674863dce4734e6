"""From a model's scores to probabilities, and from a wanted precision to a threshold, on rows it was not trained on."""

from __future__ import annotations

import numpy as np

from corpus.located import Strict

LEAST_FLAGGED = 10
"""Rows that a threshold must flag, so that its precision is not that of one lucky row."""
_LIMIT = 30.0


class Platt(Strict):
    """p = 1 / (1 + exp(-(a x + b))) of the log-odds x of a label."""

    a: float = 1.0
    b: float = 0.0

    def apply(self, odds: np.ndarray) -> np.ndarray:
        """Probabilities of log-odds; not a number stays so."""
        with np.errstate(over="ignore"):
            return 1 / (1 + np.exp(-np.clip(self.a * odds + self.b, -700, 700)))


class Threshold(Strict):
    """The score from which a row gets a label. `reached` says whether the wanted precision was met on the `rows` it was
    chosen on, `precision` and `recall` what it has there."""

    value: float
    wanted: float
    reached: bool
    precision: float
    recall: float
    rows: int


def platt(odds: np.ndarray, has: np.ndarray) -> Platt:
    """The scaling with the greatest likelihood (Platt 1999, with his smoothed targets; Newton after Lin et al. 2007).

    Rows whose odds are not a number are left out; the identity where only one kind of row is there, and where the odds
    would have to be turned round.
    """
    known = np.isfinite(odds)
    x, y = np.clip(odds[known], -_LIMIT, _LIMIT), has[known]
    yes, no = int(y.sum()), int((~y).sum())
    if not yes or not no:
        return Platt()
    target = np.where(y, (yes + 1) / (yes + 2), 1 / (no + 2))
    a, b = 0.0, np.log((yes + 1) / (no + 1))
    cost = _cost(a, b, x, target)
    for _ in range(100):
        p = 1 / (1 + np.exp(-(a * x + b)))
        weight = p * (1 - p) + 1e-12
        slope = np.array([((p - target) * x).sum(), (p - target).sum()])
        curve = np.array([[(weight * x * x).sum(), (weight * x).sum()], [(weight * x).sum(), weight.sum()]])
        step = np.linalg.solve(curve + 1e-10 * np.eye(2), slope)
        size = 1.0
        while size > 1e-8 and _cost(a - size * step[0], b - size * step[1], x, target) > cost:
            size /= 2
        a, b = a - size * step[0], b - size * step[1]
        cost = _cost(a, b, x, target)
        if abs(slope).max() < 1e-7 * len(x) or size <= 1e-8:
            break
    return Platt(a=round(float(a), 9), b=round(float(b), 9)) if a > 0 else Platt()


def _cost(a: float, b: float, x: np.ndarray, target: np.ndarray) -> float:
    z = a * x + b
    return float((np.logaddexp(0, z) - target * z).sum())


def threshold_for(scores: np.ndarray, has: np.ndarray, wanted: float) -> Threshold:
    """Of the thresholds whose flagged rows have the wanted precision the one with the highest F1.

    It lies half way between the scores of two rows and flags at least LEAST_FLAGGED. So a precision that is hard to
    reach gives as much recall as there is, and one that is easy does not lower the threshold beyond what is useful.
    Where no threshold has that precision, the one with the highest, `reached` false. Rows without a score are never
    flagged.
    """
    known = np.nan_to_num(scores, nan=-1.0)
    order = np.argsort(-known, kind="stable")
    ordered, right = known[order], np.cumsum(has[order])
    flagged = np.arange(1, len(order) + 1)
    ends = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True) & (ordered >= 0))
    usable = ends[flagged[ends] >= min(LEAST_FLAGGED, max(1, int(has.sum())))]
    if not usable.size:
        return Threshold(value=1.0, wanted=wanted, reached=False, precision=0.0, recall=0.0, rows=len(scores))
    precision = right[usable] / flagged[usable]
    good = np.flatnonzero(precision >= wanted)
    f1 = 2 * right[usable] / (flagged[usable] + max(1, int(has.sum())))
    best = int(good[np.argmax(f1[good])]) if good.size else int(np.argmax(precision))
    at = int(usable[best])
    below = max(0.0, float(ordered[at + 1])) if at + 1 < len(ordered) else 0.0
    return Threshold(
        value=(float(ordered[at]) + below) / 2,
        wanted=wanted,
        reached=bool(good.size),
        precision=round(float(precision[best]), 6),
        recall=round(float(right[at] / max(1, int(has.sum()))), 6),
        rows=len(scores),
    )
