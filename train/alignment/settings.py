"""Settings of DPO, reward models and RLOO: a few of ours, and `args`, which are those of TRL's own configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from corpus.errors import UsageError
from corpus.located import Strict, suggest
from train import provenance
from train.deepspeed import configuration
from train.models import Lora

OURS = frozenset(
    {"output_dir", "seed", "data_seed", "deepspeed", "use_cpu", "fsdp", "push_to_hub", "train_sampling_strategy"}
)
"""Arguments that follow from our settings."""


class Aligning(Strict):
    """What all three have. `tiers` are preference tiers (`RUN/dataset/preference/round=1`), of which the rows of split
    `train` are trained on and those of `validation` evaluated; `max_length` counts tokens of prompt and answer."""

    model: str
    tiers: tuple[str, ...] = Field(min_length=1)
    out: str
    lora: Lora | None = None
    deepspeed: str | None = None
    seed: int = 0
    max_length: int = Field(default=2048, ge=2)
    args: Mapping[str, Any] = {}

    @model_validator(mode="after")
    def _free(self) -> Self:
        taken = sorted(OURS & set(self.args))
        if taken:
            raise ValueError(f"`args` holds {', '.join(taken)}, which follow from the other settings")
        return self


class Dpo(Aligning):
    """`loss` by names of TRL (sigmoid, ipo, hinge, sigmoid_norm, sft, …) with weights; no `beta` suits two losses.
    `reference` is the folder where the reference model's log-probabilities are kept; null computes them as it
    goes, with a second model in memory."""

    loss: Mapping[str, float] = {"sigmoid": 1.0}
    beta: float = Field(default=0.1, gt=0)
    reference: str | None = "reference"


class Reward(Aligning):
    """A model that scores an answer, for RLOO and for judging."""

    center: float | None = None


class Rule(Strict):
    """A reward that needs no model: what is asked of an answer, and its weight."""

    rule: Literal["length", "ends", "language", "format"]
    weight: float = 1.0
    least: int = 0
    most: int = 1 << 20
    of: str | None = None


class Rloo(Aligning):
    """Learning from rewards (leave-one-out REINFORCE, which took PPO's place in TRL). `rewards` are rules, and
    `reward_model` the folder of a trained one with its weight."""

    rewards: tuple[Rule, ...] = ()
    reward_model: str | None = None
    reward_weight: float = 1.0
    beta: float = Field(default=0.05, ge=0)
    draws: int = Field(default=4, ge=2)
    max_new_tokens: int = Field(default=256, ge=1)

    @model_validator(mode="after")
    def _rewarded(self) -> Self:
        if not self.rewards and not self.reward_model:
            raise ValueError("needs `rewards` (rules) or `reward_model` (a folder)")
        return self


def arguments(kind: type, settings: Aligning, **ours: Any) -> Any:
    """TRL's configuration `kind` from `args` and what follows from our settings. UsageError for a name it has not."""
    import torch

    known = {field.name for field in fields(kind)}
    wrong = [f"{name}{suggest(name, known)}" for name in settings.args if name not in known]
    if wrong:
        raise UsageError(f"args: {kind.__name__} has no {'; no '.join(wrong)}")
    cpu = not torch.cuda.is_available()
    told = configuration(settings.deepspeed, provenance.latest(settings.out))
    given = {
        "output_dir": settings.out, "seed": settings.seed, "use_cpu": cpu, "bf16": not cpu, "report_to": "tensorboard",
        "train_sampling_strategy": "sequential", "deepspeed": told, "save_strategy": "steps",
        "logging_steps": 10, "activation_checkpointing": not cpu,
    }  # fmt: skip
    return kind(**{**given, **dict(settings.args), **ours})
