"""What a run is made of before it starts: ablations of the order, and what is refused."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import packing
import pytest

from corpus.errors import ContractError, UsageError
from train import provenance
from train.deepspeed import UNIVERSAL, configuration
from train.stages import Training, accumulated, prepare

PHASES = [{"tiers": {"stage=1": 1}, "learning_rate": 1e-3}, {"tiers": {"stage=2": 1}, "learning_rate": 2e-3}]


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> str:
    return packing.pack(tmp_path_factory.mktemp("pack"), {"stage=1": 40, "stage=2": 24})


def settings(pack: str, **more: Any) -> Training:
    told: dict[str, Any] = {"packed": [pack], "model": "m", "out": "o", "phases": PHASES, "global_batch": 4}
    return Training(**{**told, "learning_rate": 5e-3, "warmup": 0, "lr_scheduler_type": "constant", **more})


def read(pack: str, **more: Any) -> tuple[list[int], list[float], Counter[tuple[int, int, int]]]:
    """The tiers of the rows in order, the rate of each step, the rows."""
    made = prepare(settings(pack, **more))
    rows = [made.plan.row(index) for index in range(len(made.plan))]
    seen = Counter((row.file, row.group, row.place) for row in rows)
    return [row.tier for row in rows], [made.schedule.rate(step) for step in range(made.steps)], seen


def test_ablations_change_the_order_and_nothing_else(pack: str) -> None:
    tiers, rates, rows = read(pack)
    assert tiers == [0] * 40 + [1] * 24
    assert rates == [1e-3] * 10 + [2e-3] * 6
    tiers, rates, other = read(pack, order="reversed")
    assert (tiers, rates, other) == ([1] * 24 + [0] * 40, [2e-3] * 6 + [1e-3] * 10, rows)
    tiers, rates, other = read(pack, order="hardest")
    assert (tiers, rates, sum(other.values())) == ([0] * 24, [2e-3] * 6, 24)  # the only tier of its plan
    tiers, rates, other = read(pack, order="random")
    assert (rates, other) == ([1e-3] * 10 + [2e-3] * 6, rows)
    assert set(tiers[:40]) == {0, 1}
    tiers, rates, other = read(pack, order="shuffled")
    assert (rates, other) == ([5e-3] * 16, rows)
    assert set(tiers[:40]) == {0, 1}


def test_the_rate_falls_to_the_last_step_that_is_made(pack: str) -> None:
    falling = {"lr_scheduler_type": "linear", "lr_floor": 0.0}
    assert read(pack, max_steps=10, **falling)[1] == read(pack, **falling)[1][:10]
    assert read(pack, max_steps=12, **falling)[1][10:] == pytest.approx([2e-3, 1e-3])
    assert read(pack, max_steps=4, **falling)[1] == pytest.approx([1e-3, 7.5e-4, 5e-4, 2.5e-4])


def test_a_batch_that_ranks_cannot_share_is_refused_with_the_next_that_they_can(pack: str) -> None:
    assert accumulated(settings(pack, global_batch=12, per_device_train_batch_size=3), 2) == 2
    with pytest.raises(UsageError, match="no multiple of 3 ranks x 2 rows of a micro batch; the next that is: 6"):
        accumulated(settings(pack, per_device_train_batch_size=2), 3)


def test_other_packs_are_refused_by_what_differs(pack: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="tier stage=1 is in two packs"):
        prepare(settings(pack, packed=[pack, pack]))
    with pytest.raises(UsageError, match=r"holds no packed tiers .*corpus train pack"):
        prepare(settings(pack, packed=[str(tmp_path)]))


@pytest.mark.parametrize("split", ["train", "validation"])
def test_a_split_with_nothing_to_learn_is_refused(split: str, tmp_path: Path) -> None:
    folder = packing.pack(tmp_path, {"stage=1": 8, "stage=2": 8, "stage=3": 8})
    page = json.loads((tmp_path / "manifest.json").read_text())
    for tier in ("stage=2", "stage=3"):  # the second is asked for, the third is not
        page["tiers"][tier][split]["loss_tokens"] = 0
    (tmp_path / "manifest.json").write_text(json.dumps(page))
    with pytest.raises(UsageError, match=f"tiers stage=2 have no token to learn from in split {split}"):
        prepare(settings(folder))


def test_a_checkpoint_of_other_ranks_is_refused_unless_it_is_universal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    provenance.write(tmp_path, {"ranks": 2})
    assert configuration(None, tmp_path) is None
    with pytest.raises(ContractError, match=r"written by 2 ranks under DeepSpeed, and this job has 1\. .*--universal"):
        configuration("z2", tmp_path)
    with monkeypatch.context() as two:
        two.setenv("WORLD_SIZE", "2")
        assert (configuration("z2", tmp_path) or {})["checkpoint"] == {"load_universal": False}
    (tmp_path / UNIVERSAL).write_text("global_step8_universal")
    assert (configuration("z2", tmp_path) or {})["checkpoint"] == {"load_universal": True}


def test_eight_bit_weights_are_refused_with_zero_3(pack: str) -> None:
    with pytest.raises(ValueError, match="8-bit weights cannot be shared out by ZeRO-3"):
        settings(pack, lora={}, load_in_bits=8, deepspeed="z3")
