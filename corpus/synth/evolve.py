"""Evolution: instructions made harder (depth) or answered by others of their kind (breadth), for some rounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from corpus.judge.prompts import Prompt
from corpus.judge.schema import Asked, Question
from corpus.synth.dealing import Operation, dealt, hashed
from corpus.synth.instruct import task_of
from corpus.synth.model import Draft, Given, Request, State, prompt_of
from corpus.synth.sources import Sources


@dataclass(frozen=True)
class Evolve:
    """Each row of `sources` is evolved `rounds` times: its first child, the child of that, and so on as long as they
    are accepted. Each operation is used as often as the others."""

    prompt: Prompt
    operations: tuple[Operation, ...]
    sources: Sources
    rounds: int
    seed: int

    @property
    def name(self) -> str:
        """`evolve`."""
        return "evolve"

    def settings(self) -> dict[str, Any]:
        """See `Mode`."""
        return {"rounds": self.rounds, "seed": self.seed, "operations": f"{hashed(self.operations):016x}"}

    def request(self, number: int, state: State) -> Request | None:
        """See `Mode`: first the sources, then accepted rows that have rounds left, in the order they were accepted."""
        parent = self.sources.get(number)
        if parent is None:
            parent = self._child(number - len(self.sources), state)
        if parent is None:
            return None
        chosen = dealt([one.name for one in self.operations], number, self.seed, "operation")
        text = next(one.text for one in self.operations if one.name == chosen)
        parts = {"instruction": prompt_of(parent.instruction, parent.input), "change": text}
        asked = Question(f"evolve {number}", self.prompt, parts)
        return Request(number, asked, (parent,), parent.category, {"operation": chosen})

    def _child(self, place: int, state: State) -> Given | None:
        left = [one for one in state.accepted if one.generation < self.rounds] if self.rounds > 1 else []
        return left[place].given() if place < len(left) else None

    def follow(self, request: Request, values: Sequence[Mapping[str, Any]]) -> Asked | None:
        """See `Mode`; one reply is all."""
        return None

    def draft(self, request: Request, values: Sequence[Mapping[str, Any]]) -> Draft:
        """See `Mode`."""
        return task_of(values[0], request.category)
