"""What is published: tiers by source and language, and where they were cut."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from corpus.inspect.stats import published_cells
from corpus.report.context import Context
from corpus.report.html.charts import Chart, Series, View, bars
from corpus.report.html.markup import Html, heading
from corpus.report.html.page import Section
from corpus.report.html.tables import Cell, code, number, share, table, words
from corpus.report.sections.signals import colour_of_tier
from corpus.report.words import Text, say

MEASURES = {"rows": "records", "characters": "characters", "tokens": "tokens"}
DRAWN = 30
Cells = Mapping[tuple[str, str, str], Mapping[str, int]]


def tiers(context: Context) -> Section | None:
    """The section; None when nothing is published."""
    cells = published_cells(context.publish)
    if not cells:
        return None
    drawn = [
        Chart("tiers-sources", say("tiers.sources"), *_views(context.tiers, cells, 0)),
        Chart("tiers-languages", say("tiers.languages"), *_views(context.tiers, cells, 1)),
    ]
    body = [_totals(context.tiers, cells), *(chart.placed() for chart in drawn), _by_source(context.tiers, cells)]
    cuts = context.stages["tier"].manifest.details.get("cuts", [])
    if cuts:
        body += [heading(say("tiers.cuts")), _cuts(cuts)]
    mixture = context.stages["tier"].manifest.details.get("mixture", [])
    if mixture:
        body += [heading(say("tiers.mixture")), _mixture(mixture)]
    return Section("tiers", say("tiers.title"), Html("".join(body)), tuple(drawn))


def _views(names: Sequence[str], cells: Cells, place: int) -> tuple[int, tuple[View, ...]]:
    """The height, and a view for each measure; groups by their rows."""
    sums: dict[str, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
    rows: dict[str, int] = defaultdict(int)
    for key, values in cells.items():
        rows[key[place]] += values.get("rows", 0)
        for measure in MEASURES:
            sums[measure][key[place]][key[2]] += values.get(measure, 0)
    groups = sorted(rows, key=lambda name: (-rows[name], name))[:DRAWN]
    views = []
    for measure, label in MEASURES.items():
        series = [
            Series(tier, [sums[measure][group][tier] for group in groups], colour_of_tier(at, len(names)))
            for at, tier in enumerate(names)
        ]
        views.append(bars(groups, series, say(label)))
    return 110 + 28 * len(groups), tuple(views)


def _totals(names: Sequence[str], cells: Cells) -> Html:
    sums = {tier: dict.fromkeys(MEASURES, 0) for tier in names}
    for key, values in cells.items():
        for measure in MEASURES:
            sums[key[2]][measure] += values.get(measure, 0)
    whole = sum(values["tokens"] for values in sums.values())
    rows = [
        [
            words(tier),
            *(number(values[measure]) for measure in MEASURES),
            share(values["tokens"], whole),
            number(round(values["characters"] / max(1, values["rows"]))),
        ]
        for tier, values in sums.items()
    ]
    head = [say("tier"), *(say(label) for label in MEASURES.values()), say("share"), say("tiers.mean")]
    return table(head, rows)


def _by_source(names: Sequence[str], cells: Cells) -> Html:
    grouped: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for (source, lang, tier), values in cells.items():
        grouped[source, lang][tier] += values.get("rows", 0)
        grouped[source, lang]["\ttokens"] += values.get("tokens", 0)
    ordered = sorted(grouped, key=lambda name: (-grouped[name]["\ttokens"], name))
    rows: list[list[Cell]] = [
        [
            words(source),
            words(lang),
            *(number(grouped[source, lang][tier]) for tier in names),
            number(grouped[source, lang]["\ttokens"]),
        ]
        for source, lang in ordered
    ]
    return table([say("source"), say("language"), *names, say("tokens")], rows)


def _cuts(cuts: Sequence[Mapping[str, object]]) -> Html:
    rows = []
    for cut in cuts:
        group = " · ".join(str(cut[name]) for name in ("source", "lang", "category") if cut.get(name))
        rows.append(
            [
                code(str(cut["column"])),
                words(group or say("tiers.all")),
                number(_float(cut["percentile"])),
                number(_float(cut["value"])),
                number(_float(cut["rows"])),
            ]
        )
    head: list[Text] = [say("signal"), say("tiers.group"), say("percentile"), say("value"), say("records")]
    return table(head, rows)


def _mixture(portions: Sequence[Mapping[str, object]]) -> Html:
    rows = [
        [
            words(str(one["source"]) or "-"),
            *(number(round(_float(one.get(name)), 3)) for name in ("have", "want", "short", "epochs")),
            share(_float(one["share"]), 1),
        ]
        for one in portions
    ]
    head = [say("source"), say("tiers.have"), say("tiers.want"), say("tiers.short"), say("tiers.epochs"), say("share")]
    return table(head, rows)


def _float(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
