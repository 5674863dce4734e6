"""Answers of models to the questions of a test set, found by id, place, seed or the question itself."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.errors import UsageError
from corpus.evaluation.rows import first_text, imported, matched, rows_of
from corpus.evaluation.testset import IDS, Item, shown
from corpus.importers.model import Format

TEXTS = ("prediction", "text", "response", "output", "completion", "answer")
ASKED = ("question", "prompt", "instruction", "query", "input", "content", "sentence")


@dataclass(frozen=True)
class Answers:
    """`of[model][item id]` is an answer. `left_out`: rows that are no answer to any question, by reason; `repeated`
    rows answered a question again, of which the first in the order of their texts is taken."""

    of: Mapping[str, Mapping[str, str]]
    left_out: dict[str, int]
    repeated: int

    def model(self, name: str) -> Mapping[str, str]:
        """The answers of a model; UsageError when it has none."""
        if name not in self.of:
            raise UsageError(f"no answers of {name!r}; there are answers of {', '.join(self.of) or 'nobody'}")
        return self.of[name]


def load(named: Sequence[str], items: Sequence[Item]) -> Answers:
    """Answers of `FILE` or `NAME=FILE`. A row's own `model` names the model, else NAME, else the file's name.

    Rows have an `id` of the test set (or the `seed` of `corpus pairs`) and a `text` (also prediction, output), or are
    conversations of any format, whose last turn answers the question before it. UsageError when nothing answers
    anything.
    """
    places = _Places(items)
    left_out: Counter[str] = Counter()
    found: dict[str, dict[str, list[str]]] = {}
    for one in named:
        name, path = _split(one)
        for place, value, fmt in rows_of([path], left_out):
            model = name or first_text(value, ("model",)) or Path(place.rpartition("#")[0]).name.partition(".")[0]
            said = _answer(value, fmt)
            whose = () if said is None else places.whose(value, place, said[0])
            if said is None or not whose:
                left_out["no_answer" if said is None else "no_such_question"] += 1
                continue
            of = found.setdefault(model, defaultdict(list))
            for key in whose:
                of[key].append(said[1])
    if not found:
        raise UsageError(f"{', '.join(named)}: no row answers a question of the test set ({dict(left_out)})")
    repeated = sum(len(texts) - 1 for of in found.values() for texts in of.values())
    chosen = {model: {key: min(texts) for key, texts in sorted(of.items())} for model, of in found.items()}
    return Answers(chosen, dict(sorted(left_out.items())), repeated)


def _split(given: str) -> tuple[str | None, str]:
    name, mark, path = given.partition("=")
    return (name, path) if mark and name and "/" not in name else (None, given)


def _answer(value: Mapping[str, Any], fmt: Format | None) -> tuple[str | None, str] | None:
    """The question that a row carries, if it does, and its answer."""
    record = imported(value, fmt)
    if record is not None and record.messages and record.messages[-1][0] == "assistant":
        turns = [turn[:2] for turn in record.messages]
        return shown(turns[:-1]) if len(turns) > 1 else None, turns[-1][1]
    text = first_text(value, TEXTS)
    return None if text is None else (first_text(value, ASKED), text)


class _Places:
    """Ids of items by each of the ways in which a row may name them."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.ids = {item.id for item in items}
        self.places = {item.place: item.id for item in items}
        self.seeds: dict[str, list[str]] = defaultdict(list)
        self.questions: dict[str, list[str]] = defaultdict(list)
        for item in items:
            self.seeds[item.seed].append(item.id)
            self.questions[matched(item.question)].append(item.id)

    def whose(self, value: Mapping[str, Any], place: str, question: str | None) -> tuple[str, ...]:
        """The questions a row answers: one by its id or place, else all of its seed, else all that ask the same."""
        for own in (first_text(value, (name,)) for name in IDS):
            if own in self.ids:
                return (str(own),)
            if own in self.places:
                return (self.places[str(own)],)
        if (seed := first_text(value, ("seed",))) in self.seeds:
            return tuple(self.seeds[str(seed)])
        return tuple(self.questions.get(matched(question), ())) if question else ()
