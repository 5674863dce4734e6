"""How the data was made: settings, stages and models, with the digests by which it can be made again."""

from __future__ import annotations

from corpus.report.context import Context
from corpus.report.html.markup import Html, element, heading, text
from corpus.report.html.page import Section
from corpus.report.html.tables import code, number, table, words
from corpus.report.settings import settings_yaml
from corpus.report.words import say, stage


def made(context: Context) -> Section:
    """The section."""
    rows = [
        [
            words(stage(name)),
            number(committed.manifest.version),
            code(committed.manifest.fingerprint[:16]),
            code(committed.manifest.content[:16]),
            number(round(committed.manifest.seconds, 2)),
        ]
        for name, committed in context.stages.items()
    ]
    models = [
        [words(stage(name)), code(str(committed.manifest.details["model"]))]
        for name, committed in context.stages.items()
        if committed.manifest.details.get("model")
    ]
    head = [say("stage"), say("made.version"), say("made.fingerprint"), say("made.digest"), say("made.seconds")]
    body = [
        heading(say("made.settings")),
        element("pre", element("code", text(settings_yaml(context.settings))), {"class": "settings"}),
        heading(say("made.stages")),
        table(head, rows, shown=40),
    ]
    if models:
        body += [heading(say("made.models")), table([say("stage"), say("made.digest")], models)]
    return Section("made", say("made.title"), Html("".join(body)))
