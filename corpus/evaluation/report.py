"""`corpus eval report`: the page of an evaluation, with a person's corrections and other judges beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from corpus import storage
from corpus.errors import UsageError
from corpus.evaluation import asking, corrections, figures, pairwise, pointwise, raters
from corpus.evaluation.asking import Evaluation
from corpus.evaluation.bootstrap import Interval, Resampling
from corpus.evaluation.page import Languages, page
from corpus.evaluation.pairwise import WinRate
from corpus.evaluation.pointwise import Scores

NAME, CORRECTED = "report.html", "corrected.parquet"
Moved = tuple[str, float | None, float | None]


@dataclass(frozen=True)
class Reported:
    """Where the page is. With corrections: the corrected rows' file, what changed, how many only confirm the judge, and
    figures before and after. `raters` with several judges."""

    page: str
    corrected: str | None
    changes: tuple[corrections.Change, ...]
    confirmed: int
    moved: tuple[Moved, ...]
    raters: raters.Raters | None


def write(
    folders: Sequence[Path], out: Path | None = None, corrected: Path | None = None, languages: Languages = "both"
) -> Reported:
    """Write the page of the first folder; the others are other judges of the same answers.

    UsageError for a folder without a finished evaluation, for others of another kind or with no row in common, and as
    `corrections.load`.
    """
    found, *others = [asking.read(folder) for folder in folders]
    for one in others:
        _same_kind(found, one)
    how = Resampling(**found.resampling)
    before = _figures(found, how)
    after, changes, confirmed, where = before, None, 0, None
    if corrected is not None:
        result = corrections.apply(found, corrections.load(corrected, found))
        found = replace(found, rows=result.rows)
        after, changes, confirmed = _figures(found, how), result.changes, result.confirmed
        where = found.out / CORRECTED
        aside = found.out / f".{CORRECTED}.writing"
        result.rows.write_parquet(aside, compression="zstd")
        aside.replace(where)
    agreed = _raters(found, others) if others else None
    shown = figures.of(after, agreed, None if changes is None else len(changes))
    target = out or found.out / NAME
    storage.put_atomic(str(target), page(found, others, shown, languages).encode())
    moved = () if changes is None else _moved(before, after)
    return Reported(str(target), None if where is None else str(where), changes or (), confirmed, moved, agreed)


def _same_kind(found: Evaluation, other: Evaluation) -> None:
    if other.mode != found.mode:
        raise UsageError(
            f"{other.out}: is of `corpus eval {other.mode}`, {found.out} of `{found.mode}`: not to compare"
        )
    if not set(found.rows["key"]) & set(other.rows["key"]):
        raise UsageError(f"{other.out}: judges none of the answers of {found.out}")


def _figures(found: Evaluation, how: Resampling) -> Scores | WinRate:
    return pointwise.figures(found.rows, how) if found.mode == "judge" else pairwise.figures(found.rows, how)


def _raters(found: Evaluation, others: Sequence[Evaluation]) -> raters.Raters:
    """Agreement of the judges as they judged, without corrections. A judge asked twice is told apart by its folder."""
    value = "score" if found.mode == "judge" else "verdict"
    own = "judged" if "judged" in found.rows.columns else value
    table = found.rows.select("key", pl.col(own).alias("0"))
    for at, one in enumerate(others, start=1):
        table = table.join(one.rows.select("key", pl.col(value).alias(str(at))), on="key", how="left")
    every = [found, *others]
    twice = len({one.judge for one in every}) < len(every)
    names = [f"{one.judge} ({one.out.name})" if twice else one.judge for one in every]
    columns = {name: table[str(at)].to_list() for at, name in enumerate(names)}
    if len(columns) < len(every):
        raise UsageError("two of the directories have one name and one judge: name each evaluation once")
    return raters.of_scores(columns) if value == "score" else raters.of_verdicts(columns)


def _moved(before: Scores | WinRate, after: Scores | WinRate) -> tuple[Moved, ...]:
    """Figures that corrections moved."""
    found: list[Moved] = []
    if isinstance(before, Scores) and isinstance(after, Scores):
        now = {one.model: _value(one.macro) for one in after.models}
        found = [(f"{one.model}, mean of categories", _value(one.macro), now[one.model]) for one in before.models]
    elif isinstance(before, WinRate) and isinstance(after, WinRate):
        name = f"{before.first} against {before.second}, points"
        found = [(name, _value(before.all.points), _value(after.all.points))]
    return tuple(one for one in found if one[1] != one[2])


def _value(found: Interval | None) -> float | None:
    return None if found is None else found.value
