"""The wipe-out guard: a removal of near-duplicates that would take too much of a source or a huge cluster stops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from corpus.config import Guard
from corpus.errors import RejectedTooMuch

WHAT = {"dedup-near": "near-duplicates", "dedup-semantic": "semantic duplicates"}
"""What the stages that are watched remove."""


def check(
    guard: Guard, members: Mapping[str, int], removed: Mapping[str, int], largest: int, stage: str = "dedup-near"
) -> tuple[str, ...]:
    """What a person should be told; RejectedTooMuch when the run must not go on.

    `members` and `removed` count records by source, `largest` is the size of the largest cluster.
    """
    stops: list[str] = []
    alarms: list[str] = []
    for source, total in members.items():
        gone = removed.get(source, 0)
        if total < guard.least or gone <= guard.alarm_share * total:
            continue
        said = f"{source}: {gone:,} of {total:,} records ({gone / total:.1%}) are {WHAT[stage]} of others"
        (stops if gone > guard.source_share * total else alarms).append(said)
    if largest > guard.alarm_cluster:
        said = f"one cluster has {largest:,} members"
        (stops if largest > guard.cluster else alarms).append(said)
    if stops:
        raise RejectedTooMuch(
            f"{stage}: {'; '.join(stops)}; the pipeline allows {guard.source_share:.0%} of a source and clusters of "
            f"{guard.cluster:,} (dedup.guard.source_share, dedup.guard.cluster). Nothing was removed: look at what "
            "they have in common, then change the threshold or the bound and repeat the command"
        )
    return tuple(alarms)


def by_source(sources: Sequence[str], counts: Sequence[int]) -> dict[str, int]:
    """Counts in the order of the pipeline's sources, by name."""
    return {name: int(count) for name, count in zip(sources, counts, strict=True)}
