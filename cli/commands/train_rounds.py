"""corpus train rounds"""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import Json

Config = Annotated[str, typer.Argument(metavar="CONFIG", help="The plan of the rounds (YAML).", show_default=False)]
Change = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a setting, as in rounds=3; repeatable."),
]


def command(config: Config, change: Change = None, json: Json = False) -> None:
    """Do a plan of rounds: tiers, fine-tuning, answers, pairs, DPO, as commands. Repeat the command to go on.

    out/rounds.jsonl has a line a round: what it began from and made, what its steps told, the chain of parents.
    """
    from cli import render
    from train.config import load
    from train.rounds import Rounds, run

    lines = run(load(Rounds, config, change or ()), render.note)
    if json:
        render.emit({"rounds": lines})
    else:
        render.table(
            ("round", "began from", "made", "told"),
            [(line["round"], line["start"], line["model"], " ".join(f"{k}={v}" for k, v in line["told"].items()))
             for line in lines],
        )  # fmt: skip
