"""corpus train chat"""

from __future__ import annotations

from typing import Annotated, Literal

import typer

Bits = Literal["4", "8"]
Model = Annotated[str, typer.Argument(metavar="MODEL", help="The folder of a model.", show_default=False)]


def command(
    model: Model,
    adapter: Annotated[str | None, typer.Option("--adapter", metavar="DIR", help="A LoRA over it.")] = None,
    bits: Annotated[Bits | None, typer.Option("--bits", help="Load it in so many bits.")] = None,
    web: Annotated[bool, typer.Option("--web", help="On a page of this machine instead of the terminal.")] = False,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The page's port; 0 takes a free one.")] = 0,
    temperature: Annotated[float, typer.Option("--temperature", min=0, help="0 takes the likeliest words.")] = 0.7,
    top_p: Annotated[float, typer.Option("--top-p", min=0.01, max=1, help="Words that make up this share.")] = 0.9,
    repetition_penalty: Annotated[
        float, typer.Option("--repetition-penalty", min=0.1, help="Above 1: words said before are less likely.")
    ] = 1.0,
    max_new_tokens: Annotated[int, typer.Option("--max-new-tokens", min=1, help="Of an answer at most.")] = 1024,
    seed: Annotated[int, typer.Option("--seed", help="Of sampling.")] = 0,
) -> None:
    """Talk with a model in the terminal, or with --web on a page that only this machine can open."""
    import sys

    from cli import render
    from train.speaking import Decoding, load

    decoding = Decoding(
        max_new_tokens=max_new_tokens, temperature=temperature, top_p=top_p, repetition_penalty=repetition_penalty,
        seed=seed,
    )  # fmt: skip
    speaker = load(model, adapter, None if bits is None else 4 if bits == "4" else 8)
    if web:
        from train.chat.web import server, url_of

        running = server(speaker, decoding, model, port)
        render.note(f"{url_of(running)}  (Ctrl-C ends it)")
        running.serve_forever()
    else:
        from train.chat.terminal import HELP, talk

        render.note(HELP)
        talk(speaker, decoding, sys.stdin, render.piece)
