"""An adapter merged into its base says what both say together."""

from __future__ import annotations

from pathlib import Path

import neural
import pytest

from corpus.errors import UsageError
from train.merge import export, merge, universal


def test_the_merged_model_says_what_base_and_adapter_say(tmp_path: Path) -> None:
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer

    base = neural.causal(tmp_path / "base")
    network = get_peft_model(
        AutoModelForCausalLM.from_pretrained(base),
        LoraConfig(r=4, target_modules="all-linear", init_lora_weights=False),
    )
    network.save_pretrained(tmp_path / "adapter")
    merge(str(tmp_path / "adapter"), str(tmp_path / "merged"))
    ids = torch.tensor([AutoTokenizer.from_pretrained(tmp_path / "merged")("天地玄黄")["input_ids"]])
    with torch.no_grad():
        wanted, plain = network.eval()(ids).logits, AutoModelForCausalLM.from_pretrained(base)(ids).logits
        found = AutoModelForCausalLM.from_pretrained(tmp_path / "merged")(ids).logits
    assert torch.allclose(found, wanted, atol=1e-4)
    assert not torch.allclose(found, plain, atol=1e-2)
    assert not (tmp_path / "merged" / "adapter_config.json").exists()


def test_what_is_no_adapter_or_no_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="it is no adapter"):
        merge(str(tmp_path), str(tmp_path / "out"))
    for action in (export, universal):
        with pytest.raises(UsageError, match="no DeepSpeed checkpoint"):
            action(str(tmp_path), str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()
