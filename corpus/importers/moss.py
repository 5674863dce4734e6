"""MOSS: `{meta_instruction, chat: {turn_1: {Human, Inner Thoughts, Commands, Tool Responses, MOSS}}, ...}`.

Every part begins with its tag and ends with an end mark, which come off. Thoughts stand before what they lead to as
`<think>`; commands, which are no JSON, become a call `{"name": ..., "arguments": {"command": ...}}`, one a line, and
their responses a tool turn. `None` says that there is none. An answer without its end mark was cut.
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from corpus.importers.finish import conversation, fields_of, not_this, whole
from corpus.importers.model import Format, Imported, Problem, Reason, Turns
from corpus.importers.roles import ASSISTANT, SYSTEM, TOOL, USER, blank
from corpus.importers.tools import calls_text, with_thoughts

_PARTS = (
    ("Human", "<|Human|>:", "<eoh>"),
    ("Inner Thoughts", "<|Inner Thoughts|>:", "<eot>"),
    ("Commands", "<|Commands|>:", "<eoc>"),
    ("Tool Responses", "<|Results|>:", "<eor>"),
    ("MOSS", "<|MOSS|>:", "<eom>"),
)
_COMMAND = re.compile(r"\A\s*([A-Za-z_][A-Za-z0-9_ ]*)\(")


def read(row: dict[str, Any]) -> Imported | Problem:
    """A MOSS dialogue; its path identifies it."""
    chat = row.get("chat")
    if type(chat) is not dict or not chat:
        return not_this("chat is missing, empty or no object")
    turns: Turns = []
    note: dict[str, Any] = {}
    meta_instruction = row.get("meta_instruction")
    if type(meta_instruction) is str and not blank(meta_instruction):
        turns.append((SYSTEM, row.pop("meta_instruction").rstrip("\n")))
        if meta_instruction != turns[0][1] + "\n":
            note["meta_instruction"] = meta_instruction
    for name in sorted(chat, key=_ordinal):
        found = _turn(chat[name], name)
        if isinstance(found, Problem):
            return found
        turns += found
    note["chat"] = row.pop("chat")
    return conversation(Format.MOSS, turns, row, note, ids=("path", "id"))


def _ordinal(name: str) -> tuple[int, str]:
    digits = name.rpartition("_")[2]
    return (int(digits) if digits.isdecimal() else 0, name)


def _turn(turn: Any, name: str) -> Turns | Problem:
    """The turns of one exchange."""
    if type(turn) is not dict or type(turn.get("Human")) is not str or type(turn.get("MOSS")) is not str:
        return not_this(f"{name} has no Human or MOSS")
    said = {}
    for part, tag, end in _PARTS:
        text = turn.get(part)
        if text is not None and type(text) is not str:
            return not_this(f"{name}: {part} is no text")
        text = (text or "None").strip()
        if part == "MOSS" and text.startswith(tag) and not text.endswith(end):
            return Problem(Reason.TRUNCATED, f"{name}: the answer has no end mark")
        said[part] = text.removeprefix(tag).removesuffix(end).strip()
    thoughts = "" if said["Inner Thoughts"] in ("None", "") else said["Inner Thoughts"]
    turns: Turns = [(USER, said["Human"])]
    commands = "" if said["Commands"] in ("None", "") else said["Commands"]
    answer = said["MOSS"]
    if commands:
        results = "" if said["Tool Responses"] in ("None", "") else said["Tool Responses"]
        calls = calls_text([_call(command) for command in commands.split("\n") if command.strip()])
        turns += [(ASSISTANT, with_thoughts(thoughts, calls) if thoughts else calls), (TOOL, results)]
        return [*turns, (ASSISTANT, answer)]
    return [*turns, (ASSISTANT, with_thoughts(thoughts, answer) if thoughts and answer else answer)]


def _call(command: str) -> str:
    named = _COMMAND.match(command)
    call = {"name": named[1].strip() if named else "command", "arguments": {"command": command.strip()}}
    return orjson.dumps(call).decode()


def write(record: Imported) -> dict[str, Any]:
    """The source's row."""
    row, turns, note = fields_of(record), whole(record), record.note
    if turns and turns[0][0] == SYSTEM:
        row["meta_instruction"] = note.get("meta_instruction", turns[0][1] + "\n")
    row["chat"] = note["chat"]
    return row
