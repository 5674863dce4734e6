"""Numbers of a published run: accounts by stage and by source, distributions of signals, how often each rule fails."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from corpus.inspect.cut import CutTotal, Frequent, cut_totals, frequent
from corpus.inspect.files import scan
from corpus.kernels.catalogue import SIGNALS
from corpus.manifest import RowAccount
from corpus.rundir import RunDir
from corpus.slot import Committed

if TYPE_CHECKING:
    import polars as pl

By = Literal["source", "lang", "tier"]
POINTS = {"min": 0.0, "q1": 0.25, "median": 0.5, "q3": 0.75, "max": 1.0}
REMOVED_TIER = "(removed)"
UNKNOWN = "und"


@dataclass(frozen=True)
class Published:
    """What is published of one group."""

    group: str
    rows: int
    characters: int
    tokens: int


@dataclass(frozen=True)
class SourceAccount:
    """Where the records of one source went, by the stage that removed them."""

    source: str
    read: int
    published: int
    removed: Mapping[str, int]


@dataclass(frozen=True)
class Spread:
    """Five numbers of one signal over the records of one group that were read, removed ones too. `count` leaves out
    records for which the signal has no value."""

    signal: str
    group: str
    count: int
    min: float
    q1: float
    median: float
    q3: float
    max: float


@dataclass(frozen=True)
class Failing:
    """How many records fail a rule, and how many were removed under its name (their first failing rule)."""

    rule: str
    signal: str
    bound: str
    action: str
    failing: int
    counted: int


@dataclass(frozen=True)
class RunStats:
    """`by` names the groups of `published` and `signals`; without it there is one group, `all`."""

    by: By | None
    accounts: Mapping[str, RowAccount]
    sources: tuple[SourceAccount, ...]
    published: tuple[Published, ...]
    failing: tuple[Failing, ...]
    signals: tuple[Spread, ...]
    cuts: tuple[CutTotal, ...] = ()
    frequent: tuple[Frequent, ...] = ()


def stats(root: str, by: By | None = None) -> RunStats:
    """Everything the manifests count, and the spread of every stored signal, read one column at a time."""
    run = RunDir.open(root)
    stages = run.need_published()
    return RunStats(
        by=by,
        accounts=run.accounts(),
        sources=tuple(source_accounts(stages)),
        published=tuple(published_by(stages["publish"], by)),
        failing=tuple(_failing(stages["decide"])),
        signals=tuple(_spreads(stages, by)),
        cuts=cut_totals(stages),
        frequent=frequent(stages),
    )


def published_cells(publish: Committed) -> dict[tuple[str, str, str], dict[str, int]]:
    """(source, lang, tier) -> rows, characters, tokens."""
    found: dict[tuple[str, str, str], dict[str, int]] = defaultdict(dict)
    for key, value in publish.manifest.counts.get("published", {}).items():
        measure, source, lang, tier = key.split("\t")
        found[source, lang, tier][measure] = value
    return dict(found)


def published_by(publish: Committed, by: By | None) -> list[Published]:
    """Rows, characters and tokens of each group, from the manifest alone."""
    place = {"source": 0, "lang": 1, "tier": 2}
    totals: dict[str, list[int]] = {}
    for cell, values in sorted(published_cells(publish).items()):
        total = totals.setdefault(cell[place[by]] if by else "all", [0, 0, 0])
        for index, measure in enumerate(("rows", "characters", "tokens")):
            total[index] += values.get(measure, 0)
    return [Published(group, *total) for group, total in totals.items()]


def source_accounts(stages: Mapping[str, Committed]) -> list[SourceAccount]:
    """Where the records of each source went; two narrow columns of the removed ones are read."""
    publish = stages["publish"]
    published: dict[str, int] = defaultdict(int)
    for (source, _, _), values in published_cells(publish).items():
        published[source] += values.get("rows", 0)
    removed: dict[str, dict[str, int]] = defaultdict(dict)
    for table, shown in (("rejected", "{stage}"), ("quarantine", "{stage} (quarantined)")):
        frame = scan(publish, table, ["source", "stage"])
        if frame is None:
            continue
        counts = frame.group_by("source", "stage").len().sort("source", "stage").collect()
        for source, stage, count in counts.iter_rows():
            removed[source][shown.format(stage=stage)] = count
    return [
        SourceAccount(name, published[name] + sum(removed[name].values()), published[name], removed[name])
        for name in sorted({*published, *removed})
    ]


def _failing(decide: Committed) -> list[Failing]:
    failing = decide.manifest.counts.get("failing", {})
    counted = decide.manifest.account.dropped
    found = [
        Failing(
            rule["id"],
            rule["signal"],
            rule["bound"],
            rule["action"],
            failing.get(rule["id"], 0),
            counted.get(rule["id"], 0),
        )
        for rule in decide.manifest.details["rules"]
    ]
    return sorted(found, key=lambda rule: -rule.failing)


def _spreads(stages: Mapping[str, Committed], by: By | None) -> list[Spread]:
    import polars as pl

    signals = scan(stages["measure"], "signals")
    if signals is None:
        return []
    groups = _groups(stages, by)
    names = [name for name in signals.collect_schema().names() if name != "ok" and _is_number(name)]
    found: list[Spread] = []
    for name in names:
        value = pl.col(name).cast(pl.Float64)
        frame = (
            signals.select(value) if groups is None else pl.concat([signals.select(value), groups], how="horizontal")
        )
        if groups is None:
            frame = frame.with_columns(group=pl.lit("all"))
        points = [value.quantile(at, "nearest").alias(point) for point, at in POINTS.items()]
        table = (
            frame.filter(value.is_not_nan()).group_by("group").agg(value.count().alias("count"), *points).sort("group")
        )
        found += [Spread(signal=name, **row) for row in table.collect().to_dicts()]
    return found


def _groups(stages: Mapping[str, Committed], by: By | None) -> pl.LazyFrame | None:
    """One column `group`, a value for each row, aligned with the signals; None for a single group."""
    import polars as pl

    if by == "tier":
        frame, names = scan(stages["tier"], "tiers", ["tier"]), stages["tier"].manifest.details["tiers"]
        codes = dict(enumerate(names))
        group = pl.col("tier").replace_strict(codes, default=REMOVED_TIER, return_dtype=pl.String)
    elif by is not None:
        frame, group = scan(stages["text"], "keys", [by]), pl.col(by).fill_null(UNKNOWN)
    else:
        return None
    return None if frame is None else frame.select(group.alias("group"))


def _is_number(column: str) -> bool:
    signal: Any = SIGNALS.get(column.split(".")[0])
    return signal is not None and signal.unit != "label"
