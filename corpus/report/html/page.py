"""Sections to one HTML file: style, words, plotly's script and the charts inside, nothing loaded from anywhere.

The page's policy admits only the two scripts it was written with, by their digests, and no connection at all: what a
record smuggles in could not run even if it were not escaped.
"""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from string import Template
from typing import Literal

import orjson

from corpus.errors import UsageError
from corpus.report.html.charts import Chart
from corpus.report.html.markup import Html, element, text
from corpus.report.words import Text, say

Languages = Literal["zh", "en", "both"]


@dataclass(frozen=True)
class Section:
    """A part of the page with a name of its own, and the charts that its body has places for."""

    name: str
    title: Text
    body: Html
    charts: tuple[Chart, ...] = ()


def page(title: str, about: Html, sections: Sequence[Section], languages: Languages = "both") -> str:
    """The whole file. `about` stands above the sections; with one language there is no switch."""
    script, plotly = _resource("page.js"), plotting_library()
    charts = {chart.name: _drawn(chart) for section in sections for chart in section.charts}
    template = Template(_resource("page.html"))
    return template.substitute(
        lang="zh" if languages == "zh" else "en",
        languages=languages,
        policy=_policy([plotly, script]),
        title=html.escape(title),
        style=_resource("page.css"),
        contents="".join(_entry(section) for section in sections),
        switch=_switch(languages),
        about=about,
        sections="\n".join(_section(section) for section in sections),
        charts=embedded(charts),
        plotly=plotly,
        script=script,
    )


def plotting_library() -> str:
    """plotly's script; UsageError when it is not installed."""
    try:
        from plotly.offline import get_plotlyjs
    except ImportError:
        raise UsageError("the report needs plotly: pip install 'corpus-tiers[report]'") from None
    found = str(get_plotlyjs())
    if "</script" in found.lower():
        raise UsageError("this version of plotly cannot stand inside a page (it holds an end tag); install another")
    return found


def embedded(value: object) -> str:
    """JSON that may stand inside a `script` element: no character in it can end the element or a line of it."""
    raw = orjson.dumps(value).decode()
    for mark in ("<", ">", "&", "\u2028", "\u2029"):
        raw = raw.replace(mark, f"\\u{ord(mark):04x}")
    return raw


def _drawn(chart: Chart) -> dict[str, object]:
    views = [{"label": view.label, "data": view.data, "layout": view.layout} for view in chart.views]
    return {"title": chart.title, "tools": chart.tools, "points": chart.points, "views": views}


def _policy(scripts: Sequence[str]) -> str:
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return f"default-src 'none'; style-src 'unsafe-inline'; img-src data: blob:; script-src {allowed}"


def _entry(section: Section) -> Html:
    return element("a", text(section.title), {"href": f"#{section.name}"})


def _section(section: Section) -> Html:
    summary = element("summary", element("h2", text(section.title)))
    inside = [summary, element("div", section.body, {"class": "body"})]
    return element("details", inside, {"class": "section", "id": section.name, "open": ""})


def _switch(languages: Languages) -> Html:
    buttons = [element("button", text(say("page.theme")), {"type": "button", "id": "theme"})]
    if languages == "both":
        buttons.insert(0, element("button", text(Text("English", "中文")), {"type": "button", "id": "language"}))
    return Html("".join(buttons))


def _resource(name: str) -> str:
    return resources.files("corpus.report.html").joinpath(name).read_text(encoding="utf-8")
