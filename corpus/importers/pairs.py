"""Preferences: two answers to one prompt, in the shapes that DPO and reward sets have.

`{prompt, chosen, rejected}` with texts, turns or lists of turns, `reject` for `rejected`, the prompt plain or rendered
by a template; LLaMA-Factory's Alpaca and ShareGPT pairs and its v1 `chosen_messages`; UltraFeedback, whose answers
repeat the prompt; HH-RLHF and reward pairs, which are two whole transcripts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from corpus.importers.alpaca import read_question, write_question
from corpus.importers.finish import context, fields_of, not_this, preference, put_context
from corpus.importers.model import Format, Imported, Problem, Reason, Turns
from corpus.importers.roles import ASSISTANT, SYSTEM, USER
from corpus.importers.templates import named, parse, render, template_of
from corpus.importers.turns import names_of, read_turns, write_turns

CHOSEN = ("chosen", "response_chosen", "chosen_response", "accepted")
REJECTED = ("rejected", "reject", "response_rejected", "rejected_response")
PROMPTS = ("prompt", "question", "instruction", "query")
_SCORES = (("score_chosen", "score_rejected"), ("chosen_score", "rejected_score"), ("rating_chosen", "rating_rejected"))


def found(row: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    """The first of these fields that the row has."""
    return next((name for name in names if name in row), None)


def scores_of(row: Mapping[str, Any]) -> tuple[object, object]:
    """The scores of the two answers, where the row has both; the fields stay."""
    return next(((row[best], row[worst]) for best, worst in _SCORES if best in row and worst in row), (None, None))


def read_dpo(row: dict[str, Any]) -> Imported | Problem:
    """A prompt and two answers, all texts; a rendered prompt is cut into its turns."""
    names = found(row, PROMPTS), found(row, CHOSEN), found(row, REJECTED)
    note: dict[str, Any] = {}
    if any(name is None or type(row[name]) is not str for name in names):
        return not_this("prompt, chosen or rejected is missing or no text")
    asked, best, worst = (str(name) for name in names)
    if (asked, best, worst) != ("prompt", "chosen", "rejected"):
        note["fields"] = [asked, best, worst]
    scores = scores_of(row)
    prompt = read_prompt(row.pop(asked), row, note)
    if isinstance(prompt, Problem):
        return prompt
    chosen, rejected = row.pop(best), row.pop(worst)
    return preference(Format.DPO, prompt, [(ASSISTANT, chosen)], [(ASSISTANT, rejected)], row, note, scores)


def read_prompt(text: str, row: dict[str, Any], note: dict[str, Any]) -> Turns | Problem:
    """The turns of a prompt that may be rendered; the row's `system` and `history` go before a plain one."""
    template = template_of(text)
    turns = parse(text, template) if template else None
    if template and turns and turns[-1] == (ASSISTANT, "") and len(turns) > 1:
        turns.pop()
        note["template"] = template.name
        if render([*turns, (ASSISTANT, "")], template) != text:
            note["prompt"] = text
        return turns
    before = context(row)
    return before if isinstance(before, Problem) else [*before, (USER, text)]


def write_prompt(turns: Turns, note: Mapping[str, Any], row: dict[str, Any]) -> str:
    """The text that `read_prompt` read; turns that stood in fields of their own go back to `row`."""
    if "template" in note:
        return note.get("prompt") or render([*turns, (ASSISTANT, "")], named(note["template"]))
    put_context(turns[:-1], row)
    return turns[-1][1]


def write_dpo(record: Imported) -> dict[str, Any]:
    """The source's row."""
    row, note = fields_of(record), record.note
    asked, best, worst = note.get("fields", ("prompt", "chosen", "rejected"))
    row[asked] = write_prompt(record.prompt or [], note, row)
    row[best], row[worst] = (record.chosen or [])[-1][1], (record.rejected or [])[-1][1]
    return row


def read_alpaca_pair(row: dict[str, Any]) -> Imported | Problem:
    """`{instruction, input?, chosen, rejected}`."""
    if type(row.get("chosen")) is not str or type(row.get("rejected")) is not str:
        return not_this("chosen or rejected is missing or no text")
    note: dict[str, Any] = {}
    prompt = read_question(row, note)
    if isinstance(prompt, Problem):
        return prompt
    scores = scores_of(row)
    chosen, rejected = row.pop("chosen"), row.pop("rejected")
    return preference(Format.ALPACA_PAIR, prompt, [(ASSISTANT, chosen)], [(ASSISTANT, rejected)], row, note, scores)


def write_alpaca_pair(record: Imported) -> dict[str, Any]:
    """The row of a pair in Alpaca's form; ValueError when Alpaca cannot say it."""
    row = fields_of(record)
    prompt, chosen, rejected = record.prompt or [], record.chosen or [], record.rejected or []
    if any(role not in (USER, ASSISTANT) for role, _ in prompt[1:]) or len(chosen) != 1 or len(rejected) != 1:
        raise ValueError("Alpaca has no turns of tools and no answers of several turns")
    write_question(prompt, record.note, row)
    row["chosen"], row["rejected"] = chosen[0][1], rejected[0][1]
    return row


def read_sharegpt_pair(row: dict[str, Any]) -> Imported | Problem:
    """`{conversations, chosen, rejected}`: the answers are texts or single turns."""
    items = row.pop("conversations", None)
    if type(items) is not list:
        return not_this("conversations is missing or no list")
    note: dict[str, Any] = {}
    prompt = read_turns(items, "from", names_of(Format.SHAREGPT_PAIR), note)
    if isinstance(prompt, Problem):
        return prompt
    system = row.get("system")
    if type(system) is str and not (prompt and prompt[0][0] == SYSTEM):
        del row["system"]
        prompt.insert(0, (SYSTEM, system))
        note["system"] = True
    answers: dict[str, Turns] = {}
    scores = scores_of(row)
    for side in ("chosen", "rejected"):
        value = row.pop(side, None)
        if type(value) is str:
            answers[side], note[side] = [(ASSISTANT, value)], "text"
            continue
        mine: dict[str, Any] = {}
        turns = read_turns([value], "from", names_of(Format.SHAREGPT_PAIR), mine)
        if isinstance(turns, Problem):
            return Problem(turns.reason, f"{side}: {turns.detail}")
        answers[side] = turns
        if mine:
            note[side] = mine
    return preference(Format.SHAREGPT_PAIR, prompt, answers["chosen"], answers["rejected"], row, note, scores)


def write_sharegpt_pair(record: Imported) -> dict[str, Any]:
    """The source's row; ValueError when an answer has several turns."""
    row, note, prompt = fields_of(record), record.note, record.prompt or []
    names = names_of(Format.SHAREGPT_PAIR)
    if note.get("system"):
        row["system"], prompt = prompt[0][1], prompt[1:]
    row["conversations"] = write_turns(prompt, "from", names, note)
    for side, answer in (("chosen", record.chosen or []), ("rejected", record.rejected or [])):
        if len(answer) != 1:
            raise ValueError("ShareGPT pairs have answers of one turn")
        said = note.get(side, {})
        row[side] = answer[0][1] if said == "text" else write_turns(answer, "from", names, said)[0]
    return row


def read_messages_pair(row: dict[str, Any]) -> Imported | Problem:
    """Lists of messages: `{prompt, chosen, rejected}` apart, or answers that repeat the prompt."""
    v1 = "chosen_messages" in row
    best, worst = ("chosen_messages", "rejected_messages") if v1 else ("chosen", found(row, REJECTED) or "rejected")
    note: dict[str, Any] = {"fields": [best, worst]} if (best, worst) != ("chosen", "rejected") else {}
    lists: dict[str, Turns] = {}
    apart = type(row.get("prompt")) is list
    scores = scores_of(row)
    for name in (*(("prompt",) if apart else ()), best, worst):
        items = row.get(name)
        if type(items) is not list:
            return not_this(f"{name} is missing or no list of messages")
        mine: dict[str, Any] = {}
        turns = read_turns(items, "role", names_of(Format.MESSAGES_PAIR), mine)
        if isinstance(turns, Problem):
            return Problem(turns.reason, f"{name}: {turns.detail}")
        lists[name] = turns
        if mine:
            note.setdefault("lists", {})[name] = mine
    chosen, rejected = lists[best], lists[worst]
    if apart:
        del row["prompt"]
        prompt = lists["prompt"]
    else:
        prompt, chosen, rejected = common(chosen, rejected)
        note["whole"] = True
    fmt = Format.MESSAGES_PAIR
    if not apart and not v1 and type(row.get("prompt")) is str:
        fmt = Format.ULTRAFEEDBACK
        if prompt and row["prompt"] == prompt[-1][1]:
            del row["prompt"]
            note["same"] = ["prompt"]
        for name, side in (("messages", best), ("messages", worst)):
            if name in row and row[name] == row[side]:
                del row[name]
                note.setdefault("same", []).append([name, side])
    del row[best], row[worst]
    return preference(fmt, prompt, chosen, rejected, row, note, scores)


def write_messages_pair(record: Imported) -> dict[str, Any]:
    """The source's row."""
    row, note, prompt = fields_of(record), record.note, record.prompt or []
    names, lists = names_of(Format.MESSAGES_PAIR), note.get("lists", {})
    best, worst = note.get("fields", ("chosen", "rejected"))
    before = prompt if note.get("whole") else []
    row[best] = write_turns([*before, *(record.chosen or [])], "role", names, lists.get(best, {}))
    row[worst] = write_turns([*before, *(record.rejected or [])], "role", names, lists.get(worst, {}))
    if not before:
        row["prompt"] = write_turns(prompt, "role", names, lists.get("prompt", {}))
    for same in note.get("same", []):
        if same == "prompt":
            row["prompt"] = prompt[-1][1]
        else:
            row[same[0]] = row[same[1]]
    return row


def common(chosen: Turns, rejected: Turns) -> tuple[Turns, Turns, Turns]:
    """The turns that both have up to a question, and what each goes on with."""
    at = 0
    while at < min(len(chosen), len(rejected)) and chosen[at] == rejected[at]:
        at += 1
    at = min(at, len(chosen) - 1, len(rejected) - 1)
    while at > 0 and (chosen[at][0] != ASSISTANT or rejected[at][0] != ASSISTANT or chosen[at - 1][0] == ASSISTANT):
        at -= 1
    at = max(at, 0)
    return chosen[:at], chosen[at:], rejected[at:]


def read_transcripts(row: dict[str, Any]) -> Imported | Problem:
    """Two whole dialogues rendered by one template, alike up to a question."""
    texts = row.get("chosen"), row.get(found(row, REJECTED) or "rejected")
    best, worst = texts
    if type(best) is not str or type(worst) is not str:
        return not_this("chosen or rejected is missing or no text")
    template = template_of(best)
    if template is None or template_of(worst) is not template:
        return not_this("chosen and rejected do not begin with the header of one template")
    chosen, rejected = parse(best, template), parse(worst, template)
    if chosen is None or rejected is None:
        return not_this("a transcript has no turns")
    for side, turns in (("chosen", chosen), ("rejected", rejected)):
        if turns[-1][0] != ASSISTANT:
            return Problem(Reason.NO_ANSWER, f"{side}: does not end with the assistant")
    note: dict[str, Any] = {"template": template.name}
    if "reject" in row and "rejected" not in row:
        note["fields"] = ["chosen", "reject"]
    for side, turns, text in (("chosen", chosen, best), ("rejected", rejected, worst)):
        if render(turns, template) != text:
            note[side] = text
    scores = scores_of(row)
    del row["chosen"], row[found(row, REJECTED) or "rejected"]
    prompt, chosen, rejected = common(chosen, rejected)
    return preference(Format.TRANSCRIPTS, prompt, chosen, rejected, row, note, scores)


def write_transcripts(record: Imported) -> dict[str, Any]:
    """The source's row."""
    row, note, prompt = fields_of(record), record.note, record.prompt or []
    template = named(note.get("template", "hh"))
    best, worst = note.get("fields", ("chosen", "rejected"))
    row[best] = note.get("chosen") or render([*prompt, *(record.chosen or [])], template)
    row[worst] = note.get("rejected") or render([*prompt, *(record.rejected or [])], template)
    return row
