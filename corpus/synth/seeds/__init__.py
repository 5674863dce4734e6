"""The seed tasks that come with the package: `zh.jsonl` and `en.jsonl`, written for it, in BELLE's fields.

A line is `{"id", "category", "instruction", "input", "output"}`; `input` is empty where the task has none. The two
languages are written apart, not translated from each other. See docs/synth.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import orjson

from corpus.errors import UsageError

LANGUAGES = ("zh", "en")


@dataclass(frozen=True)
class Seed:
    """A task with a right answer. `input` is what the instruction works on, or empty."""

    id: str
    category: str
    instruction: str
    input: str
    output: str


@cache
def load(lang: str) -> tuple[Seed, ...]:
    """The seeds of `zh` or `en`, in the order of the file. UsageError for another language."""
    if lang not in LANGUAGES:
        raise UsageError(f"there are no seed tasks in {lang!r}: choose one of {', '.join(LANGUAGES)}")
    lines = (Path(__file__).parent / f"{lang}.jsonl").read_bytes().splitlines()
    return tuple(Seed(**orjson.loads(line)) for line in lines)
