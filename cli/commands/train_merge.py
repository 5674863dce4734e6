"""corpus train merge"""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import Json, OutFolder

Adapter = Annotated[str, typer.Argument(metavar="ADAPTER", help="A folder that holds a LoRA.", show_default=False)]
Base = Annotated[str | None, typer.Option("--base", metavar="DIR", help="Its base; else the one that it names.")]


def command(adapter: Adapter, out: OutFolder, base: Base = None, json: Json = False) -> None:
    """Merge a LoRA into its base, on the CPU, in the precision of the base, with tokenizer and provenance."""
    from cli import render
    from train.merge import merge

    merge(adapter, out, base)
    render.done({"model": out}, as_json=json)
