"""Weights are counted as torch counts them, and a plan needs neither torch nor transformers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import packing
import pytest
import yaml

from train.models import Model, counted, counted_by_torch, shape_of
from train.shapes import known

SIDES = {"hidden_size": 48, "intermediate_size": 80, "num_hidden_layers": 3, "num_attention_heads": 6,
         "num_key_value_heads": 2, "vocab_size": 97}  # fmt: skip


@pytest.mark.parametrize(
    "told",
    [
        {"model_type": "llama"},
        {"model_type": "llama", "tie_word_embeddings": True, "attention_bias": True, "mlp_bias": True},
        {"model_type": "mistral", "head_dim": 16},
        {"model_type": "qwen2", "tie_word_embeddings": True},
        {"model_type": "qwen3", "head_dim": 16, "attention_bias": True},
    ],
    ids=lambda told: "-".join(map(str, told.values())),
)
def test_weights_are_counted_as_torch_counts_them(told: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({**SIDES, **told}))
    assert known(str(tmp_path)) is not None
    for more in ({}, {"lora": {"r": 4}}, {"trainable": "embeddings"}):
        settings = Model(config=str(tmp_path / "config.json"), **more)
        assert counted(settings) == counted_by_torch(settings)


def test_other_families_and_adapters_are_left_to_torch(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bloom", "hidden_size": 32, "n_layer": 2}))
    assert known(str(tmp_path)) is None
    assert known(str(tmp_path / "none")) is None
    assert shape_of(Model(model=str(tmp_path))).num_hidden_layers == 2
    (tmp_path / "config.json").write_text(json.dumps({**SIDES, "model_type": "llama"}))
    plain, dora = (Model(model=str(tmp_path), lora={"r": 4, "use_dora": on}) for on in (False, True))
    assert counted(dora)[1] > counted(plain)[1]


def test_a_plan_is_told_without_torch(tmp_path: Path) -> None:
    settings = {
        "packed": [packing.pack(tmp_path / "pack", {"stage=1": 8})], "config": packing.llama(tmp_path / "shape"),
        "out": "o", "phases": [{"tiers": {"stage=1": 1}}], "global_batch": 4, "deepspeed": "z3", "lora": {"r": 4},
    }  # fmt: skip
    (tmp_path / "sft.yaml").write_text(yaml.safe_dump(settings))
    script = (
        "import sys; from cli.main import app; app(['train', 'plan', sys.argv[1], '--json'], standalone_mode=False); "
        "print([name for name in ('torch', 'transformers', 'deepspeed') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "sft.yaml")], capture_output=True, text=True, check=True,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    told, _, imported = done.stdout.rpartition("[")
    assert json.loads(told)["steps"] == 2
    assert imported == "]\n"
