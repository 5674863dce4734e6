"""corpus dedup"""

from __future__ import annotations

from cli.options import SPLIT_MB, Id, Inputs, Json, Lang, Master, Out, SplitMb, Text


def command(
    inputs: Inputs,
    out: Out,
    text: Text = None,
    id: Id = None,
    lang: Lang = None,
    master: Master = None,
    json: Json = False,
    split_mb: SplitMb = SPLIT_MB,
) -> None:
    """Remove duplicates from files, nothing else.

    Texts stay as they came, byte for byte; empty and short records stay too.
    """
    from cli.produce import fields, produce
    from corpus import shorthand
    from corpus.pipeline import compose

    settings = shorthand.dedup(inputs, fields(text, id), lang)
    produce(compose(settings), out, master, json, split_mb)
