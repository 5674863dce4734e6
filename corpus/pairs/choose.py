"""Which two answers to a seed become a pair, and why the others do not."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from corpus.errors import UsageError
from corpus.pairs.alike import near_identical
from corpus.pairs.evidence import Evidence, Known, Weights
from corpus.pairs.model import Seed, folded, order

REASONS = (
    *("no_answer", "same_text", "near_identical", "off_policy", "not_judged", "orders_disagree", "tie"),
    *("contradicted", "below_margin", "breaks_rule", "too_weak", "length_ratio", "another_pair", "length_balance"),
)
"""Why two answers are no pair, in the order in which it is looked at; a seed without one counts under the last reason
that any two of its answers reached."""
PAIR = ""
LEAST_BALANCED = 20
"""Pairs below which their lengths are not balanced: a share of a few is no bias."""
BATCH = 20_000
"""Candidates whose answers are compared at once."""
_WORTH = {"first": 1, "second": -1}


@dataclass(frozen=True)
class Choosing:
    """`margin` between the two scores (0 to 1) at least; `least` of the chosen one. `similar` is the Jaccard similarity
    from which answers are near-identical. `ratio`: neither is more than so many times as long. `longer`: in this share
    of the pairs at most the chosen answer is the longer one. `per_seed` pairs of a seed at most. `on_policy`: one of
    the two answers is the policy's. `direct`: a judge has compared these very two. Comparisons that weigh nothing are
    not looked at."""

    margin: float = 0.1
    least: float = 0.0
    similar: float = 0.8
    ratio: float = 4.0
    longer: float = 0.7
    per_seed: int = 1
    on_policy: bool = False
    direct: bool = False
    weights: Weights = field(default_factory=Weights)

    def __post_init__(self) -> None:
        if not 0 < self.longer <= 1 or not 0 <= self.margin <= 1 or self.ratio < 1 or self.per_seed < 1:
            raise UsageError("--longer is a share above 0, --margin one from 0, --ratio and --per-seed 1 or more")


@dataclass(frozen=True)
class Candidate:
    """Two answers to a seed, that with the higher score first; `reason` why they are no pair, PAIR where they are.
    `orders` are the comparisons of these two: won, lost, tied and disagreeing, seen from the better one."""

    seed: Seed
    better: Known
    worse: Known
    scores: tuple[float | None, float | None]
    reason: str
    orders: Mapping[str, int]

    @property
    def margin(self) -> float | None:
        """The difference of the scores."""
        one, other = self.scores
        return None if one is None or other is None else one - other

    @property
    def longer(self) -> bool:
        """Whether the better one is the longer one."""
        return len(self.better.reply.text or "") > len(self.worse.reply.text or "")


def candidates(found: Evidence, choosing: Choosing) -> list[Candidate]:
    """Every two answers to every seed with what became of them, in order of seeds and answers."""
    made: list[Candidate] = []
    for seed in found.seeds:
        told = found.comparisons.get(seed.id, ())
        both = itertools.combinations(found.answers.get(seed.id, ()), 2)
        made += [_ranked(seed, one, other, told, choosing.weights) for one, other in both]
    made = [replace(one, reason=_unusable(one)) for one in made]
    open_ones = [at for at, one in enumerate(made) if one.reason == PAIR]
    for start in range(0, len(open_ones), BATCH):
        some = open_ones[start : start + BATCH]
        for at, same in zip(some, _alike([made[at] for at in some], choosing.similar), strict=True):
            reason = "near_identical" if same else _reason(made[at], choosing)
            made[at] = replace(made[at], reason=reason)
    return _balanced(_best(made, choosing.per_seed), choosing.longer)


def _alike(made: Sequence[Candidate], threshold: float) -> list[bool]:
    """Whether the two answers of each are near-identical; each answer is read once."""
    places: dict[tuple[str, str], int] = {}
    texts: list[str] = []
    pairs: list[tuple[int, int]] = []
    for one in made:
        both = []
        for known in (one.better, one.worse):
            key = (one.seed.id, known.reply.id)
            if key not in places:
                places[key] = len(texts)
                texts.append(known.reply.text or "")
            both.append(places[key])
        pairs.append((both[0], both[1]))
    return [bool(same) for same in near_identical(texts, pairs, threshold)]


def _ranked(seed: Seed, one: Known, other: Known, told: Sequence[Mapping[str, Any]], weights: Weights) -> Candidate:
    scores = (one.score(weights), other.score(weights))
    known = tuple(-1.0 if score is None else score for score in scores)
    if known[1] > known[0] or (known[1] == known[0] and order(seed.id, other.reply.id) < order(seed.id, one.reply.id)):
        one, other, scores = other, one, scores[::-1]
    return Candidate(seed, one, other, scores, PAIR, _orders(one.reply.id, other.reply.id, told))


def _orders(one: str, other: str, told: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    counts = {"won": 0, "lost": 0, "tied": 0, "disagree": 0}
    for row in told:
        if {row["first"], row["second"]} == {one, other}:
            turn = 1 if row["first"] == one else -1
            side = _WORTH.get(row["winner"], 0) * turn
            counts["won"] += side > 0
            counts["lost"] += side < 0
            counts["tied"] += row["winner"] == "tie"
            counts["disagree"] += row["winner"] == "inconsistent"
    return counts


def _unusable(one: Candidate) -> str:
    texts = [known.reply.text for known in (one.better, one.worse)]
    if any(text is None or not text.strip() for text in texts):
        return "no_answer"
    return "same_text" if folded(texts[0] or "") == folded(texts[1] or "") else PAIR


def _reason(one: Candidate, choosing: Choosing) -> str:
    """Why two different answers are no pair. A comparison of these two that contradicts the scores outweighs them."""
    margin, orders = one.margin, one.orders
    compared = sum(orders.values()) if choosing.weights.pairwise > 0 else 0
    lengths = sorted(len(known.reply.text or "") for known in (one.better, one.worse))
    if choosing.on_policy and not (one.better.reply.policy or one.worse.reply.policy):
        return "off_policy"
    if margin is None or (choosing.direct and not compared):
        return "not_judged"
    if compared and orders["lost"] > orders["won"]:
        return "contradicted"
    if compared and orders["won"] == orders["lost"]:
        return "orders_disagree" if orders["disagree"] >= max(orders["tied"], 1) else "tie"
    if margin < choosing.margin or margin <= 0:
        return "tie" if margin == 0 else "below_margin"
    if one.better.broken:
        return "breaks_rule"
    if (one.scores[0] or 0.0) < choosing.least:
        return "too_weak"
    return "length_ratio" if lengths[1] > choosing.ratio * lengths[0] else PAIR


def _best(made: list[Candidate], per_seed: int) -> list[Candidate]:
    """Of each seed the pairs with the widest margins."""
    by_seed: dict[str, list[int]] = {}
    for at, one in enumerate(made):
        if one.reason == PAIR:
            by_seed.setdefault(one.seed.id, []).append(at)
    for places in by_seed.values():
        places.sort(
            key=lambda at: (-(made[at].margin or 0.0), order(made[at].better.reply.id, made[at].worse.reply.id))
        )
        for at in places[per_seed:]:
            made[at] = replace(made[at], reason="another_pair")
    return made


def _balanced(made: list[Candidate], share: float) -> list[Candidate]:
    """Let go of pairs whose chosen answer is the longer one, the narrowest margins first, until they are `share`."""
    pairs = [at for at, one in enumerate(made) if one.reason == PAIR]
    longer = [at for at in pairs if made[at].longer]
    if share >= 1 or len(pairs) < LEAST_BALANCED or len(longer) <= share * len(pairs):
        return made
    many = math.ceil((len(longer) - share * len(pairs)) / (1 - share) - 1e-9)
    longer.sort(key=lambda at: (made[at].margin or 0.0, order(made[at].seed.id, made[at].better.reply.id)))
    for at in longer[:many]:
        made[at] = replace(made[at], reason="length_balance")
    return made
