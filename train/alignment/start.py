"""What begins and ends a run of TRL's trainers: model and tokenizer from a folder, resuming, saving with provenance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from corpus.errors import UsageError
from train import distributed, plot, provenance
from train.alignment.pairs import Pairs
from train.alignment.settings import Aligning
from train.models import SAFE

SHARED = ("model", "lora", "deepspeed", "seed", "max_length", "loss", "beta", "center", "rewards", "draws")
"""Settings that a run must share with the checkpoint it goes on from."""
DECIDING = ("learning_rate", "num_train_epochs", "max_steps", "lr_scheduler_type", "warmup_steps")


@dataclass(frozen=True)
class Done:
    """Where the model is, the losses that were logged, and the account of the pairs."""

    model: str
    losses: tuple[float, ...]
    metrics: Mapping[str, float]
    account: Mapping[str, int]


def load_tokenizer(folder: str) -> Any:
    """The tokenizer beside a model. UsageError when it has no chat template."""
    from transformers import AutoTokenizer

    try:
        found = AutoTokenizer.from_pretrained(folder, **SAFE)
    except (OSError, ValueError) as error:
        raise UsageError(f"{folder}: no tokenizer can be loaded: {str(error).splitlines()[0]}") from None
    if not found.chat_template:
        raise UsageError(f"{folder}: its tokenizer has no chat template; fine-tune it first, or save one with it")
    if found.pad_token_id is None:
        found.pad_token = found.eos_token
    return found


def load_causal(folder: str, args: Any) -> Any:
    """A causal LM in the precision of the run; under ZeRO-3 each rank loads its share."""
    from transformers import AutoModelForCausalLM

    return _loaded(AutoModelForCausalLM, folder, args)


def load_scorer(folder: str, args: Any, pad: int) -> Any:
    """The same body with one number on top, for a reward model."""
    from transformers import AutoModelForSequenceClassification

    found = _loaded(AutoModelForSequenceClassification, folder, args, num_labels=1)
    found.config.pad_token_id = pad
    return found


def _loaded(kind: Any, folder: str, args: Any, **more: Any) -> Any:
    import torch

    torch.manual_seed(args.seed)  # weights that are new (a scorer's head, an adapter) are drawn here
    try:
        dtype = torch.bfloat16 if args.bf16 and args.deepspeed else torch.float32
        return kind.from_pretrained(folder, dtype=dtype, use_safetensors=True, **SAFE, **more)
    except (OSError, ValueError) as error:
        raise UsageError(f"{folder}: no model can be loaded: {str(error).splitlines()[0]}") from None


def run(trainer: Any, stage: str, settings: Aligning, tokenizer: Any, some: Pairs) -> Done:
    """Train, from the last complete checkpoint where there is one, and save the model with its provenance. SIGTERM
    saves a checkpoint and ends the process with 143.

    ContractError when that checkpoint belongs to another run; EnvironmentProblem when the disk has no room for one.
    """
    from train import checkpoints

    batch = trainer.args.per_device_train_batch_size * trainer.args.gradient_accumulation_steps * distributed.world()
    told = settings.model_dump(mode="json")
    deciding = {name: settings.args.get(name) for name in DECIDING} | {"rows_a_step": batch}
    shared = provenance.page(
        stage,
        {"tiers": digests(settings.tiers), "rows": len(some.rows), "too_long": some.too_long},
        {name: told[name] for name in SHARED if name in told} | deciding,
        settings.model,
    )

    def progress(step: int) -> dict[str, Any]:
        return {"rows_consumed": step * batch, "ranks": distributed.world()}

    checkpoints.train(trainer, settings.out, shared, progress, provenance.resumable(settings.out, shared))
    final = provenance.finish(trainer, settings.out)
    if trainer.is_world_process_zero():
        tokenizer.save_pretrained(final)
        plot.keep(settings.out, trainer.state.log_history)
        provenance.write(final, {**shared, "step": trainer.state.global_step, **progress(trainer.state.global_step)})
    logged = trainer.state.log_history
    losses = tuple(float(line["loss"]) for line in logged if "loss" in line)
    last: dict[str, float] = {}
    for line in logged:
        last |= {name: float(value) for name, value in line.items() if isinstance(value, int | float)}
    return Done(
        final,
        losses,
        last,
        {"read": some.read, "trained": len(some.rows), "too_long": some.too_long, "other_split": some.others},
    )


def digests(tiers: Sequence[str]) -> dict[str, str]:
    """sha256 of each file of the tiers, by its name."""
    from corpus import storage
    from train.alignment.pairs import files_of

    return {storage.name_of(file): storage.sha256(file) for file in files_of(tiers)}
