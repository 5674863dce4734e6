"""A delta gives the tuned model back to the bit, and only over the base that it was made from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from corpus.errors import UsageError, VerifyError
from train import delta, tensors


def model(folder: Path, seed: int, rows: int = 5, kind: str = "bfloat16") -> str:
    import torch
    from safetensors.torch import save_file

    made = torch.Generator().manual_seed(seed)
    weights: dict[str, Any] = {
        "embed": torch.randn(rows, 4, generator=made).to(getattr(torch, kind)),
        "layer": torch.randn(3, 4, generator=made).to(torch.float16),
        "scale": torch.tensor(float("nan") if seed else -0.0),
        "ids": torch.arange(7) * seed,
    }
    folder.mkdir()
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps({"seed": seed}))
    return str(folder)


@pytest.mark.parametrize(
    ("rows", "kind", "whole"), [(5, "bfloat16", []), (9, "bfloat16", ["embed"]), (5, "float32", ["embed"])]
)
def test_the_tuned_model_comes_back_to_the_bit(tmp_path: Path, rows: int, kind: str, whole: list[str]) -> None:
    base, tuned = model(tmp_path / "base", 0), model(tmp_path / "tuned", 1, rows, kind)
    page = delta.make(base, tuned, str(tmp_path / "delta"))
    assert page["whole"] == whole
    assert not (tmp_path / "delta" / "scale").exists()
    found = delta.apply(base, str(tmp_path / "delta"), str(tmp_path / "back"))
    assert (
        found
        == page["tuned"]
        == tensors.digest(tensors.folder(tuned))
        == tensors.digest(tensors.folder(str(tmp_path / "back")))
    )
    first, second = tensors.folder(tuned), tensors.folder(str(tmp_path / "back"))
    for name in first.files:
        assert tensors.bits(first.tensor(name)).equal(tensors.bits(second.tensor(name)))
    assert json.loads((tmp_path / "back" / "config.json").read_text()) == {"seed": 1}
    assert {path.name for path in (tmp_path / "back").iterdir()} == {"config.json", "model.safetensors"}


def test_another_base_and_a_damaged_delta_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    base, tuned = model(tmp_path / "base", 0), model(tmp_path / "tuned", 1)
    delta.make(base, tuned, str(tmp_path / "delta"))
    with pytest.raises(UsageError, match="is not the base"):
        delta.apply(tuned, str(tmp_path / "delta"), str(tmp_path / "back"))
    file = tmp_path / "delta" / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1] + b"\x55")
    with pytest.raises(VerifyError, match="is damaged"):
        delta.apply(base, str(tmp_path / "delta"), str(tmp_path / "back"))
    with pytest.raises(UsageError, match="is no delta"):
        delta.apply(base, tuned, str(tmp_path / "back"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["base", "delta", "tuned"]


def test_how_tensors_are_spread_over_files_does_not_show(tmp_path: Path) -> None:
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=64, hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2
    )
    LlamaForCausalLM(config).save_pretrained(tmp_path / "one")
    one = tensors.folder(str(tmp_path / "one"))
    (tmp_path / "many").mkdir()
    found = tensors.write(((name, one.tensor(name)) for name in sorted(one.files)), tmp_path / "many", shard=4000)
    tensors.copy_rest(one.path, tmp_path / "many")
    many = tensors.folder(str(tmp_path / "many"))
    assert len(set(many.files.values())) > 1
    assert found == tensors.digest(one) == tensors.digest(many)
    back = LlamaForCausalLM.from_pretrained(tmp_path / "many")
    assert all(tensor.equal(one.tensor(name)) for name, tensor in back.state_dict().items() if name in one.files)
