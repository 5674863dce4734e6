"""Pretraining and supervised fine-tuning: one way of training, on packed tiers, phase after phase."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from corpus.errors import UsageError
from corpus.located import Strict
from train import distributed, packed, plan, plot, provenance, schedule
from train.data import Collate, Rows
from train.deepspeed import configuration, zero_stage
from train.importing import no_garbage
from train.meters import Meter, flops_per_token, peak_of
from train.models import Model, load, save_words
from train.packed import Packed, Part
from train.plan import Plan, Wanted
from train.schedule import Schedule

Order = Literal["curriculum", "shuffled", "random", "reversed", "hardest"]


class Phase(Strict):
    """Tiers with how often each is read, a peak of the learning rate of its own, and the share of rows that repeat
    tiers of earlier phases."""

    tiers: Mapping[str, float] = Field(min_length=1)
    epochs: int = Field(default=1, ge=1)
    replay: float = Field(default=0.0, ge=0, lt=1)
    learning_rate: float | None = Field(default=None, gt=0)


class Training(Model):
    """Names are those of transformers' TrainingArguments where it has them. `packed` are folders of `corpus train
    pack`; `phases` name their tiers in the order of training; `order` is for ablations: `shuffled` mixes all phases,
    `random` deals the row groups to phases of the same sizes, `reversed` runs them backwards, `hardest` is the last
    alone.

    `global_batch` counts rows of a step over all ranks; accumulation follows from it and the micro batch, so the order
    of data is the same on any number of ranks."""

    packed: tuple[str, ...] = Field(min_length=1)
    phases: tuple[Phase, ...] = Field(min_length=1)
    out: str
    order: Order = "curriculum"
    optimizer: Literal["carry", "restart"] = "carry"
    global_batch: int = Field(default=64, ge=1)
    per_device_train_batch_size: int = Field(default=1, ge=1)
    per_device_eval_batch_size: int = Field(default=1, ge=1)
    learning_rate: float = Field(default=1e-5, gt=0)
    lr_scheduler_type: schedule.Shape = "cosine"
    warmup: float = Field(default=0.03, ge=0)
    lr_floor: float = Field(default=0.1, ge=0, le=1)
    decay: float = Field(default=0.1, gt=0, le=1)
    optim: str = "adamw_torch_fused"
    weight_decay: float = Field(default=0.1, ge=0)
    adam_beta1: float = Field(default=0.9, ge=0, lt=1)
    adam_beta2: float = Field(default=0.95, ge=0, lt=1)
    max_grad_norm: float = Field(default=1.0, gt=0)
    max_steps: int | None = Field(default=None, ge=1)
    bf16: bool = True
    fp16: bool = False
    deepspeed: str | None = None
    activation_checkpointing: bool = False
    torch_compile: bool = False
    spike_guard: float | None = Field(default=None, gt=0)
    seed: int = 0
    logging_steps: int = Field(default=10, ge=1)
    eval_steps: int | None = Field(default=None, ge=1)
    save_steps: int = Field(default=500, ge=1)
    save_total_limit: int = Field(default=3, ge=1)
    dataloader_num_workers: int = Field(default=2, ge=0)
    report_to: tuple[Literal["tensorboard", "wandb"], ...] = ("tensorboard",)

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.bf16 and self.fp16:
            raise ValueError("`bf16` and `fp16` are both set; take one")
        if self.load_in_bits == 8 and zero_stage(self.deepspeed) == 3:
            raise ValueError("8-bit weights cannot be shared out by ZeRO-3: use z2, or load_in_bits: 4")
        return self


@dataclass(frozen=True)
class Prepared:
    """What a run is made of, before a device is taken."""

    settings: Training
    packs: tuple[Packed, ...]
    plan: Plan
    held: Plan | None
    schedule: Schedule

    @property
    def steps(self) -> int:
        """Steps that will be made."""
        return min(self.plan.steps, self.settings.max_steps or self.plan.steps)

    @property
    def seq_len(self) -> int:
        """Of the longest rows."""
        return max(pack.seq_len for pack in self.packs)

    @property
    def sources(self) -> tuple[str, ...]:
        """Of all packs, one after the other."""
        return tuple(name for pack in self.packs for name in pack.sources)

    def offsets(self, some: Plan) -> tuple[int, ...]:
        """Where in `sources` the pack of each tier of a plan begins."""
        starts = np.cumsum([0, *(len(pack.sources) for pack in self.packs)])
        return tuple(int(starts[self._pack_of(tier)]) for tier in some.tiers)

    def _pack_of(self, tier: str) -> int:
        return next(place for place, pack in enumerate(self.packs) if tier in pack.tiers)

    @property
    def read(self) -> list[Part]:
        """The tiers that are trained on."""
        return [part for tier, part in _parts(self.packs, "train").items() if tier in self.plan.tiers]

    @property
    def document(self) -> float:
        """Tokens of a document on average, over the tiers that are read."""
        documents = sum(part.tokens / max(part.mean_document_tokens, 1) for part in self.read)
        return sum(part.tokens for part in self.read) / max(documents, 1)

    @property
    def row(self) -> float:
        """Tokens of a packed row on average, over the tiers that are read."""
        return sum(part.tokens for part in self.read) / max(sum(part.rows for part in self.read), 1)


def prepare(settings: Training) -> Prepared:
    """Read the manifests and lay out the order. UsageError for anything that cannot be."""
    packs = tuple(packed.read(folder) for folder in settings.packed)
    lengths = {pack.tokenizer["digest"] for pack in packs}
    if len(lengths) > 1:
        raise UsageError(f"{', '.join(settings.packed)}: were packed with {len(lengths)} different tokenizers")
    train, held = _parts(packs, "train"), _parts(packs, "validation")
    for split, parts in (("train", train), ("validation", held)):
        asked = {name: part for name, part in parts.items() if part.rows and _asked(settings, name)}
        if empty := sorted(name for name, part in asked.items() if not part.loss_tokens):
            raise UsageError(
                f"tiers {', '.join(empty)} have no token to learn from in split {split}: look at the template they "
                "were packed with"
            )
    wanted, rates = _ordered(settings)
    made = plan.make(train, wanted, settings.global_batch, settings.seed)
    if settings.order in ("shuffled", "random"):
        made = _dealt(made, settings)
        rates = [settings.learning_rate] if settings.order == "shuffled" else rates
    some = {name: part for name, part in held.items() if part.rows and name in made.tiers}
    checks = plan.make(some, [Wanted(dict.fromkeys(some, 1.0))], 1, settings.seed) if some else None
    shape = settings.lr_scheduler_type
    # The rate falls to where training ends, as transformers' does under max_steps; phases behind that have no step.
    end = min(made.steps, settings.max_steps or made.steps)
    bounds = [(min(low, end), min(high, end)) for low, high in made.bounds()]
    rate = schedule.phased(bounds, rates, settings.warmup, shape, settings.lr_floor, settings.decay)
    return Prepared(settings, packs, made, checks, rate)


def _asked(settings: Training, tier: str) -> bool:
    return any(tier in phase.tiers for phase in settings.phases)


def _parts(packs: Sequence[Packed], split: str) -> dict[str, Part]:
    found: dict[str, Part] = {}
    for pack in packs:
        for (tier, own), part in pack.parts.items():
            if own == split:
                if tier in found:
                    raise UsageError(
                        f"tier {tier} is in two packs; train on one of them, or pack it under another name"
                    )
                found[tier] = part
    return found


def _ordered(settings: Training) -> tuple[list[Wanted], list[float]]:
    """Phases and their rates in the order of the ablation."""
    phases = list(settings.phases)
    if settings.order == "reversed":
        phases.reverse()
    if settings.order == "hardest":
        phases = phases[-1:]
    rates = [phase.learning_rate or settings.learning_rate for phase in phases]
    return [Wanted(phase.tiers, phase.epochs, phase.replay) for phase in phases], rates


def _dealt(made: Plan, settings: Training) -> Plan:
    """The same row groups, dealt anew: as one phase (`shuffled`), or to phases of as many row groups as before, with
    their own rates (`random`), so that only the order by difficulty is gone."""
    groups = np.concatenate([segment.groups for segment in made.segments])
    order = np.random.default_rng([settings.seed, 3]).permutation(groups)
    into = made.segments if settings.order == "random" else made.segments[:1]
    cuts = np.cumsum([len(segment.groups) for segment in into])[:-1]
    segments, first = [], 0
    for segment, own in zip(into, np.split(order, cuts), strict=True):
        ends = np.cumsum(made.groups[own, 2])
        rows = int(ends[-1]) if len(ends) else 0
        steps = rows // made.global_batch
        segments.append(plan.Segment(segment.phase, segment.epoch, first, steps, rows, own, ends))
        first += steps
    return Plan(made.tiers, made.files, made.groups, tuple(segments), made.global_batch, made.seed, made.replayed)


def shared_page(stage: str, made: Prepared) -> dict[str, Any]:
    """The provenance that all checkpoints of the run share."""
    settings = made.settings
    data = {
        "plan": made.plan.fingerprint,
        "packed": [{"digest": pack.digest, "dataset": dict(pack.dataset), "tokenizer": pack.tokenizer["digest"],
                    "template": (pack.template or {}).get("digest")} for pack in made.packs],
    }  # fmt: skip
    free = {"out", "packed", "per_device_train_batch_size", "per_device_eval_batch_size", "logging_steps", "eval_steps",
            "save_steps", "save_total_limit", "dataloader_num_workers", "report_to", "deepspeed",
            "activation_checkpointing", "torch_compile", "attn_implementation", "use_liger_kernel", "model",
            "config"}  # fmt: skip
    return provenance.page(stage, data, settings.model_dump(mode="json", exclude=free), settings.model)


def train(stage: str, settings: Training) -> dict[str, Any]:
    """Train, from the last complete checkpoint of `out` where there is one; what came of it. SIGTERM saves a checkpoint
    and ends the process with 143.

    ContractError when that checkpoint belongs to another run or number of ranks; UsageError for settings that cannot
    be; EnvironmentProblem when the disk has no room for a checkpoint.
    """
    made = prepare(settings)
    shared = shared_page(stage, made)
    resumed = provenance.resumable(settings.out, shared)
    trainer = trainer_of(made, resumed)
    from train import checkpoints
    from train.trainer import history

    def progress(step: int) -> dict[str, Any]:
        consumed = {"rows_consumed": made.plan.consumed(step), "rows_left_out": made.plan.dropped}
        return {**consumed, "ranks": distributed.world()}

    checkpoints.train(trainer, settings.out, shared, progress, resumed)
    final = provenance.finish(trainer, settings.out)
    log = trainer.state.log_history
    found = {
        "stage": stage, "model": final, "steps": trainer.state.global_step,
        "losses": history(log, "loss"), "rates": history(log, "learning_rate"),
        "eval_losses": history(log, "eval_loss"), "best": trainer.state.best_model_checkpoint,
        "skipped": trainer.guard.skipped if trainer.guard else [],
    }  # fmt: skip
    if trainer.is_world_process_zero():
        save_words([f"{settings.packed[-1]}/tokenizer", settings.model or settings.out], final)
        plot.keep(settings.out, log, [first for first, _ in made.plan.bounds()[1:] if first < made.steps])
        provenance.write(final, {**shared, "step": found["steps"], **progress(trainer.state.global_step)})
    return found


def trainer_of(made: Prepared, resumed: Path | None = None) -> Any:
    """Join the ranks and make the TierTrainer of a run, which may go on from the checkpoint `resumed`. Errors as
    `train`."""
    settings = made.settings
    accumulation = accumulated(settings, distributed.world())
    distributed.begin()
    with no_garbage():
        import torch
        from transformers import TrainingArguments

        from train.trainer import TierTrainer

    cpu = not torch.cuda.is_available()
    args = TrainingArguments(
        output_dir=settings.out, max_steps=made.steps, gradient_accumulation_steps=accumulation,
        per_device_train_batch_size=settings.per_device_train_batch_size,
        per_device_eval_batch_size=settings.per_device_eval_batch_size, learning_rate=settings.learning_rate,
        lr_scheduler_type="constant", optim=settings.optim, weight_decay=settings.weight_decay,
        adam_beta1=settings.adam_beta1, adam_beta2=settings.adam_beta2, max_grad_norm=settings.max_grad_norm,
        bf16=settings.bf16, fp16=settings.fp16, use_cpu=cpu, deepspeed=configuration(settings.deepspeed, resumed),
        activation_checkpointing=settings.activation_checkpointing, torch_compile=settings.torch_compile,
        seed=settings.seed, data_seed=settings.seed, logging_steps=settings.logging_steps, logging_first_step=True,
        eval_strategy="steps" if settings.eval_steps and made.held else "no", eval_steps=settings.eval_steps,
        save_strategy="steps", save_steps=settings.save_steps, save_total_limit=settings.save_total_limit,
        metric_for_best_model="eval_loss" if settings.eval_steps and made.held else None, greater_is_better=False,
        dataloader_num_workers=settings.dataloader_num_workers, report_to=list(settings.report_to),
        train_sampling_strategy="sequential", remove_unused_columns=False, label_names=["labels"],
        use_liger_kernel=settings.use_liger_kernel, disable_tqdm=True,
        # Liger's own loss is one number; that of each tier needs the logits.
        liger_kernel_config={"fused_linear_cross_entropy": False},
    )  # fmt: skip
    model = load(settings, settings.seed, settings.bf16, zero_stage(settings.deepspeed))
    frozen = settings.lora is not None
    device = "" if cpu else torch.cuda.get_device_name()
    meter = Meter(flops_per_token(model.config, made.document, frozen), peak_of(device) if settings.bf16 else None)
    lanes = -(-settings.global_batch // distributed.world())
    even = distributed.world() * settings.per_device_eval_batch_size
    pad = made.packs[0].tokenizer.get("pad") or 0
    starts = [first for first, _ in made.plan.bounds()[1:]]
    return TierTrainer(
        model=model, args=args, train_dataset=Rows(made.plan, made.offsets(made.plan), lanes),
        eval_dataset=Rows(made.held, made.offsets(made.held), even=even) if made.held else None,
        data_collator=Collate(pad, sources=True), schedule=made.schedule, tiers=made.plan.tiers, sources=made.sources,
        meter=meter, spike=settings.spike_guard, restarts=starts if settings.optimizer == "restart" else (),
    )  # fmt: skip


def accumulated(settings: Training, world: int) -> int:
    """Micro batches of a step on a rank. UsageError when the global batch cannot be shared out evenly."""
    micro = settings.per_device_train_batch_size
    once = world * micro
    if settings.global_batch % once:
        raise UsageError(
            f"global_batch {settings.global_batch}: is no multiple of {world} ranks x {micro} rows of a micro batch; "
            f"the next that is: {-(-settings.global_batch // once) * once}"
        )
    return settings.global_batch // once
