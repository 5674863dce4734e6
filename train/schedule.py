"""The learning rate of every step: of each phase its own peak, warm-up and fall, as a function of the step alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Shape = Literal["cosine", "linear", "constant", "wsd"]


@dataclass(frozen=True)
class Phase:
    """Steps `first` up to `end`, with the peak `rate`; `warmup` steps of it rise in a line from 0."""

    first: int
    end: int
    rate: float
    warmup: int


@dataclass(frozen=True)
class Schedule:
    """`shape` of the fall from the peak to `floor` (a share of the peak): over a half cosine, in a line, not at all, or
    (wsd: warm-up, stable, decay, Hu et al. 2024) in a line over the last `decay` share of the phase."""

    phases: tuple[Phase, ...]
    shape: Shape = "cosine"
    floor: float = 0.1
    decay: float = 0.1

    def rate(self, step: int) -> float:
        """Of the step numbered from 0; past the end that of the last step."""
        phase = next((one for one in self.phases if step < one.end), self.phases[-1])
        here = min(step, phase.end - 1) - phase.first
        if here < phase.warmup:
            return phase.rate * (here + 1) / (phase.warmup + 1)
        length = max(phase.end - phase.first - phase.warmup, 1)
        return phase.rate * (self.floor + (1 - self.floor) * self._left((here - phase.warmup) / length))

    def _left(self, done: float) -> float:
        match self.shape:
            case "cosine":
                return 0.5 * (1 + math.cos(math.pi * done))
            case "linear":
                return 1 - done
            case "wsd":
                return min(1.0, (1 - done) / self.decay)
            case _:
                return 1.0


def phased(
    bounds: Sequence[tuple[int, int]], rates: Sequence[float], warmup: float, shape: Shape, floor: float, decay: float
) -> Schedule:
    """A schedule over phases. `warmup` below 1 is a share of each phase, else a number of steps."""
    phases = tuple(
        Phase(first, end, rate, min(round(warmup * (end - first)) if warmup < 1 else int(warmup), end - first - 1))
        for (first, end), rate in zip(bounds, rates, strict=True)
    )
    return Schedule(phases, shape, 1.0 if shape == "constant" else floor, decay)
