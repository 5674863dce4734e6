"""Distributions of the measured signals, with the bounds of rules and the cut points of tiers drawn in."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from corpus.inspect.bins import REMOVED, Binned, signal_histograms
from corpus.inspect.marks import calls_of
from corpus.kernels.catalogue import SIGNALS
from corpus.report.context import Context
from corpus.report.html.charts import Chart, Line, Series, histogram
from corpus.report.html.markup import Html, block, element, heading, paragraph, text
from corpus.report.html.page import Section
from corpus.report.html.tables import figure
from corpus.report.words import Text, column, say

HEIGHT = 150
MOST_LINES, MOST_CUTS = 12, 6
_NUMBER = r"(-?[0-9.]+(?:e[+-]?[0-9]+)?)"
_BOUNDS = (
    re.compile(rf"at least {_NUMBER}"),
    re.compile(rf"at most {_NUMBER}"),
    re.compile(rf"from {_NUMBER} to {_NUMBER}"),
)


def signals(context: Context) -> Section | None:
    """The section; None when nothing was measured."""
    columns = numeric_signals(context)
    bounds, cuts = rule_lines(context), cut_lines(context)
    marks = {name: [line.value for line in (*bounds.get(name, ()), *cuts.get(name, ()))] for name in columns}
    found = {one.column: one for one in signal_histograms(context.stages, columns, marks)}
    if not found:
        return None
    failing = context.stages["decide"].manifest.counts.get("failing", {})
    signal_of = {rule["id"]: rule["signal"] for rule in context.stages["decide"].manifest.details["rules"]}
    weight: dict[str, int] = defaultdict(int)
    for rule, count in failing.items():
        weight[signal_of.get(rule, "")] += count
    lined = sorted((name for name in found if marks[name]), key=lambda name: (name not in cuts, -weight[name], name))
    others = [name for name in found if not marks[name]]
    charts = {
        name: drawn(f"signal-{place}", found[name], (*bounds.get(name, ()), *cuts.get(name, ())), context.tiers)
        for place, name in enumerate([*lined, *others])
    }
    body = [paragraph(say("signals.explained"), "soft"), key(context.tiers, removed=True)]
    for title, names in (("signals.bounded", lined), ("signals.others", others)):
        if names:
            body += [heading(say(title)), block("grid", *(charts[name].placed() for name in names))]
    return Section("signals", say("signals.title"), Html("".join(body)), tuple(charts.values()))


def numeric_signals(context: Context) -> list[str]:
    """The columns of stored signals that are numbers, in the order they were measured."""
    calls = calls_of(context.stages)
    return [name for name, call in calls.items() if call.kernel in SIGNALS and SIGNALS[call.kernel].unit != "label"]


def rule_lines(context: Context) -> dict[str, list[Line]]:
    """The bounds of the run's rules, by signal; rules with one bound share a line."""
    found: dict[str, dict[float, list[str]]] = defaultdict(lambda: defaultdict(list))
    for rule in context.stages["decide"].manifest.details["rules"]:
        for value in bounds_of(rule["bound"]):
            found[rule["signal"]][value].append(rule["id"])
    return {
        signal: [Line(value, _some(ids), "@bound") for value, ids in sorted(values.items())[:MOST_LINES]]
        for signal, values in found.items()
    }


def bounds_of(said: str) -> tuple[float, ...]:
    """The numbers of a bound as rules say it: `at least 0.3`, `from 1 to 2`."""
    for pattern in _BOUNDS:
        found = pattern.fullmatch(said)
        if found:
            return tuple(map(float, found.groups()))
    return ()


def cut_lines(context: Context) -> dict[str, list[Line]]:
    """The cut points of tiers, by signal; those of sources are left out where they are many."""
    found: dict[str, list[Line]] = defaultdict(list)
    stored = context.stages["tier"].manifest.details.get("cuts", [])
    many = Counter(cut["column"] for cut in stored)
    for cut in stored:
        if many[cut["column"]] > MOST_CUTS and cut.get("source"):
            continue
        group = " · ".join(filter(None, (cut[name] for name in ("source", "lang", "category"))))
        name = Text(
            f"第 {cut['percentile']:g} 百分位 {group or '全部'}", f"percentile {cut['percentile']:g}, {group or 'all'}"
        )
        found[cut["column"]].append(Line(float(cut["value"]), name, "@cut"))
    return {call: lines[:MOST_LINES] for call, lines in found.items()}


def _some(ids: Sequence[str]) -> str:
    return ", ".join(ids[:3]) + (f" + {len(ids) - 3}" if len(ids) > 3 else "")


def drawn(name: str, found: Binned, lines: Sequence[Line], tiers: Sequence[str]) -> Chart:
    """A histogram by tier, the removed records on top, with the lines that lie within it."""
    colours = {tier: colour_of_tier(place, len(tiers)) for place, tier in enumerate(tiers)} | {REMOVED: "@dropped"}
    series = [
        Series(say("removed") if group == REMOVED else group, counts, colours[group])
        for group, counts in found.counts.items()
        if any(counts)
    ]
    inside = [line for line in lines if found.edges[0] <= line.value <= found.edges[-1]]
    view = histogram(found.edges, series, inside, found.log)
    return Chart(name, _caption(found), HEIGHT, (view,))


def _caption(found: Binned) -> Text:
    shown = column(found.column)
    middle = say("signals.middle", {"median": figure(found.median)})
    missing = say("signals.missing", {"rows": found.missing})
    tail = Text(f" · {missing.zh}", f" · {missing.en}") if found.missing else Text("", "")
    return Text(f"{shown.zh} · {middle.zh}{tail.zh}", f"{shown.en} · {middle.en}{tail.en}")


def colour_of_tier(place: int, many: int) -> str:
    """Dark for the best tier, pale for the last."""
    return f"@tier{min(3, place if many <= 4 else place * 4 // many)}"


def key(tiers: Sequence[str], removed: bool) -> Html:
    """What the colours and lines of the histograms mean."""
    parts: list[tuple[Mapping[str, str], str | Text]] = [
        ({"style": f"background:var(--{colour_of_tier(place, len(tiers))[1:]})"}, tier)
        for place, tier in enumerate(tiers)
    ]
    if removed:
        parts.append(({"style": "background:var(--dropped)"}, say("removed")))
        parts.append(({"class": "line", "style": "color:var(--bound)"}, say("signals.bound")))
    parts.append(({"class": "line", "style": "color:var(--cut)"}, say("signals.cut")))
    return block("key", *(element("span", [element("i", attributes=look), text(name)]) for look, name in parts))
