"""How strong models are by comparisons of their answers: Bradley-Terry with ties, the place of an answer accounted for.

A judgement of i shown first and j shown second is `first`, `tie` or `second` with weights

    exp(x / 2),  v,  exp(-x / 2)       x = s_i - s_j + place + length * (log n_i - log n_j)

(Davidson, JASA 65, 1970, for ties; Davidson and Beaver, Biometrics 33, 1977, for the order in which a pair is shown).
`s` are strengths in natural log odds with mean 0, `place` what being shown first is worth, `length` what a text e times
as long is worth. A normal prior with standard deviation PRIOR keeps them finite where one side always wins. Intervals
are percentiles over bootstrap samples of seeds, since judgements of one seed are not independent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

PRIOR = 3.0
ROUNDS = 60
SAMPLES = 200
SHARE = 0.95
STEP = 0.05
"""To which log ratios of lengths are rounded."""
FIRST, TIE, SECOND = 0, 1, 2


@dataclass(frozen=True)
class Judgement:
    """One answer shown before another: their models, their lengths in characters, and FIRST, TIE or SECOND."""

    seed: str
    first: str
    second: str
    first_length: int
    second_length: int
    outcome: int


@dataclass(frozen=True)
class Value:
    """An estimate and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Strengths:
    """By model its strength, the strongest first; `place` and `length` in the same unit; `ties` is v. `judgements` and
    `seeds` are how many there were."""

    models: dict[str, Value]
    place: Value
    length: Value
    ties: float
    judgements: int
    seeds: int


def strengths(found: Sequence[Judgement], seed: int = 0, samples: int = SAMPLES) -> Strengths | None:
    """The strengths of all models in the judgements; None where there are no two models or no judgement."""
    names = sorted({one.first for one in found} | {one.second for one in found})
    if len(names) < 2:
        return None
    places = {name: at for at, name in enumerate(names)}
    seeds = sorted({one.seed for one in found})
    known = {name: at for at, name in enumerate(seeds)}
    sides = np.array([[places[one.first], places[one.second], one.outcome] for one in found], np.int64)
    lengths = np.array([[one.first_length + 1, one.second_length + 1] for one in found], float)
    steps = np.rint(np.log(lengths[:, 0] / lengths[:, 1]) / STEP).astype(np.int64)
    # Judgements that are alike are one row with a weight: so many rows at most, and in an order of their own.
    cells, cell = np.unique(np.column_stack([sides, steps]), axis=0, return_inverse=True)
    cell = cell.reshape(-1)
    owner = np.array([known[one.seed] for one in found], np.int64)
    design = np.zeros((len(cells), len(names) + 2))
    design[np.arange(len(cells)), cells[:, 0]] += 1
    design[np.arange(len(cells)), cells[:, 1]] -= 1
    design[:, -2], design[:, -1] = 1, cells[:, 3] * STEP
    outcome = cells[:, 2]
    best = _fit(design, outcome, np.bincount(cell, minlength=len(cells)).astype(float))
    drawn = np.random.default_rng(seed).multinomial(len(seeds), np.full(len(seeds), 1 / len(seeds)), size=samples)
    weights = (np.bincount(cell, weights=counts[owner], minlength=len(cells)) for counts in drawn)
    fits = np.array([_fit(design, outcome, weight, best) for weight in weights])
    edge = (1 - SHARE) / 2
    low, high = np.quantile(fits, [edge, 1 - edge], axis=0)
    values = [Value(*(round(float(one), 4) for one in row)) for row in zip(best, low, high, strict=True)]
    ranked = sorted(names, key=lambda name: (-values[places[name]].value, name))
    models = {name: values[places[name]] for name in ranked}
    return Strengths(models, values[-3], values[-2], round(float(np.exp(best[-1])), 4), len(found), len(seeds))


def _fit(design: np.ndarray, outcome: np.ndarray, weight: np.ndarray, start: np.ndarray | None = None) -> np.ndarray:
    """Strengths (mean 0), place, length and log v at the mode, by Newton's method; the problem is convex."""
    many = design.shape[1]
    at = np.zeros(many + 1) if start is None else start.copy()
    half = np.array([0.5, 0.0, -0.5])
    prior = np.full(many + 1, 1 / PRIOR**2)
    seen = half[outcome]
    tied = (outcome == TIE).astype(float)
    for _ in range(ROUNDS):
        x = design @ at[:many]
        logits = np.stack([x / 2, np.full(len(x), at[many]), -x / 2], axis=1)
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        mean = (p[:, FIRST] - p[:, SECOND]) / 2
        slope = np.append(design.T @ (weight * (seen - mean)), np.sum(weight * (tied - p[:, TIE]))) - prior * at
        spread = (p[:, FIRST] + p[:, SECOND]) / 4 - mean**2
        cross = -mean * p[:, TIE]
        bend = np.zeros((many + 1, many + 1))
        bend[:many, :many] = design.T @ (design * (weight * spread)[:, None])
        bend[:many, many] = bend[many, :many] = design.T @ (weight * cross)
        bend[many, many] = np.sum(weight * p[:, TIE] * (1 - p[:, TIE]))
        step = np.linalg.solve(bend + np.diag(prior), slope)
        at += np.clip(step, -2.0, 2.0)
        if np.abs(step).max() < 1e-9:
            break
    at[: many - 2] -= at[: many - 2].mean()
    return at


def expected(found: Strengths, one: str, other: str) -> float:
    """The share of wins, ties counted half, of one model over another where neither place nor length matters."""
    x = found.models[one].value - found.models[other].value
    up, down = np.exp(x / 2), np.exp(-x / 2)
    return float((up + found.ties / 2) / (up + down + found.ties))
