"""Results as tables: means over seeds, and differences paired by seed with 95 % intervals of Student's t."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

T95 = (math.inf, 12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)
"""The 0.975 quantile of Student's t for 0 to 9 degrees of freedom (0: no interval can be told)."""
AGAINST = {"documents": ("raw", "random rows"), "conversations": ("shuffled",)}
"""What the sets of each part are compared with: the first has all seeds that are shown."""
UNIT = {"documents": "bits a character", "conversations": "bits a token of the answers"}


def bits(lost: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Of each source or stage, and the mean of all, each counting once."""
    found = {name: nats / math.log(2) / count for name, (nats, count) in lost.items()}
    return {"mean": float(np.mean(list(found.values()))), **found}


def interval(differences: Sequence[float]) -> tuple[float, float]:
    """The mean of paired differences, and half the width of its 95 % interval (infinite for one difference)."""
    count = len(differences)
    if count < 2:
        return float(np.mean(differences)), math.inf
    quantile = T95[min(count, len(T95)) - 1]
    return float(np.mean(differences)), quantile * float(np.std(differences, ddof=1)) / math.sqrt(count)


def tables(found: Sequence[Mapping[str, Any]], told: Mapping[str, Any]) -> str:
    """Markdown of all parts that have results. Seeds that a set or the one it is compared with lacks are left out."""
    lines = []
    for part, bases in AGAINST.items():
        own = [one for one in found if one["part"] == part]
        scores = {(one["set"], one["seed"]): bits(one["lost"]) for one in own}
        if not scores:
            continue
        columns = list(next(iter(scores.values())))
        heads = [
            f"{part}: {UNIT[part]}",
            *columns,
            *(f"against {base}" for base in bases),
            "seeds",
            "tokens, times read",
        ]
        lines += ["", f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
        for name in dict.fromkeys(one["set"] for one in own):
            seeds = sorted(seed for one, seed in scores if one == name and (bases[0], seed) in scores)
            means = [f"{np.mean([scores[name, seed][column] for seed in seeds]):.3f}" for column in columns]
            apart = [compared(scores, name, base) for base in bases]
            size = told.get("sets", {}).get(name)
            read = f"{size['tokens']:,}, {size['epochs']:.1f}" if size else ""
            lines.append(f"| {' | '.join([name, *means, *apart, str(len(seeds)), read])} |")
    if "talks" in told:
        lines += ["", f"conversations for training by stage, and steps: {dict(told['talks'])}"]
    return "\n".join(lines).strip()


def compared(scores: Mapping[tuple[str, int], Mapping[str, float]], name: str, base: str) -> str:
    """The difference of a set and a base, over the seeds that both have; nothing of a base with itself."""
    seeds = sorted(seed for one, seed in scores if one == name and (base, seed) in scores)
    if name == base or not seeds:
        return ""
    middle, half = interval([scores[name, seed]["mean"] - scores[base, seed]["mean"] for seed in seeds])
    return f"{middle:+.3f} ({middle - half:+.3f} to {middle + half:+.3f})" if len(seeds) > 1 else f"{middle:+.3f}"
