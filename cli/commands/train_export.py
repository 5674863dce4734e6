"""corpus train export"""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import Json, OutFolder

Checkpoint = Annotated[
    str, typer.Argument(metavar="CHECKPOINT", help="A checkpoint that DeepSpeed wrote.", show_default=False)
]
Kind = Annotated[str, typer.Option("--dtype", metavar="NAME", help="bfloat16, float16 or float32.")]
Universal = Annotated[
    bool,
    typer.Option(
        "--universal", help="A checkpoint for any number of ranks instead, below --out: go on with --set out=DIR."
    ),
]


def command(
    checkpoint: Checkpoint, out: OutFolder, dtype: Kind = "bfloat16", universal: Universal = False, json: Json = False
) -> None:
    """Make a checkpoint of any ZeRO stage one model of safetensors, or fit for another number of ranks."""
    from cli import render
    from train import merge

    if universal:
        render.done({"checkpoint": merge.universal(checkpoint, out)}, as_json=json)
    else:
        render.done({"model": out, "digest": merge.export(checkpoint, out, dtype)}, as_json=json)
