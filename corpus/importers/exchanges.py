"""Questions and answers in pairs or alternating lists: Firefly, PhasedSFT, Ziya, and sets of single pairs.

Firefly: `{conversation: [{human, assistant}], category, conversation_id, system?}` and `{kind, input, target}`.
PhasedSFT and CS-APAT: `{id, data: [question, answer, ...], score?}`, the score a string in any spelling. Ziya:
`{task, prompt: [...], output: [...]}`. Pairs: `{question, answer}`, `{prompt, response}` and their kin. Seed tasks of
self-instruct: `{instruction, instances: [{input, output}]}`.
"""

from __future__ import annotations

from typing import Any

from corpus.importers.alpaca import read_question, write_question
from corpus.importers.finish import context, conversation, fields_of, not_this, put_context, repaired, whole
from corpus.importers.model import Format, Imported, Problem, Reason, Repair, Turns
from corpus.importers.roles import ASSISTANT, SYSTEM, USER

PAIRS = (
    ("question", "answer"),
    ("prompt", "response"),
    ("instruction", "response"),
    ("query", "response"),
    ("prompt", "completion"),
    ("question", "response"),
    ("prompt", "output"),
    ("input", "output"),
)
"""Names of a question and its answer, the first pair that a row has."""


def read_firefly(row: dict[str, Any]) -> Imported | Problem:
    """A Firefly conversation. A last exchange without an answer is a question that stands at the end."""
    exchanges = row.pop("conversation", None)
    if type(exchanges) is not list:
        return not_this("conversation is missing or no list")
    turns, note = _system(row)
    for at, one in enumerate(exchanges):
        if type(one) is not dict or type(one.get("human")) is not str:
            return not_this(f"exchange {at + 1} has no human text")
        if one.keys() - {"human", "assistant"}:
            note.setdefault("turns", {})[str(at)] = {
                key: value for key, value in one.items() if key not in ("human", "assistant")
            }
        turns.append((USER, one["human"]))
        if "assistant" in one:
            if type(one["assistant"]) is not str:
                return not_this(f"exchange {at + 1}: assistant is no text")
            turns.append((ASSISTANT, one["assistant"]))
        elif at < len(exchanges) - 1:
            return Problem(Reason.EMPTY_TURN, f"exchange {at + 1} has no answer")
    return conversation(Format.FIREFLY, turns, row, note)


def write_firefly(record: Imported) -> dict[str, Any]:
    """The source's row."""
    row, turns = _with_system(record)
    further = record.note.get("turns", {})
    row["conversation"] = [
        {**dict(zip(("human", "assistant"), pair, strict=False)), **further.get(str(at), {})}
        for at, pair in enumerate(_paired(turns))
    ]
    return row


def read_list(row: dict[str, Any]) -> Imported | Problem:
    """Questions and answers by turns in `data`, the first a question."""
    data = row.pop("data", None)
    if type(data) is not list or not data:
        return not_this("data is missing, empty or no list")
    if any(type(one) is not str for one in data):
        return not_this("data holds something that is no text")
    turns, note = _system(row)
    turns += [(ASSISTANT if at % 2 else USER, one) for at, one in enumerate(data)]
    return conversation(Format.TURN_LIST, turns, row, note)


def write_list(record: Imported) -> dict[str, Any]:
    """The source's row."""
    row, turns = _with_system(record)
    row["data"] = [content for _, content in turns]
    return row


def read_ziya(row: dict[str, Any]) -> Imported | Problem:
    """Prompts and outputs in two lists of one length; one prompt more is a question at the end."""
    prompts, outputs = row.pop("prompt", None), row.pop("output", None)
    if type(prompts) is not list or type(outputs) is not list:
        return not_this("prompt or output is missing or no list")
    if any(type(one) is not str for one in (*prompts, *outputs)):
        return not_this("prompt or output holds something that is no text")
    if len(prompts) - len(outputs) not in (0, 1):
        return Problem(Reason.ROLE_ORDER, f"{len(prompts)} prompts and {len(outputs)} outputs")
    turns, note = _system(row)
    for at, one in enumerate(prompts):
        turns.append((USER, one))
        turns += [(ASSISTANT, outputs[at])] if at < len(outputs) else []
    return conversation(Format.ZIYA, turns, row, note)


def write_ziya(record: Imported) -> dict[str, Any]:
    """The source's row."""
    row, turns = _with_system(record)
    row["prompt"] = [content for role, content in turns if role == USER]
    row["output"] = [content for role, content in turns if role == ASSISTANT]
    return row


def read_target(row: dict[str, Any]) -> Imported | Problem:
    """Firefly's and BELLE's `{input, target, kind?}`."""
    return _pair(row, Format.INPUT_TARGET, "input", "target", {})


def read_pair(row: dict[str, Any]) -> Imported | Problem:
    """A question and an answer by any of the names in PAIRS."""
    for asked, answered in PAIRS:
        if type(row.get(asked)) is str and type(row.get(answered)) is str:
            default = (asked, answered) == PAIRS[0]
            return _pair(row, Format.QUESTION_ANSWER, asked, answered, {} if default else {"fields": [asked, answered]})
    return not_this("no question with an answer")


def _pair(row: dict[str, Any], fmt: Format, asked: str, answered: str, fields: dict[str, Any]) -> Imported | Problem:
    if type(row.get(asked)) is not str or type(row.get(answered)) is not str:
        return not_this(f"{asked} or {answered} is missing or no text")
    question, answer = row.pop(asked), row.pop(answered)
    before = context(row)
    if isinstance(before, Problem):
        return before
    return conversation(fmt, [*before, (USER, question), (ASSISTANT, answer)], row, fields)


def write_pair(record: Imported, fmt: Format) -> dict[str, Any]:
    """The source's row."""
    row, turns = fields_of(record), record.messages or []
    default = ("input", "target") if fmt == Format.INPUT_TARGET else PAIRS[0]
    asked, answered = record.note.get("fields", default)
    put_context(turns[:-2], row)
    row[asked], row[answered] = turns[-2][1], turns[-1][1]
    return row


def read_seed(row: dict[str, Any]) -> Imported | Problem:
    """A seed task; the first instance is the record, further ones stay in `meta.instances`."""
    instances = row.get("instances")
    if type(instances) is not list or not instances:
        return not_this("instances is missing, empty or no list")
    first = instances[0]
    if type(first) is not dict or type(first.get("output")) is not str:
        return not_this("the first instance has no output")
    note: dict[str, Any] = {}
    if len(instances) > 1 or first.keys() - {"input", "output"}:
        repaired(note, Repair.FURTHER_INSTANCES)
    else:
        del row["instances"]
    asked = {"instruction": row.pop("instruction", None), **({"input": first["input"]} if "input" in first else {})}
    turns = read_question(asked, note)
    if isinstance(turns, Problem):
        return turns
    turns.append((ASSISTANT, first["output"]))
    return conversation(Format.SEED_TASKS, turns, row, note)


def write_seed(record: Imported) -> dict[str, Any]:
    """The source's row."""
    row, turns = fields_of(record), record.messages or []
    first: dict[str, Any] = {}
    write_question(turns[:-1], record.note, first)
    row["instruction"] = first.pop("instruction")
    row.setdefault("instances", [{**first, "output": turns[-1][1]}])
    return row


def _system(row: dict[str, Any]) -> tuple[Turns, dict[str, Any]]:
    """The system turn of a row that has one, and the note of one that says nothing."""
    if "system" not in row or not (row["system"] is None or type(row["system"]) is str):
        return [], {}
    system = row.pop("system")
    return ([(SYSTEM, system)], {}) if system and not system.isspace() else ([], {"system": system})


def _with_system(record: Imported) -> tuple[dict[str, Any], Turns]:
    row, turns, note = fields_of(record), whole(record), record.note
    if turns and turns[0][0] == SYSTEM:
        row["system"], turns = turns[0][1], turns[1:]
    elif "system" in note:
        row["system"] = note["system"]
    return row, turns


def _paired(turns: Turns) -> list[tuple[str, ...]]:
    return [tuple(content for _, content in turns[at : at + 2]) for at in range(0, len(turns), 2)]
