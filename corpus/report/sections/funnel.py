"""Where the records went: by stage, by source and by reason."""

from __future__ import annotations

from collections.abc import Mapping

from corpus.inspect.stats import SourceAccount, source_accounts
from corpus.manifest import RowAccount
from corpus.report.context import Context
from corpus.report.html.charts import Chart, Series, bars, shares
from corpus.report.html.markup import Html, heading, paragraph
from corpus.report.html.page import Section
from corpus.report.html.tables import Cell, number, share, table, words
from corpus.report.words import Text, reason, say, stage

KINDS = ("dropped", "merged", "quarantined")
UNREAD = " (quarantined)"


def funnel(context: Context) -> Section:
    """The section."""
    sources = source_accounts(context.stages)
    stages, places = _by_stage(context.accounts), _by_source(sources)
    body = [
        paragraph(say("funnel.once"), "soft"),
        stages.placed(),
        places.placed(),
        _sources_table(sources),
        heading(say("funnel.reasons")),
        _reasons(context.account),
        heading(say("funnel.accounts")),
        _accounts(context.accounts),
    ]
    return Section("funnel", say("funnel.title"), Html("".join(body)), (stages, places))


def _by_stage(accounts: Mapping[str, RowAccount]) -> Chart:
    """Stages that remove something, with what is left; the last is what is published."""
    shown = {name: account for name, account in accounts.items() if account.removed or name == "publish"}
    names = [stage(name) for name in shown]
    series = [Series(say("kept"), [account.kept for account in shown.values()], "@kept")]
    for kind in KINDS:
        counts = [sum(getattr(account, kind).values()) for account in shown.values()]
        if any(counts):
            series.append(Series(say(kind), counts, f"@{kind}"))
    view = bars(names, series, say("records"))
    return Chart("funnel-stages", say("funnel.stages"), 110 + 34 * len(names), (view,))


def _by_source(sources: list[SourceAccount]) -> Chart:
    ordered = sorted(sources, key=lambda item: -item.read)[:40]
    names = [item.source for item in ordered]
    removing = list(dict.fromkeys(name for item in ordered for name in item.removed))
    series = [Series(say("published"), [item.published for item in ordered], "@kept")]
    series += [
        Series(_removal(name), [item.removed.get(name, 0) for item in ordered], _colour(name, place))
        for place, name in enumerate(removing)
    ]
    views = shares(names, series, say("share")), bars(names, series, say("records"))
    return Chart("funnel-sources", say("funnel.sources"), 130 + 30 * len(names), views)


def _removal(name: str) -> Text:
    if name.endswith(UNREAD):
        inner = stage(name.removesuffix(UNREAD))
        return Text(f"{inner.zh}（隔离）", f"{inner.en}, quarantined")
    return stage(name)


def _colour(name: str, place: int) -> str:
    if name.endswith(UNREAD):
        return "@quarantined"
    known = {"decide": "@dropped", "dedup-exact": "@merged", "dedup-near": "@c6", "select": "@c5"}
    return known.get(name, f"@c{place % 10}")


def _sources_table(sources: list[SourceAccount]) -> Html:
    removing = list(dict.fromkeys(name for item in sources for name in item.removed))
    head = [say("source"), say("read"), say("published"), say("share"), *map(_removal, removing)]
    rows: list[list[Cell]] = [
        [
            words(item.source),
            number(item.read),
            number(item.published),
            share(item.published, item.read),
            *(number(item.removed.get(name, 0)) for name in removing),
        ]
        for item in sorted(sources, key=lambda item: -item.read)
    ]
    return table(head, rows)


def _reasons(account: RowAccount) -> Html:
    rows = [
        (count, [words(say(kind)), words(reason(name)), number(count), share(count, account.rows_in)])
        for kind in KINDS
        for name, count in getattr(account, kind).items()
    ]
    ordered = [cells for _, cells in sorted(rows, key=lambda row: -row[0])]
    return table([say("action"), say("reason"), say("records"), say("share")], ordered)


def _accounts(accounts: Mapping[str, RowAccount]) -> Html:
    rows = [
        [
            words(stage(name)),
            number(account.rows_in),
            number(account.kept),
            *(number(sum(getattr(account, kind).values())) for kind in KINDS),
            share(account.removed, account.rows_in),
        ]
        for name, account in accounts.items()
    ]
    return table([say("stage"), say("in"), say("kept"), *map(say, KINDS), say("removed")], rows, shown=40)
