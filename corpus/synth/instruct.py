"""Self-instruct: a new task, asked for with some examples, a category, a topic, a verb and a way of speaking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from corpus.judge.prompts import Prompt
from corpus.judge.schema import Asked, Question
from corpus.synth.dealing import Lists, dealt, drawn, hashed
from corpus.synth.model import Draft, Given, Request, State

OWN = 4
"""One of so many examples is a row that was accepted; the others are seeds (self-instruct: two of eight)."""
SHOWN = 1200
"""Characters of an example's input or output that are shown."""
_LABELS = {"zh": ("类别", "指令", "材料", "回答"), "en": ("Category", "Instruction", "Input", "Answer")}


@dataclass(frozen=True)
class Instruct:
    """`examples` of the `seeds` (and of accepted rows) are in each request; `categories` are those of the seeds, dealt
    so that each has the same number of rows accepted or under way."""

    prompt: Prompt
    lists: Lists
    seeds: tuple[Given, ...]
    examples: int
    seed: int

    @property
    def name(self) -> str:
        """`instruct`."""
        return "instruct"

    @property
    def categories(self) -> tuple[str, ...]:
        """Every category of the seeds, in their order."""
        return tuple(dict.fromkeys(one.category for one in self.seeds))

    def settings(self) -> dict[str, Any]:
        """See `Mode`."""
        known = [[one.instruction, one.input, one.output, one.category] for one in self.seeds]
        return {"examples": self.examples, "seed": self.seed, "seeds": f"{hashed(known, self.lists):016x}"}

    def request(self, number: int, state: State) -> Request:
        """See `Mode`; there is always something to ask."""
        category = min(self.categories, key=lambda name: (state.held.get(name, 0), hashed(number, self.seed, name)))
        shown = self._examples(number, state)
        given = {
            "topic": dealt(self.lists.topics, number, self.seed, "topic"),
            "verb": dealt(self.lists.verbs, number, self.seed, "verb"),
            "form": dealt(self.lists.forms, number, self.seed, "form"),
        }
        meaning = self.lists.categories.get(category)
        parts = {
            **given,
            "examples": "\n\n".join(as_example(one, self.prompt.lang) for one in shown),
            "category": f"{category}: {meaning}" if meaning else category,
        }
        return Request(number, Question(f"instruct {number}", self.prompt, parts), tuple(shown), category, given)

    def follow(self, request: Request, values: Sequence[Mapping[str, Any]]) -> Asked | None:
        """See `Mode`; one reply is all."""
        return None

    def draft(self, request: Request, values: Sequence[Mapping[str, Any]]) -> Draft:
        """See `Mode`."""
        return task_of(values[0], request.category)

    def _examples(self, number: int, state: State) -> list[Given]:
        own = min(self.examples // OWN, len(state.accepted))
        accepted = [
            state.accepted[place].given() for place in drawn(len(state.accepted), own, "own", number, self.seed)
        ]
        seeds = [self.seeds[place] for place in drawn(len(self.seeds), self.examples - own, "seeds", number, self.seed)]
        return seeds + accepted


def task_of(value: Mapping[str, Any], category: str) -> Draft:
    """A reply with instruction, input and output as a row of one question."""
    said = [str(value[name]).strip() for name in ("instruction", "input", "output")]
    instruction, given, output = said
    asked = f"{instruction}\n{given}" if given else instruction
    return Draft(instruction, given, output, category, answered=((asked, output),))


def as_example(row: Given, lang: str) -> str:
    """A row as the model is shown it; what is long is shown in part."""
    fields = zip(_LABELS[lang], (row.category, row.instruction, row.input, row.output), strict=True)
    colon = "：" if lang == "zh" else ": "
    return "\n".join(f"{label}{colon}{_part(text)}" for label, text in fields if text)


def _part(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]} [...]"
