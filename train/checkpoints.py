"""Room for checkpoints: a run that would fill the disk stops before it writes half of one."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from corpus.errors import EnvironmentProblem


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
