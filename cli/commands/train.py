"""corpus train: the commands that take tiers to trained models. Each is a file of its own, `train_*.py`."""

from __future__ import annotations

import typer

from cli.commands import (
    train_bench,
    train_chat,
    train_delta,
    train_doctor,
    train_export,
    train_launch,
    train_merge,
    train_pack,
    train_rounds,
    train_stage,
    train_vocab,
)

app = typer.Typer(help="Train on the tiers.", no_args_is_help=True, rich_markup_mode=None)
app.command("pack")(train_pack.command)
for stage in (
    train_stage.plan,
    train_stage.pretrain,
    train_stage.sft,
    train_stage.dpo,
    train_stage.reward,
    train_stage.ppo,
    train_stage.generate,
):
    app.command(stage.__name__)(stage)
app.command("bench")(train_bench.command)
app.command("rounds")(train_rounds.command)
app.command("merge")(train_merge.command)
app.command("export")(train_export.command)
app.command("chat")(train_chat.command)
app.command("launch")(train_launch.command)
app.command("doctor")(train_doctor.command)
app.add_typer(train_vocab.app, name="vocab")
app.add_typer(train_delta.app, name="delta")
