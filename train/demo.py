"""From the tiers of a demo to a tiny trained and aligned model: every step of a real round, on two layers.

The model learns next to nothing; what is shown is that the chain holds, from the raw files to the last checkpoint.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from train.rounds import Rounds, run
from train.vocab.texts import texts_of

WORDS, LENGTH, TEMPLATE = 2000, 512, "chatml"
SPECIAL = ("<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>")
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


def _words(tiers: list[str], root: Path) -> None:
    """A byte-level vocabulary of the tiers, and the shape of a model for it."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, PreTrainedTokenizerFast

    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=WORDS, special_tokens=list(SPECIAL), initial_alphabet=alphabet, show_progress=False
    )
    raw.train_from_iterator(texts_of(tiers), trainer)
    LlamaConfig(
        vocab_size=raw.get_vocab_size(), hidden_size=128, intermediate_size=256, num_hidden_layers=2,
        num_attention_heads=4, max_position_embeddings=LENGTH, bos_token_id=1, eos_token_id=4, pad_token_id=2,
    ).save_pretrained(root / "shape")  # fmt: skip
    unknown, begin, end = SPECIAL[:3]
    words = PreTrainedTokenizerFast(tokenizer_object=raw, unk_token=unknown, bos_token=begin, eos_token=end)
    words.save_pretrained(root / "words")
