"""From the tiers of a demo to a tiny trained and aligned model: every step of a real round, on two layers.

The model learns next to nothing; what is shown is that the chain holds, from the raw files to the last checkpoint.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import yaml

from train.rounds import Rounds, run
from train.vocab import fresh
from train.vocab.texts import texts_of

WORDS, LENGTH, TEMPLATE, QUESTIONS = 2000, 512, "chatml", 32
COMMON: dict[str, Any] = {"report_to": [], "dataloader_num_workers": 0, "bf16": False, "logging_steps": 5}


def demo(
    documents: str, dialogues: str, out: str, rounds: int = 1, ranks: int = 1, say: Callable[[str], None] = print
) -> list[dict[str, Any]]:
    """Train on the run `documents` and the run `dialogues` (with `rounds` stages at least); the lines of the rounds.

    Everything lies below `out`: the settings of every step as files, to read and change. A repeated call goes on.
    """
    root = Path(out)
    root.mkdir(parents=True, exist_ok=True)
    # Models are pinned in a registry of the demo's own.
    os.environ["XDG_CONFIG_HOME"] = str(root / "registry")
    if not (root / "words").is_dir():
        _words([f"{documents}/dataset", f"{dialogues}/dataset"], root)
    if not (root / "questions.jsonl").exists():
        _questions(f"{dialogues}/dataset", root)
    _settings(root)
    told = plan(documents, dialogues, root, rounds, ranks)
    (root / "rounds.yaml").write_text(yaml.safe_dump(told, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return run(Rounds(**told), say)


def plan(documents: str, dialogues: str, root: Path, rounds: int, ranks: int) -> dict[str, Any]:
    """The rounds as `corpus train rounds` takes them."""
    pack = ["corpus", "train", "pack"]
    words = ["--tokenizer", f"{root}/words", "--seq-len", str(LENGTH), "--processes", "1"]
    train = {"ranks": ranks if ranks > 1 else 0}
    draw = ["corpus", "pairs", "plan", dialogues, "--out", "{here}/pairs", "--round", "{round}", "-n", "40",
            "--stage", "{round}", "--json"]  # fmt: skip
    later = list(range(2, rounds + 1))
    difficulty = {"seeds": "seeds", "difficulty": "difficulty"}
    pairs = {"pairs": "account.trained", "accuracy": "metrics.rewards/accuracies"}
    steps = [
        _step("pack-text", [*pack, documents, *words, "--out", f"{root}/packed-text"], rounds=[1]),
        _step("pretrain", ["corpus", "train", "pretrain", f"{root}/pretrain.yaml", "--set", "out={here}/pretrained"],
              rounds=[1], model="{here}/pretrained/model", **train),
        _step("pack-talk", [*pack, dialogues, *words, "--template", TEMPLATE, "--out", f"{root}/packed-talk"],
              rounds=[1]),
        _step("sft", ["corpus", "train", "sft", f"{root}/sft.yaml", "--set", "model={model}", "--set", "out={here}/sft",
                      "--set", "phases.0.tiers={{stage}: 1}"], model="{here}/sft/model", **train),
        _step("plan", draw, rounds=[1], tells=difficulty),
        *([_step("plan-harder", [*draw, "--after", "{before}/pairs"], rounds=later, tells=difficulty)] * bool(later)),
        _step("pin", ["corpus", "models", "add", "{model}", "--name", "round-{round}", "--licence", "demo",
                      "--replace"]),
        _step("answer", ["corpus", "pairs", "generate", "{here}/pairs", "--local", "round-{round}", "--name", "policy",
                         "--policy", "--max-tokens", "24"]),
        _step("source", ["corpus", "pairs", "generate", "{here}/pairs", "--source", "--name", "source"]),
        _step("judge", ["corpus", "pairs", "judge", "{here}/pairs", "--rewards", f"{root}/rewards.yaml"]),
        _step("build", ["corpus", "pairs", "build", "{here}/pairs", "--out", "{here}/built", "--ratio", "1000",
                        "--longer", "1", "--json"]),
        _step("dpo", ["corpus", "train", "dpo", f"{root}/dpo.yaml", "--set", "model={model}", "--set", "out={here}/dpo",
                      "--set", "tiers=[{here}/built/dataset/preference/round={round}]", "--json"],
              model="{here}/dpo/model", tells=pairs, **train),
        # The same questions to the model of every round: none of them was learnt from.
        _step("check", ["corpus", "train", "generate", f"{root}/check.yaml", "--set", "model={model}", "--set",
                        "out={here}/check"]),
        *([_step("compare", ["corpus", "eval", "pairwise", f"{root}/questions.jsonl", "--answers",
                             "{here}/check/answers", "--answers", "{before}/check/answers", "--first", "{model}",
                             "--second", "{start}", "--rewards", f"{root}/rewards.yaml", "--out", "{here}/compared",
                             "--json"], rounds=later, tells={"win_rate": "all.points.value"})] * bool(later)),
    ]  # fmt: skip
    stages = [f"stage={number}" for number in range(1, rounds + 1)]
    return {
        "out": f"{root}/rounds", "model": f"{root}/shape", "rounds": rounds, "values": {"stage": stages},
        "steps": steps,
    }  # fmt: skip


def _step(name: str, command: list[str], **more: Any) -> dict[str, Any]:
    return {"name": name, "run": command, **more}


def _settings(root: Path) -> None:
    training = {
        **COMMON, "out": "set-by-the-plan", "global_batch": 4, "per_device_train_batch_size": 4, "learning_rate": 3e-3,
        "save_steps": 100,
    }  # fmt: skip
    pairs = {
        "per_device_train_batch_size": 4, "max_steps": 8, "learning_rate": 5e-4, "logging_steps": 1, "save_steps": 100,
        "report_to": "none", "disable_tqdm": True,
    }  # fmt: skip
    files: dict[str, dict[str, Any]] = {
        "pretrain": {**training, "packed": [f"{root}/packed-text"], "config": f"{root}/shape", "max_steps": 60,
                     "phases": [{"tiers": {"high": 1, "medium": 1}, "epochs": 8}]},
        "sft": {**training, "packed": [f"{root}/packed-talk"], "phases": [{"tiers": {"stage=1": 1}, "epochs": 4}]},
        "dpo": {"model": "set-by-the-plan", "tiers": ["set-by-the-plan"], "out": "set-by-the-plan",
                "max_length": LENGTH, "reference": f"{root}/reference", "args": pairs},
        "check": {"prompts": [f"{root}/questions.jsonl"], "out": "set-by-the-plan", "model": "set-by-the-plan",
                  "decoding": {"max_new_tokens": 24}},
        "rewards": {"rewards": 1, "rules": [
            {"name": "length", "kind": "length", "from": 8, "to": 2000},
            {"name": "language", "kind": "language"},
            {"name": "ends", "kind": "format", "pattern": r"[。！？.!?”\"）)`]\s*$"},
        ]},
    }  # fmt: skip
    for name, told in files.items():
        path = root / f"{name}.yaml"
        if not path.exists():
            path.write_text(yaml.safe_dump(told, sort_keys=False, allow_unicode=True), encoding="utf-8")


def _questions(dataset: str, root: Path) -> None:
    """Prompts of the validation split, QUESTIONS of them, in the order of their keys."""
    from corpus import storage

    found: dict[str, list[dict[str, str]]] = {}
    for file in storage.expand(f"{dataset}/sft")[1]:
        with storage.open_read(file.uri) as stream:
            for row in pq.read_table(stream, columns=["doc_id", "messages", "split"]).to_pylist():
                if row["split"] == "validation" and len(row["messages"]) == 2:
                    found[row["doc_id"]] = row["messages"][:1]
    lines = [json.dumps({"id": key, "prompt": found[key]}, ensure_ascii=False) for key in sorted(found)[:QUESTIONS]]
    (root / "questions.jsonl").write_text("".join(line + "\n" for line in lines), encoding="utf-8")


def _words(tiers: list[str], root: Path) -> None:
    """A byte-level vocabulary of the tiers, and the shape of a model for it."""
    from transformers import LlamaConfig

    words = fresh.byte_level(texts_of(tiers), WORDS)
    LlamaConfig(
        vocab_size=len(words), hidden_size=128, intermediate_size=256, num_hidden_layers=2,
        num_attention_heads=4, max_position_embeddings=LENGTH, bos_token_id=1, eos_token_id=4, pad_token_id=2,
    ).save_pretrained(root / "shape")  # fmt: skip
    words.save_pretrained(root / "words")
