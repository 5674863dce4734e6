"""One small model trained by the product's own stages, and its loss on rows it has not seen."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

BATCH = 8
"""Rows that are scored at once."""
COMMON: dict[str, Any] = {
    "report_to": (), "dataloader_num_workers": 0, "logging_steps": 1000, "save_steps": 1_000_000,
    "lr_scheduler_type": "constant", "warmup": 10,
}  # fmt: skip
"""The rate is the same at every step of every set, behind ten steps of warm-up: how often a set is repeated, and where
a phase begins, moves no schedule."""


def train(stage: str, out: Path, settings: Mapping[str, Any]) -> Path:
    """The folder of the model that `corpus train STAGE` makes of the settings, from nothing that was there before."""
    from accelerate.state import AcceleratorState, GradientState

    from train import stages

    shutil.rmtree(out, ignore_errors=True)
    stages.train(stage, stages.Training(**{**COMMON, **settings, "out": str(out)}))
    AcceleratorState._reset_state(False)
    GradientState._reset_state()
    gc.collect()
    return out / "model"


def phases(packed: str, tiers: Sequence[str], steps: int, batch: int, split: str = "train") -> list[dict[str, Any]]:
    """One phase of whole tiers, as often as `steps` steps need."""
    from train.packed import read

    rows = sum(read(packed).parts[tier, split].rows for tier in tiers)
    return [{"tiers": dict.fromkeys(tiers, 1.0), "epochs": max(1, -(-steps // max(1, rows // batch)))}]


def lost(model: Path, packed: str, split: str) -> dict[str, tuple[float, int]]:
    """By tier, the nats that the model loses on all targets of a split, and how many these are."""
    import torch
    from transformers import AutoModelForCausalLM

    from train import plan
    from train.data import IGNORE, Collate, Rows
    from train.packed import read

    pack = read(packed)
    found: dict[str, tuple[float, int]] = {}
    net = AutoModelForCausalLM.from_pretrained(model, use_safetensors=True, local_files_only=True).eval()
    collate = Collate(pack.tokenizer.get("pad") or 0)
    for (tier, own), part in sorted(pack.parts.items()):
        if own != split or not part.rows:
            continue
        rows = Rows(plan.make({tier: part}, [plan.Wanted({tier: 1.0})], 1, 0))
        total, count = 0.0, 0
        for at in range(0, len(rows), BATCH):
            batch = collate([rows[place] for place in range(at, min(at + BATCH, len(rows)))])
            with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
                logits = net(input_ids=batch["input_ids"], position_ids=batch["position_ids"], use_cache=False).logits
            labels = batch["labels"][:, 1:].flatten()
            total += float(torch.nn.functional.cross_entropy(
                logits[:, :-1].float().flatten(0, 1), labels, ignore_index=IGNORE, reduction="sum"
            ))  # fmt: skip
            count += int((labels != IGNORE).sum())
        found[tier] = (total, count)
    return found
