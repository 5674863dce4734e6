"""Files that start a training command on one machine or many: written for you to read, change and keep.

Every rank runs `corpus train …` itself (`torchrun --no-python`), so there is one entry point; a job that is killed is
queued again and resumes by its own checkpoints.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Literal

from corpus.errors import UsageError

Kind = Literal["local", "slurm", "deepspeed", "docker"]
HERE = Path(__file__).parent
FILES: dict[Kind, tuple[str, ...]] = {
    "local": ("local.sh",),
    "slurm": ("slurm.sbatch",),
    "deepspeed": ("deepspeed.sh", "hostfile"),
    "docker": ("Dockerfile",),
}


@dataclass(frozen=True)
class Job:
    """What to run and on how much: `stage` and `config` of `corpus train`, nodes, ranks a node, hours, a name, and the
    network port that the ranks meet at."""

    stage: str
    config: str
    nodes: int = 1
    ranks: int = 8
    hours: int = 72
    name: str = "corpus-train"
    port: int = 29500

    def __post_init__(self) -> None:
        wrong = [
            f"{name} {getattr(self, name)}: at least 1"
            for name in ("nodes", "ranks", "hours")
            if getattr(self, name) < 1
        ]
        if wrong:
            raise UsageError("; ".join(wrong))


def rendered(job: Job, kind: Kind) -> dict[str, str]:
    """The text of each file, by name. UsageError when one machine is asked to be several."""
    if kind == "local" and job.nodes > 1:
        raise UsageError(f"local starts one machine, not {job.nodes}: use slurm or deepspeed")
    words = {
        "stage": shlex.quote(job.stage), "config": shlex.quote(job.config), "nodes": str(job.nodes),
        "ranks": str(job.ranks), "world": str(job.nodes * job.ranks), "hours": str(job.hours),
        "name": "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in job.name),
        "port": str(job.port),
        "hosts": "\n".join(f"node{place + 1} slots={job.ranks}" for place in range(job.nodes)),
    }  # fmt: skip
    return {file: Template((HERE / f"{file}.in").read_text(encoding="utf-8")).substitute(words) for file in FILES[kind]}


def write(job: Job, kind: Kind, out: str) -> list[str]:
    """Write the files into a folder; their paths. UsageError when one is there already."""
    texts = rendered(job, kind)
    folder = Path(out)
    there = [name for name in texts if (folder / name).exists()]
    if there:
        raise UsageError(f"{out}: holds {', '.join(there)} already; name another folder")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
        if name.endswith((".sh", ".sbatch")):
            (folder / name).chmod(0o755)
    return [str(folder / name) for name in texts]
