"""Tables that sort when their heads are clicked, and the cells they are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from corpus.report.html.markup import Html, element, text
from corpus.report.words import Text, say

SHOWN, SHORT = 15, 24


@dataclass(frozen=True)
class Cell:
    """What stands in a cell; `sort` is what a numeric column is sorted by, None for words. `short` words stay on one
    line where all of their column are."""

    html: Html
    sort: float | None = None
    short: bool = False


def words(value: str | Text) -> Cell:
    """Words."""
    said = value if isinstance(value, str) else max(value.zh, value.en, key=len)
    return Cell(text(value), short=len(said) <= SHORT)


def code(value: str) -> Cell:
    """A name as it is typed."""
    return Cell(element("code", text(value)), short=len(value) <= SHORT)


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
    kinds = [_kind([row[place] for row in rows]) for place in range(len(head))]
    heads = [
        element("th", element("button", text(name), {"type": "button"}), {"scope": "col"} | kind)
        for name, kind in zip(head, kinds, strict=True)
    ]
    lines = []
    for place, row in enumerate(rows):
        cells = [
            element("td", cell.html, kind | ({} if cell.sort is None else {"data-v": repr(cell.sort)}))
            for cell, kind in zip(row, kinds, strict=True)
        ]
        lines.append(element("tr", cells, {"class": "more"} if place >= shown else None))
    inside = [element("thead", element("tr", heads)), element("tbody", lines)]
    found = [element("div", element("table", inside), {"class": "scroll"})]
    if len(rows) > shown:
        label = say("table.all", {"rows": len(rows)})
        found.append(element("button", text(label), {"type": "button", "class": "all"}))
    return element("div", found, {"class": "table"})


def _kind(cells: Sequence[Cell]) -> dict[str, str]:
    """The class of a column: numbers, short words, or none."""
    if cells and all(cell.sort is not None for cell in cells):
        return {"class": "n"}
    return {"class": "s"} if cells and all(cell.short for cell in cells) else {}
