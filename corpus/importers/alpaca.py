"""Alpaca: `{instruction, input, output, system?, history?}`, and dialogues flattened into the instruction.

The question is the instruction and, on a new line, the input; a placeholder that says there is no input is none.
BELLE's multi-turn set writes earlier turns into the instruction as lines `Human:` and `Assistant:`, the last one empty.
"""

from __future__ import annotations

from typing import Any

from corpus.importers.finish import conversation, empty, fields_of, not_this, repaired, whole
from corpus.importers.model import Format, Imported, Problem, Repair, Turns
from corpus.importers.roles import ASSISTANT, SYSTEM, USER, blank
from corpus.importers.templates import LABELS, parse, render

PLACEHOLDERS = frozenset({"<noinput>", "<no input>", "<无输入>", "无输入"})
"""What self-instruct prompts ask a model to write for no input."""


def read(row: dict[str, Any]) -> Imported | Problem:
    """An Alpaca row."""
    note: dict[str, Any] = {}
    turns = read_question(row, note)
    if isinstance(turns, Problem):
        return turns
    output = row.pop("output", None)
    if type(output) is not str:
        return not_this("output is missing or no text")
    turns.append((ASSISTANT, output))
    return conversation(Format.ALPACA, turns, row, note)


def read_question(row: dict[str, Any], note: dict[str, Any]) -> Turns | Problem:
    """The turns up to the question, taken out of `row`; `note` gets what is needed to write them back."""
    instruction, given = row.pop("instruction", None), row.get("input", note)
    if type(instruction) is not str:
        return not_this("instruction is missing or no text")
    asked = instruction
    if given is note:
        note["input"] = {"absent": True}
    elif given is None or type(given) is str:
        del row["input"]
        if given in PLACEHOLDERS:
            repaired(note, Repair.PLACEHOLDER_INPUT)["input"] = given
        elif given is None or blank(given):
            if given != "":
                note["input"] = given
        elif blank(instruction):
            note["instruction"], asked = instruction, given
        else:
            note["split"] = len(instruction)
            asked = f"{instruction}\n{given}"
    else:
        return not_this(f"input is of type {type(given).__name__}")
    if blank(asked):
        return empty(asked, "the instruction") or not_this("")
    turns: Turns = []
    if "system" in row and (row["system"] is None or type(row["system"]) is str):
        system = row.pop("system")
        if not system or blank(system):
            note["system"] = system
        else:
            turns.append((SYSTEM, system))
    if "history" in row:
        history = row.pop("history")
        if not history:
            note["history"] = history
        else:
            if type(history) is not list:
                return not_this("history is no list of pairs")
            for pair in history:
                if type(pair) is not list or len(pair) != 2 or type(pair[0]) is not str or type(pair[1]) is not str:
                    return not_this("history is no list of pairs of texts")
                turns += ((USER, pair[0]), (ASSISTANT, pair[1]))
    turns.append((USER, asked))
    return turns


def write_question(turns: Turns, note: dict[str, Any], row: dict[str, Any]) -> None:
    """The inverse of `read_question`: put system, history, instruction and input into `row`."""
    if turns and turns[0][0] == SYSTEM:
        row["system"], turns = turns[0][1], turns[1:]
    elif "system" in note:
        row["system"] = note["system"]
    earlier = [content for _, content in turns[:-1]]
    if earlier:
        row["history"] = [list(pair) for pair in zip(earlier[::2], earlier[1::2], strict=True)]
    elif "history" in note:
        row["history"] = note["history"]
    asked = turns[-1][1]
    row["instruction"], row["input"] = asked, note.get("input", "")
    split = note.get("split")
    if split is not None:
        before, after = asked[:split], asked[split + 1 :]
        if asked[split : split + 1] == "\n" and not blank(before) and not blank(after):  # else the text has changed
            row["instruction"], row["input"] = before, after
    elif "instruction" in note:
        row["instruction"], row["input"] = note["instruction"], asked
    elif row["input"] == {"absent": True}:
        del row["input"]


def write(record: Imported) -> dict[str, Any]:
    """The Alpaca row of a record; of one that Alpaca cannot say (tools), ValueError."""
    row, turns = fields_of(record), record.messages or []
    if any(role not in (USER, ASSISTANT) for role, _ in turns[1:]):
        raise ValueError("Alpaca has no turns of tools")
    write_question(turns[:-1], record.note, row)
    row["output"] = turns[-1][1]
    return row


def read_flattened(row: dict[str, Any]) -> Imported | Problem:
    """An Alpaca row whose instruction is a dialogue up to the last `Assistant:`; any other Alpaca row as it is."""
    instruction, output = row.get("instruction"), row.get("output")
    if type(instruction) is not str or type(output) is not str:
        return not_this("instruction or output is missing or no text")
    turns = parse(instruction, LABELS) if LABELS.starts.match(instruction) else None
    given = row.get("input") or ""
    if turns is None or type(given) is not str or not blank(given):
        return read(row)
    note: dict[str, Any] = {}
    del row["instruction"], row["output"]
    note["input"] = row.pop("input", {"absent": True})
    note["flattened"] = True
    if turns[-1] == (ASSISTANT, ""):
        turns.pop()
    if render([*turns, (ASSISTANT, "")], LABELS) != instruction:
        note["instruction"] = instruction
    return conversation(Format.FLATTENED, [*turns, (ASSISTANT, output)], row, note)


def write_flattened(record: Imported) -> dict[str, Any]:
    """The source's row of a flattened dialogue."""
    note, row, turns = record.note, fields_of(record), whole(record)
    if not note.get("flattened"):
        return write(record)
    if note["input"] != {"absent": True}:
        row["input"] = note["input"]
    row["instruction"] = note.get("instruction") or render([*turns[:-1], (ASSISTANT, "")], LABELS)
    row["output"] = turns[-1][1]
    return row
