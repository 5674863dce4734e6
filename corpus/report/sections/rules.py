"""What each rule removes: of all that fail it, what goes under its name, and what would come back without it."""

from __future__ import annotations

from typing import Any

from corpus.inspect.overlap import Overlap, Pair, overlaps_of
from corpus.report.context import Context
from corpus.report.html.charts import MARGIN, Chart, View, plain
from corpus.report.html.markup import Html, heading, paragraph
from corpus.report.html.page import Section
from corpus.report.html.tables import code, number, share, table, words
from corpus.report.words import Text, bound, say

DRAWN = 25
ACTIONS = {"drop": Text("剔除", "drop"), "flag": Text("标记", "flag"), "demote": Text("降层", "demote")}


def rules(context: Context) -> Section | None:
    """The section; None when the run has no rules."""
    decide = context.stages["decide"]
    about: list[dict[str, Any]] = decide.manifest.details["rules"]
    if not about:
        return None
    found = overlaps_of(decide)
    failing = sorted(
        (rule for rule in found.rules if rule.fails), key=lambda rule: (-rule.decides, -rule.fails, rule.rule)
    )
    drawn = (_chart(failing[:DRAWN]),) if failing else ()
    body = [
        paragraph(say("rules.explained"), "soft"),
        *(chart.placed() for chart in drawn),
        _table(failing, {rule["id"]: rule for rule in about}, context),
        paragraph(say("rules.silent", {"rules": len(found.rules) - len(failing)}), "soft"),
    ]
    if found.pairs:
        body += [heading(say("rules.pairs")), _pairs(found.pairs)]
    return Section("rules", say("rules.title"), Html("".join(body)), drawn)


def _chart(failing: list[Overlap]) -> Chart:
    """Rules that drop in one view, those that only flag or demote in another."""
    dropping = [rule for rule in failing if rule.action == "drop"]
    others = [rule for rule in failing if rule.action != "drop"]
    sets = [(key, some[:DRAWN]) for key, some in (("rules.dropping", dropping), ("rules.flagging", others)) if some]
    height = 120 + 26 * max(8, *(len(some) for _, some in sets))
    return Chart("rules-removed", say("rules.chart"), height, tuple(_bars(say(key), some) for key, some in sets))


def _bars(label: Text, failing: list[Overlap]) -> View:
    """Three bars on top of each other: each is part of the one before. Room for eight at least."""
    parts = (
        ("rules.fails", "@fails", 0.72, [rule.fails for rule in failing]),
        ("rules.decides", "@decides", 0.5, [rule.decides for rule in failing]),
        ("rules.alone", "@alone", 0.26, [rule.alone for rule in failing]),
    )
    names = [plain(rule.rule) for rule in failing]
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "name": say(key),
            "x": values,
            "y": names,
            "width": width,
            "marker": {"color": colour},
            "hovertemplate": "%{y}: %{x:,}<extra>%{fullData.name}</extra>",
        }
        for key, colour, width, values in parts
        if any(values)
    ]
    layout = {
        "barmode": "overlay",
        "margin": MARGIN,
        "xaxis": {"title": {"text": say("records")}, "tickformat": ",~s"},
        "yaxis": {
            "range": [max(len(failing), 8) - 0.4, -0.6],
            "automargin": True,
            "ticksuffix": "  ",
            "showgrid": False,
        },
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "showlegend": True,
    }
    return View(label, data, layout)


def _table(failing: list[Overlap], about: dict[str, dict[str, Any]], context: Context) -> Html:
    whole = context.accounts["decide"].rows_in
    rows = [
        [
            code(rule.rule),
            words(ACTIONS.get(rule.action, Text(rule.action, rule.action))),
            code(about[rule.rule]["signal"]),
            words(bound(rule.bound)),
            number(rule.fails),
            number(rule.decides),
            number(rule.alone),
            share(rule.fails, whole),
            words(about[rule.rule]["reason"]),
        ]
        for rule in failing
    ]
    head = [say("rule"), say("action"), say("signal"), say("bound")]
    head += [say("rules.fails"), say("rules.decides"), say("rules.alone"), say("share"), say("rules.why")]
    return table(head, rows)


def _pairs(pairs: tuple[Pair, ...]) -> Html:
    rows = [[code(pair.first), code(pair.second), number(pair.both), share(pair.share, 1)] for pair in pairs]
    return table([say("rule"), say("rule"), say("rules.both"), say("rules.rarer")], rows, shown=8)
