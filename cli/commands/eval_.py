"""corpus eval"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli.calls import CALLS, Calls, Model, Out
from cli.options import Json, spread

if TYPE_CHECKING:
    from corpus.evaluation.bootstrap import Resampling

app = typer.Typer(help="Measure models: scores, win rates, labels, and a page to read.", no_args_is_help=True)

Tests = Annotated[
    list[str],
    typer.Argument(
        metavar="TESTS", help="Questions with category and reference, in any format of import.", show_default=False
    ),
]
AnswerFiles = Annotated[
    list[str],
    typer.Option(
        "--answers",
        metavar="FILE",
        help="Answers, rows of id, model and text or conversations; NAME=FILE names their model; repeatable.",
        show_default=False,
    ),
]
AskedModel = Annotated[
    str | None, typer.Option("--model", "-m", metavar="NAME", help="The judge, as the server calls it.")
]
Rewards = Annotated[
    str | None, typer.Option("--rewards", metavar="FILE", help="Rules (YAML) that compare in place of a judge.")
]
Language = Annotated[Literal["zh", "en"], typer.Option("--lang", help="The language the judge is asked in.")]
First = Annotated[
    str | None, typer.Option("--first", metavar="MODEL", help="Whose wins are counted; else the first of two.")
]
Second = Annotated[str | None, typer.Option("--second", metavar="MODEL", help="Against whom; else the other of two.")]
Resamples = Annotated[int, typer.Option("--resamples", min=0, max=100_000, help="Resamples behind each interval.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="The seed of the resamples.")]
Positive = Annotated[
    str | None, typer.Option("--positive", metavar="LABEL", help="Measure this label; else the mean over the labels.")
]
Folders = Annotated[
    list[Path],
    typer.Argument(
        metavar="DIR", help="Evaluations; those after the first are other judges of the same answers.",
        show_default=False,
    ),
]  # fmt: skip
File = Annotated[
    Path | None,
    typer.Option("--out", "-o", metavar="FILE", help="The HTML file to write; DIR/report.html if left out."),
]
Corrections = Annotated[
    Path | None,
    typer.Option(
        "--corrections", metavar="FILE", help="Corrections saved from the page: apply them, tell the changes."
    ),
]
PageLanguage = Annotated[
    Literal["zh", "en", "both"], typer.Option("--lang", help="One language, or both with a switch in the page.")
]


@app.command()
@spread()
def judge(
    tests: Tests,
    answers: AnswerFiles,
    model: Model,
    out: Out,
    lang: Language = "zh",
    resamples: Resamples = 2000,
    seed: Seed = 0,
    calls: Calls = CALLS,
    json: Json = False,
) -> None:
    """Score every answer 0 to 1, against the reference where there is one.

    Averages by category, over categories with and without maths and code, with intervals, and models in pairs.
    DIR/verdicts.parquet has every row; repeat the command to go on.
    """
    from cli import eval_view, render
    from corpus.evaluation import answers as answering
    from corpus.evaluation import pointwise, testset
    from corpus.evaluation.asking import Bench

    asked = testset.load(tests)
    given = answering.load(answers, asked.items)
    bench = Bench(out, calls.endpoint(model), calls.terms(model), lang, calls.again)
    scores, bill = pointwise.judge(asked, given, bench, _resampling(resamples, seed), render.note)
    eval_view.scored(asked, given, scores, bill, out, as_json=json)


@app.command()
@spread()
def pairwise(
    tests: Tests,
    answers: AnswerFiles,
    out: Out,
    model: AskedModel = None,
    rewards: Rewards = None,
    first: First = None,
    second: Second = None,
    lang: Language = "zh",
    resamples: Resamples = 2000,
    seed: Seed = 0,
    calls: Calls = CALLS,
    json: Json = False,
) -> None:
    """Compare the answers of two models: win, tie, lose; by a judge in both orders, or by declared rules.

    The win rate in points (0 is a draw) with its interval, by category, and as it were with answers of one length.
    """
    from cli import eval_view, render
    from corpus.errors import UsageError
    from corpus.evaluation import answers as answering
    from corpus.evaluation import pairwise as pairs
    from corpus.evaluation import ruled, testset
    from corpus.evaluation.asking import Bench
    from corpus.pairs.rewards import load

    if (model is None) == (rewards is None):
        raise UsageError("who compares? --model NAME (with --base-url), or --rewards FILE")
    asked = testset.load(tests)
    given = answering.load(answers, asked.items)
    left = [name for name in given.of if name not in (first, second)]
    needed = (first is None) + (second is None)
    if needed and len(left) != needed:
        raise UsageError(f"there are answers of {', '.join(given.of)}: say which to compare with --first and --second")
    one = first if first is not None else left.pop(0)
    other = second if second is not None else left.pop(0)
    if model is None:
        rules = load(str(rewards))
        rates = ruled.compare(asked, given, (one, other), rules, out, _resampling(resamples, seed))
        eval_view.compared(asked, given, rates, None, out, as_json=json)
        return
    bench = Bench(out, calls.endpoint(model), calls.terms(model), lang, calls.again)
    rates, bill = pairs.compare(asked, given, (one, other), bench, _resampling(resamples, seed), render.note)
    eval_view.compared(asked, given, rates, bill, out, as_json=json)


@app.command()
def task(
    tests: Tests,
    answers: AnswerFiles,
    positive: Positive = None,
    resamples: Resamples = 2000,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Hold answers against labels: accuracy, precision, recall, F1.

    The reference of each row is its label. Models are compared by a paired bootstrap. No judge is asked.
    """
    from cli import eval_view
    from corpus.evaluation import answers as answering
    from corpus.evaluation import labelled, testset

    asked = testset.load(tests)
    given = answering.load(answers, asked.items)
    eval_view.measured(asked, given, labelled.measure(asked, given, positive, _resampling(resamples, seed)), json)


@app.command()
def report(
    folders: Folders,
    out: File = None,
    corrections: Corrections = None,
    lang: PageLanguage = "both",
    json: Json = False,
) -> None:
    """Write one HTML file to read answers and verdicts side by side and to correct them.

    Corrections stay in the browser until the page saves them as a file; with --corrections they are applied, the
    corrected rows are put into DIR/corrected.parquet, and what changed is told. With several judges, their agreement.
    """
    from cli import eval_view
    from corpus.evaluation.report import write

    eval_view.reported(write(folders, out, corrections, lang), as_json=json)


def _resampling(resamples: int, seed: int) -> Resampling:
    from corpus.evaluation.bootstrap import Resampling

    return Resampling(resamples, seed)
