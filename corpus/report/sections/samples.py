"""Records to look at: kept ones by tier, removed ones by reason with their evidence, unreadable ones by reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from corpus.inspect.cut import cuts_of
from corpus.inspect.drawn import (
    Removed,
    Unreadable,
    addresses_of,
    kept_by_tier,
    removed_by_reason,
    unreadable_by_reason,
)
from corpus.inspect.labels import values_of
from corpus.inspect.locate import Address
from corpus.inspect.marks import calls_of, spans_of
from corpus.inspect.strata import Drawn, find
from corpus.kernels.signal import SignalCall
from corpus.report.context import Context
from corpus.report.html.markup import Html, block, element, foldable, paragraph, text
from corpus.report.html.page import Section
from corpus.report.html.tables import figure
from corpus.report.sections.excerpts import differing, excerpt, said
from corpus.report.sections.scores import tag_titles, told, told_columns
from corpus.report.words import Text, bound, reason, say

REASONS = 16
"""Reasons of which records are shown, the commonest first."""
CUTS = 6


def samples(context: Context) -> Section | None:
    """The section; None when no samples are wanted or there is no record at all."""
    if not context.sample:
        return None
    parts = [*_kept(context), *_removed(context), *_unreadable(context)]
    if not parts:
        return None
    return Section(
        "samples", say("samples.title"), Html("".join([paragraph(say("samples.explained"), "soft"), *parts]))
    )


def _kept(context: Context) -> list[Html]:
    drawn = kept_by_tier(context.publish, context.sample, context.seed)
    ids = [item.doc_id for items in drawn.values() for item in items]
    places = addresses_of(context.stages, ids)
    titles = tag_titles(context)
    scored = values_of(context.publish, told_columns(context.publish), ids)
    rows = context.stages["tier"].manifest.counts.get("tiers", {})
    return [
        _group(
            say("samples.kept", {"tier": tier}),
            rows.get(tier, 0),
            [
                _kept_one(context, item, places.get(item.doc_id), scored.get(item.doc_id, {}), titles)
                for item in drawn[tier]
            ],
            opened=place == 0,
        )
        for place, tier in enumerate(tier for tier in context.tiers if tier in drawn)
    ]


def _kept_one(
    context: Context, item: Drawn, place: Address | None, scored: Mapping[str, Any], titles: Mapping[str, Text]
) -> Html:
    facts: list[str | Text] = [say("samples.length", {"characters": item.characters})]
    if item.cluster_size > 1:
        facts.append(say("samples.stands", {"records": item.cluster_size - 1}))
    facts += told(scored, titles)
    cuts = cuts_of(context.stages, place)[:CUTS] if place is not None else ()
    lines = [
        element(
            "li",
            [
                text(say("samples.cut")),
                text(f" {cut.reason}: "),
                element("mark", text(cut.text[:120]), {"class": "gone"}),
            ],
        )
        for cut in cuts
    ]
    evidence = element("ul", lines, {"class": "evidence"}) if lines else Html("")
    return _card(item.doc_id, item.source, item.lang, facts, [evidence, excerpt(item.text)])


def _removed(context: Context) -> list[Html]:
    account = context.account
    counts = {**account.dropped, **account.merged}
    every = sorted(counts, key=lambda name: (-counts[name], name))
    drawn = removed_by_reason(context.stages, every, context.sample, context.seed)
    shown = [name for name in every if name in drawn][:REASONS]
    survivors = {item.survivor for name in shown for item in drawn[name] if item.survivor}
    kept = find(context.publish, sorted(survivors)) if survivors else {}
    calls = calls_of(context.stages)
    rules = {rule["id"]: rule["signal"] for rule in context.stages["decide"].manifest.details["rules"]}
    signal_of = {rule: calls[signal] for rule, signal in rules.items() if signal in calls}
    return [
        _group(
            _titled("samples.removed", reason(name)),
            counts[name],
            [_removed_one(item, kept, signal_of) for item in drawn[name]],
        )
        for name in shown
    ]


def _removed_one(item: Removed, kept: Mapping[str, Drawn], signal_of: Mapping[str, SignalCall]) -> Html:
    facts: list[str | Text] = (
        [] if item.characters is None else [say("samples.length", {"characters": item.characters})]
    )
    lines = [
        _rule(name, item.values[place] if place < len(item.values) else None, keeps)
        for place, (name, keeps) in enumerate(zip(item.reasons, item.bounds, strict=False))
    ]
    evidence = element("ul", lines, {"class": "evidence"}) if lines else Html("")
    if item.survivor is not None:
        return _card(item.doc_id, item.source, item.lang, facts, [evidence, _beside(item, kept.get(item.survivor))])
    spans = [span for name in item.reasons if name in signal_of for span in spans_of(item.text, signal_of[name])]
    return _card(item.doc_id, item.source, item.lang, facts, [evidence, excerpt(item.text, spans)])


def _rule(name: str, value: float | None, keeps: str) -> Html:
    """A failing rule: its id, what it saw, what it allows."""
    shown = "–" if value is None else figure(value)
    parts = [element("code", text(name)), text(" = "), element("b", text(shown)), text(" · ")]
    told, allowed = say("samples.keeps", {"bound": "{}"}), bound(keeps)
    return element("li", [*parts, text(Text(told.zh.format(allowed.zh), told.en.format(allowed.en)))])


def _beside(item: Removed, survivor: Drawn | None) -> Html:
    """A duplicate and the record that stayed, what differs marked."""
    similarity = "" if item.similarity is None else f" · {item.similarity:.3f}"
    label = say("similarity")
    who = Text(f"{label.zh}{similarity}", f"{label.en}{similarity}")
    if survivor is None:
        return block("", paragraph(who, "soft"), paragraph(say("samples.elsewhere"), "soft"), excerpt(item.text))
    gone, stayed = differing(item.text, survivor.text)
    return block(
        "pair",
        block("", element("div", [text(say("samples.gone")), text(similarity)], {"class": "who"}), gone),
        block(
            "",
            element(
                "div",
                [text(say("samples.survivor")), text(" · "), text(survivor.source), text(f" · {survivor.doc_id[:12]}")],
                {"class": "who"},
            ),
            stayed,
        ),
    )


def _unreadable(context: Context) -> list[Html]:
    counts = context.account.quarantined
    drawn = unreadable_by_reason(context.publish, context.sample, context.seed)
    return [
        _group(
            _titled("samples.quarantined", reason(name)), counts.get(name, 0), [_unreadable_one(item) for item in items]
        )
        for name, items in drawn.items()
    ]


def _unreadable_one(item: Unreadable) -> Html:
    place = item.path if item.ordinal < 0 else f"{item.path}#{item.ordinal}"
    facts: list[str | Text] = [place, say("samples.bytes", {"bytes": item.length})]
    detail = paragraph(item.detail, "soft") if item.detail else Html("")
    return _card("", item.source, None, facts, [detail, said([text(item.raw)], raw=True)])


def _group(title: Text, count: int, cards: Sequence[Html], opened: bool = False) -> Html:
    total = element("span", text(say("samples.rest", {"records": count})), {"class": "count"})
    return foldable([text(title), total], cards, opened)


def _titled(key: str, name: Text) -> Text:
    before = say(key)
    return Text(before.zh + name.zh, before.en + name.en)


def _card(doc_id: str, source: str, lang: str | None, facts: Sequence[str | Text], inside: Sequence[Html]) -> Html:
    shown: list[Html] = [element("b", text(source))]
    shown += [element("span", text(lang))] if lang else []
    shown += [element("span", text(fact)) for fact in facts]
    shown += [element("code", text(doc_id))] if doc_id else []
    return element("article", [element("header", shown), *inside])
