"""What a pipeline would do, before it does anything: input, splits, rules, stages. No Spark, nothing written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from corpus.flow import plan_slots, stage_names
from corpus.inspect.status import StageStatus, stage_states
from corpus.pipeline import SPLIT_BYTES, Pipeline
from corpus.readers.split import Split


@dataclass(frozen=True)
class SourcePlan:
    """What a source consists of."""

    name: str
    files: int
    splits: int
    bytes: int
    formats: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """What a run would do: input, rules in order, tiers, the columns of the records, and what is committed already."""

    name: str
    sources: tuple[SourcePlan, ...]
    rules: tuple[str, ...]
    signals: tuple[str, ...]
    tiers: tuple[str, ...]
    columns: Mapping[str, str]
    stages: tuple[StageStatus, ...]


def plan(pipeline: Pipeline, root: str | None = None, split_bytes: int = SPLIT_BYTES) -> Plan:
    """The plan of `pipeline`, and how much of it is done in the run directory `root`. Writes and starts nothing."""
    splits = pipeline.splits(split_bytes)
    by_source: dict[str, list[Split]] = {source.name: [] for source in pipeline.sources}
    for split in splits:
        by_source[split.source].append(split)
    sources = tuple(
        SourcePlan(
            name=name,
            files=len({piece.uri for split in some for piece in split.pieces}),
            splits=len(some),
            bytes=sum(split.bytes for split in some),
            formats=tuple(sorted({piece.format for split in some for piece in split.pieces})),
        )
        for name, some in by_source.items()
    )
    stages = tuple(StageStatus(name, "waiting") for name in stage_names(pipeline))
    if root is not None:
        slots = plan_slots(pipeline, root, splits)
        stages = stage_states(slots, len(splits), pipeline.settings.publish.file_bytes)
    return Plan(
        name=pipeline.settings.name,
        sources=sources,
        rules=tuple(rule.id for rule in pipeline.rules.rules),
        signals=tuple(call.column for call in pipeline.rules.calls),
        tiers=pipeline.tiers.names,
        columns={name: str(kind) for name, kind in pipeline.check().items()},
        stages=stages,
    )
