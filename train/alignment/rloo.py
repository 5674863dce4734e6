"""Learning from rewards by TRL's RLOO trainer: rules, a trained reward model, or both by weight.

TRL no longer has PPO; RLOO (Ahmadian et al. 2024, "Back to Basics") has no value model and took its place here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from train import distributed
from train.alignment.dpo import both_splits
from train.alignment.settings import Rloo, Rule, arguments
from train.alignment.start import Done, load_causal, load_tokenizer, run
from train.importing import no_garbage

HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
LETTER = re.compile(r"[^\W\d_]")
ENDS = ("。", "！", "？", "…", ".", "!", "?", "”", '"', "）", ")", "```")


def rloo(settings: Rloo) -> Done:
    """Train on the prompts of the pairs; answers are drawn on the way, `draws` to a prompt."""
    with no_garbage():
        from trl import RLOOConfig, RLOOTrainer

    distributed.begin()
    tokenizer = load_tokenizer(settings.model)
    functions: list[Any] = [rule_reward(rule) for rule in settings.rewards]
    weights = [rule.weight for rule in settings.rewards]
    if settings.reward_model:
        functions.append(settings.reward_model)
        weights.append(settings.reward_weight)
    args = arguments(
        RLOOConfig, settings, num_generations=settings.draws, max_completion_length=settings.max_new_tokens,
        beta=settings.beta, reward_weights=weights, remove_unused_columns=False,
    )  # fmt: skip
    some, _ = both_splits(settings, tokenizer)
    prompts = some.rows.select_columns(["prompt"])
    trainer = RLOOTrainer(
        model=load_causal(settings.model, args), reward_funcs=functions, args=args, train_dataset=prompts,
        processing_class=tokenizer, peft_config=settings.lora.peft("CAUSAL_LM") if settings.lora else None,
    )  # fmt: skip
    return run(trainer, "ppo", settings, tokenizer, some)


def rule_reward(rule: Rule) -> Callable[..., list[float]]:
    """A reward function of TRL for a rule: 1 where the answer keeps it, less where it does not.

    `length`: characters from `least` to `most`, falling off in proportion outside. `ends`: with a mark that ends a
    sentence. `language`: the share of its letters that are Han (`of: zh`), or that are not (`of: en`). `format`: the
    regular expression `of` is found in it.
    """

    def score(text: str) -> float:
        match rule.rule:
            case "length":
                size = len(text)
                return min(1.0, size / max(rule.least, 1), rule.most / max(size, 1))
            case "ends":
                return float(text.rstrip().endswith(ENDS))
            case "language":
                letters = len(LETTER.findall(text))
                han = len(HAN.findall(text)) / letters if letters else 0.0
                return han if rule.of == "zh" else float(letters > 0) * (1 - han)
            case _:
                return float(re.search(rule.of or "", text) is not None)

    def rewards(completions: Sequence[Any], **_: Any) -> list[float]:
        return [score(said if isinstance(said, str) else said[-1]["content"]) for said in completions]

    rewards.__name__ = rule.rule
    return rewards
