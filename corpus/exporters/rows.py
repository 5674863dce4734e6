"""One record as a row of another format, such that importing the row gives the record again.

The row is written as that format's own users would; then it is read back. Where reading does not give the record (a
note of its import, a field whose name the format needs), the row carries what is missing under `_import`, as JSON in a
string, which our importers take up and other readers pass over. A record that a format cannot say is refused, not bent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import orjson

from corpus.importers.alpaca import write_question
from corpus.importers.convert import convert, restore
from corpus.importers.finish import ADDED, KEPT
from corpus.importers.model import NOTE, Format, Imported, Kind, Problem, Turns
from corpus.importers.roles import ASSISTANT, USER
from corpus.importers.turns import PLAIN_NAMES, SHAREGPT_NAMES, write_turns

To = Literal["sharegpt", "alpaca", "messages", "llamafactory", "original"]
Shape = Literal["conversation", "pair", "labelled", "prompt"]
"""What a row is: of two answers to one prompt a pair, of one that is only called good or bad a labelled answer."""

FORMATS: Mapping[tuple[str, Shape], Format] = {
    ("sharegpt", "conversation"): Format.SHAREGPT,
    ("sharegpt", "pair"): Format.SHAREGPT_PAIR,
    ("sharegpt", "labelled"): Format.KTO,
    ("sharegpt", "prompt"): Format.PROMPTS,
    ("messages", "conversation"): Format.MESSAGES,
    ("messages", "pair"): Format.MESSAGES_PAIR,
    ("messages", "labelled"): Format.KTO,
    ("messages", "prompt"): Format.PROMPTS,
    ("alpaca", "conversation"): Format.ALPACA,
    ("alpaca", "pair"): Format.ALPACA_PAIR,
    ("alpaca", "labelled"): Format.KTO,
    ("alpaca", "prompt"): Format.PROMPTS,
}
_OF_ALPACA = frozenset({Format.ALPACA, Format.ALPACA_PAIR, Format.SEED_TASKS})


class Unsayable(ValueError):
    """The format has no way to say a record; the message is a reason to count by."""


def shape_of(record: Imported) -> Shape:
    """What kind of row a record needs."""
    match record.kind:
        case Kind.CONVERSATION:
            return "conversation"
        case Kind.PROMPT:
            return "prompt"
    return "pair" if record.chosen and record.rejected else "labelled"


def row_of(record: Imported, to: To, *, bare: bool = False) -> dict[str, Any]:
    """The row. `bare` leaves out everything that is not the format's own: then the row may not give the record again.
    For LLaMA-Factory, fields of the source's own stand in the note alone: its loader wants one type for a name.

    Raises Unsayable.
    """
    if to == "original":
        return _original(record)
    said_as = "sharegpt" if to == "llamafactory" else to
    ways = _own(record, said_as)
    if bare:
        return ways[0]
    fmt = FORMATS[said_as, shape_of(record)]
    key = {} if record.source_key is None else {"id": record.source_key}
    meta = record.meta or {}
    for own in ways if to != "llamafactory" else ():
        plain = {**key, **{name: value for name, value in meta.items() if name != NOTE}, **own}
        if type(meta.get("id")) is int and str(meta["id"]) == record.source_key:
            plain["id"] = meta["id"]
        if given_back(plain, fmt, record):
            return plain
        noted = {**plain, NOTE: _said(meta.get(NOTE))}
        if given_back(noted, fmt, record):
            return noted
    scores = _scores(record)
    apart = {**key, **ways[-1], **scores, NOTE: _said({KEPT: meta, ADDED: [*scores, "tools"]})}
    if given_back(apart, fmt, record):
        return apart
    said = convert(apart, fmt)
    why = str(said.reason) if isinstance(said, Problem) else "it would not be read back the same"
    raise Unsayable(f"{to}: {why}")


def _said(note: Any) -> str:
    """A note as it stands in a row."""
    return orjson.dumps(note).decode()


def given_back(row: Mapping[str, Any], fmt: Format, record: Imported) -> bool:
    """Whether importing the row gives this record; its rating apart, which is read from `meta` anyway."""
    found = convert(row, fmt)
    return not isinstance(found, Problem) and found._replace(score=record.score) == record


def _original(record: Imported) -> dict[str, Any]:
    try:
        row, fmt = restore(record), Format(record.note["format"])
    except (ValueError, KeyError, IndexError, TypeError):
        raise Unsayable("original: the record does not say how it was written") from None
    named = "id" in record.note or "id_is_number" in record.note
    if not given_back(row, fmt, record if named else record._replace(source_key=None)):
        raise Unsayable("original: the record has changed since it was imported")
    return row


def _own(record: Imported, to: str) -> list[dict[str, Any]]:
    """The fields of the format itself, in the way its users would rather have them and in one that always holds."""
    shape = shape_of(record)
    if shape == "prompt":
        prompt = record.prompt or []
        listed = [{"prompt": _plainly(prompt)}]
        if given_back({"prompt": prompt[-1][1], NOTE: None}, Format.PROMPTS, _alone(prompt)):
            return [{"prompt": prompt[-1][1]}, *listed]
        return listed
    if to == "alpaca":
        note = record.note if record.note.get("format") in _OF_ALPACA else {}
        return [_alpaca(record, shape, said) for said in ([note, {}] if note else [{}])]
    own = _sharegpt(record, shape) if to == "sharegpt" else _messages(record, shape)
    tools = (record.meta or {}).get("tools")
    return [{**own, "tools": tools}] if type(tools) is str else [own]


def _alone(prompt: Turns) -> Imported:
    return Imported(Kind.PROMPT, None, None, prompt, None, None, None, None, None, None)


def _sharegpt(record: Imported, shape: Shape) -> dict[str, Any]:
    def said(turns: Turns) -> list[dict[str, Any]]:
        return write_turns(turns, "from", SHAREGPT_NAMES, {})

    if shape == "conversation":
        turns = record.messages or []
        if record.note.get("format") == Format.SHAREGPT and record.note.get("system"):
            return {"conversations": said(turns[1:]), "system": turns[0][1]}
        return {"conversations": said(turns)}
    prompt, chosen, rejected = record.prompt or [], record.chosen or [], record.rejected or []
    if shape == "labelled":
        return {"conversations": said([*prompt, *(chosen or rejected)]), "kto_tag": bool(chosen)}
    if len(chosen) != 1 or len(rejected) != 1:
        raise Unsayable("sharegpt: an answer of several turns")
    return {"conversations": said(prompt), "chosen": said(chosen)[0], "rejected": said(rejected)[0]}


def _plainly(turns: Turns) -> list[dict[str, Any]]:
    return write_turns(turns, "role", PLAIN_NAMES, {})


def _messages(record: Imported, shape: Shape) -> dict[str, Any]:
    if shape == "conversation":
        return {"messages": _plainly(record.messages or [])}
    prompt, chosen, rejected = (_plainly(turns or []) for turns in (record.prompt, record.chosen, record.rejected))
    if shape == "labelled":
        return {"prompt": prompt, "completion": chosen or rejected, "label": bool(chosen)}
    return {"prompt": prompt, "chosen": chosen, "rejected": rejected}


def _alpaca(record: Imported, shape: Shape, note: dict[str, Any]) -> dict[str, Any]:
    """Instruction, input and history; the input apart from the instruction where the note says that it was."""
    if record.messages is not None:
        before, chosen, rejected = record.messages[:-1], record.messages[-1:], []
    else:
        before, chosen, rejected = record.prompt or [], record.chosen or [], record.rejected or []
    if any(role not in (USER, ASSISTANT) for role, _ in before[1:]) or max(len(chosen), len(rejected)) > 1:
        raise Unsayable("alpaca: turns of tools or an answer of several turns")
    row: dict[str, Any] = {}
    write_question(before, note, row)
    match shape:
        case "conversation":
            row["output"] = chosen[0][1]
        case "labelled":
            row.update(output=(chosen or rejected)[0][1], kto_tag=bool(chosen))
        case _:
            row.update(chosen=chosen[0][1], rejected=rejected[0][1])
    return row


def _scores(record: Imported) -> dict[str, float]:
    pair = {"chosen_score": record.chosen_score, "rejected_score": record.rejected_score}
    if None in pair.values():
        return {}
    return {name: value for name, value in pair.items() if value is not None}
