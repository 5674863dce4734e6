"""A reward model from preferences (Bradley and Terry), by TRL's trainer."""

from __future__ import annotations

from train import distributed
from train.alignment.dpo import both_splits
from train.alignment.settings import Reward, arguments
from train.alignment.start import Done, load_scorer, load_tokenizer, run
from train.importing import no_garbage


def reward(settings: Reward) -> Done:
    """Train a scorer on the pairs; `center` is the weight that keeps scores around 0 (Eisenstein et al. 2023)."""
    with no_garbage():
        from trl import RewardConfig, RewardTrainer

    distributed.begin()
    tokenizer = load_tokenizer(settings.model)
    args = arguments(RewardConfig, settings, max_length=settings.max_length, center_rewards_coefficient=settings.center)
    some, held = both_splits(settings, tokenizer)
    trainer = RewardTrainer(
        model=load_scorer(settings.model, args, tokenizer.pad_token_id), args=args, train_dataset=some.rows,
        eval_dataset=held.rows if held else None, processing_class=tokenizer,
        peft_config=settings.lora.peft("SEQ_CLS") if settings.lora else None,
    )  # fmt: skip
    return run(trainer, "reward", settings, tokenizer, some)
