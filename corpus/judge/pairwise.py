"""Two texts compared in both orders: a judge that only likes what comes first is found out, not believed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from corpus.errors import UsageError
from corpus.judge.client import Judge
from corpus.judge.schema import Answer, Question, Reason

Winner = Literal["first", "second", "tie", "inconsistent"]
_TURNED = {"first": "second", "second": "first", "tie": "tie"}


@dataclass(frozen=True)
class Comparison:
    """`winner` as seen in the order given; None where either order has no answer, with the `reason`.

    Both orders must say the same, else it is `inconsistent`. `forward` and `backward` are what each order said, in
    terms of the order given."""

    id: str
    winner: Winner | None
    forward: str | None
    backward: str | None
    reason: Reason | None = None
    detail: str = ""

    @property
    def agree(self) -> bool | None:
        """Whether both orders said the same; None where one said nothing."""
        return None if self.forward is None or self.backward is None else self.forward == self.backward


@dataclass(frozen=True)
class Agreement:
    """Over comparisons with both answers: the share whose orders agree, and of those that disagree how many preferred
    what was shown first and what was shown second, whichever it was."""

    compared: int
    agree: float | None
    prefers_first_shown: int
    prefers_second_shown: int
    winners: dict[str, int]


def both_orders(question: Question) -> tuple[Question, Question]:
    """The question as it is and with its sides exchanged; UsageError when its prompt compares nothing."""
    if question.prompt.kind != "compare":
        raise UsageError(f"prompt {question.prompt.name} is of kind {question.prompt.kind}; comparing needs `compare`")
    turned = {**question.parts, "first": question.parts["second"], "second": question.parts["first"]}
    return question, Question(question.id, question.prompt, turned)


def combined(forward: Answer, backward: Answer) -> Comparison:
    """What both orders make together."""
    one = None if forward.value is None else str(forward.value["winner"])
    other = None if backward.value is None else _TURNED[str(backward.value["winner"])]
    if one is None or other is None:
        missing = forward if one is None else backward
        return Comparison(forward.id, None, one, other, missing.reason, missing.detail)
    winner: Winner = "inconsistent" if one != other else one  # type: ignore[assignment]
    return Comparison(forward.id, winner, one, other)


async def compare(judge: Judge, questions: Iterable[Question]) -> list[Comparison]:
    """Each question asked in both orders; comparisons in the order of the questions."""
    answers = await judge.ask(turned for question in questions for turned in both_orders(question))
    return [combined(answers[place], answers[place + 1]) for place in range(0, len(answers), 2)]


def agreement(found: Sequence[Comparison]) -> Agreement:
    """How far the orders agree, and which place the judge prefers where they do not."""
    whole = [one for one in found if one.agree is not None]
    # Turned back to what was shown: `forward` first and `backward` second both chose the place that came first.
    first = sum(not one.agree and (one.forward == "first" or one.backward == "second") for one in whole)
    second = sum(not one.agree and (one.forward == "second" or one.backward == "first") for one in whole)
    winners = Counter(one.winner for one in whole if one.winner is not None)
    share = sum(bool(one.agree) for one in whole) / len(whole) if whole else None
    return Agreement(len(whole), share, first, second, dict(sorted(winners.items())))
