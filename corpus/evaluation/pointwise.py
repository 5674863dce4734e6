"""`corpus eval judge`: every answer of every model scored 0 to 1, against the reference where the question has one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from corpus.evaluation import asking
from corpus.evaluation.answers import Answers
from corpus.evaluation.bootstrap import Resampling
from corpus.evaluation.summary import Difference, Scored, Standing, differences, standing
from corpus.evaluation.testset import TestSet
from corpus.judge.schema import Question, digest

KEY_DIGITS = 16
MISSING = "missing_answer"
SCHEMA: Mapping[str, pl.DataType] = {
    "key": pl.String(), "id": pl.String(), "category": pl.String(), "family": pl.String(), "question": pl.String(),
    "reference": pl.String(), "model": pl.String(), "answer": pl.String(), "score": pl.Float64(),
    "reason": pl.String(), "unjudged": pl.String(),
}  # fmt: skip
"""A row for each question and model. `key` names the row whoever judged it; `reason` is the judge's sentence."""


@dataclass(frozen=True)
class Scores:
    """What came of it: the models by their macro average, best first, paired differences, and rows without a score by
    reason."""

    models: tuple[Standing, ...]
    differences: tuple[Difference, ...]
    unjudged: dict[str, int]


def judge(
    tests: TestSet, answers: Answers, bench: asking.Bench, how: Resampling, say: Callable[[str], None]
) -> tuple[Scores, asking.Bill]:
    """Ask, put DIR/verdicts.parquet and DIR/eval.json down, and give the figures. Errors as `asking.ask`.

    A question that a model did not answer, or the judge did not judge, has a null score and its reason."""
    prompts = asking.prompts_of("judge", bench.lang)
    rows, questions = [], []
    for model in sorted(answers.of):
        for item in tests.items:
            text = answers.of[model].get(item.id)
            key = digest(["judge", item.id, model])[:KEY_DIGITS]
            rows.append([key, item.id, item.category, item.family, item.question, item.reference, model, text])
            parts = {"question": item.question, "reference": item.reference, "reply": text or ""}
            questions.append(None if text is None else Question(f"{model}/{item.id}", prompts[item.family], parts))
    found, bill = asking.ask(bench, "judge", questions, say)
    for row, answer in zip(rows, found, strict=True):
        value = None if answer is None else answer.value
        why = MISSING if answer is None else None if answer.reason is None else str(answer.reason)
        row += [value["score"], value["reason"], why] if value is not None else [None, None, why]
    table = pl.DataFrame(rows, schema=dict(SCHEMA), orient="row")
    scores = figures(table, how)
    asking.keep(bench.out, table, {"scores": scores, "resampling": how})
    return scores, bill


def figures(rows: pl.DataFrame, how: Resampling) -> Scores:
    """The figures of a table of SCHEMA; the same whatever the order of its rows."""
    scored: dict[str, list[Scored]] = {}
    for key, category, model, score in rows.select("id", "category", "model", "score").iter_rows():
        scored.setdefault(model, []).append((key, category, score))
    found = [standing(model, scored[model], how) for model in sorted(scored)]
    found.sort(key=lambda one: (-(one.macro.value if one.macro else -1.0), one.model))
    counts = rows["unjudged"].drop_nulls().value_counts().sort("unjudged")
    return Scores(
        tuple(found), differences({one.model: scored[one.model] for one in found}, how), dict(counts.iter_rows())
    )
