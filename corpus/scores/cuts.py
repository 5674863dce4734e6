"""Where a distribution of scores is cut into stages: in the valleys of its density, sizes in balance, or at quantiles.

A stage holds the scores from its lower cut on and below its upper one; the first and the last are open at the ends. All
that is needed to use the cuts again, and to judge them, is in `Cuts`: it goes into a manifest as it is.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Annotated, Literal, get_args

import numpy as np
from pydantic import Field

from corpus.errors import UsageError
from corpus.located import Strict
from corpus.scores.density import Lattice, bandwidth, lattice_of, smoothed

Method = Literal["valleys", "quantiles"]
MOST_STAGES = 10
MOST_CANDIDATES = 64
RESAMPLES = 200
CLEAR = 0.2
"""The depth from which a cut lies in a valley: the density there is 18 % below that of the lower peak beside it."""


class CutPoint(Strict):
    """A cut: rows with a score of `value` or more lie above it.

    `low` and `high` are the 2.5 and 97.5 percentiles of the cut over resamples, `same` the share of resamples that put
    it within a step of the scores' grid (a fiftieth of their range where they have none). `depth` is the logarithm of
    the density of the lower of the peaks beside it over that at the cut; `valley` says that it is CLEAR. A cut that is
    not in a valley was set by the sizes alone.
    """

    value: float
    low: float
    high: float
    same: float
    depth: float
    valley: bool


class StageSize(Strict):
    """A stage: scores from `low` on and below `high` (null: open), and the rows it gets."""

    stage: int
    low: float | None
    high: float | None
    rows: int
    share: float


class Cuts(Strict):
    """The cuts of `rows` scores (`unscored` more had none) into `sizes`; `step` is the grid's, null without one;
    `width` is the kernel's, in the unit of the scores, null for quantiles."""

    method: Method
    rows: int
    unscored: int
    step: float | None
    width: float | None
    least: float
    balance: float
    seed: int
    resamples: int
    cuts: tuple[CutPoint, ...]
    sizes: tuple[StageSize, ...]

    @property
    def values(self) -> tuple[float, ...]:
        """The cuts alone, ascending."""
        return tuple(one.value for one in self.cuts)

    def stages(self, scores: np.ndarray) -> np.ndarray:
        """The stage of each score, from 1 as int32; 0 where a score is not a finite number."""
        return stage_of(scores, self.values)


class Wanted(Strict):
    """How to cut. No stage gets less than `least` of the rows where that can be had; `balance` is what equal sizes are
    worth beside deep valleys: as much as a valley at 1 / e of its peaks, for all sizes equal against all rows in one.
    `shares`, for quantiles, are those of the stages (None: equal)."""

    stages: Annotated[int, Field(ge=2, le=MOST_STAGES)] = 3
    method: Method = "valleys"
    least: Annotated[float, Field(ge=0, lt=0.5)] = 0.05
    balance: Annotated[float, Field(ge=0, le=100)] = 1.0
    shares: tuple[float, ...] | None = None
    seed: int = 0
    resamples: Annotated[int, Field(ge=0, le=10_000)] = RESAMPLES


def stage_of(scores: np.ndarray, cuts: Sequence[float]) -> np.ndarray:
    """The stage of each score, from 1 as int32; 0 where a score is not a finite number."""
    values = np.asarray(scores, np.float64)
    found = np.searchsorted(np.asarray(cuts, np.float64), values, side="right") + 1
    return np.where(np.isfinite(values), found, 0).astype(np.int32)


def cut(scores: np.ndarray, wanted: Wanted | None = None) -> Cuts:
    """The cuts of `scores` (any numbers; those that are not finite are `unscored`) as `wanted` says.

    The result depends on the scores as a multiset and on `wanted`, not on their order. UsageError when there are fewer
    different scores than stages, or the shares make no sense.

    For valleys, cuts are the lattice values that maximise the sum of their depths (those below CLEAR may be noise, and
    count nothing) plus `balance` times the entropy of the sizes over that of equal ones. Quantiles are
    the nearest values of the grid, or those of the scores where they have none. Resamples are multinomial draws over
    the lattice with the width that the scores gave; for quantiles without a grid, binomial draws of the rows below.
    """
    wanted = wanted or Wanted()
    shares = _shares(wanted)
    every = np.asarray(scores, np.float64)
    known = every[np.isfinite(every)]
    distinct = len(np.unique(known))
    if distinct < wanted.stages:
        raise UsageError(f"{distinct} different scores cannot be cut into {wanted.stages} stages; ask for fewer")
    lattice = lattice_of(known)
    counts = np.bincount(lattice.places(known), minlength=lattice.points).astype(np.float64)
    if np.count_nonzero(counts) < wanted.stages:
        raise UsageError(
            f"nearly all scores are equal: only {np.count_nonzero(counts)} values are left on their scale, "
            f"which cannot be cut into {wanted.stages} stages"
        )
    if wanted.method == "quantiles" and not lattice.grid:
        return _account(wanted, every, known, lattice, None, _quantiles(known, shares, wanted))
    width = bandwidth(counts, lattice)
    drawn = np.random.default_rng(wanted.seed).multinomial(len(known), counts / len(known), wanted.resamples)
    columns = np.concatenate([counts[:, None], drawn.T.astype(np.float64)], axis=1)
    found = np.empty((columns.shape[1], wanted.stages - 1), np.int64)
    density = smoothed(columns, width)
    for column in range(columns.shape[1]):
        if wanted.method == "quantiles":
            found[column] = _at_quantiles(columns[:, column], shares)
        else:
            found[column] = _in_valleys(columns[:, column], density[:, column], wanted)
    points = _points(found, density[:, 0], lattice.values(), lattice)
    return _account(wanted, every, known, lattice, None if wanted.method == "quantiles" else width, points)


def _account(
    wanted: Wanted,
    every: np.ndarray,
    known: np.ndarray,
    lattice: Lattice,
    width: float | None,
    points: tuple[CutPoint, ...],
) -> Cuts:
    return Cuts(
        method=wanted.method,
        rows=len(known),
        unscored=len(every) - len(known),
        step=lattice.step if lattice.grid else None,
        width=None if width is None else _r(width * lattice.step),
        least=wanted.least,
        balance=wanted.balance,
        seed=wanted.seed,
        resamples=wanted.resamples,
        cuts=points,
        sizes=_sizes(known, tuple(one.value for one in points)),
    )


def _quantiles(known: np.ndarray, shares: np.ndarray, wanted: Wanted) -> tuple[CutPoint, ...]:
    """Quantiles of scores without a grid; `same` here is the share of resamples within a fiftieth of the range."""
    ordered = np.sort(known)
    rng, wide = np.random.default_rng(wanted.seed), float(ordered[-1] - ordered[0]) / 50
    points = []
    for share in np.cumsum(shares)[:-1]:
        value = float(np.quantile(ordered, share, method="higher"))
        drawn = rng.binomial(len(ordered), share, wanted.resamples) / len(ordered) if wanted.resamples else share
        others = np.atleast_1d(np.quantile(ordered, drawn, method="higher"))
        low, high = np.percentile(others, (2.5, 97.5), method="nearest")
        same = _r(float((np.abs(others - value) <= wide).mean()))
        points.append(CutPoint(value=value, low=float(low), high=float(high), same=same, depth=0.0, valley=False))
    if len({one.value for one in points}) < len(points) or points[0].value == ordered[0]:
        raise UsageError(f"so many scores are equal that {wanted.stages} quantiles fall together; ask for fewer stages")
    return tuple(points)


def _in_valleys(counts: np.ndarray, density: np.ndarray, wanted: Wanted) -> np.ndarray:
    """Places of the best cuts: a path over candidates, best first by its last segment (dynamic programming).

    The depth of a cut needs the peaks of the segments on both sides, so the state is the last segment.
    """
    rows = float(counts.sum())
    below = np.concatenate([[0.0], np.cumsum(counts)])
    for least in (wanted.least, wanted.least / 2, 0.0):
        candidates = _candidates(counts, density, wanted.stages)
        ends = np.concatenate([[0], candidates, [len(counts)]])
        size = (below[ends][None, :] - below[ends][:, None]) / rows  # from row i to column j
        usable = np.triu(size > 0, 1) & (size >= least)
        peak = _peaks(density, ends)
        worth = np.where(usable, _entropy(size, wanted), -np.inf)
        path = _best(worth, peak, density, ends, wanted.stages, 1.0 / rows)
        if path is not None:
            return np.asarray(ends[path], np.int64)
    return _at_quantiles(counts, np.full(wanted.stages, 1 / wanted.stages))


def _candidates(counts: np.ndarray, density: np.ndarray, stages: int) -> np.ndarray:
    """Places where a cut may be: all that part the rows, or, of many, the local minima and even quantiles."""
    parting = np.flatnonzero((np.cumsum(counts)[:-1] > 0) & (np.cumsum(counts[::-1])[::-1][1:] > 0)) + 1
    if len(parting) <= MOST_CANDIDATES:
        return np.asarray(parting)
    inner = density[1:-1]
    minima = np.flatnonzero((inner <= density[:-2]) & (inner < density[2:])) + 1
    if len(minima) > MOST_CANDIDATES // 2:
        minima = minima[np.argsort(density[minima], kind="stable")[: MOST_CANDIDATES // 2]]
    even = _at_quantiles(counts, np.full(4 * stages, 1 / (4 * stages)))
    return np.intersect1d(np.concatenate([minima, even]), parting)


def _peaks(density: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """`peaks[i, j]`: the greatest density from end i on and before end j; 0 where there is nothing between."""
    each = np.array([density[low:high].max() if high > low else 0.0 for low, high in itertools.pairwise(ends)])
    found = np.zeros((len(ends), len(ends)))
    for first in range(len(each)):
        found[first, first + 1 :] = np.maximum.accumulate(each[first:])
    return found


def _entropy(size: np.ndarray, wanted: Wanted) -> np.ndarray:
    """What the size of a stage adds to the balance."""
    safe = np.where(size > 0, size, 1.0)
    return np.asarray(-wanted.balance * safe * np.log(safe) / np.log(wanted.stages))


def _best(
    worth: np.ndarray, peak: np.ndarray, density: np.ndarray, ends: np.ndarray, stages: int, one_row: float
) -> list[int] | None:
    """The inner ends of the best path of `stages` segments; of equal ones that with the lowest cuts."""
    many = len(ends)
    scale = density.sum()
    at_cut = density[np.minimum(ends, len(density) - 1)] / scale + one_row
    peaks = peak / scale + one_row
    total = np.full((many, many), -np.inf)
    total[0] = worth[0]
    before: list[np.ndarray] = []
    for _ in range(stages - 1):
        # [i, j, k]: a segment from i to j, then one from j to k.
        lower = np.minimum(peaks[:, :, None], peaks[None, :, :])
        depth = np.log(lower / at_cut[None, :, None])
        candidate = total[:, :, None] + worth[None, :, :] + np.where(depth >= CLEAR, depth, 0.0)
        before.append(np.argmax(candidate, axis=0))
        total = candidate.max(axis=0)
    last = int(np.argmax(total[:, -1]))
    if not np.isfinite(total[last, -1]):
        return None
    path, after = [last], many - 1
    for step in reversed(before):
        path.append(int(step[path[-1], after]))
        after = path[-2]
    return path[::-1][1:]


def _at_quantiles(counts: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Places whose rows below come closest to the cumulated `shares`; strictly ascending where values allow it."""
    below = np.concatenate([[0.0], np.cumsum(counts)]) / counts.sum()
    found: list[int] = []
    wanted = np.cumsum(shares)[:-1]
    filled = np.flatnonzero(counts)
    usable = filled[1:]  # a cut at a value with rows, and rows below
    for place, share in enumerate(wanted):
        later = len(wanted) - place - 1
        free = usable[usable > (found[-1] if found else 0)]
        free = free[: len(free) - later] if len(free) > later else free
        if not len(free):
            found.append(found[-1] if found else int(filled[-1]))
            continue
        found.append(int(free[np.argmin(np.abs(below[free] - share))]))
    return np.asarray(found, np.int64)


def _points(found: np.ndarray, density: np.ndarray, values: np.ndarray, lattice: Lattice) -> tuple[CutPoint, ...]:
    near = 1 if lattice.grid else max(1, lattice.points // 50)
    ends = [0, *found[0], len(density)]
    points = []
    for number, place in enumerate(found[0]):
        others = found[1:, number] if len(found) > 1 else found[:, number]
        low, high = np.percentile(others, (2.5, 97.5), method="nearest").astype(np.int64)
        lower = min(density[ends[number] : place].max(), density[place : ends[number + 2]].max())
        depth = max(0.0, float(np.log((lower + 1e-12) / (density[place] + 1e-12))))
        points.append(
            CutPoint(
                value=float(values[place]),
                low=float(values[low]),
                high=float(values[high]),
                same=_r(float((np.abs(others - place) <= near).mean())),
                depth=_r(depth),
                valley=depth >= CLEAR,
            )
        )
    return tuple(points)


def _sizes(known: np.ndarray, cuts: tuple[float, ...]) -> tuple[StageSize, ...]:
    counts = np.bincount(stage_of(known, cuts), minlength=len(cuts) + 2)[1:]
    ends = (None, *cuts, None)
    return tuple(
        StageSize(stage=place + 1, low=ends[place], high=ends[place + 1], rows=int(rows), share=_r(rows / len(known)))
        for place, rows in enumerate(counts)
    )


def _shares(wanted: Wanted) -> np.ndarray:
    if wanted.shares is None:
        return np.full(wanted.stages, 1 / wanted.stages)
    if wanted.method != "quantiles":
        raise UsageError("shares of the stages are for quantiles; valleys find their own")
    found = np.asarray(wanted.shares, np.float64)
    if len(found) != wanted.stages or not (found > 0).all() or not np.isfinite(found).all():
        raise UsageError(f"shares {wanted.shares}: must be {wanted.stages} numbers above 0, one for each stage")
    return np.asarray(found / found.sum())


def method_of(said: str) -> Method:
    """`said` as a method; UsageError when it is none."""
    if said not in get_args(Method):
        raise UsageError(f"method {said!r}: is not one of {', '.join(get_args(Method))}")
    return said  # type: ignore[return-value]


def _r(value: float) -> float:
    return round(value, 6)
