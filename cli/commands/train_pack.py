"""corpus train pack"""

from __future__ import annotations

import contextlib
from functools import partial
from typing import Annotated

import typer

from cli.options import Json, Master, OutFolder

Given = Annotated[
    str, typer.Argument(metavar="RUN", help="A run, or a folder laid out like its dataset.", show_default=False)
]


def command(
    given: Given,
    out: OutFolder,
    tokenizer: Annotated[
        str, typer.Option("--tokenizer", metavar="DIR", help="A folder with a tokenizer.", show_default=False)
    ],
    seq_len: Annotated[int, typer.Option("--seq-len", min=2, metavar="N", help="Tokens of a row.")] = 2048,
    template: Annotated[
        str | None, typer.Option("--template", metavar="NAME", help="How conversations are written: a family, or own.")
    ] = None,
    tier: Annotated[
        list[str] | None, typer.Option("--tier", metavar="TIER", help="Only these: high, stage=1; repeatable.")
    ] = None,
    processes: Annotated[int, typer.Option("--processes", min=1, metavar="N", help="Side by side.")] = 2,
    spark: Annotated[
        bool, typer.Option("--spark", help="On Spark's executors, which must see the tokenizer and DIR.")
    ] = False,
    master: Master = None,
    seed: Annotated[int, typer.Option("--seed", help="Of the order of rows.")] = 0,
    json: Json = False,
) -> None:
    """Turn tiers into packed rows of tokens, on the CPU, every record accounted for.

    Documents end with a token of their own and long ones go on in the next row. Of conversations the answers are learnt
    and nothing else; marks in what people wrote stay text.
    """
    from cli import render, train_view
    from train.pack.make import pack

    with contextlib.ExitStack() as open_things:
        each = None
        if spark:
            from corpus.session import open_session
            from corpus.spread import spread

            each = partial(spread, open_things.enter_context(open_session(master)))
        page = pack(given, tokenizer, out, seq_len, template, tier or (), processes, seed, each)
    if json:
        render.emit(
            {
                "packed": out,
                **{name: page[name] for name in ("kind", "seq_len", "digest")},
                "tiers": train_view.tiers(page),
            }
        )
    else:
        train_view.packed(page)
