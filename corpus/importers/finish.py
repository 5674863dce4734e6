"""From turns that a format has read to a checked record: the same for every format."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import Any

import orjson

from corpus.importers.model import NOTE, Format, Imported, Kind, Problem, Reason, Repair, Turns
from corpus.importers.roles import ASSISTANT, SYSTEM, TOOL, USER, blank, problem_in, trimmed, without_greeting
from corpus.importers.specials import special_tokens

IDS = ("id", "conversation_id", "prompt_id", "id_", "uuid")
"""Fields that identify a row, the first that it has."""
KEPT = "kept"
"""In the note of an exported row: all of the record's `meta`, where the names of its fields are those of the format."""
ADDED = "added"
"""In the note of an exported row: fields that are not of `meta`."""
_ENDINGS = ("finish_reason", "stop_reason")
_LARGEST = 3.4e38
_ASKING = frozenset({USER, TOOL})


def conversation(
    fmt: Format,
    turns: Turns,
    rest: dict[str, Any],
    note: dict[str, Any],
    ids: Sequence[str] = IDS,
    *,
    greeting: bool = False,
) -> Imported | Problem:
    """A conversation of `turns`. `rest` are the row's other fields and `note` what only an importer needs; both are
    taken over. Turns after the last answer are trimmed; with `greeting`, answers before the first question dropped."""
    if len(turns) == 2 and turns[0][0] == USER and turns[1][0] == ASSISTANT:
        problem = problem_in(turns) if blank(turns[0][1]) or blank(turns[1][1]) else None
    else:
        given = turns
        turns, tail = trimmed(given)
        if not turns:
            why = "there is no answer" if given else "there are no turns"
            return Problem(Reason.NO_ANSWER, why)
        head: Turns = []
        if greeting:
            turns, head = without_greeting(turns)
            if not turns or turns[-1][0] != ASSISTANT:
                return Problem(Reason.ROLE_ORDER, "answers stand before the first question, and none after it")
        problem = problem_in(turns)
        if tail:
            repaired(note, Repair.TRAILING_TRIMMED)["tail"] = [list(turn) for turn in tail]
        if head:
            repaired(note, Repair.LEADING_DROPPED)["head"] = [list(turn) for turn in head]
    if problem or (rest and (problem := truncated(rest))):
        return problem
    key = own_key(rest, note, ids)
    meta = noted(fmt, rest, note, turns)
    score = number(meta.get("score"))
    return Imported(Kind.CONVERSATION, key, turns, None, None, None, score, None, None, meta or None)


def preference(
    fmt: Format,
    prompt: Turns,
    chosen: Turns,
    rejected: Turns,
    rest: dict[str, Any],
    note: dict[str, Any],
    scores: tuple[object, object] = (None, None),
    ids: Sequence[str] = IDS,
) -> Imported | Problem:
    """A preference; one of the answers may be empty where a source labels single answers, not both."""
    if not prompt or prompt[-1][0] not in (USER, TOOL):
        return Problem(Reason.ROLE_ORDER, "the prompt does not end with the user or a tool")
    problem = problem_in(prompt)
    before = prompt[-1][0]
    for name, answer in (("chosen", chosen), ("rejected", rejected)):
        if problem or not answer:
            continue
        if answer[-1][0] != ASSISTANT:
            return Problem(Reason.NO_ANSWER, f"{name}: does not end with the assistant")
        problem = problem_in(answer, before)
        if problem:
            problem = Problem(problem.reason, f"{name}: {problem.detail}")
    if not problem and not chosen and not rejected:
        problem = Problem(Reason.NO_ANSWER, "neither answer is there")
    if problem or (problem := truncated(rest)):
        return problem
    if chosen == rejected:
        return Problem(Reason.SAME_ANSWERS, "chosen and rejected are equal")
    key = own_key(rest, note, ids)
    meta = noted(fmt, rest, note, prompt)
    best, worst = _stored(number(scores[0])), _stored(number(scores[1]))
    return Imported(Kind.PREFERENCE, key, None, prompt, chosen, rejected, None, best, worst, meta or None)


def question(
    fmt: Format, prompt: Turns, rest: dict[str, Any], note: dict[str, Any], ids: Sequence[str] = IDS
) -> Imported | Problem:
    """A prompt without an answer."""
    if not prompt or prompt[-1][0] != USER:
        return Problem(Reason.ROLE_ORDER, "the prompt does not end with the user")
    problem = problem_in(prompt)
    if problem:
        return problem
    key = own_key(rest, note, ids)
    meta = noted(fmt, rest, note, prompt)
    score = number(meta.get("score"))
    return Imported(Kind.PROMPT, key, None, prompt, None, None, score, None, None, meta or None)


def repaired(note: dict[str, Any], repair: Repair) -> dict[str, Any]:
    """The note, with this repair in it."""
    note.setdefault("repairs", []).append(str(repair))
    return note


def own_key(rest: dict[str, Any], note: dict[str, Any], ids: Sequence[str]) -> str | None:
    """The row's own id, taken out of `rest` when it is a string; a number stays there, too, to come back as one. The
    note says where it was: a run calls a row without an id by its place, and that is no field to write back."""
    if not rest:
        return None
    for name in ids:
        value = rest.get(name)
        if type(value) is str and value:
            del rest[name]
            note["id"] = name
            return value
        if type(value) is int:
            note["id_is_number"] = True
            return str(value)
    return None


def noted(fmt: Format, rest: dict[str, Any], note: dict[str, Any], turns: Turns) -> dict[str, Any]:
    """`rest` with the note; a row that `corpus export` wrote brings its own and keeps it."""
    if NOTE in rest:
        brought = _brought(rest.pop(NOTE))
        if isinstance(brought, dict) and isinstance(brought.get(KEPT), dict):
            for name in brought.get(ADDED, ()):
                rest.pop(name, None)
            return {**rest, **brought[KEPT]}
        return {**rest, NOTE: brought} if brought is not None else rest
    found = special_tokens([content for role, content in turns if role in _ASKING])
    if found:
        repaired(note, Repair.SPECIAL_TOKENS)["special_tokens"] = found
    rest[NOTE] = {"format": fmt.value, **note}
    return rest


def _brought(value: Any) -> Any:
    """What an exported row says of its import: JSON as text, so that rows of any origin have one type."""
    if type(value) is not str:
        return value
    try:
        return orjson.loads(value)
    except ValueError:
        return value


def truncated(rest: dict[str, Any]) -> Problem | None:
    """A problem when the source says that the answer was cut: a finish reason of `length`, or `truncated: true`."""
    for name in _ENDINGS:
        if rest.get(name) in ("length", "max_tokens"):
            return Problem(Reason.TRUNCATED, f"{name} says that the answer was cut")
    if rest.get("truncated") is True:
        return Problem(Reason.TRUNCATED, "the row says that it is truncated")
    return None


def number(value: object) -> float | None:
    """A finite number that the value is or spells, with white space around it; None for anything else."""
    if type(value) is float or type(value) is int:
        return float(value) if math.isfinite(value) else None
    if type(value) is str and len(value) < 64:
        try:
            found = float(value)
        except ValueError:
            return None
        return found if math.isfinite(found) else None
    return None


def _stored(value: float | None) -> float | None:
    """A score as its column holds it, in 32 bits."""
    return None if value is None or abs(value) > _LARGEST else struct.unpack("f", struct.pack("f", value))[0]


def whole(record: Imported) -> Turns:
    """The turns as the source had them: with what was trimmed and dropped."""
    note, turns = record.note, record.messages or []
    head = [(role, content) for role, content in note.get("head", [])]
    tail = [(role, content) for role, content in note.get("tail", [])]
    if not head:
        return [*turns, *tail]
    start = 1 if turns and turns[0][0] == SYSTEM else 0
    return [*turns[:start], *head, *turns[start:], *tail]


def fields_of(record: Imported) -> dict[str, Any]:
    """The row's other fields, and its id where it was: what a writer begins with."""
    fields = {name: value for name, value in (record.meta or {}).items() if name != NOTE}
    if record.source_key is not None and "id" in record.note:
        fields[record.note["id"]] = record.source_key
    return fields


def context(row: dict[str, Any]) -> Turns | Problem:
    """The turns that fields `system` and `history` (pairs of texts) put before a question, taken out of `row`; such a
    field that says nothing stays."""
    turns: Turns = []
    system, history = row.get("system"), row.get("history")
    if type(system) is str and not blank(system):
        del row["system"]
        turns.append((SYSTEM, system))
    if history:
        if type(history) is not list or any(type(pair) is not list or len(pair) != 2 for pair in history):
            return not_this("history is no list of pairs")
        if any(type(text) is not str for pair in history for text in pair):
            return not_this("history holds something that is no text")
        del row["history"]
        for asked, answered in history:
            turns += ((USER, asked), (ASSISTANT, answered))
    return turns


def put_context(turns: Turns, row: dict[str, Any]) -> None:
    """The inverse of `context`, of the turns before a question."""
    if turns and turns[0][0] == SYSTEM:
        row["system"], turns = turns[0][1], turns[1:]
    if turns:
        row["history"] = [[asked[1], answered[1]] for asked, answered in zip(turns[::2], turns[1::2], strict=True)]


def not_this(detail: str) -> Problem:
    """The row is not of this format."""
    return Problem(Reason.NOT_THIS_FORMAT, detail)


def text_field(row: dict[str, Any], name: str) -> str | Problem:
    """A field that must be a string."""
    value = row.get(name)
    if type(value) is str:
        return value
    return not_this(f"{name} is missing" if name not in row else f"{name} is of type {type(value).__name__}")


def empty(text: str, what: str) -> Problem | None:
    """A problem when a text says nothing."""
    return Problem(Reason.EMPTY_TURN, f"{what} says nothing") if blank(text) else None
