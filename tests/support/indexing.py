"""Small runs without Spark, of texts that have nothing in common unless a test says so."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from building import settings, write_jsonl

from corpus.execute import Result, execute
from corpus.pipeline import compose

HAN = [chr(code) for code in range(0x4E00, 0x8E00)]


def unlike(seed: int, characters: int = 400) -> str:
    """Random Han: two of different seeds share no shingle worth speaking of."""
    return "".join(random.Random(seed).choices(HAN, k=characters))


def varied(text: str, seed: int, places: int = 4) -> str:
    """The text with a few characters replaced: about 1 - 10 `places` / 400 similar in its shingles of five."""
    chance, characters = random.Random(seed), list(text)
    for place in chance.sample(range(len(characters)), places):
        characters[place] = chance.choice(HAN)
    return "".join(characters)


def run(folder: Path, name: str, rows: Iterable[tuple[str, str]], files: int = 1, **dedup: Any) -> Result:
    """A finished run `folder/name` of texts with their keys, read from so many files."""
    listed = list(rows)
    for number in range(files):
        some = [{"id": key, "text": text} for key, text in listed[number::files]]
        write_jsonl(folder / f"in-{name}" / f"{number}.jsonl", some)
    source = {"name": name, "paths": str(folder / f"in-{name}")}
    return run_source(folder, name, source, 3000 if files > 1 else 1 << 25, **dedup)


def run_source(folder: Path, name: str, source: Mapping[str, Any], split_bytes: int, **dedup: Any) -> Result:
    asked = settings(source, rules=[], dedup={"near": {}, **dedup})
    return execute(compose(asked), str(folder / name), bytes_here=1 << 30, split_bytes=split_bytes)
