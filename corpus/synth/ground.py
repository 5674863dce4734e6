"""Grounding: questions that a document answers, with the words of the document that bear the answer out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from corpus.judge.prompts import Prompt
from corpus.judge.schema import Asked, Question
from corpus.synth.dealing import Operation, dealt, drawn, hashed
from corpus.synth.model import Draft, Request, State
from corpus.synth.sources import Sources

LEAST, MOST = 100, 3000
"""Characters of a passage: a shorter rest is left out, a longer text is cut at the ends of paragraphs or sentences."""
_ENDS = re.compile(r"\n+|(?<=[。！？!?])|(?<=\.) ")


@dataclass(frozen=True)
class Ground:
    """`each` questions of different kinds about every document of `sources`, each from one passage of it. `with_text`:
    the passage becomes the row's input; without it the question must stand by itself."""

    prompt: Prompt
    kinds: tuple[Operation, ...]
    sources: Sources
    each: int
    with_text: bool
    seed: int

    @property
    def name(self) -> str:
        """`ground`."""
        return "ground"

    def settings(self) -> dict[str, Any]:
        """See `Mode`."""
        kinds = f"{hashed(self.kinds):016x}"
        return {"each": self.each, "with_text": self.with_text, "seed": self.seed, "kinds": kinds}

    def request(self, number: int, state: State) -> Request | None:
        """See `Mode`."""
        which, turn = divmod(number, self.each)
        document = self.sources.get(which)
        if document is None:
            return None
        passages = passages_of(document.output)
        order = drawn(len(passages), len(passages), "passage", document.id, self.seed)
        passage = passages[order[turn % len(order)]]
        # The kinds go on from document to document, so that each is asked for as often.
        chosen = dealt([one.name for one in self.kinds], number, self.seed, "kind")
        text = next(one.text for one in self.kinds if one.name == chosen)
        asked = Question(f"ground {number}", self.prompt, {"text": passage, "kind": text})
        return Request(number, asked, (document,), chosen, {"question": chosen}, passage)

    def follow(self, request: Request, values: Sequence[Mapping[str, Any]]) -> Asked | None:
        """See `Mode`; one reply is all."""
        return None

    def draft(self, request: Request, values: Sequence[Mapping[str, Any]]) -> Draft:
        """See `Mode`."""
        question, evidence, answer = (str(values[0][name]).strip() for name in ("question", "evidence", "answer"))
        given = request.material if self.with_text else ""
        return Draft(question, given, answer, request.category, answered=((question, answer),), evidence=evidence)


def passages_of(text: str) -> list[str]:
    """A text in passages of at most MOST characters, cut where paragraphs or sentences end; a text shorter than LEAST
    is one passage, a rest shorter than that is dropped."""
    text = text.strip()
    if len(text) <= MOST:
        return [text]
    places = [found.end() for found in _ENDS.finditer(text)] + [len(text)]
    found, start, end = [], 0, 0
    for place in places:
        while place - start > MOST:
            # A sentence longer than a passage is cut where the passage is full.
            end = end if end > start else start + MOST
            found.append(text[start:end].strip())
            start = end
        end = place
    found.append(text[start:].strip())
    return [one for one in found if len(one) >= LEAST] or [text[:MOST]]
