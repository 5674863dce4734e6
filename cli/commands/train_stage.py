"""corpus train plan, pretrain, sft, dpo, reward, ppo, generate: a stage and its settings file."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import Json

Config = Annotated[str, typer.Argument(metavar="CONFIG", help="The settings of the stage (YAML).", show_default=False)]
Change = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a setting, as in lora.r=64; repeatable."),
]
LocalRank = Annotated[int | None, typer.Option("--local_rank", hidden=True, help="Of DeepSpeed's launcher; not used.")]


def plan(
    config: Config,
    change: Change = None,
    ranks: Annotated[int, typer.Option("--ranks", min=1, metavar="N", help="Ranks of the job.")] = 1,
    json: Json = False,
) -> None:
    """Say what a pretrain or sft run takes: steps, tokens, rates, parameters, memory, disk. Takes no GPU."""
    from cli import render, train_view
    from train.config import load
    from train.estimate import estimate
    from train.stages import Training

    found = estimate(load(Training, config, change or ()), ranks)
    if json:
        render.emit(found.plain)
    else:
        train_view.estimated(found, ranks)


def pretrain(config: Config, change: Change = None, local_rank: LocalRank = None, json: Json = False) -> None:
    """Pretrain on packed documents, from scratch or from a model. Repeat the command to go on."""
    _train("pretrain", config, change, json)


def sft(config: Config, change: Change = None, local_rank: LocalRank = None, json: Json = False) -> None:
    """Fine-tune on packed conversations, phase after phase from easy to hard. Repeat the command to go on."""
    _train("sft", config, change, json)


def dpo(config: Config, change: Change = None, local_rank: LocalRank = None, json: Json = False) -> None:
    """Learn from pairs by direct preference optimisation. Repeat the command to go on."""
    from cli import train_view
    from train.alignment.dpo import dpo as run
    from train.alignment.settings import Dpo
    from train.config import load

    train_view.aligned(run(load(Dpo, config, change or ())), as_json=json)


def reward(config: Config, change: Change = None, local_rank: LocalRank = None, json: Json = False) -> None:
    """Train a model that scores answers, on pairs. Repeat the command to go on."""
    from cli import train_view
    from train.alignment.reward import reward as run
    from train.alignment.settings import Reward
    from train.config import load

    train_view.aligned(run(load(Reward, config, change or ())), as_json=json)


def ppo(config: Config, change: Change = None, local_rank: LocalRank = None, json: Json = False) -> None:
    """Learn from rewards (rules, a reward model) by RLOO, which took PPO's place. Repeat the command to go on."""
    from cli import train_view
    from train.alignment.rloo import rloo as run
    from train.alignment.settings import Rloo
    from train.config import load

    train_view.aligned(run(load(Rloo, config, change or ())), as_json=json)


def generate(config: Config, change: Change = None, local_rank: LocalRank = None, json: Json = False) -> None:
    """Answer many conversations, by a model on these ranks or behind a server. Repeat the command to go on."""
    from cli import render
    from train import distributed
    from train.config import load
    from train.generate import Generate
    from train.generate import generate as run

    found = run(load(Generate, config, change or ()))
    if distributed.rank() == 0:
        render.done(found, as_json=json)


def _train(stage: str, config: str, change: list[str] | None, json: bool) -> None:
    from cli import train_view
    from train.config import load
    from train.stages import Training, train

    train_view.trained(train(stage, load(Training, config, change or ())), as_json=json)
