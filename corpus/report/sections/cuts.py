"""What was cut out of texts, and which benchmark items were found in them."""

from __future__ import annotations

from corpus.inspect.contamination import EXAMPLES, STAGE, leakage_of
from corpus.inspect.cut import cut_totals, frequent
from corpus.report.context import Context
from corpus.report.html.markup import Html, element, heading, paragraph, text
from corpus.report.html.page import Section
from corpus.report.html.tables import number, share, table, words
from corpus.report.sections.excerpts import said
from corpus.report.words import reason, say


def cuts(context: Context) -> Section | None:
    """Cut spans by source and reason, and the lines that most records hold; None when nothing was cut."""
    totals, lines = cut_totals(context.stages), frequent(context.stages) if context.sample else ()
    if not totals and not lines:
        return None
    body = []
    if totals:
        rows = [
            [
                words(item.source),
                words(reason(item.reason)),
                number(item.records),
                number(item.spans),
                number(item.characters),
            ]
            for item in sorted(totals, key=lambda item: -item.characters)
        ]
        body.append(table([say("source"), say("reason"), say("records"), say("cuts.spans"), say("characters")], rows))
    if lines:
        shown = [[number(line.documents), words(line.example[:200])] for line in lines]
        body += [heading(say("cuts.frequent")), table([say("cuts.documents"), say("cuts.line")], shown)]
    return Section("cuts", say("cuts.title"), Html("".join(body)))


def leaks(context: Context) -> Section | None:
    """The leakage report; None when the run did not look for benchmark items."""
    if STAGE not in context.stages:
        return None
    found = leakage_of(context.stages, EXAMPLES if context.sample else 0)
    told = {"action": found.action, "coverage": f"{found.coverage:g}"}
    rows = [
        [
            words(leak.benchmark),
            number(leak.items),
            number(leak.looked_for),
            number(leak.found),
            share(leak.found, leak.looked_for),
            number(leak.documents),
        ]
        for leak in found.leaks
    ]
    head = [say("leaks.benchmark"), say("leaks.items"), say("leaks.looked"), say("leaks.found"), say("share")]
    body = [paragraph(say("leaks.explained", told), "soft"), table([*head, say("records")], rows)]
    if found.examples:
        body.append(heading(say("leaks.examples")))
    for item in found.examples:
        facts = [f"{item.benchmark} {item.item}", item.how, f"{item.coverage:.0%}"]
        shown = [element("b", text(facts[0])), *(element("span", text(fact)) for fact in facts[1:])]
        shown.append(element("code", text(item.doc_id)))
        body.append(element("article", [element("header", shown), said([text(item.evidence)])]))
    return Section("leaks", say("leaks.title"), Html("".join(body)))
