"""The stages that remove records, in their order, and where each marks what goes.

A mark table is sparse: one row, with `row` and `removed`, for each record the stage decides something about. Later
stages and publish read the marks; nobody else removes anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from corpus.slot import Committed, Table


@dataclass(frozen=True)
class Removal:
    """`reason` is that of every record the stage removes; None where each has its own (the ids of rules).

    `names_survivor`: the marks are REMOVAL rows (corpus.dedup.members), which say in whose favour a record goes.
    """

    stage: str
    table: str
    reason: str | None
    names_survivor: bool = False


OVER_BUDGET, NOISE = "over_budget", "noise"
REMOVALS = (
    Removal("decide", "decisions", None),
    Removal("dedup-urls", "duplicates", "same_url", names_survivor=True),
    Removal("dedup-index", "duplicates", "in_index", names_survivor=True),
    Removal("dedup-exact", "duplicates", "exact_duplicate", names_survivor=True),
    Removal("dedup-near", "duplicates", "near_duplicate", names_survivor=True),
    Removal("dedup-lines", "emptied", "repeated_lines"),
    Removal("dedup-paragraphs", "emptied", "near_paragraphs"),
    Removal("dedup-spans", "emptied", "repeated_spans"),
    Removal("decontaminate", "contaminated", "contaminated"),
    Removal("dedup-semantic", "duplicates", "semantic_duplicate", names_survivor=True),
    Removal("difficulty", "noise", NOISE),
    Removal("tier", "left_out", OVER_BUDGET),
)
MERGING = tuple(item for item in REMOVALS if item.names_survivor)
HOPS = "survivors-"
"""What the names of the stages that look for the last survivor begin with."""


@dataclass(frozen=True)
class Marks:
    """A committed mark table."""

    by: Removal
    table: Table


def marks(stages: Mapping[str, Committed]) -> tuple[Marks, ...]:
    """The marks of every removing stage that is committed, in order."""
    return tuple(Marks(item, stages[item.stage].table(item.table)) for item in REMOVALS if item.stage in stages)


def merging(stages: Mapping[str, Committed]) -> tuple[Marks, ...]:
    """Those of the stages that remove a record in favour of another."""
    return tuple(item for item in marks(stages) if item.by.names_survivor)


def moved(stages: Mapping[str, Committed]) -> tuple[Table, ...]:
    """The tables of survivors that went later themselves, in order."""
    return tuple(stages[name].table("moved") for name in sorted(stages) if name.startswith(HOPS))


def kept(stages: Mapping[str, Committed]) -> int:
    """How many records stand after the stages that are committed."""
    last = [item.stage for item in REMOVALS if item.stage in stages]
    return stages[last[-1] if last else "text"].manifest.account.kept
