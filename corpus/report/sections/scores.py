"""Scores and tags of what is published, by tier, with the cuts that were made of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
from pydantic import ValidationError

from corpus.errors import CorpusError
from corpus.inspect.bins import published_histograms
from corpus.inspect.labels import NONE, Labelled, is_label, label_counts, published_schema
from corpus.report.context import Context
from corpus.report.html.charts import Chart, Line, Series, bars
from corpus.report.html.markup import Html, block, element, heading, paragraph, text
from corpus.report.html.page import Section
from corpus.report.html.tables import figure, number, share, table, words
from corpus.report.sections.signals import colour_of_tier, cut_lines, drawn, key
from corpus.report.words import COLUMNS, Text, column, say
from corpus.schema import DOCUMENT, KINDS
from corpus.scores.cuts import Cuts
from corpus.slot import Committed

CARRIED = {item.name for kind in KINDS.values() for item in kind.carried if not pa.types.is_floating(item.type)}
PLAIN = {*DOCUMENT.names, *CARRIED, "characters", "cluster_size", "cluster"}
"""Published columns that are neither scores nor tags."""
MOST_LABELS = 500
"""A column of more different words is no tag."""
TOLD = ("quality", "difficulty", "perplexity")
"""Scores that are told of each record that is shown; its tags are too."""
DRAWN = 24


def scores(context: Context) -> Section | None:
    """The section; None when the run published neither a score nor a label."""
    schema = published_schema(context.publish)
    named = [item for item in schema if item.name not in PLAIN]
    numeric = [item.name for item in named if pa.types.is_floating(item.type) or pa.types.is_integer(item.type)]
    labels = [item.name for item in named if is_label(item.type)]
    automatic = dict(stored_cuts(context))
    lines = _lines(context, automatic)
    marks = {name: [line.value for line in lines.get(name, ())] for name in numeric}
    found = published_histograms(context.publish, numeric, context.tiers, marks)
    charts = [drawn(f"score-{place}", one, lines.get(one.column, ()), context.tiers) for place, one in enumerate(found)]
    counted = [one for one in label_counts(context.publish, labels, context.tiers) if 0 < len(one.known) <= MOST_LABELS]
    titles = tag_titles(context)
    tagged = [_labels(context, f"label-{place}", one, titles) for place, one in enumerate(counted)]
    if not charts and not tagged:
        return None
    body = [paragraph(say("scores.explained"), "soft"), key(context.tiers, removed=False)]
    body += [block("grid", *(chart.placed() for chart in charts)), *_parts(context)]
    for name, cuts in automatic.items():
        body += _cuts(name, cuts)
    body += [block("wide", *(chart.placed() for chart in tagged))] if tagged else []
    return Section("scores", say("scores.title"), Html("".join(body)), (*charts, *tagged))


def told_columns(publish: Committed) -> list[str]:
    """The published columns that are told of a record that is shown."""
    return [name for name in published_schema(publish).names if name in TOLD or name.startswith(("tag_", "has_"))]


def told(values: Mapping[str, Any], titles: Mapping[str, Text]) -> list[Text]:
    """What these columns say of one record, tags by their `titles`; nothing of those without a value."""
    found = []
    for name, value in values.items():
        label = COLUMNS.get(name, Text(name, name))
        if value in (None, "", False, []):
            continue
        if value is True:
            found.append(label)
            continue
        if isinstance(value, int | float):
            shown = [Text(figure(value), figure(value))]
        else:
            shown = [
                titles.get(str(one), Text(str(one), str(one))) for one in ([value] if isinstance(value, str) else value)
            ]
        zh, en = "、".join(one.zh for one in shown), ", ".join(one.en for one in shown)
        found.append(Text(f"{label.zh} {zh}", f"{label.en} {en}"))
    return found


def tag_titles(context: Context) -> dict[str, Text]:
    """What tags are called, by their ids; none where the taxonomies are no longer there."""
    from corpus.tags.load import load_tags

    try:
        found = load_tags(context.settings.tags) if context.settings.tags else None
    except CorpusError:
        return {}
    tags = [tag for taxonomy in found.taxonomies for tag in taxonomy.tags] if found else []
    return {tag.id: Text(f"{tag.zh} {tag.id}", tag.id) for tag in tags}


def stored_cuts(context: Context) -> Iterator[tuple[str, Cuts]]:
    """Automatic cuts that stages left in their manifests, with the name of what was cut."""
    for name, stage in context.stages.items():
        for found, cuts in _cuts_in(name, stage.manifest.details):
            yield (_staged(context) if found == "stages" else found), cuts


def _staged(context: Context) -> str:
    """The column that the tier policy cuts into stages, as the policy says it now."""
    from corpus.ruleset.policy import load_tiers

    named = context.settings.tiers
    try:
        stages = load_tiers("stages" if named == "default" else named).stages
    except CorpusError:
        stages = None
    return "stages" if stages is None else stages.column


def _cuts_in(name: str, value: Any) -> Iterator[tuple[str, Cuts]]:
    if isinstance(value, Mapping):
        if {"method", "cuts", "sizes", "resamples"} <= value.keys():
            try:
                yield name, Cuts.model_validate(value, strict=False)
            except ValidationError:
                return
        else:
            for inner, item in value.items():
                yield from _cuts_in(name if inner == "cuts" else inner, item)


def _lines(context: Context, automatic: Mapping[str, Cuts]) -> dict[str, list[Line]]:
    found = cut_lines(context)
    for name, cuts in automatic.items():
        said = say("scores.value")
        found.setdefault(name, []).extend(Line(value, said, "@cut") for value in cuts.values)
    return found


def _labels(context: Context, name: str, found: Labelled, titles: Mapping[str, Text]) -> Chart:
    shown = list(found.known)[:DRAWN]
    without = say("scores.without")
    names: list[str | Text] = [
        *(titles.get(label, label) for label in shown),
        *([without] if NONE in found.counts else []),
    ]
    rows = [*shown, *([NONE] if NONE in found.counts else [])]
    series = [
        Series(tier, [found.counts[label][place] for label in rows], colour_of_tier(place, len(context.tiers)))
        for place, tier in enumerate(context.tiers)
    ]
    title = column(found.column)
    return Chart(name, title, 100 + 22 * len(rows), (bars(names, series, say("records")),))


def _parts(context: Context) -> list[Html]:
    """What quality is made of, as the policy says it."""
    if "quality" not in context.stages:
        return []
    parts = context.stages["quality"].manifest.details.get("parts", [])
    items = [element("li", element("code", text(str(part)))) for part in parts]
    return [heading(say("scores.parts")), element("ul", items)] if items else []


def _cuts(name: str, cuts: Cuts) -> list[Html]:
    method = say(f"scores.{cuts.method}")
    about = {"rows": cuts.rows, "unscored": cuts.unscored, "resamples": cuts.resamples}
    chinese, english = (say("scores.method", {**about, "method": said}) for said in (method.zh, method.en))
    title, shown = say("scores.cuts"), column(name)
    rows = [
        [
            number(one.value),
            words(f"{figure(one.low)} – {figure(one.high)}"),
            share(one.same, 1),
            number(one.depth),
            words(say("scores.yes" if one.valley else "scores.no")),
        ]
        for one in cuts.cuts
    ]
    head = [say("scores.value"), say("scores.interval"), say("scores.same"), say("scores.depth"), say("scores.valley")]
    sizes = [
        [
            number(one.stage),
            words(f"{'' if one.low is None else figure(one.low)} – {'' if one.high is None else figure(one.high)}"),
            number(one.rows),
            share(one.share, 1),
        ]
        for one in cuts.sizes
    ]
    return [
        heading(Text(f"{title.zh}：{shown.zh}", f"{title.en}: {shown.en}")),
        paragraph(Text(chinese.zh, english.en), "soft"),
        table(head, rows),
        table([say("scores.stage"), say("scores.span"), say("records"), say("share")], sizes),
    ]
