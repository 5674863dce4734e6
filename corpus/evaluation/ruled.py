"""`corpus eval pairwise --rewards`: two models compared by declared rules, where there is no judge to ask."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from corpus.errors import UsageError
from corpus.evaluation.answers import Answers
from corpus.evaluation.asking import SETTINGS, keep
from corpus.evaluation.bootstrap import Resampling
from corpus.evaluation.pairwise import SCHEMA, WinRate, figures
from corpus.evaluation.pointwise import KEY_DIGITS, MISSING
from corpus.evaluation.testset import Item, TestSet
from corpus.judge.claim import claim
from corpus.judge.schema import digest
from corpus.pairs.evidence import Known, Rule
from corpus.pairs.model import Reply, Seed
from corpus.pairs.rewards import Rewards, rewarded

RULES = "rules"
"""What the evaluation's judge is called."""


def compare(
    tests: TestSet, answers: Answers, sides: tuple[str, str], rewards: Rewards, out: Path, how: Resampling
) -> WinRate:
    """The answer that the rules reward more wins; equal rewards are a tie. Files as `pairwise.compare` writes them.

    An answer that breaks fewer rules that must hold wins before rewards are looked at. Rules see the fields `category`
    and `reference` of a question. Where no rule speaks of one of the answers the verdict is null (`no_rule`).
    UsageError when the sides are one model, a model has no answers, a rule runs programs (kind `code`: `corpus pairs
    judge` does), or `out` holds another evaluation.
    """
    if sides[0] == sides[1]:
        raise UsageError(f"--first and --second are both {sides[0]!r}: name two models")
    if any(rule.kind == "code" for rule in rewards.rules):
        raise UsageError("rules of kind code run what models wrote: `corpus pairs judge --allow-code` does that")
    asked = rewards.model_dump(mode="json", by_alias=True)
    settings = {"mode": "pairwise", "lang": None, "model": RULES, "rewards": asked}
    claim(out / SETTINGS, settings, "holds another evaluation; name another directory")
    known = [_known(tests, answers.model(side), side, rewards) for side in sides]
    rows = [_row(item, sides, known[0].get(item.id), known[1].get(item.id)) for item in tests.items]
    table = pl.DataFrame(rows, schema=dict(SCHEMA), orient="row")
    rates = figures(table, how)
    keep(out, table, {"scores": rates, "resampling": how})
    return rates


def _known(tests: TestSet, texts: Mapping[str, str], model: str, rewards: Rewards) -> dict[str, Known]:
    """What the rules say of each answer of a model, by question."""
    seeds = {
        item.id: Seed(
            item.id, (("user", item.question),), meta={"category": item.category, "reference": item.reference}
        )
        for item in tests.items
    }
    replies = [
        Reply(item.id, model, model, 0, texts[item.id], None, model, policy=False, key="")
        for item in tests.items
        if item.id in texts
    ]
    known = {one.seed: Known(one) for one in replies}
    for row in rewarded(rewards, replies, seeds)[0]:
        known[row["seed"]].rules.append(Rule(row["rule"], row["value"], row["weight"], row["must"]))
    return known


def _row(item: Item, sides: tuple[str, str], one: Known | None, other: Known | None) -> list[str | None]:
    key = digest(["pairwise", item.id, *sides])[:KEY_DIGITS]
    texts = [known.reply.text if known else None for known in (one, other)]
    row = [key, item.id, item.category, item.family, item.question, item.reference, *sides, *texts]
    if one is None or other is None:
        return [*row, *[None] * 5, MISSING]
    worths = [(-len(known.broken), known.rewarded) for known in (one, other)]
    first, second = worths
    if first[1] is None or second[1] is None:
        return [*row, *[None] * 5, "no_rule"]
    said = "tie" if first == second else "first" if first > second else "second"
    verdict = {"first": "win", "second": "lose"}.get(said, "tie")
    return [*row, verdict, said, said, _said(one), _said(other), None]


def _said(known: Known) -> str:
    return ", ".join(f"{rule.name} {rule.value:g}" for rule in known.rules if rule.value is not None)
