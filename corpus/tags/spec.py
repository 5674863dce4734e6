"""The keys of a taxonomy file, as pydantic checks them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator, model_validator

from corpus.kernels import patterns
from corpus.kernels.matchview import view_of_term
from corpus.kernels.wordlist import MAX_TERM
from corpus.located import Strict
from corpus.tags.model import Labels, Of, Per

Name = Annotated[str, Field(strict=True, pattern=r"^[a-z][a-z0-9_]*$", max_length=48)]
TagId = Annotated[str, Field(strict=True, pattern=r"^[a-z][a-z0-9_]*(/[a-z][a-z0-9_]*)?$", max_length=64)]
Label = Annotated[str, Field(strict=True, min_length=1, max_length=60)]
Text = Annotated[str, Field(strict=True, min_length=1)]
Weight = Annotated[float, Field(gt=0, le=100)]
Count = Annotated[int, Field(strict=True, ge=0)]


class Labelled(Strict):
    """The names of a group in both languages."""

    zh: Label
    en: Label


class CueSpec(Strict):
    """A pattern with its weight."""

    match: Text
    weight: Annotated[float, Field(ge=-100, le=100)] = 1.0
    min_chars: Count | None = None
    max_chars: Count | None = None

    @field_validator("match")
    @classmethod
    def _usable(cls, value: str) -> str:
        wrong = patterns.problem(value)
        if wrong is not None:
            raise ValueError(f"the pattern cannot be used: {wrong}")
        return value

    @model_validator(mode="after")
    def _counts(self) -> CueSpec:
        if self.weight == 0:
            raise ValueError("a weight of 0 says nothing")
        if self.min_chars is not None and self.max_chars is not None and self.min_chars > self.max_chars:
            raise ValueError(f"min_chars {self.min_chars} is above max_chars {self.max_chars}")
        return self


class ExampleSpec(Strict):
    """Texts that must get the tag (`keep`) and texts that must not (`other`)."""

    keep: tuple[Text, ...] = ()
    other: tuple[Text, ...] = ()


class TagSpec(Strict):
    """One tag. `terms` are lists of terms by their weight."""

    id: TagId
    zh: Label
    en: Label
    least: Annotated[float, Field(gt=0)] | None = None
    distinct: Annotated[int, Field(strict=True, ge=1)] | None = None
    terms: dict[Weight, tuple[Text, ...]] = Field(default_factory=dict)
    cues: tuple[CueSpec, ...] = ()
    examples: ExampleSpec = ExampleSpec()

    @field_validator("terms")
    @classmethod
    def _terms(cls, value: dict[float, tuple[str, ...]]) -> dict[float, tuple[str, ...]]:
        for term in (term for terms in value.values() for term in terms):
            if len(view_of_term(term)) > MAX_TERM:
                raise ValueError(f"{term[:20]!r}... has more than {MAX_TERM} characters")
        return value


class ModelSpec(Strict):
    """A classifier trained by `corpus classifier train` whose labels are ids of this file's tags."""

    name: Text
    least: Annotated[float, Field(gt=0, le=1)] = 0.8


class TaxonomySpec(Strict):
    """A whole file."""

    taxonomy: Name
    column: Name
    labels: Labels
    of: Of = "text"
    head: Count = 0
    tail: Count = 0
    most: Count = 0
    per: Per = "text"
    floor: Annotated[int, Field(strict=True, ge=1)] = 400
    cap: Count = 3
    gaps: Annotated[bool, Field(strict=True)] = False
    least: Annotated[float, Field(gt=0)]
    distinct: Annotated[int, Field(strict=True, ge=1)] = 1
    source: Text
    groups: dict[Name, Labelled] = Field(default_factory=dict)
    model: ModelSpec | None = None
    tags: tuple[TagSpec, ...] = Field(min_length=1, max_length=1000)
