"""DeepSpeed configurations: ours by name, or the user's own where it takes nothing over that our settings decide."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from corpus.errors import ContractError, UsageError
from corpus.located import suggest
from train import distributed, provenance

PRESETS = Path(__file__).parent / "presets"
BYTES_PER_PARAMETER = 14
"""Of a checkpoint under ZeRO: bf16 weights, and fp32 weights with two moments."""
UNIVERSAL = "latest_universal"
"""The file in a checkpoint that any number of ranks can load."""


def preset(name: str | None) -> str | None:
    """The path of a configuration: z2, z3, z2-offload, z3-offload, or a JSON file.

    UsageError when there is none, or it holds a scheduler or an optimizer: DeepSpeed would follow those in silence and
    not the settings of the run; or round_robin_gradients, whose map of weights is not that of the partitions (0.19.8).
    """
    if name is None:
        return None
    path = Path(name) if "/" in name or name.endswith(".json") else PRESETS / f"{name}.json"
    if not path.is_file():
        there = sorted(one.stem for one in PRESETS.glob("*.json"))
        raise UsageError(f"deepspeed {name!r}{suggest(name, there)}: one of {', '.join(there)}, or a JSON file")
    taken = [part for part in ("scheduler", "optimizer") if part in contents(str(path))]
    if taken:
        raise UsageError(
            f"{path}: holds a {' and a '.join(taken)}, which would override learning_rate, lr_scheduler_type or optim "
            "without a word; take it out"
        )
    if contents(str(path)).get("zero_optimization", {}).get("round_robin_gradients"):
        raise UsageError(
            f"{path}: sets round_robin_gradients, with which DeepSpeed mixes up weights when a checkpoint is made "
            "universal; take it out"
        )
    return str(path)


def configuration(name: str | None, start: Path | None) -> dict[str, Any] | None:
    """What DeepSpeed is told by a run that goes on from the checkpoint `start` (None: it begins), which may be a
    universal one; None without DeepSpeed.

    ContractError when the checkpoint was written by another number of ranks and is not universal.
    """
    path = preset(name)
    if path is None:
        return None
    told = contents(path)
    if start is None:
        return told
    whole = (start / UNIVERSAL).is_file()
    there, here = (provenance.read(start) or {}).get("ranks"), distributed.world()
    if not whole and there not in (None, here):
        raise ContractError(
            f"{start}: was written by {there} ranks under DeepSpeed, and this job has {here}. Use as many, or "
            f"`corpus train export {start} --universal --out DIR` and go on with `--set out=DIR`"
        )
    return told | {"checkpoint": {**told.get("checkpoint", {}), "load_universal": whole}}


def contents(path: str) -> dict[str, Any]:
    """What a configuration says."""
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:
        raise UsageError(f"{path}: is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise UsageError(f"{path}: is no DeepSpeed configuration")
    return found


def zero_stage(name: str | None) -> int:
    """The ZeRO stage of a configuration; 0 without one."""
    path = preset(name)
    return 0 if path is None else int(contents(path).get("zero_optimization", {}).get("stage", 0))


def innermost(optimizer: Any) -> Any:
    """The optimizer of torch under whatever wraps it."""
    while hasattr(optimizer, "optimizer"):
        optimizer = optimizer.optimizer
    return optimizer
