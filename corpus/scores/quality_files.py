"""Quality of the rows of files by a policy: scores as Parquet, and how well they tell good rows from bad ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from corpus.errors import UsageError
from corpus.located import Strict
from corpus.models.continuity.files import Judge
from corpus.models.metrics import area
from corpus.models.ngram.scorer import Scorer
from corpus.models.scored import UNREADABLE, must_be_absent, put_tables
from corpus.ruleset.quality import QualityPolicy
from corpus.scores.measured import read_all
from corpus.scores.quality import curves, histogram, parts, quality

FILE = "quality.parquet"
RESAMPLES = 1000


@dataclass(frozen=True)
class Scored:
    """Rows read, and of them scored; `unreadable` by reason; quartiles of the score; the files written."""

    read: int
    scored: int
    unreadable: dict[str, int]
    quartiles: tuple[float, ...]
    policy: str
    model: str | None
    continuity: str | None
    files: tuple[str, ...]


class Area(Strict):
    """The area under the ROC curve with its 95 % interval over seeded resamples of both kinds of rows."""

    auc: float
    low: float
    high: float
    good: int
    bad: int


class Evaluated(Strict):
    """How well the score, and each part alone, tells good rows from bad ones; a part that no row has is left out."""

    quality: Area
    parts: dict[str, Area]
    unreadable: dict[str, int]


def score_files(
    paths: Sequence[str],
    policy: QualityPolicy,
    out: Path,
    model: Scorer | None = None,
    text_field: str | None = None,
    lang: str | None = None,
    continuity: Judge | None = None,
) -> Scored:
    """Score every row of `paths` and write `out/quality.parquet`: `key`, `lang`, the score's columns, and each part as
    `part.<name>`; rows that cannot be read go to `out/quarantine.parquet`. Ranks are among all rows of a language.

    UsageError when `out` holds them already or nothing can be read.
    """
    must_be_absent(out, (FILE, UNREADABLE))
    frame, reasons, bad = read_all(paths, policy, model, text_field, lang, continuity)
    found = curves(histogram(frame, policy), policy)
    scores = quality(frame, policy, found)
    named = parts(frame, policy, found).select(pl.all().name.prefix("part."))
    whole = frame.select("key", "lang").hstack(scores).hstack(named.cast(pl.Float32))
    files = put_tables(out, {FILE: whole.to_arrow()}, bad)
    known = scores["quality"].drop_nulls()
    return Scored(
        read=frame.height + sum(reasons.values()),
        scored=len(known),
        unreadable=dict(sorted(reasons.items())),
        quartiles=tuple(round(float(np.quantile(known, share)), 6) for share in (0.25, 0.5, 0.75))
        if len(known)
        else (),
        policy=policy.digest,
        model=model.card.digest if model is not None else None,
        continuity=continuity.card.digest if continuity is not None else None,
        files=files,
    )


def evaluate_files(
    good: Sequence[str],
    bad: Sequence[str],
    policy: QualityPolicy,
    model: Scorer | None = None,
    text_field: str | None = None,
    lang: str | None = None,
    continuity: Judge | None = None,
) -> Evaluated:
    """How well `policy` tells the rows of `good` from those of `bad`, all ranked together; UsageError without both.

    A field that only the rows of one side have is left out: it would tell them by being there.
    """
    frames, unreadable = [], dict[str, int]()
    for label, paths in ((True, good), (False, bad)):
        frame, reasons, _ = read_all(paths, policy, model, text_field, lang, continuity)
        frames.append(frame.with_columns(good=pl.lit(label)))
        for reason, count in reasons.items():
            unreadable[reason] = unreadable.get(reason, 0) + count
    both = [name for name in frames[0].columns if name in frames[1].columns]
    whole = pl.concat([frame.select(both) for frame in frames])
    found = curves(histogram(whole, policy), policy)
    is_good = whole["good"].to_numpy()
    by_part = parts(whole, policy, found)
    areas = {name: area_of(by_part[name], is_good) for name in by_part.columns}
    overall = area_of(quality(whole, policy, found)["quality"], is_good)
    if overall is None:
        raise UsageError("no good row, or no bad row, has a score")
    return Evaluated(
        quality=overall,
        parts={name: one for name, one in areas.items() if one is not None},
        unreadable=dict(sorted(unreadable.items())),
    )


def area_of(scores: pl.Series, good: np.ndarray, resamples: int = RESAMPLES, seed: int = 0) -> Area | None:
    """The area over the rows with a score; None without a row of both kinds."""
    values = scores.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    known = ~np.isnan(values)
    values, has = values[known], good[known]
    found = area(values, has)
    if found is None:
        return None
    rng = np.random.default_rng(seed)
    yes, no = np.flatnonzero(has), np.flatnonzero(~has)
    drawn = []
    for _ in range(resamples):
        rows = np.concatenate([rng.choice(yes, len(yes)), rng.choice(no, len(no))])
        drawn.append(area(values[rows], has[rows]))
    low, high = np.percentile(np.array(drawn, np.float64), (2.5, 97.5))
    return Area(auc=found, low=round(float(low), 6), high=round(float(high), 6), good=len(yes), bad=len(no))
