"""What eval says to people and scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.judge_view import cost_line
from cli.render import emit, number, out, plain, share, table

if TYPE_CHECKING:
    from pathlib import Path

    from corpus.evaluation.answers import Answers
    from corpus.evaluation.asking import Bill
    from corpus.evaluation.bootstrap import Interval
    from corpus.evaluation.labelled import Measured
    from corpus.evaluation.pairwise import WinRate
    from corpus.evaluation.pointwise import Scores
    from corpus.evaluation.report import Reported
    from corpus.evaluation.testset import TestSet

LISTED = 40


def scored(tests: TestSet, answers: Answers, found: Scores, bill: Bill, where: Path, *, as_json: bool) -> None:
    """Models by their macro average, categories, pairs, and what it cost."""
    if as_json:
        emit({**_read(tests, answers), **plain(found), "bill": plain(bill), "out": str(where)})
        return
    _told(tests, answers)
    head = ("model", "scored", "not", "macro", "without maths, code", "all questions")
    table(head, [(m.model, number(m.scored), number(m.unscored), span(m.macro), span(m.without), span(m.micro))
                 for m in found.models])  # fmt: skip
    names = sorted({name for model in found.models for name in model.categories})
    out()
    table(
        ("category", "questions", *(model.model for model in found.models)),
        [(name, number(max(_all(model.categories, name) for model in found.models)),
          *(_mean(model.categories, name) for model in found.models)) for name in names],
    )  # fmt: skip
    for one in found.differences:
        out(f"\n{one.first} less {one.second}, {number(one.paired)} questions: macro {span(one.macro, signed=True)}"
            f"{chance(one.p_macro)}; all questions {span(one.micro, signed=True)}{chance(one.p_micro)}")  # fmt: skip
    _ended(found.unjudged, bill, where)


def _all(categories: object, name: str) -> int:
    found = categories.get(name)  # type: ignore[attr-defined]
    return 0 if found is None else found.scored + found.unscored


def _mean(categories: object, name: str) -> str:
    found = categories.get(name)  # type: ignore[attr-defined]
    return "-" if found is None or found.mean is None else f"{found.mean:.3f}"


def compared(
    tests: TestSet, answers: Answers, found: WinRate, bill: Bill | None, where: Path, *, as_json: bool
) -> None:
    """The win rate, by category, with answers of one length, and what a judge cost."""
    if as_json:
        emit({**_read(tests, answers), **plain(found), "bill": plain(bill) if bill else None, "out": str(where)})
        return
    _told(tests, answers)
    _rates(found)
    if bill and found.orders.agree is not None:
        _orders(found)
    _ended(found.unjudged, bill, where)


def _rates(found: WinRate) -> None:
    out(f"{found.first} against {found.second}, in points: 0 is a draw, 50 wins all\n")
    rows = [("all questions", found.all), *found.categories.items()]
    shown = [(name, *map(number, (one.win, one.tie, one.lose, one.unjudged)), points(one.points)) for name, one in rows]
    table(("category", "win", "tie", "lose", "not judged", "points"), shown)
    if found.macro is not None:
        without = "" if found.without is None else f", without maths and code {found.without:+.1f}"
        out(f"\nmean of categories {found.macro:+.1f}{without}")
    if found.all.slope is not None and found.all.longer is not None:
        out(f"with answers of one length {points(found.all.controlled)}; {found.first} is longer in "
            f"{100 * found.all.longer:.0f} %, slope of length {found.all.slope:+.2f}")  # fmt: skip


def _orders(found: WinRate) -> None:
    orders = found.orders
    out(f"both orders agree in {100 * (orders.agree or 0):.1f} % of {number(orders.compared)}; where they do not, "
        f"{number(orders.prefers_first_shown)} preferred what was shown first, "
        f"{number(orders.prefers_second_shown)} what was shown second")  # fmt: skip


def measured(tests: TestSet, answers: Answers, found: Measured, as_json: bool) -> None:
    """Each model's figures, its labels, and models in pairs."""
    if as_json:
        emit({**_read(tests, answers), **plain(found)})
        return
    _told(tests, answers)
    of = "the mean of labels" if found.positive is None else found.positive
    out(f"precision, recall and F1 are those of {of}\n")
    table(("model", "rows", "unclear", "missing", "accuracy", "precision", "recall", "F1"),
          [(m.model, number(m.rows), number(m.unclear), number(m.missing), *map(span, (m.accuracy, m.precision,
            m.recall, m.f1))) for m in found.models])  # fmt: skip
    for model in found.models:
        out(f"\n{model.model}")
        table(("label", "rows", "said", "precision", "recall", "F1"),
              [(name, number(one.rows), number(one.said), *(_share(v) for v in (one.precision, one.recall, one.f1)))
               for name, one in list(model.labels.items())[:LISTED]], indent="  ")  # fmt: skip
    for pair in found.differences:
        out(f"\n{pair.first} less {pair.second}: accuracy {span(pair.accuracy, signed=True)}{chance(pair.p_accuracy)}; "
            f"F1 {span(pair.f1, signed=True)}{chance(pair.p_f1)}")  # fmt: skip


def reported(found: Reported, *, as_json: bool) -> None:
    """Where the page is, what corrections changed, how far judges agree."""
    if as_json:
        emit(found)
        return
    if found.corrected is not None:
        out(f"{number(len(found.changes))} rows changed, {number(found.confirmed)} confirmed")
        shown = [(one.id, one.category, one.model, _value(one.before), _value(one.after), one.note[:60])
                 for one in found.changes[:LISTED]]  # fmt: skip
        table(("question", "category", "model", "judge", "now", "note") if shown else None, shown, indent="  ")
        if len(found.changes) > LISTED:
            out(f"  and {number(len(found.changes) - LISTED)} more, in {found.corrected}")
        for name, before, after in found.moved:
            out(f"{name}: {_value(before)} before, {_value(after)} now")
        out()
    if found.raters is not None:
        raters = found.raters
        fleiss = "" if raters.fleiss is None else f", Fleiss' kappa {raters.fleiss:.3f}"
        out(f"judges agree in {_share(raters.same)} of {number(raters.rows)} rows; Krippendorff's alpha "
            f"{_value(raters.alpha)}{fleiss}")  # fmt: skip
        for pair, kappa in raters.cohen.items():
            out(f"  {pair}: Cohen's kappa {_value(kappa)}")
    for path in (found.page, *([found.corrected] if found.corrected else [])):
        out(path)


def span(found: Interval | None, *, signed: bool = False) -> str:
    """A figure and its bounds."""
    if found is None:
        return "-"
    sign = "+" if signed else ""
    bounds = "" if found.low is None or found.high is None else f" ({found.low:{sign}.3f} to {found.high:{sign}.3f})"
    return f"{found.value:{sign}.3f}{bounds}"


def points(found: Interval | None) -> str:
    """Points of a win rate and their bounds."""
    if found is None:
        return "-"
    bounds = "" if found.low is None or found.high is None else f" ({found.low:+.1f} to {found.high:+.1f})"
    return f"{found.value:+.1f}{bounds}"


def chance(found: float | None) -> str:
    """How likely a difference is chance."""
    return "" if found is None else ", p below 0.001" if found < 0.001 else f", p {found:.3f}"


def _value(found: float | str | None) -> str:
    return "-" if found is None else found if isinstance(found, str) else f"{found:.3f}"


def _share(found: float | None) -> str:
    return "-" if found is None else f"{found:.3f}"


def _read(tests: TestSet, answers: Answers) -> dict[str, object]:
    return {"questions": len(tests.items), "unknown_categories": tests.unknown, "rows_left_out": tests.left_out,
            "answers": {model: len(of) for model, of in answers.of.items()}, "answers_left_out": answers.left_out,
            "answers_repeated": answers.repeated}  # fmt: skip


def _told(tests: TestSet, answers: Answers) -> None:
    out(f"{number(len(tests.items))} questions; answers: "
        + ", ".join(f"{model} {number(len(of))}" for model, of in answers.of.items()))  # fmt: skip
    if tests.unknown:
        out("categories of no known name: " + ", ".join(f"{name} ({count:,})" for name, count in tests.unknown.items()))
    for what, left in (("rows of tests", tests.left_out), ("rows of answers", answers.left_out)):
        if left:
            out(f"{what} left out: " + ", ".join(f"{count:,} {reason}" for reason, count in left.items()))
    if answers.repeated:
        out(f"{number(answers.repeated)} answers repeat one to the same question and are left out")
    out()


def _ended(unjudged: dict[str, int], bill: Bill | None, where: Path) -> None:
    total = sum(unjudged.values())
    if total:
        out(f"\n{number(total)} rows have no judgement and are in no average")
        table(None, [(reason, number(count), share(count, total)) for reason, count in unjudged.items()], indent="  ")
    if bill:
        _paid(bill)
    out(str(where / "verdicts.parquet"))


def _paid(bill: Bill) -> None:
    out(f"\npaid now   {cost_line(bill.cost)} for {number(bill.bought)} answers in {number(bill.sent)} calls")
    out(f"paid ever  {cost_line(bill.paid)}")
    if bill.lost:
        out(f"lost       {number(bill.lost)} calls of a command that was killed, charged the most they could cost")
