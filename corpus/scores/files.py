"""Difficulty of the rows of files: offline, or by a classifier that was trained; one Parquet file of scores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from corpus.errors import UsageError
from corpus.kernels.difficulty import FACETS
from corpus.models.classifier import Classifier
from corpus.models.instruction import Parts, rows, shown
from corpus.quarantine import Quarantined, to_table
from corpus.scores.cuts import Cuts, Wanted, cut
from corpus.scores.difficulty import WEIGHTS, score_batches

SCORES, UNREADABLE = "difficulty.parquet", "quarantine.parquet"


@dataclass(frozen=True)
class Scored:
    """Rows read, scored and not (by reason: noise, or why a row could not be read), the cuts where stages were asked
    for, and the files written."""

    read: int
    scored: int
    noise: dict[str, int]
    unreadable: dict[str, int]
    weights: dict[str, float] | None
    cuts: Cuts | None
    files: tuple[str, ...]


def score_files(
    paths: Sequence[str], parts: Parts, out: Path, wanted: Wanted | None = None, lang: str | None = None
) -> Scored:
    """Offline difficulty of every row against all rows of the files; writes `out/difficulty.parquet`.

    Columns: `key`, the facets, `category`, `difficulty` (null for noise), `noise`, and with `wanted` `stage`. The units
    of all rows are held in memory, 4 bytes each. UsageError when `out` holds the file or nothing can be read.
    """
    _must_be_free(out)
    keys: list[pl.Series] = []
    found: list[tuple[pa.Array, pa.Array, pa.Array]] = []
    quarantined: list[Quarantined] = []
    for frame, bad in rows(paths, parts):
        quarantined += bad
        if frame.height:
            keys.append(frame["key"])
            found.append((_array(frame["instruction"]), _array(frame["given"]), _array(frame["answer"])))
    if not found:
        raise UsageError("no row could be read")
    scored = score_batches(found, None if lang is None else [lang] * sum(map(len, keys)))
    frame = scored.select(pl.concat(keys).alias("key"), *FACETS, "category", "difficulty", "noise")
    return _finish(frame, quarantined, out, wanted, dict(WEIGHTS))


def apply_files(
    model: Classifier, paths: Sequence[str], parts: Parts, out: Path, wanted: Wanted | None = None
) -> Scored:
    """The classifier's score of every row; writes `out/difficulty.parquet`: `key`, `difficulty` (the calibrated
    probability of the label looked for; null for a row without instruction or answer), `label`, `noise`, `stage`.

    UsageError when the model reads other rows than these, or looks for none of its labels.
    """
    _must_be_free(out)
    card = model.card
    if card.view != "instruction" or card.positive is None:
        raise UsageError(f"model {card.name!r} was not made by corpus difficulty train; use corpus classifier apply")
    yes = card.labels.index(card.positive)
    frames: list[pl.DataFrame] = []
    quarantined: list[Quarantined] = []
    for frame, bad in rows(paths, parts):
        quarantined += bad
        if frame.height:
            frames.append(_by_model(model, frame, yes))
    if not frames:
        raise UsageError("no row could be read")
    return _finish(pl.concat(frames), quarantined, out, wanted, None)


def _by_model(model: Classifier, frame: pl.DataFrame, yes: int) -> pl.DataFrame:
    from corpus.models.classifier import calibrated

    scored = calibrated(model.raw(shown(frame)), model.card.labels, model.card.calibration)
    none = pl.Series(np.isnan(scored[:, yes]))
    label = pl.Series(np.array(model.card.labels, object)[model.given(scored)].tolist(), dtype=pl.String)
    return frame.select("key").with_columns(
        difficulty=pl.Series(scored[:, yes]).fill_nan(None),
        label=pl.when(none).then(None).otherwise(pl.lit(label)),
        noise=pl.when(none).then(pl.lit("nothing_to_read")).otherwise(None),
    )


def _finish(
    frame: pl.DataFrame,
    quarantined: list[Quarantined],
    out: Path,
    wanted: Wanted | None,
    weights: dict[str, float] | None,
) -> Scored:
    cuts = None
    if wanted is not None:
        scores = frame["difficulty"].fill_null(float("nan")).to_numpy()
        cuts = cut(scores, wanted)
        frame = frame.with_columns(stage=pl.Series(cuts.stages(scores)).replace(0, None))
    out.mkdir(parents=True, exist_ok=True)
    tables = [(out / SCORES, frame.to_arrow())]
    if quarantined:
        tables.append((out / UNREADABLE, to_table(tuple(quarantined))))
    for path, table in tables:
        aside = path.with_name(f".{path.name}.writing")
        pq.write_table(table, aside, compression="zstd")
        aside.replace(path)
    noise = Counter(frame["noise"].drop_nulls().to_list())
    unreadable = Counter(str(row.reason) for row in quarantined)
    return Scored(
        read=frame.height + len(quarantined),
        scored=frame.height - sum(noise.values()),
        noise=dict(sorted(noise.items())),
        unreadable=dict(sorted(unreadable.items())),
        weights=weights,
        cuts=cuts,
        files=tuple(str(path) for path, _ in tables),
    )


def _must_be_free(out: Path) -> None:
    there = [str(out / name) for name in (SCORES, UNREADABLE) if (out / name).exists()]
    if there:
        raise UsageError(f"{', '.join(there)}: is there already; name another directory, nothing is overwritten")


def _array(found: pl.Series) -> pa.Array:
    array = found.to_arrow().cast(pa.large_string())
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
