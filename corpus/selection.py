"""Some of a run's published records: the best ones, no two alike, or the best of every cluster, up to a budget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from corpus import storage
from corpus.embed.hashed import vectors_of
from corpus.errors import UsageError
from corpus.identity import halves
from corpus.inspect.files import files_of
from corpus.rundir import RunDir
from corpus.schema import group_of
from corpus.slot import Committed, Table
from corpus.stages.verdicts import named

How = Literal["diverse", "balanced"]
CHOSEN = "chosen.parquet"


@dataclass(frozen=True)
class Wanted:
    """`budget` records, or tokens, by the column `by`, the largest first; of several (`quality*difficulty`) by the
    product of the shares of records that each is above, so that scales do not matter.

    `diverse`: one whose cosine to a chosen record is `limit` or more is passed over (Deita's Repr Filter, Liu et al.
    2024). `balanced`: clusters have seats in proportion to their size to the `power`; 0 gives equal shares. With
    `within`, a column of labels, no label gets more than `cap` of the budget: of a list of labels the first counts, and
    records without one are a label of their own.
    """

    budget: float
    by: str
    unit: Literal["rows", "tokens"] = "rows"
    how: How = "diverse"
    limit: float = 0.9
    power: float = 0.0
    within: str | None = None
    cap: float = 1.0

    @property
    def factors(self) -> tuple[str, ...]:
        """The columns of `by`."""
        return tuple(name.strip() for name in self.by.split("*"))


@dataclass(frozen=True)
class Selected:
    """`chosen` of `published` records; those that `lack` a score, a vector or a cluster could not be; the file."""

    published: int
    chosen: int
    lack: int
    tokens: int
    file: str


def select(root: str, wanted: Wanted, out: Path) -> Selected:
    """Choose among the published records of the run at `root` and write them, best first, to `out/chosen.parquet`.

    Every column of the data set is kept; `tier` (or stage, or round) and `place`, from 1, stand beside them. Scores and
    vectors of all records are held in memory. UsageError when the column is not there or no number, when the run has no
    vectors (`diverse`) or clusters (`balanced`), when `within` is no column of labels, and when the file is there
    already.
    """
    run = RunDir.open(root)
    stages = run.need_published()
    file = out / CHOSEN
    if file.exists():
        raise UsageError(f"{file}: is there already; choose another --out")
    narrow = _narrow(stages["publish"], wanted)
    score = scores_of(narrow, wanted.factors)
    ties = halves(pa.array(narrow["doc_id"].to_list()))[0] if narrow.height else np.zeros(0, np.int64)
    if wanted.how == "balanced":
        take, lack = _balanced(narrow, score, ties, wanted)
    else:
        take, lack = _diverse(root, stages, narrow, score, ties, wanted)
    places = _within(take, narrow, wanted)
    rows = _whole(stages["publish"], narrow, places)
    out.mkdir(parents=True, exist_ok=True)
    rows.write_parquet(file, compression="zstd")
    tokens = int(narrow["tokens"].to_numpy()[places].sum()) if len(places) else 0
    return Selected(narrow.height, len(places), lack, tokens, str(file))


Take = Callable[[float], np.ndarray]
"""Rows in the order of their choice up to a budget."""


def scores_of(frame: pl.DataFrame, factors: tuple[str, ...]) -> np.ndarray:
    """The score of each record, NaN where it lacks a factor; of several the product of their mean ranks, 0 to 1."""
    if len(factors) == 1:
        return frame[factors[0]].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    product = np.ones(frame.height)
    for name in factors:
        known = frame[name].cast(pl.Float64).fill_nan(None)
        rank = known.rank("average") / max(1, frame.height - known.null_count())
        product *= rank.fill_null(float("nan")).to_numpy()
    return product


def _within(take: Take, narrow: pl.DataFrame, wanted: Wanted) -> np.ndarray:
    """What `take` gives up to the budget, rows of labels that have their cap passed over."""
    if wanted.within is None:
        return take(wanted.budget)
    labels = np.unique(narrow[wanted.within].fill_null("").to_numpy(), return_inverse=True)[1]
    costs = _costs(narrow, wanted)
    asked, before = wanted.budget, -1
    while True:
        order = take(asked)
        chosen = order[capped(labels[order], costs[order], wanted.budget, wanted.cap)]
        if len(order) == before or costs[chosen].sum() >= wanted.budget:
            return chosen
        asked, before = 2 * asked, len(order)


def capped(labels: np.ndarray, costs: np.ndarray, budget: float, cap: float) -> np.ndarray:
    """Which rows, taken in this order, stay within `cap * budget` of their label and `budget` of all; bool (rows,).

    Rows of a label end at the first for which it has no room, and so do all.
    """
    spent = np.zeros(len(labels))
    order = np.argsort(labels, kind="stable")
    if len(order):
        sums = np.cumsum(costs[order])
        begins = np.flatnonzero(np.r_[True, np.diff(labels[order]) != 0])
        base = np.repeat(sums[begins] - costs[order][begins], np.diff(np.r_[begins, len(order)]))
        spent[order] = sums - base
    fits = spent <= cap * budget
    fits &= np.cumsum(np.where(fits, costs, 0.0)) <= budget
    return fits


def _costs(narrow: pl.DataFrame, wanted: Wanted) -> np.ndarray:
    return narrow["tokens"].to_numpy().astype(np.float64) if wanted.unit == "tokens" else np.ones(narrow.height)


def _diverse(
    root: str, stages: dict[str, Committed], narrow: pl.DataFrame, score: np.ndarray, ties: np.ndarray, wanted: Wanted
) -> tuple[Take, int]:
    from corpus.cluster.diverse import greedy

    if "embed" not in stages:
        raise UsageError(f"{root}: the run made no vectors; add `embed: {{}}` to its pipeline and repeat `corpus run`")
    vectors = _vectors(stages["embed"].table("vectors"), narrow["doc_id"].to_list())
    costs = _costs(narrow, wanted)

    def take(budget: float) -> np.ndarray:
        return greedy(vectors, score, budget, wanted.limit, ties, costs)

    return take, int((~vectors.any(axis=1) | np.isnan(score)).sum())


def _balanced(narrow: pl.DataFrame, score: np.ndarray, ties: np.ndarray, wanted: Wanted) -> tuple[Take, int]:
    from corpus.cluster.diverse import balanced

    if "cluster" not in narrow.columns:
        raise UsageError("the run made no clusters; add `cluster: {}` to its pipeline and repeat `corpus run`")
    costs = _costs(narrow, wanted)
    clusters = narrow["cluster"].fill_null(-1).to_numpy().astype(np.int32)

    def take(budget: float) -> np.ndarray:
        order = balanced(clusters, score, narrow.height, wanted.power, ties)
        return order[np.cumsum(costs[order]) <= budget]

    return take, int(((clusters < 0) | np.isnan(score)).sum())


def _narrow(publish: Committed, wanted: Wanted) -> pl.DataFrame:
    """Id, scores, tokens, cluster and label of every published record, with the file and row it stands in."""
    labels = [wanted.within] if wanted.within is not None else []
    found = []
    for number, file in enumerate(files_of(publish, "dataset")):
        with storage.open_read(storage.join(publish.slot.root, file.path)) as stream:
            schema = pq.read_schema(stream)
        numeric = [item.name for item in schema if _is_number(item.type)]
        for by in wanted.factors:
            if by not in numeric:
                raise UsageError(f"the data set has no number {by!r}; there are {', '.join(numeric)}")
        if wanted.within is not None and wanted.within not in schema.names:
            raise UsageError(f"the data set has no column {wanted.within!r}; tags give columns of labels")
        asked = dict.fromkeys(["doc_id", "tokens", *wanted.factors, "cluster", *labels])
        frame: Any = pl.from_arrow(publish.slot.read(file, [name for name in asked if name in schema.names]))
        for name in labels:
            is_list = isinstance(frame.schema[name], pl.List)
            frame = frame.with_columns((pl.col(name).list.first() if is_list else pl.col(name)).cast(pl.String))
        found.append(frame.with_columns(file=pl.lit(number), row=pl.int_range(frame.height)))
    if not found:
        numbers = dict.fromkeys(wanted.factors, pl.Float64())
        texts = dict.fromkeys(["doc_id", *labels], pl.String())
        return pl.DataFrame(schema={**texts, "tokens": pl.Int32(), **numbers, "file": pl.Int32()})
    return pl.concat(found)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _vectors(table: Table, ids: list[str]) -> np.ndarray:
    """float16 (rows, dim) in the order of `ids`; zero where a record has none."""
    place = {doc_id: at for at, doc_id in enumerate(ids)}
    found = np.zeros((len(ids), 1), np.float16)
    for number in sorted(table.files):
        rows = table.read(number, ["id0", "id1", "rank", "vector"])
        if rows is None:
            continue
        own = vectors_of(rows.column("vector"))
        if found.shape[1] != own.shape[1]:
            found = np.zeros((len(ids), own.shape[1]), np.float16)
        keys = zip(*(rows.column(name).to_pylist() for name in ("id0", "id1", "rank")), strict=True)
        at = np.array([place.get(named(*key), -1) for key in keys], np.int64)
        found[at[at >= 0]] = own[at >= 0]
    return found


def _whole(publish: Committed, narrow: pl.DataFrame, places: np.ndarray) -> pl.DataFrame:
    """The chosen records with all their columns, in the order of their choice."""
    files = files_of(publish, "dataset")
    order = narrow[places].select("file", "row").with_columns(place=pl.int_range(1, len(places) + 1))
    found = []
    for number in order["file"].unique().to_list() if len(places) else []:
        mine = order.filter(pl.col("file") == number)
        frame: Any = pl.from_arrow(publish.slot.read(files[number]))
        group = pl.lit(group_of(files[number].path)).alias("tier")
        found.append(frame[mine["row"]].with_columns(group, mine["place"]))
    return pl.concat(found).sort("place") if found else pl.DataFrame()
