"""Charts as plotly takes them, made from numbers that were counted on our side: no row of a corpus is in them.

Words may be `Text`; the page puts in the language that is shown. Colours are roles (`@kept`), which the page looks up
in its style sheet, so that one chart serves light and dark. Strings of the corpus go through `plain`, because plotly
reads a little HTML in its labels.
"""

from __future__ import annotations

import html
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from corpus.report.html.markup import Html, element, text, visible
from corpus.report.words import Text

Label = str | Text
CYCLE = tuple(f"@c{number}" for number in range(10))
"""Colours of what has no colour of its own, as sources and clusters."""
MARGIN = {"l": 8, "r": 12, "t": 12, "b": 36}


@dataclass(frozen=True)
class Series:
    """One colour of a bar chart: a value for each category."""

    name: Label
    values: Sequence[float]
    colour: str


@dataclass(frozen=True)
class View:
    """One way to look at a chart; `label` is what its button says."""

    label: Label
    data: Sequence[Mapping[str, Any]]
    layout: Mapping[str, Any]


@dataclass(frozen=True)
class Chart:
    """A drawing with a name of its own in the page, as many pixels high, in one view or in several to choose from.

    `tools`: with buttons to zoom, to move and to save a picture. `points`: values by name, of which a trace with
    `rows` takes those of its rows.
    """

    name: str
    title: Label
    height: int
    views: tuple[View, ...] = field(default=())
    tools: bool = False
    points: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def placed(self) -> Html:
        """The place in the page where it is drawn when it comes into view."""
        frame = element(
            "div", attributes={"class": "plot", "style": f"height:{self.height}px", "data-chart": self.name}
        )
        caption = element("figcaption", text(self.title), {"title": _english(self.title)})
        return element("figure", [caption, frame], {"class": "chart"})


def _english(value: Label) -> str:
    return value.en if isinstance(value, Text) else value


def plain(value: Label) -> Label:
    """Words for a label: what plotly would take for markup is escaped."""
    if isinstance(value, Text):
        return Text(html.escape(visible(value.zh), quote=False), html.escape(visible(value.en), quote=False))
    return html.escape(visible(value), quote=False)


def bars(categories: Sequence[Label], series: Sequence[Series], axis: Label = "") -> View:
    """Horizontal stacked bars, the first category on top."""
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "name": plain(one.name),
            "x": list(one.values),
            "y": [plain(name) for name in categories],
            "marker": {"color": one.colour},
            "hovertemplate": "%{y}: %{x:,}<extra>%{fullData.name}</extra>",
        }
        for one in series
    ]
    layout = {
        "barmode": "stack",
        "bargap": 0.25,
        "margin": MARGIN,
        "xaxis": {"title": {"text": axis}, "tickformat": ",~s"},
        "yaxis": {"autorange": "reversed", "automargin": True, "ticksuffix": "  ", "showgrid": False},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        "showlegend": len(series) > 1,
    }
    return View(axis, data, layout)


def shares(categories: Sequence[Label], series: Sequence[Series], axis: Label = "") -> View:
    """The same as shares of each bar's whole."""
    view = bars(categories, series, axis)
    totals = [sum(one.values[place] for one in series) or 1 for place in range(len(categories))]
    data = [
        {
            **trace,
            "x": [value / total for value, total in zip(one.values, totals, strict=True)],
            "hovertemplate": "%{y}: %{x:.1%}<extra>%{fullData.name}</extra>",
        }
        for trace, one in zip(view.data, series, strict=True)
    ]
    axes = {**view.layout["xaxis"], "tickformat": ".0%", "range": [0, 1]}
    return View(axis, data, {**view.layout, "xaxis": axes})


def columns(categories: Sequence[Label], series: Sequence[Series], axis: Label = "") -> View:
    """Upright stacked bars over categories in their order."""
    data = [
        {
            "type": "bar",
            "name": plain(one.name),
            "x": [plain(name) for name in categories],
            "y": list(one.values),
            "marker": {"color": one.colour},
            "hovertemplate": "%{x}: %{y:,}<extra>%{fullData.name}</extra>",
        }
        for one in series
    ]
    layout = {
        "barmode": "stack",
        "bargap": 0.15,
        "margin": MARGIN,
        "xaxis": {"type": "category", "title": {"text": axis}, "range": [-0.6, max(len(categories), 8) - 0.4]},
        "yaxis": {"automargin": True, "tickformat": ",~s"},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "showlegend": len(series) > 1,
    }
    return View(axis, data, layout)


@dataclass(frozen=True)
class Line:
    """A value that is drawn across a histogram, and what it is."""

    value: float
    name: Label
    colour: str


@dataclass(frozen=True)
class Curve:
    """Values over steps: joined by a line, or a cross at each where `crosses`."""

    name: Label
    steps: Sequence[float]
    values: Sequence[float]
    colour: str
    crosses: bool = False


def curves(label: Label, drawn: Sequence[Curve], bounds: Sequence[Line], axis: Label) -> View:
    """Lines over steps, with upright ones where something begins, named above."""
    data = [
        {
            "type": "scatter",
            "mode": "markers" if one.crosses else "lines+markers" if len(one.steps) < 40 else "lines",
            "name": plain(one.name),
            "x": list(one.steps),
            "y": list(one.values),
            "line": {"color": one.colour, "width": 1.6},
            "marker": {
                "color": one.colour,
                "symbol": "x" if one.crosses else "circle",
                "size": 8 if one.crosses else 4,
            },
            "hovertemplate": "%{x:,}: %{y:.4g}<extra>%{fullData.name}</extra>",
        }
        for one in drawn
    ]
    place = {"xref": "x", "yref": "paper"}
    upright = [
        {"type": "line", **place, "x0": bound.value, "x1": bound.value, "y0": 0, "y1": 1,
         "line": {"color": bound.colour, "width": 1, "dash": "dash"}}
        for bound in bounds
    ]  # fmt: skip
    names = [
        {**place, "x": bound.value, "y": 1, "text": plain(bound.name), "showarrow": False, "xanchor": "left",
         "yanchor": "top", "font": {"size": 11, "color": bound.colour}}
        for bound in bounds
    ]  # fmt: skip
    layout = {
        "margin": MARGIN,
        "xaxis": {"title": {"text": axis}, "tickformat": ",d", "rangemode": "tozero"},
        "yaxis": {"automargin": True, "zeroline": False},
        "shapes": upright,
        "annotations": names,
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "showlegend": len(drawn) > 1,
    }
    return View(label, data, layout)


def histogram(edges: Sequence[float], series: Sequence[Series], lines: Sequence[Line], log: bool = False) -> View:
    """Stacked bars between `edges`, with lines at bounds and cuts; `log` for edges that grow by a factor."""
    at = [math.log10(edge) for edge in edges] if log else list(edges)
    middles = [(low + high) / 2 for low, high in itertools.pairwise(at)]
    widths = [high - low for low, high in itertools.pairwise(at)]
    spans = [f"{low:.4g} – {high:.4g}" for low, high in itertools.pairwise(edges)]
    data: list[Mapping[str, Any]] = [
        {
            "type": "bar",
            "name": plain(one.name),
            "x": middles,
            "y": list(one.values),
            "width": widths,
            "customdata": spans,
            "marker": {"color": one.colour, "line": {"width": 0}},
            "hovertemplate": "%{customdata}: %{y:,}<extra>%{fullData.name}</extra>",
        }
        for one in series
    ]
    top = max((sum(one.values[place] for one in series) for place in range(len(middles))), default=0) or 1
    places = [math.log10(line.value) if log and line.value > 0 else line.value for line in lines]
    data += [
        {
            "type": "scatter",
            "mode": "lines",
            "name": plain(line.name),
            "x": [place] * 9,
            "y": [top * 1.04 * step / 8 for step in range(9)],
            "line": {"color": line.colour, "width": 1.6, "dash": "dash"},
            "showlegend": False,
            "hovertemplate": f"{line.value:.4g}<extra>%{{fullData.name}}</extra>",
        }
        for line, place in zip(lines, places, strict=True)
    ]
    axis: dict[str, Any] = {"zeroline": False, "nticks": 6}
    if log:
        decades = range(math.floor(at[0]), math.ceil(at[-1]) + 1)
        axis |= {"tickvals": list(decades), "ticktext": [f"{10.0**power:g}" for power in decades]}
    layout = {
        "barmode": "stack",
        "bargap": 0,
        "margin": {"l": 8, "r": 8, "t": 4, "b": 24},
        "xaxis": axis,
        "yaxis": {"automargin": True, "tickformat": ",~s", "nticks": 4, "rangemode": "tozero"},
        "showlegend": False,
    }
    return View("", data, layout)
