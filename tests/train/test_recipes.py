"""Recipes load, say what their sources said, and are planned without a weight in memory."""

from __future__ import annotations

from pathlib import Path

import packing
import pytest

from corpus.errors import UsageError
from train.alignment.settings import Dpo, arguments
from train.config import load
from train.estimate import estimate
from train.models import counted
from train.stages import Training, accumulated

RECIPES = Path(__file__).parents[2] / "train" / "recipes"
ALIGNING = {"xubuvd-dpo"}
NAMES = sorted(path.stem for path in RECIPES.glob("*.yaml"))


def baichuan(folder: Path) -> str:
    """The shape of a 7B of Baichuan: 32 layers of 4,096, 11,008 within, 64,000 words."""
    from transformers import LlamaConfig

    LlamaConfig(
        vocab_size=64000, hidden_size=4096, intermediate_size=11008, num_hidden_layers=32, num_attention_heads=32
    ).save_pretrained(folder)
    return str(folder)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ALIGNING])
def test_a_recipe_is_planned(name: str, tmp_path: Path) -> None:
    settings = load(Training, str(RECIPES / f"{name}.yaml"))
    tiers = {tier: 200 for phase in settings.phases for tier in phase.tiers}
    pack = packing.pack(tmp_path / "pack", dict.fromkeys(tiers, 800))
    shape = packing.llama(tmp_path / "shape")
    found = estimate(settings.model_copy(update={"packed": (pack,), "model": shape}), ranks=8)
    assert len(found.phases) == len(settings.phases)
    assert found.memory > 0
    assert found.phases[0].peak == settings.learning_rate
    assert all(phase.first <= phase.peak for phase in found.phases)


def test_firefly_trains_the_weights_of_a_7b_that_its_rank_gives(tmp_path: Path) -> None:
    """r (in + out) for each matrix: with q, k and v as one, as Baichuan has them, the 143 million that it reports."""
    square, wide, fused = 64 * (4096 + 4096), 64 * (4096 + 11008), 64 * (4096 + 3 * 4096)
    assert 32 * (fused + square + 3 * wide) == pytest.approx(143e6, rel=0.01)
    settings = load(Training, str(RECIPES / "firefly-qlora.yaml"), [f"model={baichuan(tmp_path)}"])
    whole, trained = counted(settings)
    assert whole == pytest.approx(7.0e9, rel=0.01)
    assert trained == 32 * (4 * square + 3 * wide) == 159_907_840


def test_ziya_takes_2_6_million_tokens_a_step() -> None:
    settings = load(Training, str(RECIPES / "ziya-pretrain.yaml"))
    assert settings.global_batch * 4096 == pytest.approx(2.6e6, rel=0.01)
    assert accumulated(settings, 160) == 2
    with pytest.raises(UsageError, match="no multiple of 288 ranks x 2"):
        accumulated(settings, 288)


def test_the_dpo_recipe_is_one_of_trl() -> None:
    from trl import DPOConfig

    settings = load(Dpo, str(RECIPES / "xubuvd-dpo.yaml"), ["deepspeed=null"])
    args = arguments(DPOConfig, settings, beta=settings.beta, loss_type=list(settings.loss))
    assert (args.beta, args.learning_rate, args.num_train_epochs, args.loss_type) == (0.1, 5e-6, 3, ["sigmoid"])
    assert args.per_device_train_batch_size * args.gradient_accumulation_steps * 32 == 128
