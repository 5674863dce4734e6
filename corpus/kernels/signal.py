"""What a signal is: a named measurement of a record, its parameters, and one call of it with arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

Value = str | int | float


@dataclass(frozen=True)
class Param:
    """One parameter: `choices` for a word, `minimum` and `maximum` for a number; no default means it is required."""

    name: str
    type: type[str] | type[int] | type[float]
    default: Value | None = None
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class Signal:
    """A measurement that rules can bound. `family` names the kernel that computes it, shared where one pass serves
    many signals; `unit` is "ratio" (0 to 1), "count", "characters" or "label"."""

    name: str
    family: str
    doc: str
    unit: str
    type: pa.DataType
    params: tuple[Param, ...] = ()
    reads: str = "text"


@dataclass(frozen=True, order=True)
class SignalCall:
    """A signal with its arguments; equal calls are computed once."""

    kernel: str
    args: tuple[tuple[str, Value], ...] = ()
    attached: str = field(default="", compare=False, repr=False)
    """What a worker needs and cannot find by itself, as the terms of a user's list; an argument holds its digest."""

    @property
    def column(self) -> str:
        """The column it is stored in: `char_ratio.punctuation`, `duplicate_ngram_ratio.5`."""
        return ".".join([self.kernel, *(str(value) for _, value in self.args)])

    @property
    def arguments(self) -> Mapping[str, Value]:
        """The arguments by name."""
        return dict(self.args)
