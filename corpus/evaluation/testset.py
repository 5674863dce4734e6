"""A test set: questions with a category and, where there is one, a reference answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from corpus.errors import UsageError
from corpus.evaluation.categories import Family, category_of, family_of
from corpus.evaluation.rows import first_text, imported, matched, rows_of
from corpus.importers.model import Format, Turns
from corpus.judge.schema import digest
from corpus.pairs.model import prompt_id

CATEGORIES = ("category", "class", "task", "type")
REFERENCES = ("std_answer", "reference", "reference_answer", "answer", "target", "label")
QUESTIONS = ("question", "prompt", "instruction", "query", "input", "text", "content", "sentence")
IDS = ("id", "question_id", "doc_id", "source_key")
ID_DIGITS = 16
_Found = tuple[str, str, str, str, str, str]
"""Id, category, question, reference, seed, place."""


@dataclass(frozen=True)
class Item:
    """A question. `id` is the row's own, else the digest of category and question; `place` where it stood; `seed` what
    `corpus pairs` calls the prompt."""

    id: str
    category: str
    family: Family
    question: str
    reference: str
    place: str
    seed: str = ""


@dataclass(frozen=True)
class TestSet:
    """Questions in the order of their ids, which does not depend on files. `unknown` counts names of categories that
    are none of ours (their questions are in `items` all the same), `left_out` rows that hold no question, by reason."""

    items: tuple[Item, ...]
    unknown: dict[str, int]
    left_out: dict[str, int]

    __test__ = False  # not a test of pytest's


def load(paths: Sequence[str]) -> TestSet:
    """The questions of files: BELLE's rows (`question`, `class`, `std_answer`), conversations and prompts of any format
    that `corpus import` knows (the last answer is the reference), or rows with `question`, `category`, `reference`.

    Of a conversation with earlier turns the whole of it is the question. Rows of one id become ids of their own
    (`id~2`), so none is lost. UsageError when no row has a question.
    """
    left_out: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    found: list[_Found] = []
    for place, value, fmt in rows_of(paths, left_out):
        name = first_text(value, CATEGORIES)
        category, known = category_of(name)
        asked = _asked(value, fmt)
        if asked is None or not asked[0].strip():
            left_out["no_question"] += 1
            continue
        if not known:
            unknown[str(name)] += 1
        own = first_text(value, IDS)
        key = own if own is not None else digest([category, matched(asked[0])])[:ID_DIGITS]
        found.append((key, category, *asked, place))
    if not found:
        raise UsageError(f"{', '.join(paths)}: no row has a question ({dict(left_out) or 'they are empty'})")
    return TestSet(_numbered(found), dict(sorted(unknown.items())), dict(sorted(left_out.items())))


def _asked(value: dict[str, object], fmt: Format | None) -> tuple[str, str, str] | None:
    """Question, reference and seed of a row."""
    record = imported(value, fmt)
    if record is not None and record.messages:
        turns, last = [turn[:2] for turn in record.messages[:-1]], record.messages[-1]
        return (shown(turns), last[1], prompt_id(turns)) if turns else None
    reference = first_text(value, REFERENCES) or ""
    if record is not None and record.prompt:
        turns = [turn[:2] for turn in record.prompt]
        return shown(turns), reference, prompt_id(turns)
    question = first_text(value, QUESTIONS)
    return None if question is None else (question, reference, prompt_id([("user", question)]))


def shown(turns: Turns) -> str:
    """A single question as it is, a conversation with the role before each turn."""
    if len(turns) == 1:
        return turns[0][1]
    return "\n\n".join(f"[{role}]\n{text}" for role, text in turns)


def _numbered(found: Sequence[_Found]) -> tuple[Item, ...]:
    """Items in the order of ids; rows of one id are ordered by what they say, then told apart."""
    seen: Counter[str] = Counter()
    items = []
    for key, category, question, reference, seed, place in sorted(found):
        seen[key] += 1
        name = key if seen[key] == 1 else f"{key}~{seen[key]}"
        items.append(Item(name, category, family_of(category, reference), question, reference, place, seed))
    return tuple(items)
