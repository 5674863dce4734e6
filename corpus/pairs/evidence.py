"""All that a round knows of its answers: scores by judges and rules, comparisons, and what they make together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corpus.pairs import store
from corpus.pairs.model import Reply, Seed

CONSISTENT = {"first": 1.0, "tie": 0.5, "inconsistent": 0.5, "second": 0.0}
"""What a comparison is worth to its first answer. Orders that disagree say nothing of the answers: a tie."""


@dataclass(frozen=True)
class Weights:
    """What the parts of a score count, of those that an answer has."""

    pointwise: float = 1.0
    pairwise: float = 1.0
    rules: float = 1.0


@dataclass(frozen=True)
class Rule:
    """A reward's value for an answer, None where it does not apply."""

    name: str
    value: float | None
    weight: float
    must: bool


@dataclass
class Known:
    """What is known of one answer. `points` are scores by judge, `shares` what its comparisons were worth."""

    reply: Reply
    points: list[float] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)

    @property
    def pointwise(self) -> float | None:
        """The mean over judges."""
        return _mean(self.points)

    @property
    def pairwise(self) -> float | None:
        """The share of comparisons won, ties and disagreeing orders counted half."""
        return _mean(self.shares)

    @property
    def rewarded(self) -> float | None:
        """The weighted mean of the rules that apply."""
        there = [(one.value, one.weight) for one in self.rules if one.value is not None and one.weight > 0]
        whole = sum(weight for _, weight in there)
        return sum(value * weight for value, weight in there) / whole if whole else None

    @property
    def broken(self) -> tuple[str, ...]:
        """Rules that must hold and do not."""
        return tuple(one.name for one in self.rules if one.must and one.value is not None and one.value < 1)

    def score(self, weights: Weights) -> float | None:
        """The weighted mean of what there is, 0 to 1; None where a judge and the rules say nothing."""
        parts = ((self.pointwise, weights.pointwise), (self.pairwise, weights.pairwise), (self.rewarded, weights.rules))
        there = [(value, weight) for value, weight in parts if value is not None and weight > 0]
        whole = sum(weight for _, weight in there)
        return sum(value * weight for value, weight in there) / whole if whole else None


@dataclass(frozen=True)
class Evidence:
    """Seeds in order, answers by seed, comparisons by seed (COMPARISON rows)."""

    seeds: tuple[Seed, ...]
    answers: Mapping[str, tuple[Known, ...]]
    comparisons: Mapping[str, tuple[Mapping[str, Any], ...]]

    def all_comparisons(self) -> list[dict[str, Any]]:
        """Those of all seeds."""
        return [dict(row) for rows in self.comparisons.values() for row in rows]


def gather(root: Path) -> Evidence:
    """The evidence of a round, of all judges; UsageError when it has no plan."""
    from corpus.pairs.judging import COMPARISON, SCORE
    from corpus.pairs.rewards import REWARD

    seeds = store.read_seeds(root)
    known = {(one.seed, one.id): Known(one) for one in store.read_replies(root)}
    for row in store.read_rows(root, f"judged/*/{store.SCORES}", SCORE):
        one = known.get((row["seed"], row["answer"]))
        if one is not None and row["score"] is not None:
            one.points.append(row["score"])
    compared: dict[str, list[Mapping[str, Any]]] = {}
    for row in store.read_rows(root, f"judged/*/{store.COMPARISONS}", COMPARISON):
        first, second = (known.get((row["seed"], row[side])) for side in ("first", "second"))
        if first is None or second is None or row["winner"] is None:
            continue
        compared.setdefault(row["seed"], []).append(row)
        worth = CONSISTENT[row["winner"]]
        first.shares.append(worth)
        second.shares.append(1 - worth)
    for row in store.read_rows(root, f"rewards/{store.REWARDS}", REWARD):
        one = known.get((row["seed"], row["answer"]))
        if one is not None:
            one.rules.append(Rule(row["rule"], row["value"], row["weight"], row["must"]))
    answers: dict[str, list[Known]] = {}
    for (seed, _), one in sorted(known.items()):
        answers.setdefault(seed, []).append(one)
    return Evidence(
        tuple(seeds),
        {seed: tuple(rows) for seed, rows in answers.items()},
        {seed: tuple(rows) for seed, rows in compared.items()},
    )


def failures_of(root: Path) -> frozenset[str]:
    """Seeds of a round that its policy failed: its answers won less than half of their comparisons with others, had no
    text, or, where nothing was compared, scored below the mean of the others. None where no model was the policy."""
    found = gather(root)
    return frozenset(
        seed for seed, answers in found.answers.items() if _failed(answers, found.comparisons.get(seed, ()))
    )


def _failed(answers: Sequence[Known], comparisons: Sequence[Mapping[str, Any]]) -> bool:
    own = {one.reply.id for one in answers if one.reply.policy}
    if not own:
        return False
    if not any(one.reply.text for one in answers if one.reply.policy):
        return True
    worth = []
    for row in comparisons:
        if (row["first"] in own) != (row["second"] in own):
            value = CONSISTENT[row["winner"]]
            worth.append(value if row["first"] in own else 1 - value)
    if worth:
        return sum(worth) / len(worth) < 0.5
    mine = _mean([one.pointwise for one in answers if one.reply.policy and one.pointwise is not None])
    others = _mean([one.pointwise for one in answers if not one.reply.policy and one.pointwise is not None])
    return mine is not None and others is not None and mine < others


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
