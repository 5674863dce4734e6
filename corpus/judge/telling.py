"""What is said while a judge is asked: what an earlier command left under way, and how far this one is."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from corpus.judge.client import Judge
from corpus.judge.schema import Answer, Asked

EVERY = 5.0
"""Seconds between two words of how far it is."""
LISTED = 8
"""Calls that are named."""


def tell_lost(judge: Judge, say: Callable[[str], None]) -> None:
    """Name the calls that a killed command left under way, if there are any."""
    if judge.lost:
        which = ", ".join(one.id for one in judge.lost[:LISTED]) + (", ..." if len(judge.lost) > LISTED else "")
        say(
            f"{len(judge.lost)} calls were under way when an earlier command was killed ({which}): they are charged "
            "the most they could cost, and asked again"
        )


async def answered(judge: Judge, questions: Sequence[Asked], say: Callable[[str], None]) -> list[Answer]:
    """Answers in the order of the questions, with a word now and then of how far it is."""
    found: dict[int, Answer] = {}
    said = time.monotonic()
    async for place, answer in judge.stream(questions):
        found[place] = answer
        if answer.bought and time.monotonic() - said >= EVERY:
            said = time.monotonic()
            paid = judge.purse.paid
            money = f", ${paid.usd:.4f}" if judge.terms.price else ""
            say(f"{len(found):,} of {len(questions):,} answered, {paid.tokens:,} tokens{money} paid")
    return [found[place] for place in range(len(questions))]
