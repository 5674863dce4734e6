"""corpus train launch"""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from cli.options import Json

OutDir = Annotated[str, typer.Option("--out", "-o", metavar="DIR", help="Where to write them.", show_default=False)]


def command(
    kind: Annotated[
        Literal["local", "slurm", "deepspeed", "docker"],
        typer.Argument(metavar="KIND", help="local, slurm, deepspeed or docker.", show_default=False),
    ],
    stage: Annotated[
        str, typer.Argument(metavar="STAGE", help="The command of corpus train, such as sft.", show_default=False)
    ],
    config: Annotated[str, typer.Argument(metavar="CONFIG", help="Its settings (YAML).", show_default=False)],
    out: OutDir,
    nodes: Annotated[int, typer.Option("--nodes", min=1, metavar="N", help="Machines.")] = 1,
    ranks: Annotated[int, typer.Option("--ranks", min=1, metavar="N", help="GPUs of a machine.")] = 8,
    hours: Annotated[int, typer.Option("--hours", min=1, metavar="N", help="Slurm's limit.")] = 72,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="What the job is called.")] = "corpus-train",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Where the ranks meet.")] = 29500,
    json: Json = False,
) -> None:
    """Write the files that start a training command on one machine or many, to read, change and keep."""
    from cli import render
    from train.launch import Job, write

    render.done({"files": write(Job(stage, config, nodes, ranks, hours, name, port), kind, out)}, as_json=json)
