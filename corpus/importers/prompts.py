"""Questions without answers: seed pools, evaluation questions, texts for PPO; and files that are no data at all.

`{prompt}` or `{instruction}` or `{question}` with other fields, the prompt a text or a list of messages; BELLE's
evaluation set `{question, std_answer, class}`, whose reference stays in `meta`; `{text}`, plain or rendered up to the
header of an answer.
"""

from __future__ import annotations

from typing import Any

from corpus.importers.finish import fields_of, not_this, question
from corpus.importers.model import Format, Imported, Problem, Reason
from corpus.importers.pairs import PROMPTS, read_prompt, write_prompt
from corpus.importers.turns import names_of, read_turns, write_turns


def read_prompts(row: dict[str, Any]) -> Imported | Problem:
    """A question by any of the names in PROMPTS."""
    name = next((one for one in PROMPTS if type(row.get(one)) in (str, list)), None)
    if name is None:
        return not_this(f"none of {', '.join(PROMPTS)}")
    note: dict[str, Any] = {} if name == "prompt" else {"field": name}
    value = row.pop(name)
    if type(value) is list:
        note["list"] = True
        turns = read_turns(value, "role", names_of(Format.MESSAGES), note)
        return turns if isinstance(turns, Problem) else question(Format.PROMPTS, turns, row, note)
    return _asked(Format.PROMPTS, value, row, note)


def _asked(fmt: Format, text: str, row: dict[str, Any], note: dict[str, Any]) -> Imported | Problem:
    prompt = read_prompt(text, row, note)
    return prompt if isinstance(prompt, Problem) else question(fmt, prompt, row, note)


def write_prompts(record: Imported) -> dict[str, Any]:
    """The source's row."""
    row, note, prompt = fields_of(record), record.note, record.prompt or []
    name = note.get("field", "prompt")
    if note.get("list"):
        row[name] = write_turns(prompt, "role", names_of(Format.MESSAGES), note)
    else:
        row[name] = write_prompt(prompt, note, row)
    return row


def read_evaluation(row: dict[str, Any]) -> Imported | Problem:
    """A question of an evaluation set; `std_answer`, which may be empty, stays in `meta`."""
    if type(row.get("question")) is not str or "std_answer" not in row:
        return not_this("question or std_answer is missing")
    note: dict[str, Any] = {}
    return _asked(Format.EVALUATION, row.pop("question"), row, note)


def write_evaluation(record: Imported) -> dict[str, Any]:
    """The source's row."""
    row = fields_of(record)
    row["question"] = write_prompt(record.prompt or [], record.note, row)
    return row


def read_text(row: dict[str, Any]) -> Imported | Problem:
    """A prompt in `text`."""
    if type(row.get("text")) is not str:
        return not_this("text is missing or no text")
    note: dict[str, Any] = {}
    return _asked(Format.TEXT, row.pop("text"), row, note)


def write_text(record: Imported) -> dict[str, Any]:
    """The source's row."""
    row = fields_of(record)
    row["text"] = write_prompt(record.prompt or [], record.note, row)
    return row


def refuse_configuration(row: dict[str, Any]) -> Problem:
    """`dataset_info.json` and its like describe data and are none."""
    return Problem(Reason.CONFIGURATION, f"a list of {len(row)} data sets, not data; import the files it names")


_CONFIGURATION = frozenset({"file_name", "hf_hub_url", "ms_hub_url", "om_hub_url", "script_url", "cloud_file_name"})


def is_configuration(value: Any) -> bool:
    """Whether an object lists data sets as LLaMA-Factory's `dataset_info.json` does."""
    return (
        type(value) is dict
        and bool(value)
        and all(type(one) is dict and not _CONFIGURATION.isdisjoint(one) for one in value.values())
    )
