"""A task: fields of a row, words of its labels, and what may be asked, as a YAML file declares them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from corpus import located
from corpus.errors import UsageError
from corpus.located import Strict, suggest

SHIPPED = Path(__file__).resolve().parent / "texts"
LABEL = "label"
HOLE = re.compile(r"\{(\w+)\}")
Lang = Literal["zh", "en"]


class Words(Strict):
    """A label in both languages."""

    zh: str
    en: str


class Task(Strict):
    """`{field}` in a template or `answer` is where that field of a row is put.

    `labels`: the words of each label; with them a row needs the field `label`, whose values are names of labels or
    one of `spellings` (1, pos). `{label}` stands for the word in the language of the template.
    """

    templates: Literal[1] = 1
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
    about: str
    fields: Annotated[tuple[str, ...], Field(min_length=1)]
    labels: dict[str, Words] = Field(default_factory=dict)
    spellings: dict[str, str] = Field(default_factory=dict)
    answer: str
    zh: Annotated[tuple[str, ...], Field(min_length=1)]
    en: Annotated[tuple[str, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _sound(self) -> Self:
        known = {*self.fields, LABEL} if self.labels else set(self.fields)
        for text in (self.answer, *self.zh, *self.en):
            if unknown := set(HOLE.findall(text)) - known:
                raise ValueError(f"{{{min(unknown)}}} is no field; fields are {', '.join(sorted(known))}")
        if any(f"{{{LABEL}}}" in text for text in (*self.zh, *self.en)):
            raise ValueError("a template must not show the label it asks for")
        if unknown := set(self.spellings.values()) - set(self.labels):
            raise ValueError(f"spellings name {min(unknown)!r}, which is no label")
        return self

    @property
    def needed(self) -> tuple[str, ...]:
        """The fields that a row must have."""
        return (*self.fields, LABEL) if self.labels else self.fields


def shipped() -> tuple[str, ...]:
    """Names of the tasks that come with the package."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.yaml")))


def load(name: str) -> Task:
    """A shipped task or the file of one.

    UsageError for an unknown name, ConfigError with file:line for a wrong file.
    """
    path = SHIPPED / f"{name}.yaml" if name in shipped() else Path(name)
    if not path.is_file():
        raise UsageError(f"no task {name!r}{suggest(name, shipped())}; corpus templates list shows them")
    return located.validate(Task, located.parse(path.read_text(encoding="utf-8"), str(path)))
