"""Direct preference optimisation by TRL's trainer, with what the reference model says kept beside the run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from train import distributed, tensors
from train.alignment.pairs import ID, Pairs, read_pairs
from train.alignment.reference import joined, keep, name_of
from train.alignment.settings import Aligning, Dpo, arguments
from train.alignment.start import Done, load_causal, load_tokenizer, run
from train.importing import no_garbage


def dpo(settings: Dpo) -> Done:
    """Train on the pairs of `settings.tiers`; the model lies in `out/model`, its checkpoints beside it.

    The first loss of `sigmoid` is ln 2: policy and reference are one model then. A repeated command goes on from the
    last complete checkpoint, with the reference that it began with.
    """
    with no_garbage():
        from trl import DPOConfig, DPOTrainer

    distributed.begin()
    tokenizer = load_tokenizer(settings.model)
    args = arguments(
        DPOConfig, settings, loss_type=list(settings.loss), loss_weights=list(settings.loss.values()),
        beta=settings.beta, max_length=settings.max_length, precompute_ref_log_probs=settings.reference is not None,
    )  # fmt: skip
    some, held = both_splits(settings, tokenizer)

    class Trainer(DPOTrainer):  # type: ignore[misc]
        """TRL's, which looks at the kept columns before it asks the reference model."""

        def _precompute_ref_logps(self, dataset: Any, name: str, batch_size: int) -> Any:
            file = Path(str(settings.reference)) / _file(settings, dataset, tokenizer, args)
            found = joined(dataset, file)
            if found is None:
                found = super()._precompute_ref_logps(dataset, name, batch_size)
                if self.accelerator.is_main_process:
                    keep(found, file)
            return found

    trainer = Trainer(
        model=load_causal(settings.model, args), args=args, train_dataset=some.rows,
        eval_dataset=held.rows if held else None, processing_class=tokenizer,
        peft_config=settings.lora.peft("CAUSAL_LM") if settings.lora else None,
    )  # fmt: skip
    return run(trainer, "dpo", settings, tokenizer, some)


def both_splits(settings: Aligning, tokenizer: Any) -> tuple[Pairs, Pairs | None]:
    """The pairs to train on, and those to evaluate where the settings ask for it."""
    cache = str(Path(settings.out) / "cache")
    given = (tokenizer, settings.max_length, cache, settings.seed)
    held = None
    if settings.args.get("eval_strategy", "no") != "no":
        held = read_pairs(settings.tiers, "validation", *given)
    return read_pairs(settings.tiers, "train", *given), held


def _file(settings: Dpo, rows: Any, tokenizer: Any, args: Any) -> str:
    model = tensors.digest(tensors.folder(settings.model))
    kind = "bf16" if args.bf16 else "fp32"
    return name_of(model, list(rows[ID]), tokenizer.chat_template, settings.max_length, kind)
