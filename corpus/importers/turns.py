"""Lists of turns with a role and a content: ShareGPT, BELLE, Glaive, OpenAI, LLaMA-Factory v1, counselling dialogues.

ShareGPT: `{conversations: [{from, value}], system?, tools?}`; BELLE writes `assistant` for `gpt`, Glaive has the turns
`function_call` and `observation`. Messages: `{messages: [{role, content}], tools?}`, contents that are strings or lists
of parts, `tool_calls`, and what else a turn has (`loss_weight`, `name`). Dialogues: `{path, dialog: [{role, content}]}`
with client and counsellor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from corpus.importers import tools
from corpus.importers.finish import conversation, fields_of, not_this, whole
from corpus.importers.model import Format, Imported, Problem, Reason, Turn, Turns
from corpus.importers.roles import ASSISTANT, SYSTEM, TOOL, USER, role_of

FIELDS = ("conversations", "messages", "conversation", "dialog", "dialogue")
"""Fields that hold the turns."""
SHAREGPT_NAMES: Mapping[str, str] = {SYSTEM: "system", USER: "human", ASSISTANT: "gpt", TOOL: "observation"}
PLAIN_NAMES: Mapping[str, str] = {role: role for role in (SYSTEM, USER, ASSISTANT, TOOL)}
DIALOG_NAMES: Mapping[str, str] = {**PLAIN_NAMES, USER: "client", ASSISTANT: "counselor"}
_TAGS = {"from": ("from", "value"), "role": ("role", "content")}


def names_of(fmt: Format) -> Mapping[str, str]:
    """What a format calls the roles unless a record's note says otherwise."""
    match fmt:
        case Format.SHAREGPT | Format.SHAREGPT_PAIR:
            return SHAREGPT_NAMES
        case Format.DIALOG:
            return DIALOG_NAMES
    return PLAIN_NAMES


def read_sharegpt(row: dict[str, Any]) -> Imported | Problem:
    """A ShareGPT row."""
    return _read(row, Format.SHAREGPT, "conversations", "from", greeting=True)


def read_messages(row: dict[str, Any]) -> Imported | Problem:
    """A row of role and content, in whichever field the turns are."""
    return _read(row, Format.MESSAGES, "messages", "role")


def read_dialog(row: dict[str, Any]) -> Imported | Problem:
    """A dialogue of a client and a counsellor; its `path` identifies it."""
    return _read(row, Format.DIALOG, "dialog", "role", ids=("id", "path"))


def _read(
    row: dict[str, Any], fmt: Format, field: str, tag: str, ids: Sequence[str] | None = None, *, greeting: bool = False
) -> Imported | Problem:
    note: dict[str, Any] = {}
    items = row.get(field)
    if type(items) is not list:
        found = next((name for name in FIELDS if type(row.get(name)) is list), None)
        if found is None:
            return not_this(f"no list of turns in {field}")
        items, field, note["field"] = row[found], found, found
    turns = read_turns(items, tag, names_of(fmt), note)
    if isinstance(turns, Problem):
        return turns
    del row[field]
    system = row.get("system")
    if type(system) is str and tag == "from" and not (turns and turns[0][0] == SYSTEM):
        del row["system"]
        turns.insert(0, (SYSTEM, system))
        note["system"] = True
    return conversation(fmt, turns, row, note, greeting=greeting, **({"ids": ids} if ids else {}))


def read_turns(items: Sequence[Any], tag: str, names: Mapping[str, str], note: dict[str, Any]) -> Turns | Problem:
    """The turns of a list; `note` learns of names other than `names` and of whatever a turn has beside its text.

    Contents of calls and parts get their canonical form (see tools.py); what that form does not give back is kept in
    the note by the number of the turn: `original` contents, and further fields in `turns`.
    """
    name_tag, text_tag = _TAGS[tag]
    turns: Turns = []
    odd: dict[str, Any] = {}
    further: dict[str, Any] = {}
    called: list[str] = []
    parts: str | None = None
    for at, item in enumerate(items):
        if type(item) is not dict:
            return not_this(f"turn {at + 1} is of type {type(item).__name__}")
        name, value = item.get(name_tag), item.get(text_tag)
        role = role_of(name)
        if role is None:
            if name_tag not in item:
                return not_this(f"turn {at + 1} has no {name_tag}")
            return Problem(Reason.UNKNOWN_ROLE, f"turn {at + 1}: {str(name)[:40]!r}")
        called.append(str(name))
        if type(value) is str and len(item) == 2 and name != "function_call":
            turns.append((role, value))
            continue
        extra = {key: one for key, one in item.items() if key not in (name_tag, text_tag)}
        if extra:
            further[str(at)] = extra
            if extra.get("finish_reason") == "length":
                return Problem(Reason.TRUNCATED, f"turn {at + 1}: finish_reason says that it was cut")
        content = _content(value, str(name), extra)
        if content is None:
            return Problem(Reason.NOT_TEXT, f"turn {at + 1}: {text_tag} is no text")
        text, found = content
        if found and parts in (None, found):
            parts = found
        elif found or value != _plain(text, str(name)):
            odd[str(at)] = value if text_tag in item else {"absent": True}
        turns.append((role, text))
    if parts:
        for at, item in enumerate(items):
            if type(item[text_tag]) is str and str(at) not in odd:
                odd[str(at)] = item[text_tag]
        note["parts"] = parts
    if odd:
        note["original"] = odd
    if further:
        note["turns"] = further
    _name(turns, called, names, note)
    return turns


def _content(value: Any, name: str, extra: Mapping[str, Any]) -> tuple[str, str | None] | None:
    """The canonical content, and the key of the texts when parts made of it are the value again."""
    if type(value) is list:
        text = tools.from_parts(value)
        if text is None:
            return None
        key = next((one for one in ("value", "text") if tools.to_parts(text, one) == value), None)
        calls = extra.get("tool_calls")
        if not calls:
            return text, key
        value = text
    calls = extra.get("tool_calls")
    if type(calls) is list and calls and (value is None or type(value) is str):
        text = tools.from_openai(value, calls, extra.get("reasoning_content"))
        return None if text is None else (text, None)
    if type(value) is not str:
        return None
    if name == "function_call":
        return tools.from_function_call(value), None
    thoughts = extra.get("reasoning_content")
    return (tools.with_thoughts(thoughts, value) if type(thoughts) is str and thoughts else value), None


def _plain(text: str, name: str) -> str | None:
    """The value that a turn of this name has for a content, without parts."""
    return tools.to_function_call(text) if name == "function_call" else text


def _name(turns: Turns, called: list[str], names: Mapping[str, str], note: dict[str, Any]) -> None:
    """Write down how roles were called, in as few words as will do."""
    expected = [default_name(turn, names) for turn in turns]
    if called == expected:
        return
    mine: dict[str, str] = {}
    for (role, _), name in zip(turns, called, strict=True):
        if mine.setdefault(role, name) != name or name == "function_call":
            note["names"] = called
            return
    if [default_name(turn, {**names, **mine}) for turn in turns] == called:
        note["names"] = {role: name for role, name in mine.items() if names[role] != name}
    else:
        note["names"] = called


def default_name(turn: Turn, names: Mapping[str, str]) -> str:
    """What the writer calls a turn: ShareGPT has a name of its own for calls."""
    role, text = turn
    if role == ASSISTANT and names[TOOL] == "observation" and tools.is_call(text) and tools.to_function_call(text):
        return "function_call"
    return names[role]


def write_turns(
    turns: Sequence[Turn], tag: str, names: Mapping[str, str], note: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The inverse of `read_turns`."""
    name_tag, text_tag = _TAGS[tag]
    said = note.get("names", {})
    called = said if isinstance(said, list) else None
    names = {**names, **said} if isinstance(said, Mapping) else names
    odd, further, parts = note.get("original", {}), note.get("turns", {}), note.get("parts")
    items = []
    for at, turn in enumerate(turns):
        name = called[at] if called else default_name(turn, names)
        key = str(at)
        item: dict[str, Any] = {name_tag: name}
        if key in odd:
            if odd[key] != {"absent": True}:
                item[text_tag] = odd[key]
        else:
            item[text_tag] = tools.to_parts(turn[1], parts) if parts else _plain(turn[1], name)
        items.append({**item, **further.get(key, {})})
    return items


def write(record: Imported, fmt: Format) -> dict[str, Any]:
    """The source's row of a record that one of these readers gave."""
    note, turns, row = record.note, whole(record), fields_of(record)
    if note.get("system"):
        row["system"] = turns[0][1]
        turns = turns[1:]
    field, tag = {
        Format.SHAREGPT: ("conversations", "from"),
        Format.MESSAGES: ("messages", "role"),
        Format.DIALOG: ("dialog", "role"),
    }[fmt]
    row[note.get("field", field)] = write_turns(turns, tag, names_of(fmt), note)
    return row
