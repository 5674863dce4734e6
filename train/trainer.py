"""transformers' Trainer on a plan: its order, its learning rate, the loss of every tier, and nothing of its loop."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.distributed as dist
from torch.optim.lr_scheduler import LambdaLR
from transformers import Trainer, TrainerCallback
from transformers.trainer_callback import ExportableState

from train.deepspeed import innermost
from train.entropy import end_to_end, token_losses
from train.meters import Meter
from train.schedule import Schedule

GUARD_WINDOW = 50


class TierTrainer(Trainer):  # type: ignore[misc]
    """`tiers` and `sources` name the indices in the batches; `spike` is the number of standard deviations over the last
    losses from which a batch is skipped, None for never; `restarts` are steps at which the optimiser begins anew."""

    def __init__(
        self, *, schedule: Schedule, tiers: Sequence[str], sources: Sequence[str], meter: Meter,
        spike: float | None = None, restarts: Sequence[int] = (), **more: Any,
    ) -> None:  # fmt: skip
        super().__init__(**more)
        self.schedule, self.tiers, self.sources, self.meter = schedule, tiers, sources, meter
        self.guard = Guard(spike) if spike else None
        self.model_accepts_loss_kwargs = True
        self._held: dict[str, torch.Tensor] = {}
        if restarts:
            self.add_callback(Restarts(frozenset(restarts)))
        if self.guard:
            self.add_callback(self.guard)

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Any:
        """The schedule, whatever `lr_scheduler_type` says: groups have the rate 1, so the factor is the rate."""
        if getattr(self, "lr_scheduler", None) is None:
            optimizer = optimizer or self.optimizer
            for group in optimizer.param_groups:
                group["lr"] = group["initial_lr"] = 1.0
            self.lr_scheduler = LambdaLR(optimizer, self.schedule.rate)
            self._created_lr_scheduler = True
        return self.lr_scheduler

    def get_batch_samples(self, *given: Any, **more: Any) -> Any:
        """Times how long training waits for its data, and counts what it gets."""
        before = time.perf_counter()
        batches, count = super().get_batch_samples(*given, **more)
        self.meter.waited += time.perf_counter() - before
        for batch in batches:
            self.meter.places += batch["input_ids"].numel()
            self.meter.tokens += int(batch["tokens"].sum())
        return batches, count

    def compute_loss(
        self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """The mean over the targets of the whole step, on all ranks; what each tier and source lost is added up."""
        tier, source, labels = inputs.pop("tier"), inputs.pop("source", None), inputs.pop("labels")
        inputs.pop("tokens")
        if "flash" in str(getattr(self.model.config, "_attn_implementation", "")):
            inputs = end_to_end(inputs)
        outputs = model(**inputs, use_cache=False)
        losses, asked = token_losses(outputs.logits, labels)
        training = self.model.training
        _add(self._held, "tier" if training else "eval_tier", losses.sum(1), asked.sum(1), tier, len(self.tiers))
        if source is not None and not training:
            place = torch.nn.functional.pad(source[:, 1:], (0, 1), value=-1).flatten().clamp(min=0)
            _add(self._held, "eval_source", losses.flatten(), asked.flatten(), place, len(self.sources))
        total = losses.sum()
        if num_items_in_batch is None:
            loss = total / asked.sum().clamp(min=1)
        else:
            loss = total / num_items_in_batch
            if self.args.average_tokens_across_devices:
                loss = loss * self.accelerator.num_processes
        if training and self.guard and self.guard.skips(total.detach(), asked.sum(), self.state.global_step):
            loss = loss * 0.0
            self.state.log_history.append(
                {"step": self.state.global_step + 1, "skipped_loss": self.guard.skipped[-1]["loss"]}
            )
        return (loss, outputs) if return_outputs else loss

    def prediction_step(self, model: Any, inputs: Any, *_: Any, **__: Any) -> Any:
        """The loss alone: the logits of a validation split would not fit anywhere."""
        inputs = self._prepare_inputs(inputs)
        with torch.no_grad():
            return self.compute_loss(model, inputs).detach(), None, None

    def evaluate(self, *given: Any, **more: Any) -> dict[str, float]:
        """As Trainer's, and `eval_loss` is the mean over all targets, beside that of every tier and source."""
        self._held.pop("eval_tier", None)
        self._held.pop("eval_source", None)
        found: dict[str, float] = super().evaluate(*given, **more)
        self.meter.forget_time()
        return found

    def evaluation_loop(self, *given: Any, **more: Any) -> Any:
        """Adds what the tiers and sources lost to the metrics, before they are logged and the best is chosen."""
        output = super().evaluation_loop(*given, **more)
        for name, names in (("tier", self.tiers), ("source", self.sources)):
            sums = self._summed(f"eval_{name}")
            for place, (loss, count) in enumerate(zip(*sums, strict=True) if sums else ()):
                if count:
                    output.metrics[f"eval_loss_{name}_{names[place]}"] = loss / count
            if name == "tier" and sums:
                output.metrics["eval_loss"] = sum(sums[0]) / max(sum(sums[1]), 1)
        return output

    def _save_checkpoint(self, *given: Any, **more: Any) -> None:
        super()._save_checkpoint(*given, **more)
        self.meter.forget_time()

    def log(self, logs: dict[str, float], *given: Any, **more: Any) -> None:
        """Adds speed and the losses of the tiers since the last line to a line on training."""
        if "loss" in logs:
            logs |= self.meter.read()
            sums = self._summed("tier")
            for name, loss, count in zip(self.tiers, *sums, strict=True) if sums else ():
                if count:
                    logs[f"loss_tier_{name}"] = loss / count
            if self.guard:
                logs["skipped_batches"] = len(self.guard.skipped)
        super().log(logs, *given, **more)

    def _summed(self, name: str) -> list[list[float]] | None:
        """Losses and counts over all ranks; None where nothing was seen. Every rank must ask."""
        sums = self._held.pop(name, None)
        if sums is None:
            return None
        if dist.is_initialized():
            dist.all_reduce(sums)
        return [[float(value) for value in row] for row in sums]


def _add(held: dict[str, torch.Tensor], name: str, losses: Any, counts: Any, place: Any, size: int) -> None:
    if name not in held:
        held[name] = torch.zeros(2, size, dtype=torch.float64, device=losses.device)
    held[name][0].index_add_(0, place, losses.detach().double())
    held[name][1].index_add_(0, place, counts.double())


class Guard(TrainerCallback, ExportableState):  # type: ignore[misc]
    """Skips a batch whose loss is no number or far over the last ones. Ranks share the loss, so they decide alike. What
    it has seen is in the checkpoints, so a run that goes on skips what the undisturbed one does.

    Nothing times 0 makes a gradient that is no number one: of such a batch the gradients are cleared, where DeepSpeed
    has not skipped the step by itself (`check_grad_overflow`)."""

    def __init__(self, deviations: float) -> None:
        self.deviations = deviations
        self.recent: deque[float] = deque(maxlen=GUARD_WINDOW)
        self.skipped: list[dict[str, float]] = []
        self.broken = False

    def skips(self, total: Any, count: Any, step: int) -> bool:
        """Whether this batch teaches nothing; it is then in `skipped` with its loss."""
        both = torch.stack([total.double(), count.double()])
        if dist.is_initialized():
            dist.all_reduce(both)
        loss = float(both[0] / both[1].clamp(min=1))
        known = torch.tensor(list(self.recent), dtype=torch.float64)
        high = len(known) == GUARD_WINDOW and loss > float(known.mean() + self.deviations * known.std().clamp(min=1e-3))
        if high or not math.isfinite(loss):
            self.skipped.append({"step": step, "loss": loss})
            self.broken = self.broken or not math.isfinite(loss)
            return True
        self.recent.append(loss)
        return False

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps, in its trainer_state.json."""
        return {"args": {}, "attributes": {"recent": list(self.recent), "skipped": self.skipped}}

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """When a checkpoint was loaded, if there was one."""
        kept = state.stateful_callbacks.get(type(self).__name__, self.state())["attributes"]
        self.recent, self.skipped = deque(kept["recent"], maxlen=GUARD_WINDOW), list(kept["skipped"])

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
        """Called when the gradients of a step are complete."""
        if self.broken:
            for weight in model.parameters():
                weight.grad = None
            self.broken = False


class Restarts(TrainerCallback):  # type: ignore[misc]
    """The optimiser begins anew at the given steps: moments and counts at 0, as in a run of its own."""

    def __init__(self, steps: frozenset[int]) -> None:
        self.steps = steps

    def on_step_begin(self, args: Any, state: Any, control: Any, optimizer: Any = None, **_: Any) -> None:
        """Called before the batches of a step."""
        if state.global_step in self.steps:
            clear(optimizer)


def clear(optimizer: Any) -> None:
    """Set every moment and count of an optimiser to 0, under whatever wraps it."""
    for state in innermost(optimizer).state.values():
        for name, value in state.items():
            if torch.is_tensor(value):
                value.zero_()
            elif isinstance(value, int | float) and not isinstance(value, bool):
                state[name] = type(value)(0)


def history(lines: Sequence[Mapping[str, Any]], name: str) -> list[float]:
    """The values of a name in the log, in order."""
    return [float(line[name]) for line in lines if name in line]
