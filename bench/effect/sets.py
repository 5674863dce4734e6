"""The sets that models are trained on, each made from the same raw rows by commands of the product."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from texts import Row, drawn, records, write_lines, write_tier

CORPUS = str(Path(sys.executable).with_name("corpus"))
PEERS = Path(__file__).with_name("peers")
OURS: dict[str, Any] = {
    "rules": ["common", "zh/web", "zh/wordlists", "en/web"], "rewrites": ["common", "zh", "web"],
    "lines": ["common", "zh"],
    "dedup": {"near": {}, "lines": {}}, "perplexity": {}, "quality": "default", "tiers": "ranked",
}  # fmt: skip
SHIPPED = Path(__file__).parents[2] / "rules"
UNTOUCHED: dict[str, Any] = {
    "rules": [], "dedup": {"exact": False}, "tiers": "single",
    "normalise": {"newlines": False, "unicode": "none", "controls": False, "trailing_space": False,
                  "blank_lines": None},
}  # fmt: skip
IMPORTED: dict[str, tuple[str, list[str], dict[str, Any]]] = {
    # datatrove's MinHash: 14 bands of 8, digits made equal; where such bands find half of the pairs it verifies none.
    "fineweb2": ("fineweb2-cmn_Hani.yml", ["--complete"],
                 {"near": {"bands": 14, "rows": 8, "threshold": 0.72, "numbers": "ignore"}}),
    # SimHash has no counterpart: near duplicates by MinHash.
    "data-juicer": ("data-juicer-zh.yaml", [], {"near": {}}),
}  # fmt: skip
"""By the set: the recipe in `peers/`, how it is imported, and its duplicates."""


@dataclass(frozen=True)
class Set:
    """Tiers of a packed folder."""

    name: str
    packed: str
    tiers: tuple[str, ...]


def corpus(*command: str) -> None:
    """A command of the product. CalledProcessError with what it said when it fails."""
    done = subprocess.run([CORPUS, *command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"corpus {' '.join(command)}\nended with {done.returncode}:\n{done.stderr or done.stdout}")


def pack(given: Path, root: Path, name: str, length: int, *more: str) -> str:
    """The folder of packed rows, made where it is not there."""
    out = root / "packed" / name
    if not out.is_dir():
        words = ["--tokenizer", str(root / "words"), "--seq-len", str(length), "--processes", "1"]
        corpus("train", "pack", str(given), "--out", str(out), *words, *more)
    return str(out)


def run(root: Path, name: str, settings: dict[str, Any]) -> Path:
    """The run of a pipeline over all raw rows."""
    out = root / "runs" / name
    if not (out / "dataset" / "manifest.json").is_file():
        out.parent.mkdir(exist_ok=True)
        sources = [
            {"name": path.stem, "paths": str(path), "fields": {"text": "text", "id": "id"}}
            for path in sorted((root / "raw").glob("*.jsonl"))
        ]
        pipeline = root / f"{name}.yaml"
        pipeline.write_text(
            yaml.safe_dump({"name": name, "sources": sources, **settings}, sort_keys=False, allow_unicode=True)
        )
        corpus("run", str(pipeline), "--out", str(out))
    return out


def write_raw(rows: Sequence[Row], root: Path) -> None:
    for source in sorted({row.source for row in rows}):
        own = [row.text for row in rows if row.source == source]
        lines = [{"id": f"{source}-{number}", "text": text} for number, text in enumerate(own)]
        write_lines(lines, root / "raw" / f"{source}.jsonl")


def imported(root: Path, name: str) -> Path:
    """The run of another tool's recipe."""
    file, more, duplicates = IMPORTED[name]
    rules = root / f"{name}-rules.yaml"
    if not rules.is_file():
        corpus("rules", "import", str(PEERS / file), "--out", str(rules), "--lang", "zh", *more)
    return run(root, name, {"rules": [str(rules)], "dedup": duplicates, "tiers": "single"})


def over_all(root: Path) -> Path:
    """The run of our pipeline with ranks over all rows of a language, where the shipped policies rank within a source:
    a source that is worse than the others then gives less to the high tier."""
    told = {}
    for name, file, change in (("quality", "default", {"within": "lang"}), ("tiers", "ranked", {"min_group": 10**9})):
        policy = yaml.safe_load((SHIPPED / name / f"{file}.yaml").read_text(encoding="utf-8")) | change
        path = root / f"{name}-over-all.yaml"
        path.write_text(yaml.safe_dump(policy, sort_keys=False, allow_unicode=True), encoding="utf-8")
        told[name] = str(path)
    return run(root, "over-all", OURS | told)


def sets(root: Path, length: int) -> list[Set]:
    """All that do not depend on a seed."""
    ours = pack(run(root, "ours", OURS), root, "ours", length)
    raw = pack(run(root, "untouched", UNTOUCHED), root, "untouched", length)
    others = [Set(name, pack(imported(root, name), root, name, length), ("all",)) for name in IMPORTED]
    high, mixed = Set("our high tier", ours, ("high",)), Set("our high and medium tiers", ours, ("high", "medium"))
    ranked = Set("our high tier over all", pack(over_all(root), root, "over-all", length), ("high",))
    return [Set("raw", raw, ("all",)), high, mixed, ranked, *others]


def random_rows(root: Path, rows: Sequence[Row], tokens: int, seed: int, length: int) -> Set:
    """Raw rows at random, as many as have so many tokens."""
    from tokenizers import Tokenizer

    words = Tokenizer.from_file(str(root / "words" / "tokenizer.json"))
    order = list(rows)
    random.Random(seed).shuffle(order)
    taken, left = [], tokens
    for row in order:
        if left > 0:
            left -= len(words.encode(row.text, add_special_tokens=False).ids) + 1
            taken.append(row.text)
    folder = root / "random" / str(seed)
    if not folder.is_dir():
        write_tier(taken, folder, "random")
    return Set("random rows", pack(folder, root, f"random-{seed}", length), ("random",))


def talks(root: Path, files: Sequence[str], most: int, length: int, stages: int = 3) -> str:
    """Conversations of instruction files in stages by the default difficulty, a tenth held out; packed."""
    run_ = root / "runs" / "talks"
    if not (run_ / "dataset" / "manifest.json").is_file():
        for file in map(Path, files):
            name = file.name.partition(".")[0]
            write_lines(drawn(records(file), most, 0), root / "talks" / f"{name}.jsonl")
        policy = root / "stages.yaml"
        policy.write_text(
            yaml.safe_dump({"stages": {"column": "difficulty", "stages": stages}, "validation": {"share": 0.1}})
        )
        sources = [{"name": path.stem, "paths": str(path)} for path in sorted((root / "talks").glob("*.jsonl"))]
        settings = {"name": "talks", "kind": "conversation", "sources": sources, "rules": ["sft"],
                    "difficulty": True, "tiers": str(policy)}  # fmt: skip
        (root / "talks.yaml").write_text(yaml.safe_dump(settings, sort_keys=False))
        corpus("run", str(root / "talks.yaml"), "--out", str(run_))
    return pack(run_, root, "talks", length, "--template", "chatml")
