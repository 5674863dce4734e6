"""What a run will take, told before it takes it: steps, tokens, rates, weights, memory of a rank, room on the disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from train.deepspeed import BYTES_PER_PARAMETER, contents, preset, zero_stage
from train.models import counted, shape_of
from train.stages import Prepared, Training, accumulated, prepare

ACTIVATION = 34
"""Bytes a token and hidden unit that a layer keeps for its backward pass in 16 bits, with fused attention
(Korthikanti et al. 2022, "Reducing Activation Recomputation", section 4.1, without the attention matrix)."""


@dataclass(frozen=True)
class PhasePlan:
    """A phase: its tiers, steps, tokens, and the rates of its first step, its peak and its last step."""

    tiers: tuple[str, ...]
    steps: int
    tokens: int
    first: float
    peak: float
    last: float


@dataclass(frozen=True)
class Estimate:
    """`memory` is of one rank and `disk` of all checkpoints, in bytes; both are estimates. `rows_left_out` fill no
    batch, `rows_replayed` are read again from earlier tiers."""

    phases: tuple[PhasePlan, ...]
    steps: int
    tokens: int
    accumulation: int
    rows_left_out: int
    rows_replayed: int
    parameters: int
    trainable: int
    memory: float
    disk: float

    @property
    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        return {**self.__dict__, "phases": [dict(phase.__dict__) for phase in self.phases]}


def estimate(settings: Training, ranks: int) -> Estimate:
    """Everything that follows from settings, manifests and the shape of the model; no weight is loaded.

    UsageError for whatever would fail later.
    """
    made = prepare(settings)
    accumulation = accumulated(settings, ranks)
    whole, trainable = counted(settings)
    disk = (settings.save_total_limit + 2) * (trainable * BYTES_PER_PARAMETER + (0 if settings.lora else 2 * whole))
    phases = tuple(_phase(made, number, low, high) for number, (low, high) in enumerate(made.plan.bounds()))
    return Estimate(
        phases, made.steps, sum(phase.tokens for phase in phases), accumulation, made.plan.dropped, made.plan.replayed,
        whole, trainable, _memory(made, whole, trainable, ranks), disk,
    )  # fmt: skip


def _phase(made: Prepared, number: int, low: int, high: int) -> PhasePlan:
    high = min(high, made.steps)
    before, after = (sum(made.plan.consumed(step).values()) for step in (low, max(high, low)))
    own = [segment for segment in made.plan.segments if segment.phase == number]
    seen = sorted(
        {made.plan.tiers[int(tier)] for segment in own for tier in np.unique(made.plan.groups[segment.groups, 3])}
    )
    rates = [made.schedule.rate(step) for step in (low, max(high - 1, low))]
    return PhasePlan(
        tuple(seen), max(high - low, 0), int((after - before) * made.row), rates[0],
        made.schedule.phases[number].rate, rates[1],
    )  # fmt: skip


def _memory(made: Prepared, whole: int, trainable: int, ranks: int) -> float:
    """Bytes of a rank: weights, gradients and optimiser as ZeRO shares them out (Rajbhandari et al. 2020), activations
    of a micro batch, and its logits with their gradient (train/entropy.py holds no more of them)."""
    settings = made.settings
    stage = zero_stage(settings.deepspeed)
    path = preset(settings.deepspeed)
    offloaded = path is not None and "offload_optimizer" in contents(path).get("zero_optimization", {})
    weight = (settings.load_in_bits or 16) / 8
    states = whole * weight / (ranks if stage == 3 else 1) + 2 * trainable / (ranks if stage >= 2 else 1)
    states += 0 if offloaded else 12 * trainable / (ranks if stage >= 1 else 1)
    shape = shape_of(settings)
    tokens = settings.per_device_train_batch_size * made.seq_len
    layers = shape.num_hidden_layers
    kept = 2 * layers + ACTIVATION if settings.activation_checkpointing else ACTIVATION * layers
    return float(states + tokens * shape.hidden_size * kept + tokens * shape.vocab_size * (2 + 2))
