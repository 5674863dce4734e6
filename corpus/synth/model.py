"""What is asked for, what a reply is made into, and where an accepted row comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from corpus.judge.schema import Asked

Turn = tuple[str, str]
"""A role (system, user, assistant) and what it says."""
USER, ASSISTANT = "user", "assistant"


@dataclass(frozen=True)
class Given:
    """A row that generation starts from: a seed, a row of the user's, one accepted before, or a document.

    A document has its text in `output` and nothing else. `turns` are all of a conversation's, ending with the answer;
    `generation` is how often a row was evolved."""

    id: str
    instruction: str
    input: str
    output: str
    category: str = ""
    turns: tuple[Turn, ...] = ()
    generation: int = 0

    @property
    def conversation(self) -> tuple[Turn, ...]:
        """Its turns, or the two that its fields make."""
        return self.turns or ((USER, prompt_of(self.instruction, self.input)), (ASSISTANT, self.output))


@dataclass(frozen=True)
class Request:
    """One row wanted: what is asked first, whom it is made from, and what was dealt to it (topic, operation, ...)."""

    number: int
    asked: Asked
    parents: tuple[Given, ...]
    category: str
    dealt: Mapping[str, str] = field(default_factory=dict)
    material: str = ""


@dataclass(frozen=True)
class Draft:
    """A row as a reply says it. `before` are the turns that lead to it, `answered` the new questions with their
    answers, the last of them `instruction` and `output`; `evidence` is what the reply quotes of its material."""

    instruction: str
    input: str
    output: str
    category: str
    before: tuple[Turn, ...] = ()
    answered: tuple[tuple[str, str], ...] = ()
    evidence: str | None = None


@dataclass(frozen=True)
class Accepted:
    """A row that passed: its id, its draft, and the request it answers."""

    id: str
    draft: Draft
    request: Request
    generation: int = 0

    def given(self) -> Given:
        """As something to start from."""
        draft = self.draft
        return Given(self.id, draft.instruction, draft.input, draft.output, draft.category, turns_of(draft),
                     self.generation)  # fmt: skip


@dataclass
class State:
    """What requests are made from: rows accepted so far, and of each category how many are accepted or under way."""

    accepted: list[Accepted] = field(default_factory=list)
    held: dict[str, int] = field(default_factory=dict)


class Mode(Protocol):
    """A way to make rows. Everything it does follows from the number of the request and the state it is given."""

    @property
    def name(self) -> str:
        """instruct, evolve, continue or ground."""

    def settings(self) -> dict[str, Any]:
        """What the rows depend on, for a directory's settings."""

    def request(self, number: int, state: State) -> Request | None:
        """What to ask as number `number`; None when there is nothing to ask (yet, where rows are under way)."""

    def follow(self, request: Request, values: Sequence[Mapping[str, Any]]) -> Asked | None:
        """What to ask after these replies; None when they are all."""

    def draft(self, request: Request, values: Sequence[Mapping[str, Any]]) -> Draft:
        """The row that the replies make."""


def prompt_of(instruction: str, given: str) -> str:
    """What the user says: the instruction and, below it, its input."""
    return f"{instruction}\n{given}" if given else instruction


def turns_of(draft: Draft) -> tuple[Turn, ...]:
    """The whole conversation of a draft."""
    if draft.before:
        return (*draft.before, (USER, draft.instruction), (ASSISTANT, draft.output))
    return ((USER, prompt_of(draft.instruction, draft.input)), (ASSISTANT, draft.output))
