"""corpus import"""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import SPLIT_MB, Inputs, Json, Lang, Master, Out, SplitMb

Kind = Annotated[
    str | None,
    typer.Option("--kind", metavar="KIND", help="conversation, preference or prompt; else what the rows look like."),
]
Importer = Annotated[
    str | None, typer.Option("--importer", metavar="FORMAT", help="The format of every input; else what it looks like.")
]
Dedup = Annotated[bool, typer.Option("--dedup", help="Also remove exact duplicates.")]


def command(
    inputs: Inputs,
    out: Out,
    kind: Kind = None,
    importer: Importer = None,
    dedup: Dedup = False,
    lang: Lang = None,
    master: Master = None,
    json: Json = False,
    split_mb: SplitMb = SPLIT_MB,
) -> None:
    """Import instruction and preference files.

    Any of the formats of docs/import.md, told by the first rows; what is no record is quarantined with its reason.
    """
    from cli import render
    from cli.produce import produce
    from corpus import shorthand
    from corpus.pipeline import compose

    settings, found = shorthand.dialogues(inputs, kind, importer, lang, dedup=dedup)
    for name, one in found.items():
        render.note(f"{name}: {one.format}, {one.confidence:.2f} sure ({one.why})")
    produce(compose(settings), out, master, json, split_mb)
