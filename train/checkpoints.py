"""When checkpoints are written: never half of one on a full disk, and one more when the job is told to end."""

from __future__ import annotations

import copy
import shutil
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from corpus.errors import EnvironmentProblem
from train import provenance
from train.deepspeed import BYTES_PER_PARAMETER, UNIVERSAL, innermost


def train(
    trainer: Any, out: str, shared: Mapping[str, Any], progress: Callable[[int], Mapping[str, Any]], start: Path | None
) -> None:
    """Let a trainer go on from `start`, or begin. Checkpoints end with the page `shared` and `progress` of their step.

    SystemExit with 143 after SIGTERM, when the checkpoint is written that a repeated command goes on from;
    EnvironmentProblem when the disk has no room for one.
    """
    learnt = [weight for weight in trainer.model.parameters() if weight.requires_grad]
    # Under ZeRO-3 a rank holds a share of each weight, whose own size is 0.
    size = BYTES_PER_PARAMETER * sum(getattr(weight, "ds_numel", weight.numel()) for weight in learnt)
    ending = Ending()
    for callback in (provenance.recorder(shared, progress), DiskGuard(out, size), ending):
        trainer.add_callback(callback)
    if start is not None and (start / UNIVERSAL).is_file():
        trainer.add_callback(Mended())
    trainer.train(resume_from_checkpoint=None if start is None else str(start))
    if ending.asked and trainer.state.global_step < trainer.state.max_steps:
        raise SystemExit(128 + signal.SIGTERM)


class DiskGuard(TrainerCallback):  # type: ignore[misc]
    """`size` are the bytes of a checkpoint, about."""

    def __init__(self, out: str, size: int) -> None:
        self.out, self.size = Path(out), size

    def on_train_begin(self, *_: Any, **__: Any) -> None:
        """Before the first step."""
        self._check()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Before a checkpoint is written."""
        if control.should_save:
            self._check()

    def _check(self) -> None:
        self.out.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self.out).free
        if free < self.size:
            raise EnvironmentProblem(
                f"{self.out}: has {free / 1e9:,.1f} GB free, a checkpoint takes about {self.size / 1e9:,.1f} GB; "
                "make room and repeat the command: it goes on from the last checkpoint"
            )


class Ending(TrainerCallback):  # type: ignore[misc]
    """SIGTERM on any rank: all ranks finish the step, save a checkpoint like any other, and stop. `asked` is then true.

    transformers' own way (`enable_jit_checkpoint`) lets each rank decide alone, after a timer, and calls no callback,
    so its checkpoint would lack the page that makes it complete.
    """

    def __init__(self) -> None:
        self.asked = False
        self._before: Any = None

    def on_train_begin(self, *_: Any, **__: Any) -> None:
        """From the first step."""
        self._before = signal.signal(signal.SIGTERM, self._ask)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Ranks agree, since all must save together."""
        import torch
        import torch.distributed as dist

        if dist.is_initialized():
            any_asked = torch.tensor(int(self.asked), device=args.device)
            dist.all_reduce(any_asked, op=dist.ReduceOp.MAX)
            self.asked = bool(any_asked)
        if self.asked and state.global_step < state.max_steps:
            control.should_save = control.should_training_stop = True

    def on_train_end(self, *_: Any, **__: Any) -> None:
        """After the last step."""
        signal.signal(signal.SIGTERM, self._before or signal.SIG_DFL)

    def _ask(self, *_: Any) -> None:
        self.asked = True


class Mended(TrainerCallback):  # type: ignore[misc]
    """What DeepSpeed 0.19.8 gets wrong when ZeRO-3 loads a universal checkpoint: all groups decay like the first one,
    and all states count their steps in one tensor, so that each step counts once for every state."""

    def on_train_begin(self, args: Any, state: Any, control: Any, optimizer: Any = None, **_: Any) -> None:
        """When the checkpoint is loaded."""
        inner = innermost(optimizer)
        # transformers has two groups, of which norms and biases are the second.
        for group, decay in zip(inner.param_groups, (args.weight_decay, 0.0), strict=False):
            group["weight_decay"] = decay
        for own in inner.state.values():
            if "step" in own:
                own["step"] = copy.deepcopy(own["step"])
