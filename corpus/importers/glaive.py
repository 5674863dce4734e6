"""Glaive function calling as published: `{system, chat}`, both of them texts.

The chat has headers `USER:`, `ASSISTANT:` and `FUNCTION RESPONSE:`, answers end with `<|endoftext|>`, calls begin with
`<functioncall>` and hold their arguments as JSON between single quotes. A last answer without its end mark was cut,
unless no answer of the row has one.
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from corpus.importers.finish import conversation, fields_of, not_this, whole
from corpus.importers.model import Format, Imported, Problem, Reason, Turns
from corpus.importers.roles import ASSISTANT, SYSTEM, TOOL, USER
from corpus.importers.tools import calls_text

_HEADER = re.compile(r"(?:\A|\n+)(USER|ASSISTANT|FUNCTION RESPONSE): ?")
_ROLES = {"USER": USER, "ASSISTANT": ASSISTANT, "FUNCTION RESPONSE": TOOL}
_END, _CALL = "<|endoftext|>", "<functioncall>"
_QUOTED = re.compile(r"""\A(\{\s*"name":\s*"[^"]*",\s*"arguments":\s*)'(.*)'(\s*\})\Z""", re.DOTALL)


def read(row: dict[str, Any]) -> Imported | Problem:
    """A Glaive dialogue; its text stays in the note, for calls are written anew."""
    chat = row.get("chat")
    if type(chat) is not str:
        return not_this("chat is missing or no text")
    headers = list(_HEADER.finditer(chat))
    if not headers or chat[: headers[0].start()].strip():
        return not_this("chat does not begin with USER:")
    turns: Turns = []
    note: dict[str, Any] = {"chat": row.pop("chat")}
    system = row.get("system")
    if type(system) is str and system.strip():
        said = system.removeprefix("SYSTEM:").strip()
        turns.append((SYSTEM, said))
        note["system"] = row.pop("system")
    marked = _END in chat
    ends = [one.start() for one in headers[1:]] + [len(chat)]
    for header, end in zip(headers, ends, strict=True):
        role, text = _ROLES[header[1]], chat[header.end() : end].strip()
        if role == ASSISTANT:
            if marked and end == len(chat) and not text.endswith(_END):
                return Problem(Reason.TRUNCATED, "the last answer has no end mark")
            text = _answer(text.removesuffix(_END).strip())
        turns.append((role, text))
    return conversation(Format.GLAIVE, turns, row, note)


def _answer(text: str) -> str:
    """An answer in the canonical form: a text, a call, or both."""
    before, mark, call = text.partition(_CALL)
    if not mark:
        return text
    call = call.strip()
    quoted = _QUOTED.match(call)
    if quoted:
        call = f"{quoted[1]}{quoted[2]}{quoted[3]}"
    try:
        said = orjson.dumps(orjson.loads(call)).decode()
    except ValueError:
        said = call
    block = calls_text([said])
    return f"{before.strip()}\n{block}" if before.strip() else block


def write(record: Imported) -> dict[str, Any]:
    """The source's row."""
    row, note, turns = fields_of(record), record.note, whole(record)
    row["chat"] = note["chat"]
    if turns[0][0] == SYSTEM:
        row["system"] = note["system"]
    return row
