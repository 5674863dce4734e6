"""Which rules do work of their own: how often each fails, decides, removes alone, and fails together with others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from corpus.ruleset.model import DROPPED
from corpus.rundir import RunDir
from corpus.slot import Committed

PAIRS = 20


@dataclass(frozen=True)
class Overlap:
    """One rule. `fails` are the records that fail it; `decides` those removed under its name, the first that drops;
    `alone` those that no other rule drops, so that they would come back without it."""

    rule: str
    action: str
    bound: str
    fails: int
    decides: int
    alone: int


@dataclass(frozen=True)
class Pair:
    """Two rules, in rule-set order, and how many records fail both; `share` is of those that fail the rarer one."""

    first: str
    second: str
    both: int
    share: float


@dataclass(frozen=True)
class Overlaps:
    """All rules of a run in rule-set order, `removed` records in all, and the pairs that fail together most often."""

    removed: int
    rules: tuple[Overlap, ...]
    pairs: tuple[Pair, ...]


def overlap(root: str, pairs: int = PAIRS) -> Overlaps:
    """Counts over the stored decisions of the published run; see `overlaps_of`."""
    return overlaps_of(RunDir.open(root).need_published()["decide"], pairs)


def overlaps_of(decide: Committed, pairs: int = PAIRS) -> Overlaps:
    """Counts over stored decisions, read part by part.

    The `decides` of all rules add up to `removed`, and to what the account says `decide` dropped; `alone` is at most
    `decides`, which is at most `fails`.
    """
    rules: list[dict[str, Any]] = decide.manifest.details["rules"]
    many = len(rules)
    drops = np.array([rule["action"] == "drop" for rule in rules], bool)
    together = np.zeros((many, many), np.int64)
    decides, alone = np.zeros(many, np.int64), np.zeros(many, np.int64)
    table = decide.table("decisions")
    for number in sorted(table.files):
        rows = table.read(number, ["action", "first", "failed"])
        if rows is None:
            continue
        failing = _matrix(rows.column("failed").combine_chunks(), many)
        together += (failing.T @ failing).astype(np.int64)
        removed = rows.column("action").to_numpy() == DROPPED
        first = rows.column("first").to_numpy(zero_copy_only=False)[removed].astype(np.int64)
        decides += np.bincount(first, minlength=many)
        dropping = failing[removed][:, drops].sum(axis=1) == 1
        alone += np.bincount(first[dropping], minlength=many)
    fails = np.diagonal(together)
    found = tuple(
        Overlap(rule["id"], rule["action"], rule["bound"], *(int(counts[at]) for counts in (fails, decides, alone)))
        for at, rule in enumerate(rules)
    )
    return Overlaps(int(decides.sum()), found, tuple(_pairs(together, [rule["id"] for rule in rules], pairs)))


def _matrix(failed: Any, many: int) -> np.ndarray:
    """Rows by rules, 1 where the row fails the rule; float64, whose products count exactly up to 2^53."""
    matrix = np.zeros((len(failed), many))
    lengths = np.diff(failed.offsets.to_numpy())
    matrix[np.repeat(np.arange(len(failed)), lengths), failed.flatten().to_numpy()] = 1
    return matrix


def _pairs(together: np.ndarray, names: list[str], wanted: int) -> list[Pair]:
    fails = np.diagonal(together)
    upper = np.triu(together, 1)
    order = np.argsort(-upper, axis=None, kind="stable")[:wanted]
    found = []
    for at in order.tolist():
        first, second = divmod(at, len(names))
        both = int(upper[first, second])
        if both:
            found.append(Pair(names[first], names[second], both, both / int(min(fails[first], fails[second]))))
    return found
