"""Results as tables: means over seeds, and differences paired by seed with 95 % intervals of Student's t."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

T95 = (math.inf, 12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)
"""The 0.975 quantile of Student's t for 0 to 9 degrees of freedom (0: no interval can be told)."""
AGAINST = {"documents": "raw", "conversations": "shuffled"}
UNIT = {"documents": "bits a character", "conversations": "bits a token of the answers"}


def bits(lost: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Of each source or stage, and the mean of all, each counting once."""
    found = {name: nats / math.log(2) / count for name, (nats, count) in lost.items()}
    return {"mean": float(np.mean(list(found.values()))), **found}


def interval(differences: Sequence[float]) -> tuple[float, float]:
    """The mean of paired differences, and half the width of its 95 % interval."""
    count = len(differences)
    if count < 2:
        return float(np.mean(differences)), math.inf
    quantile = T95[min(count, len(T95)) - 1]
    return float(np.mean(differences)), quantile * float(np.std(differences, ddof=1)) / math.sqrt(count)


def tables(found: Sequence[Mapping[str, Any]], told: Mapping[str, Any]) -> str:
    """Markdown of all parts that have results. Seeds that a set or the one it is compared with lacks are left out."""
    lines = []
    for part, base in AGAINST.items():
        own = [one for one in found if one["part"] == part]
        scores = {(one["set"], one["seed"]): bits(one["lost"]) for one in own}
        if not scores:
            continue
        names = list(dict.fromkeys(one["set"] for one in own))
        columns = list(next(iter(scores.values())))
        lines += ["", f"| {part}: {UNIT[part]} | {' | '.join(columns)} | against {base} | seeds | tokens, times read |",
                  f"|---|{'---|' * (len(columns) + 3)}"]  # fmt: skip
        for name in names:
            seeds = sorted(seed for one, seed in scores if one == name and (base, seed) in scores)
            means = [np.mean([scores[name, seed][column] for seed in seeds]) for column in columns]
            apart = [scores[name, seed]["mean"] - scores[base, seed]["mean"] for seed in seeds]
            middle, half = interval(apart)
            against = "" if name == base else f"{middle:+.3f} ({middle - half:+.3f} to {middle + half:+.3f})"
            size = told.get("sets", {}).get(name)
            read = f"{size['tokens']:,}, {size['epochs']:.1f}" if size else ""
            shown = " | ".join(f"{value:.3f}" for value in means)
            lines.append(f"| {name} | {shown} | {against} | {len(seeds)} | {read} |")
    if "talks" in told:
        lines += ["", f"conversations for training by stage, and steps: {dict(told['talks'])}"]
    return "\n".join(lines).strip()
