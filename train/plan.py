"""The order of training: which row is the i-th, as a pure function of the plan and i.

A phase is a list of row groups, shuffled by the seed; its rows are dealt to `global_batch` lanes, each a contiguous
span of that list, and step t takes the t-th row of every lane. So a batch mixes as many distant places as it has rows,
a rank reads each row group about once, and neither ranks, workers nor restarts show: the step number is the state.
Rows that do not fill a last batch (fewer than `global_batch` an epoch) are left out and counted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from corpus.errors import UsageError
from train.packed import Part

Ints = np.ndarray[Any, np.dtype[np.integer[Any]]]


@dataclass(frozen=True)
class Wanted:
    """A phase as asked for: how often each tier is read (2 is twice, 0.5 every other row group), how many times over,
    and the share of its rows that repeat tiers of earlier phases."""

    tiers: Mapping[str, float]
    epochs: int = 1
    replay: float = 0.0


@dataclass(frozen=True)
class Segment:
    """One epoch of a phase. `groups` are rows of Plan.groups in reading order, `ends` their rows added up, `first` the
    number of its first step."""

    phase: int
    epoch: int
    first: int
    steps: int
    rows: int
    groups: Ints
    ends: Ints


@dataclass(frozen=True)
class Row:
    """Where a row lies: file and row group, its place there, the index of its tier, and its phase."""

    file: int
    group: int
    place: int
    tier: int
    phase: int


@dataclass(frozen=True)
class Plan:
    """`groups` has a line of 32-bit integers for each row group: file, group in the file, rows, tier."""

    tiers: tuple[str, ...]
    files: tuple[str, ...]
    groups: Ints
    segments: tuple[Segment, ...]
    global_batch: int
    seed: int
    replayed: int

    @property
    def steps(self) -> int:
        """Steps of the whole."""
        last = self.segments[-1]
        return last.first + last.steps

    @property
    def dropped(self) -> int:
        """Rows that fill no batch, over all epochs."""
        return sum(segment.rows - segment.steps * self.global_batch for segment in self.segments)

    def __len__(self) -> int:
        return self.steps * self.global_batch

    def bounds(self) -> list[tuple[int, int]]:
        """First step and one past the last of each phase."""
        found: dict[int, tuple[int, int]] = {}
        for segment in self.segments:
            first, _ = found.get(segment.phase, (segment.first, 0))
            found[segment.phase] = (first, segment.first + segment.steps)
        return list(found.values())

    def segment_of(self, step: int) -> Segment:
        """The segment that a step belongs to."""
        firsts = [segment.first for segment in self.segments]
        return self.segments[int(np.searchsorted(firsts, step, "right")) - 1]

    def row(self, index: int) -> Row:
        """The index-th row of training."""
        step, lane = divmod(index, self.global_batch)
        segment = self.segment_of(step)
        place = lane * segment.rows // self.global_batch + step - segment.first
        at = int(np.searchsorted(segment.ends, place, "right"))
        within = place - (int(segment.ends[at - 1]) if at else 0)
        number = int(segment.groups[at])
        file, group, rows, tier = (int(value) for value in self.groups[number])
        return Row(
            file,
            group,
            int(_shuffled(self.seed, segment.phase, segment.epoch, number, rows)[within]),
            tier,
            segment.phase,
        )

    def consumed(self, step: int) -> dict[str, int]:
        """Rows of each tier that the first `step` steps read."""
        found = dict.fromkeys(self.tiers, 0)
        for segment in self.segments:
            done = min(max(step - segment.first, 0), segment.steps)
            for lane in range(self.global_batch if done else 0):
                low = lane * segment.rows // self.global_batch
                first, last = np.searchsorted(segment.ends, [low, low + done - 1], "right")
                own = slice(int(first), int(last) + 1)
                ends = np.minimum(segment.ends[own], low + done)
                taken = np.diff(ends, prepend=low)
                counts = np.bincount(self.groups[segment.groups[own], 3], taken, len(self.tiers))
                for name, count in zip(self.tiers, counts, strict=True):
                    found[name] += int(count)
        return found

    @property
    def fingerprint(self) -> str:
        """64 hex digits of everything that the order follows from, but for what the files hold."""
        found = hashlib.sha256(repr((self.tiers, self.global_batch, self.seed)).encode())
        found.update(self.groups.tobytes())
        for segment in self.segments:
            found.update(repr((segment.phase, segment.epoch, segment.steps, segment.rows)).encode())
            found.update(segment.groups.tobytes())
        return found.hexdigest()


@lru_cache(maxsize=256)
def _shuffled(seed: int, phase: int, epoch: int, number: int, rows: int) -> Ints:
    return np.random.default_rng([seed, phase, epoch, number]).permutation(rows)


def make(parts: Mapping[str, Part], phases: Sequence[Wanted], global_batch: int, seed: int) -> Plan:
    """The plan of `phases` over `parts` (by the name of the tier).

    UsageError when a tier is unknown, or a phase has fewer rows than a batch.
    """
    unknown = sorted({tier for phase in phases for tier in phase.tiers} - set(parts))
    if unknown:
        raise UsageError(f"no tier {', '.join(unknown)} was packed; there are {', '.join(sorted(parts))}")
    tiers = tuple(sorted({tier for phase in phases for tier in phase.tiers}))
    files: list[str] = []
    lines: list[Ints] = []
    for number, tier in enumerate(tiers):
        for file in parts[tier].files:
            rows = np.array(file.groups, np.int32)
            lines.append(
                np.stack([np.full_like(rows, len(files)), np.arange(len(rows)), rows, np.full_like(rows, number)], 1)
            )
            files.append(file.uri)
    groups = np.concatenate(lines) if lines else np.zeros((0, 4), np.int32)
    segments: list[Segment] = []
    first, replayed = 0, 0
    seen: list[int] = []
    for phase, wanted in enumerate(phases):
        own = _repeated(groups, tiers, wanted, seed, phase)
        again = _replay(groups, own, tiers, seen, wanted.replay, seed, phase)
        replayed += int(groups[again, 2].sum()) * wanted.epochs
        seen += [number for number in map(tiers.index, wanted.tiers) if number not in seen]
        for epoch in range(wanted.epochs):
            order = np.random.default_rng([seed, phase, epoch]).permutation(np.concatenate([own, again]))
            ends = np.cumsum(groups[order, 2])
            rows_ = int(ends[-1]) if len(ends) else 0
            steps = rows_ // global_batch
            if not steps:
                raise UsageError(f"phase {phase + 1} has {rows_} rows, fewer than the global batch of {global_batch}")
            segments.append(Segment(phase, epoch, first, steps, rows_, order, ends))
            first += steps
    return Plan(tiers, tuple(files), groups, tuple(segments), global_batch, seed, replayed)


def _repeated(groups: Ints, tiers: Sequence[str], wanted: Wanted, seed: int, phase: int) -> Ints:
    """The row groups of a phase's tiers, each as often as asked; of a fraction those that the seed draws."""
    found = []
    for tier, times in wanted.tiers.items():
        own = np.flatnonzero(groups[:, 3] == tiers.index(tier))
        whole, rest = int(times), times - int(times)
        drawn = np.random.default_rng([seed, phase, tiers.index(tier), 1]).permutation(own)[: round(rest * len(own))]
        found += [*[own] * whole, drawn]
    return np.concatenate(found) if found else np.zeros(0, np.int64)


def _replay(
    groups: Ints, own: Ints, tiers: Sequence[str], seen: Sequence[int], share: float, seed: int, phase: int
) -> Ints:
    """Row groups of earlier tiers, so many that they make up `share` of the phase's rows, to the nearest group."""
    if not share or not seen:
        return np.zeros(0, np.int64)
    want = share / (1 - share) * groups[own, 2].sum()
    earlier = np.flatnonzero(np.isin(groups[:, 3], seen))
    drawn = np.random.default_rng([seed, phase, 2]).permutation(earlier)
    ends = np.cumsum(groups[drawn, 2])
    return drawn[: int(np.searchsorted(ends - groups[drawn, 2] / 2, want))]
