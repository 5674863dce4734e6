"""One HTML file of an evaluation: figures, and every question with its answers and verdicts, to read and to correct.

It loads nothing from anywhere and runs the one script it was written with (by its digest); all texts go in as JSON that
the script shows as text, never as markup.
"""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Sequence
from importlib import resources
from string import Template
from typing import Any, Literal

from corpus.evaluation.asking import Evaluation
from corpus.evaluation.corrections import identity
from corpus.evaluation.figures import Shown
from corpus.evaluation.words import SCRIPT, STATIC, TITLE, category
from corpus.report.html.markup import Html, element, text, visible
from corpus.report.html.page import embedded
from corpus.report.words import Text

Languages = Literal["zh", "en", "both"]
MOST_CHARS = 50_000
"""Characters of a text that are shown."""


def page(found: Evaluation, others: Sequence[Evaluation], shown: Shown, languages: Languages = "both") -> str:
    """The whole file. `others` are other judges of the same rows; with one language there is no switch."""
    script = _resource("corpus.evaluation.html", "page.js")
    style = _resource("corpus.report.html", "page.css") + _resource("corpus.evaluation.html", "page.css")
    title = Text(TITLE.zh.format(judge=found.judge), TITLE.en.format(judge=found.judge))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return Template(_resource("corpus.evaluation.html", "page.html")).substitute(
        {f"word_{name}": text(said) for name, said in STATIC.items()},
        lang="zh" if languages == "zh" else "en",
        languages=languages,
        policy=f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{digest}'",
        title=html.escape(visible(title.zh if languages == "zh" else title.en)),
        style=style,
        switch=_switch(languages),
        about=element("h1", text(title)),
        figures=shown.markup,
        data=embedded(_data(found, others)),
        script=script,
    )


def _switch(languages: Languages) -> Html:
    theme = element("button", text(STATIC["theme"]), {"type": "button", "id": "theme"})
    if languages != "both":
        return theme
    return Html(element("button", text(Text("English", "中文")), {"type": "button", "id": "language"}) + theme)


def _data(found: Evaluation, others: Sequence[Evaluation]) -> dict[str, Any]:
    """What the script shows: a card a question, with what was judged of it."""
    value = "score" if found.mode == "judge" else "verdict"
    also = [(one.judge, {row["key"]: row for row in one.rows.iter_rows(named=True)}) for one in others]
    cards: dict[str, dict[str, Any]] = {}
    for row in found.rows.iter_rows(named=True):
        card = cards.setdefault(
            row["id"],
            {"id": _seen(row["id"]), "category": _seen(row["category"]), "question": _seen(row["question"]),
             "reference": _seen(row["reference"]), "answers": [], "judged": []},
        )  # fmt: skip
        judged = {
            "key": row["key"], "value": row[value], "unjudged": row["unjudged"], "note": row.get("note") or "",
            "others": [
                {"judge": _seen(judge), "value": rows[row["key"]][value], "reason": _seen(rows[row["key"]]["reason"])}
                for judge, rows in also if row["key"] in rows
            ],
        }  # fmt: skip
        if row.get("judged", row[value]) != row[value]:
            judged["judged_before"] = row["judged"]
        if value == "score":
            card["answers"].append({"model": _seen(row["model"]), "text": _seen(row["answer"])})
            judged |= {"model": _seen(row["model"]), "reasons": [_seen(row["reason"])]}
        else:
            card["answers"] += [{"model": _seen(row[side]), "text": _seen(row[f"{side}_answer"])}
                                for side in ("first", "second")]  # fmt: skip
            judged |= {"forward": row["forward"], "backward": row["backward"],
                       "reasons": [_seen(row["reason"]), _seen(row["reason_backward"])]}  # fmt: skip
        card["judged"].append(judged)
    models = [] if value == "verdict" else [_seen(name) for name in found.rows["model"].unique().sort().to_list()]
    named = {name: category(name) for name in found.rows["category"].unique().sort().to_list()}
    return {
        "mode": found.mode, "evaluation": identity(found), "judges": [_seen(one.judge) for one in (found, *others)],
        "categories": {_seen(name): {"zh": _seen(said.zh), "en": _seen(said.en)} for name, said in named.items()},
        "models": models, "cards": list(cards.values()),
        "words": {name: {"zh": said.zh, "en": said.en} for name, said in SCRIPT.items()},
    }  # fmt: skip


def _seen(value: str | None) -> str | None:
    """A text whose hidden characters can be seen, cut where it is too long to show."""
    if value is None:
        return None
    more = len(value) - MOST_CHARS
    return visible(value[:MOST_CHARS]) + (f" … (+{more:,})" if more > 0 else "")


def _resource(package: str, name: str) -> str:
    return resources.files(package).joinpath(name).read_text(encoding="utf-8")
