"""What a node has and lacks for training, found before a job takes it: packages, devices, kernels, network, disk."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

Level = Literal["fine", "note", "wrong"]
PACKAGES = ("torch", "transformers", "accelerate", "deepspeed", "peft", "trl", "datasets", "tokenizers", "pyarrow")
OPTIONAL = {
    "bitsandbytes": "QLoRA and 8-bit optimisers",
    "liger_kernel": "fused losses and norms",
    "flash_attn": "attention over packed rows without padding (sdpa is used without it)",
    "wandb": "Weights & Biases",
}
FREE_GB = 100
INFINIBAND = Path("/sys/class/infiniband")
SHARED = Path("/dev/shm")  # noqa: S108 - its size is read, nothing is written


@dataclass(frozen=True)
class Finding:
    """One thing looked at: what, how it is, what was seen or should be done."""

    what: str
    level: Level
    said: str


def examine(folder: str = ".") -> list[Finding]:
    """Everything, in order; `folder` is where checkpoints will go."""
    return [*_packages(), *_devices(), *_network(), *_disk(folder)]


def _packages() -> Iterator[Finding]:
    for name in PACKAGES:
        try:
            yield Finding(name, "fine", version(name))
        except PackageNotFoundError:
            yield Finding(name, "wrong", "is not installed: pip install 'corpus-tiers[train]'")
    for name, use in OPTIONAL.items():
        there = importlib.util.find_spec(name) is not None
        yield Finding(name, "fine" if there else "note", "installed" if there else f"not installed; needed for {use}")


def _devices() -> Iterator[Finding]:
    if importlib.util.find_spec("torch") is None:
        return
    import torch

    if not torch.cuda.is_available():
        yield Finding("devices", "note", "no GPU: tiny models on the CPU only (ranks meet over gloo)")
        return
    for place in range(torch.cuda.device_count()):
        about = torch.cuda.get_device_properties(place)
        memory = f"{about.total_memory / 2**30:.0f} GiB"
        bf16 = about.major >= 8
        said = f"{about.name}, {memory}" if bf16 else f"{about.name}, {memory}: has no bf16, set fp16: true"
        yield Finding(f"device {place}", "fine" if bf16 else "wrong", said)
    found = torch.cuda.nccl.version()
    yield Finding("nccl", "fine", ".".join(map(str, found)))


def _network() -> Iterator[Finding]:
    devices = sorted(path.name for path in INFINIBAND.iterdir()) if INFINIBAND.is_dir() else []
    said = ", ".join(devices) if devices else "none: over several nodes prefer ZeRO-2 to ZeRO-3"
    yield Finding("infiniband", "fine" if devices else "note", said)
    for name in ("RANK", "WORLD_SIZE", "MASTER_ADDR"):
        if name in os.environ:
            yield Finding(name, "fine", os.environ[name])


def _disk(folder: str) -> Iterator[Finding]:
    if not os.access(folder, os.W_OK):
        yield Finding("disk", "wrong", f"{folder}: cannot be written")
        return
    free = shutil.disk_usage(folder).free / 1e9
    enough = free >= FREE_GB
    said = f"{free:,.0f} GB free in {folder}"
    yield Finding("disk", "fine" if enough else "note", said if enough else f"{said}; a 7B checkpoint takes about 107")
    shared = shutil.disk_usage(SHARED).total / 1e9 if SHARED.is_dir() else 0.0
    if shared < 1:
        yield Finding("shared memory", "note", f"{shared:.1f} GB at /dev/shm: start the container with --ipc=host")
