"""Patience with a server: how long to wait before a call is repeated, and when to leave the server alone."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass

from corpus.errors import EnvironmentProblem


@dataclass(frozen=True)
class Patience:
    """`tries` calls of a question at most, `paid_tries` of them with a reply that was no answer or may have been paid.
    Waits between them double from `first` seconds to `most`, drawn from the upper half. After `broken` failures
    in a row, of whatever questions, nobody calls for `rest` seconds (doubling), then one call tries; `rests` of these
    without a success end the work."""

    tries: int = 8
    paid_tries: int = 3
    first: float = 0.5
    most: float = 60.0
    broken: int = 20
    rest: float = 15.0
    rests: int = 4

    def wait(self, failures: int) -> float:
        """Seconds before the call after the `failures`-th failure (from 1)."""
        return min(self.most, self.first * 2.0 ** min(failures - 1, 30)) * random.uniform(0.5, 1.0)  # noqa: S311


class Breaker:
    """What all calls know of the server: it failed so often in a row, or it asked to be left alone until then."""

    def __init__(self, patience: Patience) -> None:
        self.patience = patience
        self._failures = self._rests = 0
        self._not_before = 0.0
        self._probing = False
        self._last = ""

    async def admit(self) -> bool:
        """Wait until a call may be sent; true for the one call that tries a server which was left alone.

        EnvironmentProblem when the server was given up."""
        while True:
            if self._rests > self.patience.rests:
                raise EnvironmentProblem(
                    f"the server fails again and again, last with: {self._last}. What was answered is kept: repeat the "
                    "command to go on"
                )
            wait = self._not_before - time.monotonic()
            if wait <= 0 and not self._probing:
                self._probing = self._rests > 0
                return self._probing
            await asyncio.sleep(max(0.01, min(wait, 1.0)))

    def succeeded(self) -> None:
        """A reply came, whatever it said."""
        self._failures = self._rests = 0
        self._probing = False

    def failed(self, said: str, probing: bool) -> None:
        """A call failed in a way that may pass."""
        self._last = said
        self._failures += 1
        if probing or (self._failures >= self.patience.broken and not self._rests):
            self._probing = False
            self._rests += 1
            self._failures = 0
            self._not_before = time.monotonic() + self.patience.rest * 2.0 ** (self._rests - 1)

    def released(self, probing: bool) -> None:
        """The call that tried the server came to nothing for another reason."""
        if probing:
            self._probing = False

    def leave_alone(self, seconds: float) -> None:
        """The server asked for that."""
        self._not_before = max(self._not_before, time.monotonic() + seconds)
