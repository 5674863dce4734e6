"""Several scored answers to one question: UltraFeedback as published, `{instruction, completions: [{response, ...}]}`.

A row is the pair of its best and its worst answer by the field that rates them; all answers stay in `meta`. Where the
best is rated no better than the worst there is no preference.
"""

from __future__ import annotations

from typing import Any

from corpus.importers.finish import fields_of, not_this, number, preference
from corpus.importers.model import Format, Imported, Problem, Reason
from corpus.importers.pairs import read_prompt, write_prompt
from corpus.importers.roles import ASSISTANT

RATINGS = ("overall_score", "fine-grained_score", "score", "rating")
"""Fields of an answer that rate it, the first that every answer has with a number."""


def read(row: dict[str, Any]) -> Imported | Problem:
    """The best answer against the worst; of equal ones the first."""
    answers = row.get("completions")
    if type(row.get("instruction")) is not str or type(answers) is not list:
        return not_this("instruction or completions is missing")
    if any(type(one) is not dict or type(one.get("response")) is not str for one in answers):
        return not_this("a completion has no response")
    name = next((name for name in RATINGS if all(number(one.get(name)) is not None for one in answers)), None)
    if name is None or len(answers) < 2:
        return Problem(Reason.NO_ANSWER, "fewer than two answers that are rated")
    rated = [(number(one[name]) or 0.0, one["response"]) for one in answers]
    best, worst = max(rated, key=lambda one: one[0]), min(rated, key=lambda one: one[0])
    if best[0] <= worst[0]:
        return Problem(Reason.TIED, f"all answers have the same {name}")
    note: dict[str, Any] = {"rated_by": name}
    prompt = read_prompt(row.pop("instruction"), row, note)
    if isinstance(prompt, Problem):
        return prompt
    chosen, rejected = [(ASSISTANT, best[1])], [(ASSISTANT, worst[1])]
    return preference(Format.COMPLETIONS, prompt, chosen, rejected, row, note, (best[0], worst[0]))


def write(record: Imported) -> dict[str, Any]:
    """The source's row."""
    row = fields_of(record)
    row["instruction"] = write_prompt(record.prompt or [], record.note, row)
    return row
