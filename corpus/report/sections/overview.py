"""The head of the report: what run this is, where its records went in five numbers, and what it noticed."""

from __future__ import annotations

from corpus import __version__
from corpus.report.context import Context
from corpus.report.html.markup import Html, block, element, paragraph, text
from corpus.report.html.tables import percent
from corpus.report.notes import alarms, remarks
from corpus.report.words import Text, say

KINDS = ("kept", "dropped", "merged", "quarantined")


def head(context: Context) -> Html:
    """Name, digests, the account as tiles and a strip, notes and alarms."""
    account, manifest = context.account, context.publish.manifest
    counts = {kind: sum(getattr(account, kind).values()) for kind in KINDS[1:]} | {"kept": account.kept}
    tokens = sum(count for key, count in manifest.counts.get("published", {}).items() if key.startswith("tokens\t"))
    facts = [
        say("head.sources", {"sources": len(context.settings.sources)}),
        _tokens(tokens, str(manifest.details["tokens"])),
        say("head.content", {"digest": manifest.content[:16]}),
        say("head.fingerprint", {"digest": manifest.fingerprint[:16]}),
        say("head.seconds", {"seconds": f"{_seconds(context):,.0f}"}),
        say("head.version", {"version": __version__}),
    ]
    tiles = [_tile("read", say("read"), account.rows_in, None)]
    tiles += [
        _tile(kind, say("published" if kind == "kept" else kind), counts[kind], counts[kind] / max(1, account.rows_in))
        for kind in KINDS
    ]
    strip = [
        element("i", attributes={"class": kind, "style": f"width:{100 * counts[kind] / max(1, account.rows_in):.2f}%"})
        for kind in KINDS
    ]
    said = {"read": account.rows_in, **counts}
    return block(
        "head",
        element("h1", text(say("page.title", {"name": context.settings.publish.title or context.settings.name}))),
        block("facts", *(element("span", text(fact)) for fact in facts)),
        block("tiles", *tiles),
        block("strip", *strip),
        paragraph(say("head.balance", said), "soft"),
        _notes(context),
    )


def _tokens(count: int, how: str) -> Text:
    """How many tokens, and how they were counted."""
    chinese = how.replace("an estimate from characters per token", "按每词元字符数估计")
    return Text(
        say("head.tokens", {"tokens": count, "how": chinese}).zh, say("head.tokens", {"tokens": count, "how": how}).en
    )


def _seconds(context: Context) -> float:
    """Stages written in one pass have the pass's time each; it counts once."""
    return sum({(stage.manifest.seconds) for stage in context.stages.values()})


def _tile(kind: str, name: Text, count: int, share: float | None) -> Html:
    said = [element("b", text(f"{count:,}")), element("span", text(name))]
    if share is not None:
        said.append(element("span", text(f" · {percent(share)}")))
    return block(f"tile {kind}", *said)


def _notes(context: Context) -> Html:
    urgent = set(alarms(context.stages))
    items = [
        element("li", text(note), {"class": "alarm"} if note in urgent else None) for note in remarks(context.stages)
    ]
    return element("ul", items, {"class": "notes"}) if items else Html("")
