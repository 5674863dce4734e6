"""DPO, reward models and RLOO learn from a tier, begin where they must, and account for every pair."""

from __future__ import annotations

import json
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aligning
import neural
import pyarrow.parquet as pq
import pytest
import train_jobs
from transformers import Trainer

from corpus.errors import ContractError, EnvironmentProblem, UsageError
from train import provenance
from train.alignment.dpo import dpo
from train.alignment.pairs import read_pairs
from train.alignment.reward import reward
from train.alignment.rloo import rloo, rule_reward
from train.alignment.settings import Dpo, Reward, Rloo, Rule, arguments
from train.alignment.start import load_tokenizer

ARGS: dict[str, Any] = {
    "per_device_train_batch_size": 4, "learning_rate": 5e-3, "max_steps": 12, "logging_steps": 1, "save_steps": 6,
    "lr_scheduler_type": "constant", "report_to": "none", "disable_tqdm": True,
}  # fmt: skip


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(neural.causal(tmp_path_factory.mktemp("model"), chat=True))


@pytest.fixture(scope="module")
def tier(tmp_path_factory: pytest.TempPathFactory) -> str:
    return aligning.tier(tmp_path_factory.mktemp("tier"), long=3)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)


def wanted(model: str, tier: str, out: str, **more: Any) -> dict[str, Any]:
    return {"model": model, "tiers": [tier], "out": out, "max_length": 48, "args": ARGS, **more}


def test_dpo_begins_at_ln_2_and_learns_and_its_reference_is_kept(model: str, tier: str, tmp_path: Path) -> None:
    done = dpo(Dpo(**wanted(model, tier, "out")))
    assert done.losses[0] == pytest.approx(math.log(2), abs=1e-4)
    assert done.losses[-1] < 0.5
    assert done.metrics["rewards/accuracies"] == 1.0
    assert done.account == {"read": 40, "trained": 30, "too_long": 2, "other_split": 8}
    (file,) = (tmp_path / "reference").iterdir()
    kept = pq.read_table(file)
    assert kept.num_rows == 30
    assert set(kept.column_names) == {"doc_id", "ref_chosen_logps", "ref_rejected_logps"}
    before = file.stat().st_mtime_ns
    again = dpo(Dpo(**wanted(model, tier, "again")))
    assert again.losses == done.losses
    assert file.stat().st_mtime_ns == before
    online = dpo(Dpo(**wanted(model, tier, "online", reference=None)))
    assert online.losses == pytest.approx(done.losses, abs=1e-4)


def ended(stage: Any, settings: Any, step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The job is told to end in the middle of a step, and leaves as told when the step is done."""
    with monkeypatch.context() as here:
        here.setattr(Trainer, "training_step", Trainer.training_step)  # what end_at changes is set back
        train_jobs.end_at(step)
        with pytest.raises(SystemExit) as left:
            stage(settings)
    assert left.value.code == 143
    assert not (Path(settings.out) / "model").exists()


def test_a_run_goes_on_from_its_last_complete_checkpoint_and_from_no_other_run_s(
    model: str, tier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = dpo(Dpo(**wanted(model, tier, "whole")))
    ended(dpo, Dpo(**wanted(model, tier, "cut")), 8, monkeypatch)
    page = Path("cut") / "checkpoint-9" / provenance.PAGE
    assert (provenance.read(page.parent) or {})["rows_consumed"] == 36
    page.unlink()  # as a kill while it was being written leaves it
    told = dpo(Dpo(**wanted(model, tier, "cut")))
    assert told.losses == whole.losses
    pages = provenance.chain("cut/model")
    assert [page["stage"] for page in pages] == ["dpo"]
    assert pages[0]["rows_consumed"] == 48
    with pytest.raises(ContractError, match=r"settings\.beta: 0\.1 there, 0\.3 here"):
        dpo(Dpo(**wanted(model, tier, "cut", beta=0.3)))


def test_no_step_is_made_where_no_checkpoint_fits(model: str, tier: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1000))
    with pytest.raises(EnvironmentProblem, match=r"make room and repeat the command"):
        dpo(Dpo(**wanted(model, tier, "out")))


@pytest.mark.parametrize("loss", [{"ipo": 1.0}, {"hinge": 1.0}, {"sigmoid_norm": 1.0}, {"sigmoid": 1.0, "sft": 0.5}])
def test_other_losses_and_adapters_learn(model: str, tier: str, loss: dict[str, float]) -> None:
    done = dpo(Dpo(**wanted(model, tier, "out", loss=loss, lora={"r": 4})))
    assert done.losses[-1] < done.losses[0]
    assert json.loads(Path("out/model/adapter_config.json").read_text())["r"] == 4


def test_a_reward_model_learns_and_serves_rloo(model: str, tier: str, monkeypatch: pytest.MonkeyPatch) -> None:
    trained = reward(Reward(**wanted(model, tier, "scorer")))
    assert trained.losses[-1] < trained.losses[0]
    cut = Reward(**wanted(model, tier, "cut"))
    ended(reward, cut, 8, monkeypatch)
    assert reward(cut).losses == trained.losses
    rules = [Rule(rule="language", of="zh"), Rule(rule="length", least=4, most=16, weight=0.5)]
    args = {**ARGS, "max_steps": 2, "per_device_train_batch_size": 4, "learning_rate": 1e-4}
    settings = Rloo(
        **wanted(model, tier, "out", rewards=rules, reward_model="scorer/model", max_new_tokens=8, args=args)
    )
    ended(rloo, settings, 0, monkeypatch)
    done = rloo(settings)
    assert {"rewards/language/mean", "rewards/length/mean", "rewards/model/mean"} <= set(done.metrics)
    assert [page["stage"] for page in provenance.chain("out/model")] == ["ppo"]


@pytest.mark.parametrize(
    ("rule", "text", "reward"),
    [
        ({"rule": "length", "least": 4, "most": 8}, "天地玄黄", 1.0),
        ({"rule": "length", "least": 4, "most": 8}, "天", 0.25),
        ({"rule": "length", "least": 4, "most": 8}, "天" * 16, 0.5),
        ({"rule": "ends"}, "到此为止。\n", 1.0),
        ({"rule": "ends"}, "到此为", 0.0),
        ({"rule": "language", "of": "zh"}, "天地ab", 0.5),
        ({"rule": "language", "of": "en"}, "天地 abcdef", 0.75),
        ({"rule": "language", "of": "en"}, "123", 0.0),
        ({"rule": "format", "of": r"^\d+$"}, "42", 1.0),
        ({"rule": "format", "of": r"^\d+$"}, "x", 0.0),
    ],
)
def test_rules_reward_what_they_say(rule: dict[str, Any], text: str, reward: float) -> None:
    function = rule_reward(Rule(**rule))
    assert function(completions=[text, [{"role": "assistant", "content": text}]]) == [reward, reward]


def test_the_order_is_drawn_from_the_seed(model: str, tier: str, tmp_path: Path) -> None:
    tokenizer = load_tokenizer(model)
    orders = [
        list(read_pairs([tier], "train", tokenizer, 48, str(tmp_path / "c"), seed).rows["doc_id"]) for seed in (0, 0, 1)
    ]
    assert orders[0] == orders[1]
    assert orders[0] != orders[2]
    assert sorted(orders[0]) == sorted(orders[2])


def test_mistakes_are_said_before_anything_is_trained(model: str, tier: str, tmp_path: Path) -> None:
    from trl import DPOConfig

    with pytest.raises(UsageError, match="no learnin_rate; did you mean"):
        arguments(DPOConfig, Dpo(**wanted(model, tier, "out", args={"learnin_rate": 1})))
    with pytest.raises(UsageError, match="one of z2"):
        arguments(DPOConfig, Dpo(**wanted(model, tier, "out", deepspeed="z4")))
    with pytest.raises(UsageError, match="no chat template"):
        load_tokenizer(str(neural.causal(tmp_path / "bare")))
    with pytest.raises(UsageError, match="no pair of split train fits"):
        read_pairs([tier], "train", load_tokenizer(model), 3, str(tmp_path / "c"))
