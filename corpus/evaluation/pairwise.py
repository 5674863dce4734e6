"""`corpus eval pairwise`: the answers of two models compared in both orders; win, tie and lose of the first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from corpus.errors import UsageError
from corpus.evaluation import asking
from corpus.evaluation.answers import Answers
from corpus.evaluation.bootstrap import Resampling
from corpus.evaluation.pointwise import KEY_DIGITS, MISSING
from corpus.evaluation.testset import TestSet
from corpus.evaluation.winrate import Compared, Rate, by_category, macro_points, rate, verdict_of
from corpus.judge.pairwise import Agreement, Comparison, agreement, both_orders, combined
from corpus.judge.schema import Question, digest

SCHEMA: Mapping[str, pl.DataType] = {
    "key": pl.String(), "id": pl.String(), "category": pl.String(), "family": pl.String(), "question": pl.String(),
    "reference": pl.String(), "first": pl.String(), "second": pl.String(), "first_answer": pl.String(),
    "second_answer": pl.String(), "verdict": pl.String(), "forward": pl.String(), "backward": pl.String(),
    "reason": pl.String(), "reason_backward": pl.String(), "unjudged": pl.String(),
}  # fmt: skip
"""A row for each question. `verdict` is that of the first model; `forward` and `backward` what each order said, in
terms of first and second as named, with the judge's sentences."""


@dataclass(frozen=True)
class WinRate:
    """The first model against the second: over all questions, by category, the mean of the categories' points with
    and without maths and code, how far the orders agree, and rows without a verdict by reason."""

    first: str
    second: str
    all: Rate
    macro: float | None
    without: float | None
    categories: dict[str, Rate]
    orders: Agreement
    unjudged: dict[str, int]


def compare(
    tests: TestSet,
    answers: Answers,
    sides: tuple[str, str],
    bench: asking.Bench,
    how: Resampling,
    say: Callable[[str], None],
) -> tuple[WinRate, asking.Bill]:
    """Ask in both orders, put DIR/verdicts.parquet and DIR/eval.json down, and give the figures.

    Equal answers are a tie that nobody is asked about. A question that lacks an answer or a judgement in either order
    has a null verdict and its reason. UsageError when a model has no answers or both are one; others as
    `asking.ask`."""
    if sides[0] == sides[1]:
        raise UsageError(f"--first and --second are both {sides[0]!r}: name two models")
    ones, others = answers.model(sides[0]), answers.model(sides[1])
    prompts = asking.prompts_of("pairwise", bench.lang)
    rows: list[list[str | None]] = []
    questions: list[Question | None] = []
    for item in tests.items:
        first, second = ones.get(item.id), others.get(item.id)
        key = digest(["pairwise", item.id, *sides])[:KEY_DIGITS]
        rows.append([key, item.id, item.category, item.family, item.question, item.reference, *sides, first, second])
        if first is None or second is None or first.strip() == second.strip():
            questions += [None, None]
        else:
            parts = {"question": item.question, "reference": item.reference, "first": first, "second": second}
            questions += both_orders(Question(item.id, prompts[item.family], parts))
    found, bill = asking.ask(bench, "pairwise", questions, say)
    for row, one, other in zip(rows, found[::2], found[1::2], strict=True):
        if one is None or other is None:
            equal = row[-1] is not None and row[-2] is not None
            row += ["tie", "tie", "tie", None, None, None] if equal else [*[None] * 5, MISSING]
            continue
        said = combined(one, other)
        whole = said.forward is not None and said.backward is not None
        verdict = verdict_of(str(said.forward), str(said.backward)) if whole else None
        reasons = [None if answer.value is None else str(answer.value["reason"]) for answer in (one, other)]
        row += [verdict, said.forward, said.backward, *reasons, None if said.reason is None else str(said.reason)]
    table = pl.DataFrame(rows, schema=dict(SCHEMA), orient="row")
    rates = figures(table, how)
    asking.keep(bench.out, table, {"scores": rates, "resampling": how})
    return rates, bill


def figures(rows: pl.DataFrame, how: Resampling) -> WinRate:
    """The figures of a table of SCHEMA; the same whatever the order of its rows. Lengths are characters, stripped."""
    lengths = [pl.col(f"{side}_answer").fill_null("").str.strip_chars().str.len_chars() for side in ("first", "second")]
    shown = rows.select("id", "category", "verdict", *lengths).iter_rows()
    compared = [Compared(key, category, verdict, (one, other)) for key, category, verdict, one, other in shown]
    categories = by_category(compared, how)
    asked = rows.filter(pl.col("reason").is_not_null() | pl.col("reason_backward").is_not_null())
    orders = [
        Comparison(key, None, one, other) for key, one, other in asked.select("id", "forward", "backward").iter_rows()
    ]
    counts = rows["unjudged"].drop_nulls().value_counts().sort("unjudged")
    return WinRate(
        str(rows["first"][0]),
        str(rows["second"][0]),
        rate(compared, how),
        macro_points(categories, without_hard=False),
        macro_points(categories, without_hard=True),
        categories,
        agreement(orders),
        dict(counts.iter_rows()),
    )
