"""What an importer makes of somebody else's recipe, before it is written down as files of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from corpus.kernels.signal import Value

Fate = Literal["none", "differs", "off"]
FATES: Mapping[Fate, str] = {
    "none": "no counterpart",
    "differs": "measures something else",
    "off": "does nothing in the recipe",
}
WORD = {"zh": 1.6, "ja": 1.6}
"""Characters of a word in languages whose characters are tokens of ours, as the shipped Chinese rules take them."""


@dataclass(frozen=True)
class Origin:
    """A setting of the recipe: its key and the line it stands in (0: it is a default of the tool)."""

    key: str
    line: int

    def __str__(self) -> str:
        return f"{self.key} (line {self.line})" if self.line else f"{self.key} (a default)"


@dataclass(frozen=True)
class Note:
    """What became of a setting that is not simply a rule here."""

    origin: Origin
    fate: Fate
    said: str


@dataclass(frozen=True)
class NewRule:
    """A bound in our words; `name` ends the id."""

    origin: Origin
    name: str
    kernel: str
    reason: str
    value: str
    """The number as the recipe has it."""
    args: tuple[tuple[str, Value], ...] = ()
    min: float | None = None
    max: float | None = None
    lang: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    """Examples, where none of the pool could serve."""
    drop: tuple[str, ...] = ()


@dataclass(frozen=True)
class NewRewrite:
    """A change of texts in our words, with an example that changes and one that must not."""

    origin: Origin
    name: str
    call: Mapping[str, Any]
    reason: str
    examples: tuple[tuple[str, str], ...]


@dataclass
class Recipe:
    """A recipe as far as it was understood. `pipeline` holds settings of a pipeline file, `lists` word lists by the
    ending of their file's name."""

    kind: str
    path: str
    lang: tuple[str, ...] = ()
    rules: list[NewRule] = field(default_factory=list)
    rewrites: list[NewRewrite] = field(default_factory=list)
    pipeline: dict[str, Any] = field(default_factory=dict)
    lists: dict[str, str] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    def note(self, origin: Origin, fate: Fate, said: str) -> None:
        """Say what became of a setting."""
        self.notes.append(Note(origin, fate, said))


def tokens_for(words: int, lang: tuple[str, ...]) -> int:
    """The n-gram of ours that is as long as one of `words` words."""
    factor = WORD.get(lang[0], 1.0) if lang else 1.0
    return round(words * factor)


def spaceless(lang: tuple[str, ...]) -> bool:
    """Whether words of the language are not divided by spaces, so that what is counted in words is not ours."""
    return bool(lang) and lang[0] in WORD
