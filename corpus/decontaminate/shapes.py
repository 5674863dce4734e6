"""What a benchmark's record asks: its question, the options to choose from and the answer, whatever its fields are."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

QUESTION = (
    *("question", "problem", "query", "stem", "ctx", "prompt", "instruction", "inputs", "question_text"),
    *("sentence", "premise", "goal", "input", "content", "text", "题目", "问题"),
)
"""Fields that may hold the question, the likeliest first; case makes no difference."""
CHAT = ("messages", "conversations", "conversation", "data")
OPTIONS = ("choices", "options", "endings", "candidates", "answers", "mc1_targets", "选项")
LETTERS = tuple("abcdefghij")
NUMBERED = re.compile(r"^(?:option|choice|opa|sol|ending|opt|answer)[_ ]?([a-j]|\d)$")
ANSWER = ("answer", "solution", "canonical_solution", "output", "response", "target", "completion", "答案")
ID = ("id", "task_id", "question_id", "qid", "item_id", "uid", "idx", "index", "_id")
SPEAKERS = {"user", "human", "prompter"}
_NUMBER = re.compile(r"^\s*(?:[（(【]\s*\d{1,4}\s*[)）】]|\d{1,4}\s*[.．、](?!\d))\s*")
_LIST = re.compile(r"^\s*\[.*\]\s*$", re.DOTALL)


@dataclass(frozen=True)
class Asked:
    """`id` is the record's own, None where it has none; `answer` is "" where it has none in words."""

    question: str
    options: tuple[str, ...] = ()
    answer: str = ""
    id: str | None = None


def asked(record: Mapping[str, Any]) -> Asked | None:
    """What the record asks; None when it has no question.

    The question is the first field of QUESTION with text in it, with `input` behind an `instruction`, or the first turn
    of a chat. Options are a list, a list written as a string, an object by letter, the lists `text` and `label` of an
    object, objects with a `text`, or fields of their own (A to J, option_a, ending0). A number before the
    question goes.
    """
    fields = {str(name).lower(): value for name, value in record.items()}
    inner = fields.get("question")
    if isinstance(inner, Mapping):  # ARC: {"question": {"stem", "choices"}}
        fields |= {str(name).lower(): value for name, value in inner.items()}
        fields.pop("question", None)
    name, question = _question(fields)
    turns = [] if question else _turns(fields)
    if turns:
        question = turns[0]
    if not question:
        return None
    if name == "instruction" and isinstance(fields.get("input"), str):
        question = f"{question}\n{fields['input']}".strip()
    answer = turns[1] if len(turns) > 1 else _answer(fields)
    return Asked(_NUMBER.sub("", question, count=1) or question, _options(fields), answer, _id(fields))


def _question(fields: Mapping[str, Any]) -> tuple[str, str]:
    for name in QUESTION:
        value = fields.get(name)
        if isinstance(value, str) and value.strip():
            return name, value
    return "", ""


def _turns(fields: Mapping[str, Any]) -> list[str]:
    """The first thing a person says and what is answered."""
    for name in (*CHAT, "prompt", "question"):
        found = fields.get(name)
        if not isinstance(found, list) or not found:
            continue
        if all(isinstance(one, str) for one in found):
            return list(found[:2])
        turns = [one for one in found if isinstance(one, Mapping)]
        said = [(str(one.get("role", one.get("from", ""))).lower(), _said(one)) for one in turns]
        first = next((place for place, (who, text) in enumerate(said) if who in SPEAKERS and text), None)
        if first is not None:
            return [text for _, text in said[first : first + 2]]
    return []


def _said(turn: Mapping[str, Any]) -> str:
    value = turn.get("content", turn.get("value", turn.get("text", "")))
    return value if isinstance(value, str) else ""


def _options(fields: Mapping[str, Any]) -> tuple[str, ...]:
    for name in OPTIONS:
        found = _as_options(fields.get(name))
        if len(found) > 1:
            return found
    apart = [fields[letter] for letter in LETTERS if letter in fields]
    if len(apart) < 2:
        apart = [value for name, value in fields.items() if NUMBERED.match(name)]
    texts = tuple(str(one) for one in apart if isinstance(one, str | int | float) and str(one).strip())
    return texts if len(texts) > 1 else ()


def _as_options(value: Any) -> tuple[str, ...]:
    if isinstance(value, str) and _LIST.match(value):
        value = _parsed(value)
    if isinstance(value, Mapping):
        texts = next((value[name] for name in ("text", "choices", "texts") if isinstance(value.get(name), list)), None)
        value = texts if texts is not None else list(value.values())
    if not isinstance(value, Sequence) or isinstance(value, str):
        return ()
    texts = [_said(one) if isinstance(one, Mapping) else one for one in value]
    return tuple(str(one) for one in texts if isinstance(one, str | int | float) and str(one).strip())


def _parsed(value: str) -> Any:
    """A list written as JSON, or as Python writes it."""
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        pass
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def _answer(fields: Mapping[str, Any]) -> str:
    for name in ANSWER:
        value = fields.get(name)
        if isinstance(value, str) and value.strip():
            return value
    return ""


def _id(fields: Mapping[str, Any]) -> str | None:
    for name in ID:
        value = fields.get(name)
        if isinstance(value, str | int) and str(value).strip():
            return str(value)
    return None
