"""The map: what the run's records are about, all of them beside those that were published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from corpus.inspect.vectors import VectorSample, vector_sample
from corpus.report.context import Context
from corpus.report.html.charts import Chart, View
from corpus.report.html.markup import Html, heading
from corpus.report.html.page import Section
from corpus.report.html.tables import number, table, words
from corpus.report.map import NONE, OTHERS, Colouring, figure, layout, method_for, places, png
from corpus.report.sections.scores import tag_titles
from corpus.report.words import COLUMNS, Text, say

POINTS = 1500
LONGEST = 3
"""Terms of a cluster's name in a legend."""


def mapped(context: Context) -> Section | None:
    """The section; None when the run made no vectors."""
    sample = vector_sample(context.stages, POINTS, context.seed)
    if sample is None:
        return None
    points = layout(sample.vectors, context.seed)
    sides = [
        {**_side(say("map.before"), len(points)), "x": 0.245},
        {**_side(say("map.after"), int(sample.published.sum())), "x": 0.755},
    ]
    views = []
    for colouring in colourings(context, sample):
        traces, frame = figure(colouring, sample.published)
        views.append(View(_by(colouring.name), traces, {**frame, "annotations": sides}))
    told = {"rows": len(points), "method": method_for(len(points))}
    chart = Chart(
        "map", say("map.explained", told), 560, tuple(views), tools=True, points=places(points, _hover(context, sample))
    )
    body = [chart.placed(), *_clusters(context)]
    return Section("map", say("map.title"), Html("".join(body)), (chart,))


def write_map(context: Context, path: str) -> bool:
    """The map as a picture, coloured by cluster where there are clusters, else by source; False without vectors."""
    sample = vector_sample(context.stages, POINTS, context.seed)
    if sample is None:
        return False
    found = {one.name: one for one in colourings(context, sample)}
    colouring = found.get("cluster") or found["source"]
    name = context.settings.publish.title or context.settings.name
    png(layout(sample.vectors, context.seed), colouring, sample.published, path, name)
    return True


def colourings(context: Context, sample: VectorSample) -> list[Colouring]:
    """By source, tier, cluster and each kind of tag, where there are several labels."""
    names = _names(context)
    clusters = {label: _titled(label, names) for label in set(sample.labels.get("cluster", ()))}
    tags = tag_titles(context)
    grey: dict[str, str | Text] = {OTHERS: say("map.others"), NONE: say("map.none")}
    titles: dict[str, Mapping[str, str | Text]] = {"cluster": clusters, "tier": {NONE: say("removed")}}
    found = [
        Colouring(name, labels, grey | dict(titles.get(name, tags if name.startswith("tag_") else {})))
        for name, labels in sample.labels.items()
    ]
    return [one for one in found if len(set(one.labels)) > 1 or one.name == "source"]


def _hover(context: Context, sample: VectorSample) -> Sequence[str]:
    """How each record begins; only its source where no records are to be shown."""
    return sample.begins if context.sample else sample.labels["source"]


def _names(context: Context) -> Mapping[str, list[str]]:
    """The distinctive terms of each cluster, by its number."""
    return context.stages["cluster"].manifest.details.get("names", {}) if "cluster" in context.stages else {}


def _titled(label: str, names: Mapping[str, list[str]]) -> str:
    terms = names.get(label, [])
    return f"{label} {' '.join(terms[:LONGEST])}".strip()


def _by(name: str) -> Text:
    if name in ("source", "tier", "cluster"):
        return say(f"map.{name}")
    known = COLUMNS.get(name, Text(name, name))
    return Text(f"按{known.zh}", f"by {known.en}")


def _side(name: Text, count: int) -> dict[str, object]:
    said = Text(f"{name.zh} {count:,}", f"{name.en} {count:,}")
    place = {"xref": "paper", "yref": "paper", "y": 1.0, "yanchor": "bottom", "xanchor": "center"}
    return {"text": said, "showarrow": False, **place}


def _clusters(context: Context) -> list[Html]:
    if "cluster" not in context.stages:
        return []
    sizes = context.stages["cluster"].manifest.details.get("sizes", {})
    if not sizes:
        return []
    names = _names(context)
    ordered = sorted(sizes, key=lambda label: (-sizes[label], int(label)))
    rows = [[number(int(label)), number(sizes[label]), words(" ".join(names.get(label, [])))] for label in ordered]
    head = [say("map.cluster_number"), say("records"), say("map.terms")]
    return [heading(say("map.clusters")), table(head, rows)]
