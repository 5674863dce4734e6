"""corpus train bench"""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from cli.options import Json

Attention = Literal["sdpa", "eager", "flash_attention_2", "flash_attention_3"]
Model = Annotated[
    str,
    typer.Option(
        "--model", metavar="NAME|CONFIG", help="llama-1b, llama-7b, llama-8b, tiny, or a config.json; random weights."
    ),
]
Zero = Annotated[
    list[str] | None,
    typer.Option(
        "--zero", metavar="STAGE", help="z2, z3, ddp, or another that deepspeed may be; repeatable; z2 and z3."
    ),
]


def command(
    model: Model = "llama-1b",
    zero: Zero = None,
    ranks: Annotated[
        int | None, typer.Option("--ranks", min=1, metavar="N", help="Ranks; as many as GPUs when left out.")
    ] = None,
    batch: Annotated[int, typer.Option("--batch", min=1, metavar="N", help="Rows of a micro batch on a rank.")] = 1,
    length: Annotated[int, typer.Option("--length", min=8, metavar="N", help="Tokens of a packed row.")] = 4096,
    document: Annotated[
        int, typer.Option("--document-tokens", min=1, metavar="N", help="Tokens of a document on average.")
    ] = 1024,
    steps: Annotated[int, typer.Option("--steps", min=1, metavar="N", help="Steps that are measured.")] = 20,
    warm_up: Annotated[int, typer.Option("--warm-up", min=1, metavar="N", help="Steps before them.")] = 5,
    bf16: Annotated[bool, typer.Option(help="16 bits; without, 32 and no MFU.")] = True,
    checkpointing: Annotated[
        bool, typer.Option("--activation-checkpointing", help="Compute activations again instead of holding them.")
    ] = False,
    attention: Annotated[Attention, typer.Option("--attention", help="Which attention of transformers.")] = "sdpa",
    liger: Annotated[bool, typer.Option("--liger", help="With Liger's kernels.")] = False,
    compiled: Annotated[bool, typer.Option("--compile", help="With torch.compile.")] = False,
    json: Json = False,
) -> None:
    """Measure what training costs here: memory, seconds a step, TFLOPS, MFU, tokens a second of each ZeRO stage.

    Each stage is a job of its own, started here; within a job of torchrun it is that job, and one stage.
    """
    from cli import train_view
    from train import bench

    found = bench.table(
        bench.Bench(
            model, "", batch, length, document, steps, warm_up, bf16, checkpointing, attention, liger, compiled
        ),
        zero or ("z2", "z3"),
        ranks,
    )
    train_view.benched(found, as_json=json)
