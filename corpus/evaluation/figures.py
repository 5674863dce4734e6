"""The figures of an evaluation as tables of the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from corpus.evaluation.bootstrap import Interval
from corpus.evaluation.pairwise import WinRate
from corpus.evaluation.pointwise import Scores
from corpus.evaluation.raters import Raters
from corpus.evaluation.summary import Standing
from corpus.evaluation.winrate import Rate
from corpus.evaluation.words import FIGURES, category
from corpus.report.html.markup import EMPTY, Html, block, element, heading, paragraph, text
from corpus.report.words import Text

Cell = Html | str | Text


@dataclass(frozen=True)
class Shown:
    """What stands under the figures."""

    markup: Html


def of(found: Scores | WinRate, raters: Raters | None, changes: int | None) -> Shown:
    """Tables of scores or of a win rate, then how far judges agree; a word on corrections where there are any."""
    parts = _scores(found) if isinstance(found, Scores) else _rates(found)
    if changes is not None:
        said = FIGURES["corrected"]
        parts.insert(0, paragraph(Text(said.zh.format(count=changes), said.en.format(count=changes))))
    return Shown(Html("".join([*parts, *(_raters(raters) if raters else [])])))


def _scores(found: Scores) -> list[Html]:
    head = [FIGURES[name] for name in ("model", "scored", "unscored", "macro", "without", "micro")]
    models = [
        _row(one.model, f"{one.scored:,}", f"{one.unscored:,}", *map(_span, (one.macro, one.without, one.micro)))
        for one in found.models
    ]
    names = sorted({name for model in found.models for name in model.categories})
    rows = [_row(category(name), *(_category(model, name) for model in found.models)) for name in names]
    categories = _row(FIGURES["category"], *(model.model for model in found.models))
    parts = [paragraph(FIGURES["scores_mean"], "soft"), _table(head, models), _table(categories, rows)]
    if found.differences:
        pairs = [
            _row(f"{one.first} − {one.second}", _span(one.macro, "+"), _mean(one.p_macro), _span(one.micro, "+"),
                 _mean(one.p_micro))
            for one in found.differences
        ]  # fmt: skip
        parts.append(_table([FIGURES[name] for name in ("difference", "macro", "p", "micro", "p")], pairs))
    return parts


def _category(model: Standing, name: str) -> str:
    return _mean(model.categories[name].mean) if name in model.categories else "-"


def _rates(found: WinRate) -> list[Html]:
    head = [FIGURES[name] for name in ("category", "win", "tie", "lose", "unscored", "points", "controlled")]
    rows = [_rate(FIGURES["all"], found.all), *(_rate(category(name), one) for name, one in found.categories.items())]
    parts = [heading(f"{found.first} : {found.second}"), paragraph(FIGURES["points_mean"], "soft"), _table(head, rows)]
    means = [
        _row(FIGURES[name], "-" if value is None else f"{value:+.1f}")
        for name, value in (("macro", found.macro), ("without", found.without))
    ]
    return [*parts, _table(["", FIGURES["points"]], means)]


def _rate(name: Cell, one: Rate) -> list[Cell]:
    counts = (f"{count:,}" for count in (one.win, one.tie, one.lose, one.unjudged))
    return _row(name, *counts, _span(one.points, "+", 1), _span(one.controlled, "+", 1))


def _row(*cells: Cell) -> list[Cell]:
    return list(cells)


def _raters(found: Raters) -> list[Html]:
    rows: list[Sequence[Cell]] = [[FIGURES["rows"], f"{found.rows:,}"], [FIGURES["same"], _mean(found.same)],
                                  [FIGURES["alpha"], _mean(found.alpha)]]  # fmt: skip
    if found.fleiss is not None:
        rows.append([FIGURES["fleiss"], _mean(found.fleiss)])
    cohen = FIGURES["cohen"]
    rows += [[Text(cohen.zh + pair, cohen.en + pair), _mean(kappa)] for pair, kappa in found.cohen.items()]
    return [heading(FIGURES["judges"]), _table([], rows)]


def _table(head: Sequence[Cell], rows: Iterable[Sequence[Cell]]) -> Html:
    top = element("thead", element("tr", [_cell("th", cell, at) for at, cell in enumerate(head)])) if head else EMPTY
    body = [element("tr", [_cell("td", cell, at) for at, cell in enumerate(row)]) for row in rows]
    return block("table", block("scroll", element("table", [top, element("tbody", body)])))


def _cell(name: str, cell: Cell, at: int) -> Html:
    return element(name, text(cell), {"class": "n head" if at else "s head"})


def _span(found: Interval | None, sign: str = "", digits: int = 3) -> str:
    if found is None:
        return "-"
    bounds = "" if found.low is None or found.high is None else (
        f" ({found.low:{sign}.{digits}f} … {found.high:{sign}.{digits}f})"
    )  # fmt: skip
    return f"{found.value:{sign}.{digits}f}{bounds}"


def _mean(found: float | None) -> str:
    return "-" if found is None else f"{found:.3f}"
