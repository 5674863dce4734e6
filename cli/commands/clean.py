"""corpus clean"""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import SPLIT_MB, Id, Inputs, Json, Lang, Master, Out, SplitMb, Text

Rules = Annotated[
    list[str] | None,
    typer.Option(
        "--rules", metavar="NAME", help="A shipped rule set or a rule file; repeatable. Default: all for web text."
    ),
]


def command(
    inputs: Inputs,
    out: Out,
    rules: Rules = None,
    text: Text = None,
    id: Id = None,
    lang: Lang = None,
    master: Master = None,
    json: Json = False,
    split_mb: SplitMb = SPLIT_MB,
) -> None:
    """Clean files without a pipeline file.

    Reads, normalises, measures, applies rules and publishes. Duplicates stay.
    """
    from cli.produce import fields, produce
    from corpus import shorthand
    from corpus.pipeline import compose

    settings = shorthand.clean(inputs, rules or (), fields(text, id), lang)
    produce(compose(settings), out, master, json, split_mb)
