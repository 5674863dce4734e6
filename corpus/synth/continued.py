"""Continuation: what the user says next, and the answer, for some turns of a conversation that is there.

Two calls a turn: the user's words are asked for by a prompt, the answer is the model's own to the whole conversation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from corpus.judge.prompts import Prompt
from corpus.judge.schema import TEXT, Asked, Chat, Question
from corpus.synth.dealing import Lists, dealt, hashed
from corpus.synth.model import ASSISTANT, USER, Draft, Request, State, Turn
from corpus.synth.sources import Sources

_SPEAKERS = {"zh": {"system": "系统", USER: "用户", ASSISTANT: "助手"},
             "en": {"system": "System", USER: "User", ASSISTANT: "Assistant"}}  # fmt: skip


@dataclass(frozen=True)
class Continue:
    """Each conversation of `sources` gets `turns` further turns, all of them or it is rejected."""

    prompt: Prompt
    lists: Lists
    sources: Sources
    turns: int
    seed: int

    @property
    def name(self) -> str:
        """`continue`."""
        return "continue"

    def settings(self) -> dict[str, Any]:
        """See `Mode`."""
        return {"turns": self.turns, "seed": self.seed, "manners": f"{hashed(self.lists.manners):016x}"}

    def request(self, number: int, state: State) -> Request | None:
        """See `Mode`."""
        parent = self.sources.get(number)
        if parent is None:
            return None
        dealt_to_it = {"manner": self._manner(number, 0)}
        return Request(number, self._next(number, 0, parent.conversation), (parent,), parent.category, dealt_to_it)

    def follow(self, request: Request, values: Sequence[Mapping[str, Any]]) -> Asked | None:
        """See `Mode`: question, answer, question, answer; nothing after a turn without words."""
        turns = self._turns(request, values)
        if not turns[-1][1].strip():
            return None
        if len(values) % 2:
            return Chat(f"continue {request.number} answer {len(values) // 2}", turns)
        done = len(values) // 2
        return self._next(request.number, done, turns) if done < self.turns else None

    def draft(self, request: Request, values: Sequence[Mapping[str, Any]]) -> Draft:
        """See `Mode`."""
        turns = self._turns(request, values)
        if len(values) % 2:
            turns = (*turns, (ASSISTANT, ""))
        new = [text for _, text in turns[len(request.parents[0].conversation) :]]
        pairs = tuple(zip(new[::2], new[1::2], strict=True))
        return Draft(new[-2], "", new[-1], request.category, turns[:-2], pairs)

    def _turns(self, request: Request, values: Sequence[Mapping[str, Any]]) -> tuple[Turn, ...]:
        said = [
            (ASSISTANT, str(value[TEXT])) if place % 2 else (USER, str(value["question"]).strip())
            for place, value in enumerate(values)
        ]
        return (*request.parents[0].conversation, *said)

    def _next(self, number: int, turn: int, turns: Sequence[Turn]) -> Question:
        speakers = _SPEAKERS[self.prompt.lang]
        colon = "：" if self.prompt.lang == "zh" else ": "
        dialogue = "\n\n".join(f"{speakers.get(role, role)}{colon}{text}" for role, text in turns)
        parts = {"dialogue": dialogue, "manner": self._manner(number, turn)}
        return Question(f"continue {number} question {turn}", self.prompt, parts)

    def _manner(self, number: int, turn: int) -> str:
        return dealt(self.lists.manners, number * self.turns + turn, self.seed, "manner")
