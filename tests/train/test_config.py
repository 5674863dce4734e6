"""A settings file: every mistake at its line, and changes from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from corpus.errors import ConfigError, UsageError
from train.config import load
from train.deepspeed import PRESETS, contents, preset, zero_stage
from train.stages import Training

TEXT = """\
packed: [p]
config: c
out: o
phases:
  - tiers: {stage=1: 1}
learning_rate: 1.0e-5
"""


def test_changes_reach_into_the_file_and_are_held_against_the_same_rules(tmp_path: Path) -> None:
    path = tmp_path / "sft.yaml"
    path.write_text(TEXT)
    changes = ["learning_rate=2e-4", "phases.0.epochs=3", "lora.r=64", "deepspeed=z2", "bf16=false", "eval_steps=null"]
    found = load(Training, str(path), changes)
    assert (found.learning_rate, found.phases[0].epochs, found.lora and found.lora.r) == (2e-4, 3, 64)
    assert (found.deepspeed, found.bf16, found.eval_steps) == ("z2", False, None)
    for wrong, said in (
        ("learning_rate", "must look like key=value"),
        ("out.a=1", "has nothing inside"),
    ):
        with pytest.raises(UsageError, match=said):
            load(Training, str(path), [wrong])
    with pytest.raises(ConfigError, match="greater than 0"):
        load(Training, str(path), ["learning_rate=-1"])


def test_every_mistake_is_told_at_its_line(tmp_path: Path) -> None:
    path = tmp_path / "sft.yaml"
    path.write_text(
        TEXT.replace("learning_rate", "learnin_rate").replace("stage=1: 1", "stage=1: many") + "order: up\n"
    )
    with pytest.raises(ConfigError) as told:
        load(Training, str(path))
    lines = str(told.value).splitlines()
    assert [line.split(":")[1] for line in lines] == ["5", "6", "7"]
    assert 'did you mean "learning_rate"' in lines[1]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (["fp16=true"], "both set"),
        (["model=m"], "not both"),
        (["load_in_bits=4"], "through an adapter"),
        (["load_in_bits=8", "lora.r=4", "deepspeed=z3"], "cannot be shared out by ZeRO-3"),
        (["trainable=embeddings", "lora.r=4"], "modules_to_save"),
    ],
)
def test_what_cannot_be_together_is_refused(tmp_path: Path, change: list[str], said: str) -> None:
    (tmp_path / "sft.yaml").write_text(TEXT)
    with pytest.raises(ConfigError, match=said):
        load(Training, str(tmp_path / "sft.yaml"), change)


def test_no_preset_decides_what_the_settings_decide_and_no_file_of_the_user_may(tmp_path: Path) -> None:
    assert [zero_stage(path.stem) for path in sorted(PRESETS.glob("*.json"))] == [2, 2, 3, 3]
    for path in PRESETS.glob("*.json"):
        assert not {"scheduler", "optimizer"} & set(contents(str(path)))
    own = tmp_path / "own.json"
    own.write_text(json.dumps({"zero_optimization": {"stage": 2}, "scheduler": {"type": "WarmupLR"}}))
    with pytest.raises(UsageError, match="holds a scheduler, which would override"):
        preset(str(own))
    own.write_text(json.dumps({"zero_optimization": {"stage": 2, "round_robin_gradients": True}}))
    with pytest.raises(UsageError, match="mixes up weights"):
        preset(str(own))
    with pytest.raises(UsageError, match="one of z2"):
        preset("z5")
