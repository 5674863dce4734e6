"""The ranks of a job, before any model is made: DeepSpeed's communication over NCCL, or gloo where there is no GPU."""

from __future__ import annotations

import os
import sys

from train.importing import no_garbage


def rank() -> int:
    """This rank's number in the job; 0 outside one."""
    return int(os.environ.get("RANK", "0"))


def world() -> int:
    """How many ranks the job has."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def begin() -> None:
    """Join the other ranks. Must come before a model is loaded under ZeRO-3, which else sees one rank alone.

    On a CPU DeepSpeed would compile an operation for shared memory first, which needs a compiler and a minute; gloo
    does without. A process outside a job becomes a job of one rank.
    """
    with no_garbage():
        import torch

    gpu = torch.cuda.is_available()
    if not gpu:
        os.environ.setdefault("DS_ACCELERATOR", "cpu")
        # Ranks share the cores; threads of several ranks only wait for one another.
        os.environ.setdefault("OMP_NUM_THREADS", "1")
    for name, value in {"RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1"}.items():
        os.environ.setdefault(name, value)
    # DeepSpeed's kernels are built by ninja, which pip puts beside this interpreter and not on every PATH.
    os.environ["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", "")])  # noqa: PTH120
    if "MASTER_PORT" not in os.environ:
        os.environ["MASTER_PORT"] = str(_free_port())
    with no_garbage():
        import deepspeed

    if not gpu:
        deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False
    deepspeed.init_distributed(dist_backend="nccl" if gpu else "gloo", auto_mpi_discovery=False, verbose=False)
    if gpu:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))


def together() -> None:
    """Wait until every rank is here."""
    import torch.distributed as dist

    if dist.is_available() and dist.is_initialized():
        dist.barrier()


def _free_port() -> int:
    import socket

    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])
