"""What another tier policy would give: sizes, tokens, sources, and the records at its cuts. Nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.errors import UsageError
from corpus.flow.order import ROWS_HERE, Flow, fingerprints, plan_slots, tier_frame, twins
from corpus.identity import from_halves
from corpus.manifest import Part
from corpus.parts import sum_here
from corpus.pipeline import Pipeline
from corpus.ruleset.margins import margins
from corpus.ruleset.mixture import Portion
from corpus.ruleset.tiers import cut_points
from corpus.runner import Runner
from corpus.scores.cuts import Cuts
from corpus.shorthand import retier
from corpus.stages.budget import UNITS, Draw, ReadUnits, draw, units_of
from corpus.stages.split import held_out
from corpus.stages.stage_cuts import VALUES, ReadValues, cuts_of
from corpus.stages.tier import COUNTS, ReadHistogram, TierFrame, place_of
from corpus.tokens import TokenCounter

PREVIEW = 120
_BEHIND = ("tier", "publish")


@dataclass(frozen=True)
class TierSize:
    """A tier: its records, those held out for validation, tokens, and the records and tokens of each source."""

    tier: str
    rows: int
    validation: int
    tokens: int
    sources: Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class Marginal:
    """A record beside a cut: `inside` the tier, or kept out of it by this condition alone."""

    doc_id: str
    source: str
    tier: str
    condition: str
    value: float
    edge: float
    inside: bool
    preview: str


@dataclass(frozen=True)
class DryRun:
    """What `corpus tier` would do: `tokens` says how they were counted, `over_budget` what a mixture leaves out."""

    tiers: tuple[TierSize, ...]
    over_budget: int
    mixture: tuple[Portion, ...]
    tokens: str
    marginal: tuple[Marginal, ...]


def dry_run(root: str, tiers: str | None = None, most: int = 2, tokenizer: str | None = None) -> DryRun:
    """The tiers of the run at `root` by another policy (or its own), and up to `most` records beside each cut.

    UsageError when the policy looks at something that the run has not stored. Memory: a few numbers for each record.
    """
    pipeline = retier(root, tiers)
    flow = _committed(pipeline, root)
    frame = tier_frame(flow)
    publish = pipeline.settings.publish
    counter = TokenCounter(tokenizer or publish.tokenizer, publish.chars_per_token)
    cuts = cut_points(_summed(flow, ReadHistogram(frame), COUNTS, bool(frame.policy.percentiles)), frame.policy)
    units = ReadUnits(frame, publish.chars_per_token)
    budget = draw(_summed(flow, units, UNITS, frame.policy.mixture is not None), frame.policy)
    wanted = frame.policy.stages
    stages = None if wanted is None else cuts_of(_summed(flow, ReadValues(frame, wanted), VALUES, True), wanted)
    parts = [_part(flow, frame, part, (cuts, stages), budget, counter, most) for part in flow.parts]
    tables = [table for table, _, _ in parts]
    over = sum(out for _, _, out in parts)
    return DryRun(
        tiers=_sizes(pl.concat(tables), frame) if tables else (),
        over_budget=over,
        mixture=budget.portions,
        tokens=counter.described,
        marginal=_beside([found for _, found, _ in parts], most),
    )


def _committed(pipeline: Pipeline, root: str) -> Flow:
    splits = pipeline.splits()
    slots = plan_slots(pipeline, root, splits)
    runner = Runner(slots, fingerprints(pipeline, splits), _no_session)
    missing = [name for name in slots if name not in _BEHIND and not runner.reuse(name)]
    if missing:
        raise UsageError(
            f"{root}: the policy looks at what the run has not stored ({', '.join(missing)}); run `corpus tier` "
            "without --dry-run, or add it to the pipeline and run that"
        )
    return Flow(pipeline, runner, ROWS_HERE)


def _no_session() -> Any:
    raise AssertionError("a dry run starts no Spark")


def _summed(flow: Flow, read: Any, schema: pa.Schema, asked: bool) -> pl.DataFrame:
    empty = pl.DataFrame(schema.empty_table())
    return pl.DataFrame(sum_here(flow.parts, read, schema, "count")) if asked and flow.parts else empty


def _part(
    flow: Flow,
    frame: TierFrame,
    part: Part,
    at: tuple[pl.DataFrame, Cuts | None],
    budget: Draw,
    counter: TokenCounter,
    most: int,
) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """Tier, source, tokens and split of the records of a part that stay; those beside a cut; how many are left out."""
    rows, records = frame.read(part)
    stays = budget.stays(frame.policy, records)
    cuts, stages = at
    tier = place_of(frame.policy, records, cuts, stages)
    tokens = _tokens(flow, part, rows, records, counter)
    held = held_out(twins(flow).keys(part)[rows], frame.policy.validation)
    table = pl.DataFrame(
        {"tier": tier.cast(pl.Int64), "source": records["source"], "tokens": tokens, "held": held}
    ).filter(pl.Series(stays))
    beside = margins(frame.policy, records, cuts, tier, most)
    where = beside["row"].to_numpy()
    ids = [from_halves(*pair) for pair in records["id0", "id1"][where].iter_rows()]
    previews = _previews(flow, part, rows[where])
    beside = beside.with_columns(
        doc_id=pl.Series(ids, dtype=pl.String),
        source=records["source"].gather(beside["row"]),
        preview=pl.Series(previews, dtype=pl.String),
    )
    return table, beside, int((~stays).sum())


def _tokens(flow: Flow, part: Part, rows: np.ndarray, records: pl.DataFrame, counter: TokenCounter) -> np.ndarray:
    """Tokens of the standing rows: counted in the text where there is a tokenizer, else estimated from its length."""
    if counter.path is None:
        return units_of(records, "tokens", counter.ratios)
    counts = [
        counter.count(batch.column("text"), batch.column("lang"))
        for batch in flow.stages["text"].table("text").batches(part.number, ["text", "lang"])
    ]
    every = np.concatenate([count.to_numpy() for count in counts]) if counts else np.zeros(0, np.int32)
    return np.asarray(every[rows], np.int64)


def _previews(flow: Flow, part: Part, rows: np.ndarray) -> list[str]:
    wanted, found, first = set(rows.tolist()), dict[int, str](), 0
    if wanted:
        for batch in flow.stages["text"].table("text").batches(part.number, ["text"]):
            for row in sorted(row for row in wanted if first <= row < first + batch.num_rows):
                found[row] = batch.column("text")[row - first].as_py()[:PREVIEW]
            first += batch.num_rows
    return [found.get(int(row), "") for row in rows]


def _sizes(table: pl.DataFrame, frame: TierFrame) -> tuple[TierSize, ...]:
    found = []
    for place, name in enumerate(frame.policy.names):
        mine = table.filter(pl.col("tier") == place)
        by_source = mine.group_by("source").agg(pl.len(), pl.col("tokens").sum()).sort("source")
        sources = {source: (rows, int(tokens)) for source, rows, tokens in by_source.iter_rows()}
        found.append(TierSize(name, mine.height, int(mine["held"].sum()), int(mine["tokens"].sum()), sources))
    return tuple(found)


def _beside(found: list[pl.DataFrame], most: int) -> tuple[Marginal, ...]:
    """The nearest of all parts, in the order of the policy."""
    if not found:
        return ()
    whole = pl.concat(found).with_columns(distance=(pl.col("value") - pl.col("edge")).abs())
    order = {
        key: place for place, key in enumerate(whole.select("tier", "condition").unique(maintain_order=True).rows())
    }
    nearest = whole.sort("distance", "doc_id").group_by("tier", "condition", "inside", maintain_order=True).head(most)
    rows = sorted(nearest.to_dicts(), key=lambda row: (order[row["tier"], row["condition"]], not row["inside"]))
    return tuple(Marginal(**{name: row[name] for name in Marginal.__dataclass_fields__}) for row in rows)
