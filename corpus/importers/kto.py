"""KTO: single answers with a label, good or bad.

`{prompt, completion, label}` with texts or lists of messages, and conversations or Alpaca rows with `kto_tag` or
`label`. A row becomes a preference of which one side is empty, so an answer that was labelled bad is never taken for
one to learn.
"""

from __future__ import annotations

from typing import Any

from corpus.importers.alpaca import read_question, write_question
from corpus.importers.finish import fields_of, not_this, preference
from corpus.importers.model import Format, Imported, Problem, Reason, Turns
from corpus.importers.pairs import read_prompt, write_prompt
from corpus.importers.roles import ASSISTANT, USER
from corpus.importers.turns import names_of, read_turns, write_turns

LABELS = ("label", "kto_tag")


def read(row: dict[str, Any]) -> Imported | Problem:
    """A labelled answer; the label is a boolean, or 0 or 1."""
    name = next((one for one in LABELS if one in row), None)
    label = row.pop(name) if name else None
    if name is None or label not in (True, False):
        return not_this("no label that is true or false")
    note: dict[str, Any] = {"label": name}
    if type(label) is not bool:
        note["number"] = True
    found = _turns(row, note)
    if isinstance(found, Problem):
        return found
    prompt, answer = found
    chosen, rejected = (answer, []) if label else ([], answer)
    return preference(Format.KTO, prompt, chosen, rejected, row, note)


def _turns(row: dict[str, Any], note: dict[str, Any]) -> tuple[Turns, Turns] | Problem:
    asked, answered = row.get("prompt"), row.get("completion")
    if type(asked) is str and type(answered) is str:
        del row["prompt"], row["completion"]
        prompt = read_prompt(asked, row, note)
        return prompt if isinstance(prompt, Problem) else (prompt, [(ASSISTANT, answered)])
    if type(asked) is list and type(answered) is list:
        del row["prompt"], row["completion"]
        note["shape"] = "lists"
        sides: list[Turns] = []
        for name, items in (("prompt", asked), ("completion", answered)):
            mine: dict[str, Any] = {}
            turns = read_turns(items, "role", names_of(Format.MESSAGES), mine)
            if isinstance(turns, Problem):
                return Problem(turns.reason, f"{name}: {turns.detail}")
            sides.append(turns)
            if mine:
                note[name] = mine
        return sides[0], sides[1]
    for field, tag, fmt in (("conversations", "from", Format.SHAREGPT), ("messages", "role", Format.MESSAGES)):
        turned: Any = row.get(field)
        if type(turned) is list:
            del row[field]
            note["shape"] = field
            turns = read_turns(turned, tag, names_of(fmt), note)
            if isinstance(turns, Problem):
                return turns
            if not turns or turns[-1][0] != ASSISTANT:
                return Problem(Reason.NO_ANSWER, "does not end with the assistant")
            return turns[:-1], turns[-1:]
    if type(row.get("instruction")) is str and type(row.get("output")) is str:
        note["shape"] = "alpaca"
        output = row.pop("output")
        question = read_question(row, note)
        return question if isinstance(question, Problem) else (question, [(ASSISTANT, output)])
    return not_this("no prompt with a completion, and no conversation")


def write(record: Imported) -> dict[str, Any]:
    """The source's row; ValueError for what Alpaca cannot say."""
    row, note, prompt = fields_of(record), record.note, record.prompt or []
    answer = record.chosen or record.rejected or []
    label: Any = bool(record.chosen)
    row[note.get("label", "label")] = int(label) if note.get("number") else label
    match note.get("shape"):
        case "lists":
            names = names_of(Format.MESSAGES)
            row["prompt"] = write_turns(prompt, "role", names, note.get("prompt", {}))
            row["completion"] = write_turns(answer, "role", names, note.get("completion", {}))
        case "conversations":
            row["conversations"] = write_turns([*prompt, *answer], "from", names_of(Format.SHAREGPT), note)
        case "messages":
            row["messages"] = write_turns([*prompt, *answer], "role", names_of(Format.MESSAGES), note)
        case "alpaca":
            if any(role not in (USER, ASSISTANT) for role, _ in prompt[1:]) or len(answer) != 1:
                raise ValueError("Alpaca has no turns of tools and no answers of several turns")
            write_question(prompt, note, row)
            row["output"] = answer[-1][1]
        case _:
            row["prompt"] = write_prompt(prompt, note, row)
            row["completion"] = answer[-1][1]
    return row
