"""What a signal is: a named measurement of a record, its parameters, and one call of it with arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

Value = str | int | float
VIEWS = ("instruction", "answer")
"""What of a dialogue a signal may look at beside its text."""
DIALOGUE = "dialogue"
"""What a signal reads that compares both views: a struct of them."""
SPOKEN = "messages"
"""What a signal reads that looks at the turns of a dialogue themselves."""
EXCHANGES = "exchanges"
TURN_VIEWS = ("turns", "questions", "answers", EXCHANGES)
"""What is measured turn by turn, the worst deciding: every turn, those of the user, those of the assistant; of a signal
that compares both views, every answer with the question right before it."""
WORST = ("highest", "lowest")
PLACE = "turn"


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
    view: str = ""
    """The view of a dialogue that is measured in place of the text: `instruction` or `answer`; or one of TURN_VIEWS and
    what is worst (`answers.highest`), and PLACE for the number of that turn (`answers.highest.turn`)."""

    @property
    def column(self) -> str:
        """The column it is stored in: `char_ratio.punctuation`, `duplicate_ngram_ratio.5`, `answer:chars`,
        `answers.highest:chars`."""
        name = ".".join([self.kernel, *(str(value) for _, value in self.args)])
        return f"{self.view}:{name}" if self.view else name

    @property
    def by_turn(self) -> bool:
        """Whether each turn is measured by itself."""
        return self.view.partition(".")[0] in TURN_VIEWS

    @property
    def place(self) -> SignalCall:
        """Of a call that is measured turn by turn, the one for the number of the worst turn."""
        return replace(self, view=f"{self.view}.{PLACE}")

    def stored(self) -> list[Any]:
        """The call as JSON values, for settings and manifests; `from_stored` is the way back."""
        return [self.kernel, dict(self.args), *([self.view] if self.view else [])]

    @staticmethod
    def from_stored(values: Sequence[Any]) -> SignalCall:
        """The call that `stored` gave."""
        kernel, args, *view = values
        return SignalCall(kernel, tuple(args.items()), view=view[0] if view else "")

    @property
    def arguments(self) -> Mapping[str, Value]:
        """The arguments by name."""
        return dict(self.args)


def turn_view(view: str) -> tuple[str, str, bool]:
    """A view of turns as its name, what is worst, and whether the turn's number is asked for."""
    name, worst, *place = view.split(".")
    return name, worst, bool(place)
