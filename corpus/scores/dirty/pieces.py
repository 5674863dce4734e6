"""A text taken apart so that it can be made dirty: its sentences with what stands between them, and its language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np

_SENTENCE = re.compile(r"[^。！？!?…\n]*(?:[。！？!?…]+[”’」』）)\"']*|\n+|$)|[^\n]")
_ENGLISH = re.compile(r".*?(?:(?<![A-Z])[.!?]+[\"')\]]*\s+|\n+|$)")
_HAN = re.compile(r"[㐀-鿿]")
_LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True)
class Pieces:
    """A text, its sentences (which join to the text) and its language, `zh` or `en`."""

    text: str

    @cached_property
    def lang(self) -> str:
        """`zh` where a fifth of the letters are Han."""
        many = letters(self.text)
        return "zh" if many == 0 or len(_HAN.findall(self.text)) * 5 >= many else "en"

    @cached_property
    def sentences(self) -> list[str]:
        """Runs up to an end mark or a line's end, with these; joined they are the text."""
        pattern = _SENTENCE if self.lang == "zh" else _ENGLISH
        return [one for one in pattern.findall(self.text) if one]

    @cached_property
    def spoken(self) -> list[int]:
        """The places of sentences that hold four letters or more."""
        return [place for place, one in enumerate(self.sentences) if letters(one) >= 4]


def letters(text: str) -> int:
    """How many letters a text holds; a Han character is one."""
    return len(_LETTER.findall(text))


def number(rng: np.random.Generator, least: int = 2, most: int = 99) -> str:
    """A number as text."""
    return str(int(rng.integers(least, most + 1)))


def pick(rng: np.random.Generator, options: tuple[str, ...]) -> str:
    """One of the options."""
    return options[int(rng.integers(len(options)))]


def some(rng: np.random.Generator, places: list[int], share: float) -> set[int]:
    """A share of the places, one at least where there is any."""
    if not places:
        return set()
    many = min(len(places), max(1, round(len(places) * share)))
    return {places[int(one)] for one in rng.choice(len(places), many, replace=False)}
