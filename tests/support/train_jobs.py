"""Several training jobs, one after the other, in the ranks of one torchrun: importing the packages takes longer than
training a tiny model. `python train_jobs.py JOBS.json`; results are written beside it."""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import torch
from accelerate.state import AcceleratorState, GradientState

from train.importing import no_garbage


def run(job: dict[str, Any]) -> dict[str, Any]:
    stage, settings = job["stage"], job["settings"]
    if stage in ("sft", "pretrain"):
        from train.stages import Training, train

        return train(stage, Training(**settings))
    if stage == "generate":
        from train.generate import Generate, generate

        return generate(Generate(**settings))
    from dataclasses import asdict

    if stage == "bench":
        from train import bench

        return asdict(bench.run(bench.Bench(**settings)))
    from train.alignment import dpo, reward, rloo
    from train.alignment.settings import Dpo, Reward, Rloo

    ways: dict[str, Any] = {"dpo": (dpo.dpo, Dpo), "reward": (reward.reward, Reward), "ppo": (rloo.rloo, Rloo)}
    function, kind = ways[stage]
    return asdict(function(kind(**settings)))


def main(path: Path) -> None:
    torch.set_num_threads(1)
    with no_garbage():
        from train import stages, trainer  # noqa: F401
    found = []
    for job in json.loads(path.read_text()):
        if "kill" in job and os.environ["RANK"] == "1":
            kill_at(job["kill"])
        if "end" in job and os.environ["RANK"] == str(int(os.environ["WORLD_SIZE"]) - 1):
            end_at(job["end"])
        if "break" in job:
            break_at(job["break"])
        try:
            found.append(run(job))
        except SystemExit as leaving:
            found.append({"left": leaving.code})
        AcceleratorState._reset_state(False)
        GradientState._reset_state()
        gc.collect()
        if os.environ["RANK"] == "0":
            path.with_suffix(".done.json").write_text(json.dumps(found))


def kill_at(step: int) -> None:
    """End this rank in the middle of a step, as a machine that fails does."""
    from transformers import Trainer

    whole = Trainer.training_step

    def step_or_die(self: Any, *given: Any, **more: Any) -> Any:
        if self.state.global_step == step:
            os._exit(9)
        return whole(self, *given, **more)

    Trainer.training_step = step_or_die  # type: ignore[method-assign]


def end_at(step: int) -> None:
    """Ask this rank to end in the middle of a step, as a scheduler does; once."""
    from transformers import Trainer

    whole, asked = Trainer.training_step, []

    def step_and_end(self: Any, *given: Any, **more: Any) -> Any:
        if self.state.global_step == step and not asked:
            asked.append(step)
            os.kill(os.getpid(), signal.SIGTERM)
        return whole(self, *given, **more)

    Trainer.training_step = step_and_end  # type: ignore[method-assign]


def break_at(step: int) -> None:
    """Make the losses of a step no numbers, as a broken batch does; once."""
    from torch.nn import functional

    from train.trainer import TierTrainer

    whole, entropy = TierTrainer.compute_loss, functional.cross_entropy

    def loss_of(self: Any, *given: Any, **more: Any) -> Any:
        bad = self.guard is not None and self.model.training and self.state.global_step == step
        functional.cross_entropy = (lambda *a, **k: entropy(*a, **k) * float("nan")) if bad else entropy
        return whole(self, *given, **more)

    TierTrainer.compute_loss = loss_of  # type: ignore[method-assign]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
