"""Duplicates: how large the clusters are, how similar what went was to what stayed, and the largest to look at."""

from __future__ import annotations

from collections.abc import Mapping

from corpus.inspect.clusters import STEPS, Cluster, clusters
from corpus.report.context import Context
from corpus.report.html.charts import Chart, Series, columns
from corpus.report.html.markup import Html, element, foldable, heading, paragraph, text
from corpus.report.html.page import Section
from corpus.report.html.tables import code, number, table, words
from corpus.report.sections.excerpts import said
from corpus.report.words import Text, reason, say

BANDS = ((2, 2), (3, 3), (4, 4), (5, 5), (6, 10), (11, 20), (21, 50), (51, 100), (101, 1000), (1001, None))
COLOURS = {"exact_duplicate": "@merged", "near_duplicate": "@c6", "semantic_duplicate": "@c8", "same_url": "@c7"}


def duplicates(context: Context) -> Section | None:
    """The section; None when nothing was merged."""
    found = clusters(context.publish)
    if not found.sizes and not found.similar:
        return None
    charts = [chart for chart in (_sizes(found.sizes), _similar(found.similar)) if chart is not None]
    body = [chart.placed() for chart in charts]
    if "dedup-near" in context.stages and context.stages["dedup-near"].manifest.details["templates"]:
        told = context.stages["dedup-near"].manifest.details["templates"]
        body.append(paragraph(say("duplicates.templates", {"clusters": told}), "soft"))
    if found.largest and context.sample:
        body += [heading(say("duplicates.largest")), paragraph(say("duplicates.least"), "soft")]
        body += [_cluster(cluster, place == 0) for place, cluster in enumerate(found.largest)]
    return Section("duplicates", say("duplicates.title"), Html("".join(body)), tuple(charts))


def _sizes(sizes: Mapping[int, int]) -> Chart | None:
    counts = [
        (low, high, sum(many for size, many in sizes.items() if low <= size and (high is None or size <= high)))
        for low, high in BANDS
    ]
    while counts and not counts[-1][2]:
        counts.pop()
    if not counts:
        return None
    names = [f"{low:,}+" if high is None else str(low) if low == high else f"{low}–{high:,}" for low, high, _ in counts]
    view = columns(
        names, [Series(say("duplicates.clusters"), [many for *_, many in counts], "@merged")], say("duplicates.size")
    )
    return Chart("duplicates-sizes", say("duplicates.sizes"), 240, (view,))


def _similar(similar: Mapping[str, Mapping[int, int]]) -> Chart | None:
    """From the least similarity that occurs on, by its lower edge; the last column is of equal texts."""
    if not similar:
        return None
    step = 100 // STEPS
    first = min(min(counts) for counts in similar.values()) // step * step
    places = list(range(min(first, 100 - 10 * step), 101, step))
    series = [
        Series(reason(name), [counts.get(place, 0) for place in places], COLOURS.get(name, f"@c{at}"))
        for at, (name, counts) in enumerate(similar.items())
    ]
    view = columns([f"{place / 100:.2f}" for place in places], series, say("similarity"))
    return Chart("duplicates-similar", say("duplicates.similar"), 260, (view,))


def _cluster(cluster: Cluster, opened: bool) -> Html:
    size = say("samples.rest", {"records": cluster.size})
    title = [
        element("code", text(cluster.doc_id[:16])),
        text(f" · {cluster.source} "),
        element("span", text(size), {"class": "count"}),
    ]
    rows = [
        [
            code(member.doc_id[:16]),
            words(member.source),
            words(reason(member.reason)),
            number(round(member.similarity, 4)),
            words(_begin(member.preview)),
        ]
        for member in cluster.members
    ]
    head = [Text("doc_id", "doc_id"), say("source"), say("reason"), say("similarity"), say("samples.gone")]
    return foldable(title, [said([text(cluster.preview)]), table(head, rows)], opened)


def _begin(value: str) -> str:
    return " ".join(value.split())[:100]
