"""What the tests of the judge share: patience that suits a server on loopback, and scores of answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from corpus.judge.breaker import Patience
from corpus.judge.schema import Answer

SOON = Patience(first=0.01, most=0.05, rest=0.05)
Ask = Callable[..., list[Answer]]
"""The `ask` fixture: a server and texts in, answers out."""


def scores(answers: Sequence[Answer]) -> list[int | None]:
    return [None if one.value is None else one.value["score"] for one in answers]
