"""How good a classifier is on labelled rows: precision, recall and F1 with intervals, confusion, calibration."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import NormalDist

import numpy as np

from corpus.located import Strict

BINS = 10
RESAMPLES = 2000
STEPS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
"""Thresholds of the table."""


class Interval(Strict):
    """A figure and its 95 % interval: Wilson's score interval for shares, the bootstrap's percentiles for F1."""

    value: float
    low: float
    high: float


class Bin(Strict):
    """Rows whose score lies in [low, high): how many, their mean score, and the share that has the label."""

    low: float
    high: float
    rows: int
    score: float
    share: float


class AtThreshold(Strict):
    """What a threshold would flag."""

    threshold: float
    flagged: int
    precision: float | None
    recall: float


class OfLabel(Strict):
    """One label against all others. `rows` have it, `flagged` were given it, `right` are both.

    `ece` is the expected calibration error: the mean distance of score and share over the bins, by rows (Guo et al.
    2017). `table` says what other thresholds would give. `auc` is the area under the ROC curve, null where all
    rows are of one kind.
    """

    label: str
    rows: int
    flagged: int
    right: int
    precision: Interval
    recall: Interval
    f1: Interval
    ece: float
    bins: tuple[Bin, ...]
    table: tuple[AtThreshold, ...]
    auc: float | None = None


class Evaluation(Strict):
    """`confusion[i][j]`: rows of label i that were given label j, in the order of `labels`. `unscored` rows have no
    letter or digit; they are given the label that is not looked for, or none where there are several."""

    rows: int
    unscored: int
    accuracy: float
    macro_f1: float
    labels: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    of: tuple[OfLabel, ...]


def wilson(hits: int, rows: int, confidence: float = 0.95) -> Interval:
    """The two-sided score interval of `hits` of `rows` (Wilson 1927); 0 to 1 around 0 where there is no row."""
    if rows == 0:
        return Interval(value=0.0, low=0.0, high=1.0)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share, scale = hits / rows, 1 + z * z / rows
    middle = (share + z * z / (2 * rows)) / scale
    spread = z * math.sqrt(share * (1 - share) / rows + z * z / (4 * rows * rows)) / scale
    return Interval(value=_r(share), low=_r(max(0.0, middle - spread)), high=_r(min(1.0, middle + spread)))


def f1_interval(right: int, flagged: int, rows: int, total: int, seed: int = 0) -> Interval:
    """F1 = 2 right / (flagged + rows) and the 2.5 and 97.5 percentiles of it over seeded resamples of `total` rows."""
    if flagged + rows == 0:
        return Interval(value=0.0, low=0.0, high=1.0)
    cells = np.array([right, flagged - right, rows - right, total - flagged - rows + right], np.float64)
    drawn = np.random.default_rng(seed).multinomial(total, cells / cells.sum(), RESAMPLES)
    below = 2 * drawn[:, 0] + drawn[:, 1] + drawn[:, 2]
    low, high = np.percentile(
        np.divide(2.0 * drawn[:, 0], below, out=np.zeros(RESAMPLES), where=below > 0), (2.5, 97.5)
    )
    return Interval(value=_r(2 * right / (flagged + rows)), low=_r(float(low)), high=_r(float(high)))


def evaluate(
    truth: np.ndarray, given: np.ndarray, scores: np.ndarray, labels: Sequence[str], thresholds: Mapping[str, float]
) -> Evaluation:
    """Rows judged: `truth` and `given` are places in `labels` (`given` -1: none), `scores` is rows by labels.

    A score that is not a number counts as 0. `thresholds` are added to the table of their labels.
    """
    many = len(labels)
    known = np.nan_to_num(scores, nan=0.0)
    confusion = np.zeros((many, many), np.int64)
    np.add.at(confusion, (truth[given >= 0], given[given >= 0]), 1)
    of = tuple(
        _of_label(label, truth == place, given == place, known[:, place], thresholds.get(label))
        for place, label in enumerate(labels)
    )
    return Evaluation(
        rows=len(truth),
        unscored=int(np.isnan(scores[:, 0]).sum()) if many else 0,
        accuracy=_r(float(np.mean(truth == given))) if len(truth) else 0.0,
        macro_f1=_r(float(np.mean([one.f1.value for one in of]))),
        labels=tuple(labels),
        confusion=tuple(tuple(int(cell) for cell in row) for row in confusion),
        of=of,
    )


def _of_label(label: str, has: np.ndarray, flagged: np.ndarray, scores: np.ndarray, threshold: float | None) -> OfLabel:
    right, rows, many = int((has & flagged).sum()), int(has.sum()), int(flagged.sum())
    bins = reliability(has, scores)
    steps = sorted({*STEPS, *([] if threshold is None else [threshold])})
    return OfLabel(
        label=label,
        rows=rows,
        flagged=many,
        right=right,
        precision=wilson(right, many),
        recall=wilson(right, rows),
        f1=f1_interval(right, many, rows, len(has)),
        ece=calibration_error(bins),
        bins=bins,
        table=tuple(_at(step, has, scores) for step in steps),
        auc=area(scores, has),
    )


def area(scores: np.ndarray, has: np.ndarray) -> float | None:
    """The chance that a row that has the label scores above one that has not, ties half (Mann and Whitney 1947)."""
    yes, no = int(has.sum()), int((~has).sum())
    if not yes or not no:
        return None
    _, place, many = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(many) - (many - 1) / 2)[place]
    return _r(float((ranks[has].sum() - yes * (yes + 1) / 2) / (yes * no)))


def _at(threshold: float, has: np.ndarray, scores: np.ndarray) -> AtThreshold:
    flagged = scores >= threshold
    many, right = int(flagged.sum()), int((flagged & has).sum())
    return AtThreshold(
        threshold=threshold,
        flagged=many,
        precision=_r(right / many) if many else None,
        recall=_r(right / max(1, int(has.sum()))),
    )


def reliability(has: np.ndarray, scores: np.ndarray) -> tuple[Bin, ...]:
    """Equal bins of the score that hold a row."""
    place = np.minimum((scores * BINS).astype(np.int64), BINS - 1)
    return tuple(
        Bin(
            low=_r(one / BINS),
            high=_r((one + 1) / BINS),
            rows=int(inside.sum()),
            score=_r(float(scores[inside].mean())),
            share=_r(float(has[inside].mean())),
        )
        for one in range(BINS)
        if (inside := place == one).any()
    )


def calibration_error(bins: Sequence[Bin]) -> float:
    """The expected calibration error over `bins`."""
    rows = sum(one.rows for one in bins)
    return _r(sum(one.rows * abs(one.score - one.share) for one in bins) / rows) if rows else 0.0


def _r(value: float) -> float:
    """Six digits: a card is read by people and compared by machines."""
    return round(value, 6)
