"""The shape of rule files: what each key may hold, before signals and ids are looked up."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from corpus.located import Strict
from corpus.ruleset.model import Applies, Bound, Examples, plain

MAX_EXAMPLE = 4 << 20
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Count = Annotated[int, Field(strict=True, ge=0)]
Lang = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
Kind = Literal["document", "conversation", "preference", "prompt"]
RuleId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$", max_length=120)]
Sentence = Annotated[str, Field(min_length=1)]


class BoundSpec(Strict):
    """`keep_when`: numbers, or labels."""

    min: Number | None = None
    max: Number | None = None
    allowed: tuple[str, ...] = Field(default=(), alias="in")
    refused: tuple[str, ...] = Field(default=(), alias="not_in")

    @model_validator(mode="after")
    def _in_order(self) -> BoundSpec:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {plain(self.min)} is above max {plain(self.max)}")
        return self

    def over(self, old: Bound) -> Bound:
        """`old` with the keys that were written here; null takes a bound away."""
        return Bound(
            *(getattr(self if name in self.model_fields_set else old, name) for name in BoundSpec.model_fields)
        )


class AppliesSpec(Strict):
    """`applies`: which records the rule looks at."""

    lang: tuple[Lang, ...] = ()
    source: tuple[Sentence, ...] = ()
    kind: tuple[Kind, ...] = ()
    min_chars: Count | None = None
    max_chars: Count | None = None

    @model_validator(mode="after")
    def _in_order(self) -> AppliesSpec:
        if self.min_chars is not None and self.max_chars is not None and self.min_chars > self.max_chars:
            raise ValueError(f"min_chars {self.min_chars} is above max_chars {self.max_chars}")
        return self

    def over(self, old: Applies) -> Applies:
        """`old` with the keys that were written here."""
        return Applies(
            *(getattr(self if name in self.model_fields_set else old, name) for name in AppliesSpec.model_fields)
        )


class ExampleSpec(Strict):
    """One example: a text, or a piece of text and how many times it stands there, or a number as it is."""

    text: str
    times: Annotated[int, Field(strict=True, ge=1)] = 1

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, value: Any) -> Any:
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)
        return {"text": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _small(self) -> ExampleSpec:
        if len(self.text) * self.times > MAX_EXAMPLE:
            raise ValueError(f"an example has at most {MAX_EXAMPLE} characters")
        return self


class ExamplesSpec(Strict):
    """`examples`: at least one that is kept and one that is not."""

    keep: tuple[ExampleSpec, ...] = Field(min_length=1)
    drop: tuple[ExampleSpec, ...] = Field(min_length=1)

    def expanded(self) -> Examples:
        """The examples with repetitions written out."""
        return Examples(
            tuple(example.text * example.times for example in self.keep),
            tuple(example.text * example.times for example in self.drop),
        )


class RuleSpec(Strict):
    """One rule as written."""

    id: RuleId
    signal: dict[str, Any]
    keep_when: BoundSpec
    otherwise: Literal["drop", "flag", "demote"] | None = None
    """Left out, what the word list of the signal says."""
    reason: Sentence
    source: Sentence
    examples: ExamplesSpec
    applies: AppliesSpec = AppliesSpec()


class OverrideSpec(Strict):
    """A change to a rule that stands earlier: the keys given here win, `disable: true` takes the rule away."""

    override: str
    disable: Literal[True] | None = None
    keep_when: BoundSpec | None = None
    otherwise: Literal["drop", "flag", "demote"] | None = None
    applies: AppliesSpec | None = None
    reason: Sentence | None = None
    source: Sentence | None = None
    examples: ExamplesSpec | None = None

    @model_validator(mode="after")
    def _does_something(self) -> OverrideSpec:
        others = self.model_fields_set - {"override", "disable"}
        if self.disable and others:
            raise ValueError(f"disable: true leaves no use for {', '.join(sorted(others))}")
        if not self.disable and not others:
            raise ValueError("changes nothing; give keep_when, otherwise, applies or disable: true")
        return self
