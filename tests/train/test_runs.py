"""Real jobs of two ranks over gloo with DeepSpeed: everything that a run promises, on models of a few thousand weights.

All jobs of a test share one torchrun, because starting one takes longer than training in it.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import aligning
import neural
import packing
import pytest
from aligning import HAN

from train import provenance, tensors
from train.generate import Generate, generate
from train.merge import export, universal

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
PHASES = [{"tiers": {"stage=1": 1}}, {"tiers": {"stage=2": 1}, "replay": 0.2, "learning_rate": 2e-3}]


def ranks(count: int, jobs: list[dict[str, Any]], folder: Path, fails: bool = False) -> list[dict[str, Any]]:
    """The results of jobs in `count` ranks."""
    path = folder / f"jobs{len(list(folder.glob('jobs*')))}.json"
    path.write_text(json.dumps(jobs))
    search = os.pathsep.join(str(ROOT / part) for part in (".", "tests/support"))
    environment = {**os.environ, "PYTHONPATH": search, "OMP_NUM_THREADS": "1", "DS_ACCELERATOR": "cpu",
                   "TOKENIZERS_PARALLELISM": "false"}  # fmt: skip
    script = str(ROOT / "tests/support/train_jobs.py")
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", str(count)]
    done = subprocess.run([*launcher, script, str(path)], env=environment, capture_output=True, text=True, timeout=800)
    assert (done.returncode != 0) == fails, done.stderr[-4000:]
    results = path.with_suffix(".done.json")
    return json.loads(results.read_text()) if results.exists() else []


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Packs, a model to begin with, pairs."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    folder = tmp_path_factory.mktemp("made")
    torch.manual_seed(0)
    shape = AutoConfig.from_pretrained(packing.llama(folder / "shape"))
    AutoModelForCausalLM.from_config(shape).save_pretrained(folder / "model")
    neural.tokenizer(chat=True).save_pretrained(folder / "model")
    return {
        "sft": packing.pack(folder / "sft", {"stage=1": 40, "stage=2": 40}),
        "text": packing.pack(folder / "text", {"high": 24, "low": 24}, kind="pretrain", seed=1),
        "model": str(folder / "model"),
        "shape": str(folder / "shape"),
        "chat": str(neural.causal(folder / "chat", chat=True)),
        "pairs": aligning.tier(folder / "pairs"),
    }


def sft(made: dict[str, str], out: Path, **more: Any) -> dict[str, Any]:
    settings = {
        "packed": [made["sft"]], "model": made["model"], "out": str(out), "phases": PHASES, "global_batch": 4,
        "learning_rate": 5e-3, "logging_steps": 1, "save_steps": 8, "dataloader_num_workers": 0, "report_to": [],
    }  # fmt: skip
    return {"stage": "sft", "settings": {**settings, **more}}


def falls(losses: list[float], share: float) -> bool:
    return sum(losses[-3:]) < share * sum(losses[:3])


NAMES = ("z2", "z3", "ddp", "lora-z3", "qlora-z2", "restart", "pretrain", "mixed", "ended", "goes on", "broken")
ANSWERED = ("shared", "dealt", "dpo2", "dpo3", "scorer", "ppo", "bench")


@pytest.fixture(scope="module")
def runs(made: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Where they are, and what came of them: all jobs of two ranks that nothing kills."""
    folder = tmp_path_factory.mktemp("runs")
    # The base is random and stays so: what an adapter can learn over it is little.
    lora = {"lora": {"r": 32, "lora_alpha": 64, "lora_dropout": 0.0}, "learning_rate": 3e-2, "phases": PHASES[:1] * 3}
    jobs = [
        sft(made, folder / "z2", deepspeed="z2", eval_steps=8),
        sft(made, folder / "z3", deepspeed="z3"),
        sft(made, folder / "ddp", bf16=False),
        sft(made, folder / "lora-z3", deepspeed="z3", **lora),
        sft(made, folder / "qlora-z2", deepspeed="z2", load_in_bits=4, **lora),
        sft(made, folder / "restart", deepspeed="z2", optimizer="restart"),
        sft(made, folder / "pretrain", model=None, config=made["shape"], packed=[made["text"]], deepspeed="z3",
            phases=[{"tiers": {"high": 2, "low": 0.5}}], lr_scheduler_type="wsd"),
        sft(made, folder / "mixed", packed=[made["text"], made["sft"]], bf16=False,
            phases=[{"tiers": {"high": 1, "stage=1": 1}}]),
        {**sft(made, folder / "ended", deepspeed="z2", save_steps=100), "end": 5},
        sft(made, folder / "ended", deepspeed="z2", save_steps=100),
        {**sft(made, folder / "broken", bf16=False, spike_guard=8), "break": 6},
    ]  # fmt: skip
    jobs[6]["stage"] = "pretrain"
    jobs += answering(made, folder)
    return folder, dict(zip(NAMES + ANSWERED, ranks(2, jobs, folder), strict=True))


def asking(made: dict[str, str], folder: Path) -> dict[str, Any]:
    asked = folder / "asked.jsonl"
    asked.write_text("".join(json.dumps({"id": str(number), "prompt": HAN[number] * 3}) + "\n" for number in range(7)))
    return {"prompts": [str(asked)], "model": made["chat"], "chunk": 2, "batch_size": 2,
            "decoding": {"max_new_tokens": 8}}  # fmt: skip


def answering(made: dict[str, str], folder: Path) -> list[dict[str, Any]]:
    """Jobs that answer or learn from preferences, and one that is measured."""
    args = {"per_device_train_batch_size": 4, "learning_rate": 5e-3, "max_steps": 6, "logging_steps": 1,
            "save_steps": 6, "lr_scheduler_type": "constant", "report_to": "none", "disable_tqdm": True}  # fmt: skip

    def job(stage: str, name: str, **more: Any) -> dict[str, Any]:
        told = {"model": made["chat"], "tiers": [made["pairs"]], "out": str(folder / name), "max_length": 48,
                "args": args, "deepspeed": "z2"}  # fmt: skip
        return {"stage": stage, "settings": {**told, **more}}

    told = asking(made, folder)
    reference = str(folder / "reference")
    return [
        {"stage": "generate", "settings": {**told, "out": str(folder / "shared"), "zero3": True}},
        {"stage": "generate", "settings": {**told, "out": str(folder / "dealt")}},
        job("dpo", "dpo2", reference=reference), job("dpo", "dpo3", deepspeed="z3", reference=reference),
        job("reward", "scorer"),
        job("ppo", "ppo", rewards=[{"rule": "language", "of": "zh"}], reward_model=str(folder / "scorer" / "model"),
            max_new_tokens=4, args={**args, "max_steps": 2}),
        {"stage": "bench", "settings": {"model": "tiny", "zero": "z2", "batch": 2, "length": 64, "document": 20,
                                        "steps": 2, "warm_up": 1}},
    ]  # fmt: skip


def test_zero_2_and_3_adapters_and_pretraining_learn_alike_and_at_the_rates_asked_for(
    runs: tuple[Path, dict[str, Any]],
) -> None:
    folder, found = runs[0], {name: runs[1][name] for name in NAMES}
    assert found.pop("ended") == {"left": 143}
    assert (provenance.read(folder / "ended" / "checkpoint-6") or {})["step"] == 6
    assert found["goes on"]["losses"] == pytest.approx(found["z2"]["losses"], abs=1e-6)
    assert [one["step"] for one in found["broken"]["skipped"]] == [6] * 2
    assert all(map(math.isfinite, found["broken"]["losses"]))
    for name in found:
        assert falls(found[name]["losses"], 0.97 if "lora" in name else 0.85), (name, found[name]["losses"])
    assert found["z2"]["losses"] == pytest.approx(found["z3"]["losses"], abs=2e-2)
    assert found["z2"]["losses"] == pytest.approx(found["ddp"]["losses"], abs=5e-2)
    assert found["restart"]["losses"][:10] == pytest.approx(found["z2"]["losses"][:10], abs=1e-6)
    assert found["restart"]["losses"][12:] != pytest.approx(found["z2"]["losses"][12:], abs=1e-4)
    for name in ("z2", "z3", "ddp", "restart"):
        assert found[name]["rates"] == pytest.approx(found["ddp"]["rates"])
    assert found["ddp"]["rates"][0] == 5e-3
    assert found["ddp"]["rates"][10] == 2e-3
    broken = [json.loads(line) for line in (folder / "broken" / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in broken if "skipped_loss" in line] == [7] * 2
    assert [line for line in broken if "phase" in line] == [{"step": 11, "phase": 2}]
    assert (folder / "broken" / "losses.png").is_file()
    lines = [json.loads(line) for line in (folder / "mixed" / "log.jsonl").read_text().splitlines()]
    assert any({"loss_tier_high", "loss_tier_stage=1"} <= set(line) for line in lines)
    held = [
        line for line in map(json.loads, (folder / "z2" / "log.jsonl").read_text().splitlines()) if "eval_loss" in line
    ]
    assert {"eval_loss_tier_stage=1", "eval_loss_tier_stage=2", "eval_loss_source_one"} <= set(held[0])
    best = min(held, key=lambda line: line["eval_loss"])["step"]
    assert found["z2"]["best"].endswith(f"checkpoint-{best}")
    assert found["z2"]["eval_losses"] == [line["eval_loss"] for line in held]
    page = provenance.read(folder / "z2" / "model")
    assert page is not None
    assert sum(page["rows_consumed"].values()) == 88


ALONE = ("one", "killed", "z2", "z3", "guarded", "left", "again")


@pytest.fixture(scope="module")
def alone(
    made: dict[str, str], runs: tuple[Path, dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, Any]]:
    """Where all jobs of one rank are, and what came of them; some go on where two ranks were."""
    folder = tmp_path_factory.mktemp("alone")
    for name in ("z2", "z3"):
        made_at = universal(str(runs[0] / name / "checkpoint-8"), str(folder / name))
        assert made_at == str(folder / name / "checkpoint-8")
    ranks(2, [{**sft(made, folder / "killed", bf16=False), "kill": 13}], folder, fails=True)
    assert not (folder / "killed" / "model").exists()
    (folder / "killed" / "checkpoint-12").mkdir()  # half a checkpoint, as a kill leaves it
    jobs = [
        sft(made, folder / "one", bf16=False),
        sft(made, folder / "killed", bf16=False),  # before DeepSpeed leaves its settings in the process
        *(sft(made, folder / name, deepspeed=name) for name in ("z2", "z3")),
        sft(made, folder / "guarded", bf16=False, spike_guard=0.25),
        {**sft(made, folder / "cut", bf16=False, spike_guard=0.25), "end": 15},
        sft(made, folder / "cut", bf16=False, spike_guard=0.25),
    ]
    return folder, dict(zip(ALONE, ranks(1, jobs, folder), strict=True))


def test_one_rank_goes_on_where_two_were_under_zero_too_and_a_guarded_run_where_it_was(
    runs: tuple[Path, dict[str, Any]], alone: tuple[Path, dict[str, Any]]
) -> None:
    found, (folder, told) = runs[1], alone
    assert told["left"] == {"left": 143}
    # The guard remembers 50 batches; without them it would skip none of the last 24.
    assert any(one["step"] >= 16 for one in told["guarded"]["skipped"])
    assert [told["again"][what] for what in ("skipped", "losses")] == [
        told["guarded"][what] for what in ("skipped", "losses")
    ]
    assert told["one"]["losses"] == pytest.approx(found["ddp"]["losses"], abs=1e-5)
    for name in ("z2", "z3"):
        assert told[name]["losses"][:8] == found[name]["losses"][:8]
        assert told[name]["losses"] == pytest.approx(found[name]["losses"], abs=2e-3)
        assert told[name]["rates"] == found[name]["rates"]
        assert (provenance.read(folder / name / "model") or {})["ranks"] == 1


@pytest.mark.parametrize("name", ["z2", "z3"])
def test_a_checkpoint_becomes_the_model_that_the_run_ends_with(
    name: str, runs: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    folder, _ = runs
    digest = export(str(folder / name / "checkpoint-22"), str(tmp_path / "model"))
    wanted, found = (tensors.folder(str(one / "model")) for one in (folder / name, tmp_path))
    assert digest == tensors.digest(wanted) == tensors.digest(found)
    assert (provenance.read(tmp_path / "model") or {})["step"] == 22


def test_a_killed_job_goes_on_as_if_nothing_had_happened_on_other_ranks_too(
    runs: tuple[Path, dict[str, Any]], alone: tuple[Path, dict[str, Any]]
) -> None:
    whole, again = runs[1]["ddp"], alone[1]["killed"]
    assert again["losses"][:8] == whole["losses"][:8]
    assert again["losses"] == pytest.approx(whole["losses"], abs=1e-6)
    first, second = (tensors.folder(str(one / "model")) for one in (runs[0] / "ddp", alone[0] / "killed"))
    for name in first.files:
        assert (first.tensor(name) - second.tensor(name)).abs().max() < 1e-5


def test_preferences_are_learnt_under_zero_and_ranks_answer_as_one_process_does(
    made: dict[str, str], runs: tuple[Path, dict[str, Any]]
) -> None:
    folder, found = runs

    def answers(name: str) -> list[str]:
        return [path.read_text() for path in sorted((folder / name / "answers").iterdir())]

    _, _, two, three, scorer, ppo, measured = (found[name] for name in ANSWERED)
    generate(Generate(**asking(made, folder), out=str(folder / "alone")))
    assert answers("shared") == answers("dealt") == answers("alone")
    rows = [json.loads(line) for text in answers("alone") for line in text.splitlines()]
    assert [row["id"] for row in rows] == list(map(str, range(7)))
    assert len({row["text"] for row in rows}) > 3
    assert two["losses"][0] == pytest.approx(math.log(2), abs=2e-3)
    assert two["losses"] == pytest.approx(three["losses"], abs=1e-2)
    assert two["losses"][-1] < 0.5
    assert scorer["losses"][-1] < scorer["losses"][0] or scorer["losses"][-1] < 0.2
    assert {"rewards/language/mean", "rewards/model/mean"} <= set(ppo["metrics"])
    assert [page["stage"] for page in provenance.chain(folder / "ppo" / "model")] == ["ppo"]
    for name in ("dpo2", "scorer", "ppo"):
        lines = map(json.loads, (folder / name / "log.jsonl").read_text().splitlines())
        assert any("loss" in line for line in lines)
        assert (folder / name / "losses.png").is_file()
    assert (measured["zero"], measured["ranks"], measured["mfu"]) == ("z2", 2, None)
    assert measured["tokens_per_second_per_gpu"] == pytest.approx(2 * 64 / measured["seconds_per_step"], rel=0.2)
