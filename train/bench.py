"""What a model costs to train on these devices: a row of the table that training projects publish, for a ZeRO stage.

The trainer is that of `corpus train pretrain`, with its order, losses and meters, on packed rows of random tokens and a
model of random weights; nothing is saved. A ZeRO stage wants processes of its own, so each row is a job.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from corpus.errors import EnvironmentProblem, UsageError
from train import distributed
from train.models import Attention
from train.pack.write import GROUP_TOKENS, Sequences, Writer, table_of
from train.packed import FORMAT, MANIFEST

SHAPES: Mapping[str, Mapping[str, Any]] = {
    "tiny": {"vocab_size": 512, "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
             "num_attention_heads": 4, "num_key_value_heads": 2},
    "llama-1b": {"vocab_size": 128_256, "hidden_size": 2048, "intermediate_size": 8192, "num_hidden_layers": 16,
                 "num_attention_heads": 32, "num_key_value_heads": 8, "tie_word_embeddings": True},
    "llama-7b": {"vocab_size": 32_000, "hidden_size": 4096, "intermediate_size": 11_008, "num_hidden_layers": 32,
                 "num_attention_heads": 32, "num_key_value_heads": 32},
    "llama-8b": {"vocab_size": 128_256, "hidden_size": 4096, "intermediate_size": 14_336, "num_hidden_layers": 32,
                 "num_attention_heads": 32, "num_key_value_heads": 8},
}  # fmt: skip
"""Those of Llama 3.2 1B, Llama 2 7B and Llama 3.1 8B, by the names of transformers' LlamaConfig; and one for a CPU."""
EVERY = 0.2
"""Seconds between two looks at how busy the device is."""


@dataclass(frozen=True)
class Bench:
    """`model` is the name of a shape, or a config.json or its folder; `zero` is ddp, z2, z3 or another that `deepspeed`
    of a run may be. `batch` are the rows of a micro batch on a rank, `length` their tokens, in documents of `document`
    tokens on average. `warm_up` steps come before the `steps` that count."""

    model: str = "llama-1b"
    zero: str = "z2"
    batch: int = 1
    length: int = 4096
    document: int = 1024
    steps: int = 20
    warm_up: int = 5
    bf16: bool = True
    activation_checkpointing: bool = False
    attention: Attention = "sdpa"
    liger: bool = False
    compiled: bool = False


@dataclass(frozen=True)
class Row:
    """What came of it. `memory` is the most that a rank held, in bytes: of its device as torch counts it, of the whole
    process where there is none. `utilisation` is a share, None where nobody tells it; so is `mfu` (train/meters.py has
    the convention). Speeds are of one rank, the mean over all; `document` is what documents had on average."""

    model: str
    parameters: int
    zero: str
    ranks: int
    batch: int
    length: int
    document: float
    device: str
    memory: int
    utilisation: float | None
    seconds_per_step: float
    model_tflops: float
    mfu: float | None
    tokens_per_second_per_gpu: float


def table(bench: Bench, stages: Sequence[str], ranks: int | None = None) -> list[Row]:
    """A row for each ZeRO stage: by jobs of so many ranks (as many as there are devices), or, in a job, by its ranks.

    EnvironmentProblem when a job fails; the rows before it are on standard error then. UsageError for more than one
    stage in a job, which has the processes of one.
    """
    if "RANK" in os.environ:
        if len(stages) > 1 or ranks not in (None, distributed.world()):
            raise UsageError("a job of torchrun measures itself: name one --zero and no other --ranks")
        return [run(replace(bench, zero=stages[0]))]
    import torch

    found = []
    for stage in stages:
        try:
            found.append(job(replace(bench, zero=stage), ranks or torch.cuda.device_count() or 1))
        except EnvironmentProblem as error:
            told = "".join(f"\n  {json.dumps(asdict(row))}" for row in found)
            raise EnvironmentProblem(f"{error}{told and ' Rows until then:' + told}") from None
    return found


def job(bench: Bench, ranks: int) -> Row:
    """The row by a job of `ranks` processes on this machine. EnvironmentProblem when it fails; what it said before went
    to standard error."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "row.json"
        launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(ranks)]
        command = [*launcher, "-m", "train.bench", json.dumps(asdict(bench)), str(out)]
        done = subprocess.run(command, stdout=sys.stderr, check=False)
        if not out.is_file():
            raise EnvironmentProblem(
                f"{bench.zero}: the job failed ({done.returncode}), see above; where memory ran out, take a smaller "
                "--batch or --activation-checkpointing"
            )
        return Row(**json.loads(out.read_text()))


def run(bench: Bench) -> Row:
    """The row by the ranks of this job, which all must call. UsageError for a model or a ZeRO stage that is none."""
    from train.stages import Phase, Training, prepare, trainer_of

    with tempfile.TemporaryDirectory() as folder:
        batch = bench.batch * distributed.world()
        config = _shape(bench.model, Path(folder))
        packed = pack(bench, batch * (bench.warm_up + bench.steps), _words(config), Path(folder) / "packed")
        made = prepare(Training(
            packed=(packed,), phases=(Phase(tiers={"bench": 1.0}),), config=config, out=f"{folder}/out",
            global_batch=batch, per_device_train_batch_size=bench.batch, bf16=bench.bf16,
            deepspeed=None if bench.zero == "ddp" else bench.zero, use_liger_kernel=bench.liger,
            activation_checkpointing=bench.activation_checkpointing, attn_implementation=bench.attention,
            torch_compile=bench.compiled, logging_steps=1 << 30, report_to=(),
        ))  # fmt: skip
        trainer = trainer_of(made)
        trainer.args.save_strategy = "no"
        weights = sum(getattr(weight, "ds_numel", weight.numel()) for weight in trainer.model.parameters())
        measured = _measure(trainer, bench.warm_up, bench.warm_up + bench.steps)
        trainer.train()
    ranks = _of_all(measured())
    mean = {name: _mean([one[name] for one in ranks]) for name in ranks[0] if name not in ("memory", "device")}
    return Row(
        bench.model, weights, bench.zero, len(ranks), bench.batch, bench.length, round(made.document, 1),
        str(ranks[0]["device"]), max(one["memory"] for one in ranks), mean["utilisation"],
        mean["seconds"] / bench.steps, mean["model_tflops"], mean["mfu"], mean["tokens_per_second_per_gpu"],
    )  # fmt: skip


def pack(bench: Bench, rows: int, words: int, out: Path) -> str:
    """Full rows of tokens below `words`, as `corpus train pack` writes them; where they are. The lengths of documents
    fall off exponentially, as those of the web nearly do; what a row has no room for is another document."""
    drawn = np.random.default_rng(0)
    total = rows * bench.length
    lengths = np.ceil(drawn.exponential(bench.document, 2 * total // bench.document + 64)).astype(np.int64)
    inside = np.cumsum(lengths)
    ends = np.union1d(inside[inside < total], np.arange(1, rows + 1) * bench.length)
    ids = drawn.integers(words, size=total, dtype=np.int32)
    some = Sequences(ids, None, ends, np.zeros(len(ends), np.int16))
    writer = Writer(out, "tier=bench/split=train/part", max(1, GROUP_TOKENS // bench.length))
    writer.add(table_of(some, (ends - 1) // bench.length, np.arange(rows)))
    writer.close()
    told = {"rows": rows, "tokens": total, "loss_tokens": total - len(ends), "files": writer.files,
            "mean_document_tokens": total / len(ends)}  # fmt: skip
    page = {"format": FORMAT, "kind": "pretrain", "seq_len": bench.length, "digest": "", "tokenizer": {"digest": ""},
            "template": None, "dataset": {}, "sources": [""], "tiers": {"bench": {"train": told}}}  # fmt: skip
    (out / MANIFEST).write_text(json.dumps(page), encoding="utf-8")
    return str(out)


def _shape(model: str, folder: Path) -> str:
    if model not in SHAPES:
        return model
    from transformers import LlamaConfig

    LlamaConfig(**SHAPES[model], max_position_embeddings=1 << 17).save_pretrained(folder / "shape")
    return str(folder / "shape")


def _words(config: str) -> int:
    from train.models import Model, shape_of

    return int(shape_of(Model(config=config)).vocab_size)


def _measure(trainer: Any, first: int, last: int) -> Callable[[], dict[str, Any]]:
    """Measure the steps from `first` to `last` of a trainer; the figures, once it has trained."""
    import torch
    from transformers import TrainerCallback

    gpu = torch.cuda.is_available()
    found: dict[str, Any] = {"device": torch.cuda.get_device_name() if gpu else "CPU"}
    busy: list[float] = []
    over = threading.Event()
    place = torch.cuda.current_device() if gpu else 0  # a thread of its own would look at the first
    watcher = threading.Thread(target=_watch, args=(place, busy, over), daemon=True)

    class Measure(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            """Called after each step; what the device still does of it is waited for."""
            if gpu and state.global_step in (first, last):
                torch.cuda.synchronize()
            if state.global_step == first:
                trainer.meter.forget_time()
                found["begun"] = time.perf_counter()
                if gpu:
                    watcher.start()
            if state.global_step == last:
                found["seconds"] = time.perf_counter() - found.pop("begun")
                found.update(trainer.meter.read())
                over.set()

    def figures() -> dict[str, Any]:
        held = torch.cuda.max_memory_allocated() if gpu else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        utilisation = sum(busy) / len(busy) if busy else None
        return {"mfu": None, **found, "memory": held, "utilisation": utilisation}

    trainer.add_callback(Measure())
    return figures


def _watch(place: int, busy: list[float], over: threading.Event) -> None:
    """Add the share of the last moments in which a device was busy, as NVML tells it, until it is over."""
    import torch

    while not over.wait(EVERY):
        try:
            busy.append(torch.cuda.utilization(place) / 100)
        except (ModuleNotFoundError, RuntimeError):
            return  # without NVML nobody knows


def _of_all(own: dict[str, Any]) -> list[dict[str, Any]]:
    import torch.distributed as dist

    found: list[Any] = [None] * distributed.world()
    dist.all_gather_object(found, own)
    return found


def _mean(values: list[float | None]) -> Any:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


if __name__ == "__main__":
    row = run(Bench(**json.loads(sys.argv[1])))
    if distributed.rank() == 0:
        Path(sys.argv[2]).write_text(json.dumps(asdict(row)), encoding="utf-8")
