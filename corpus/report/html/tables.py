"""Tables that sort when their heads are clicked, and the cells they are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from corpus.report.html.markup import Html, element, text
from corpus.report.words import Text, say

SHOWN = 15


@dataclass(frozen=True)
class Cell:
    """What stands in a cell; `sort` is what a numeric column is sorted by, None for words."""

    html: Html
    sort: float | None = None


def words(value: str | Text) -> Cell:
    """Words."""
    return Cell(text(value))


def code(value: str) -> Cell:
    """A name as it is typed."""
    return Cell(element("code", text(value)))


def number(value: float) -> Cell:
    """A number, thousands apart; fractions with four digits that count."""
    return Cell(text(figure(value)), float(value))


def figure(value: float) -> str:
    """A number as it is written here."""
    whole = float(value).is_integer() and abs(value) < 1e15
    return f"{int(value):,}" if whole else f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"


def share(part: float, whole: float) -> Cell:
    """`part` of `whole` in per cent, with a bar; nothing where there is no whole."""
    if not whole:
        return Cell(text("–"), 0.0)
    value = part / whole
    bar = element("i", attributes={"style": f"width:{min(1.0, max(0.0, value)) * 100:.1f}%"})
    return Cell(element("span", [bar, element("b", text(percent(value)))], {"class": "share"}), value)


def percent(value: float) -> str:
    """A share in per cent; one that is not nothing never reads 0."""
    if 0 < value < 0.0005:
        return "<0.1 %"
    return f"{value * 100:.1f} %"


def table(head: Sequence[str | Text], rows: Sequence[Sequence[Cell]], shown: int = SHOWN) -> Html:
    """A table; what stands below the first `shown` rows is there when it is asked for."""
    numeric = [bool(rows) and all(row[place].sort is not None for row in rows) for place in range(len(head))]
    heads = [
        element("th", element("button", text(name), {"type": "button"}), {"scope": "col"} | _kind(number))
        for name, number in zip(head, numeric, strict=True)
    ]
    lines = []
    for place, row in enumerate(rows):
        cells = [
            element("td", cell.html, _kind(number) | ({} if cell.sort is None else {"data-v": repr(cell.sort)}))
            for cell, number in zip(row, numeric, strict=True)
        ]
        lines.append(element("tr", cells, {"class": "more"} if place >= shown else None))
    inside = [element("thead", element("tr", heads)), element("tbody", lines)]
    found = [element("div", element("table", inside), {"class": "scroll"})]
    if len(rows) > shown:
        label = say("table.all", {"rows": len(rows)})
        found.append(element("button", text(label), {"type": "button", "class": "all"}))
    return element("div", found, {"class": "table"})


def _kind(number: bool) -> dict[str, str]:
    return {"class": "n"} if number else {}
