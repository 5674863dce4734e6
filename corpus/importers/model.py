"""What an importer reads and gives: formats, kinds, records, and why a row is none."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

Turn = tuple[str, str]
"""A canonical role (system, user, assistant, tool) and its content."""
Turns = list[Turn]

NOTE = "_import"
"""The key in `meta` under which an importer says how the row was written, as far as the record does not: the format,
names of roles and fields, what was repaired and what was cut off."""


class Kind(StrEnum):
    """What a row becomes. A prompt is a question without an answer: a seed, an evaluation question, a PPO prompt."""

    CONVERSATION = "conversation"
    PREFERENCE = "preference"
    PROMPT = "prompt"


class Format(StrEnum):
    """Formats by the name users type. docs/import.md shows a row of each."""

    ALPACA = "alpaca"
    FLATTENED = "flattened"
    SHAREGPT = "sharegpt"
    MESSAGES = "messages"
    DIALOG = "dialog"
    FIREFLY = "firefly"
    MOSS = "moss"
    GLAIVE = "glaive"
    TURN_LIST = "turn_list"
    ZIYA = "ziya"
    INPUT_TARGET = "input_target"
    QUESTION_ANSWER = "question_answer"
    SEED_TASKS = "seed_tasks"
    DPO = "dpo"
    ALPACA_PAIR = "alpaca_pair"
    SHAREGPT_PAIR = "sharegpt_pair"
    MESSAGES_PAIR = "messages_pair"
    ULTRAFEEDBACK = "ultrafeedback"
    TRANSCRIPTS = "transcripts"
    COMPLETIONS = "completions"
    KTO = "kto"
    PROMPTS = "prompts"
    EVALUATION = "evaluation"
    TEXT = "text"
    CONFIGURATION = "configuration"


class Reason(StrEnum):
    """Why a row became no record. Stable names: they are keys of the account."""

    ROLE_ORDER = "role_order"
    EMPTY_TURN = "empty_turn"
    NO_ANSWER = "no_answer"
    UNKNOWN_ROLE = "unknown_role"
    TRUNCATED = "truncated_answer"
    SAME_ANSWERS = "same_answers"
    TIED = "tied_answers"
    NOT_TEXT = "not_text_turn"
    NOT_THIS_FORMAT = "not_this_format"
    OTHER_KIND = "other_kind"
    CONFIGURATION = "configuration"


class Repair(StrEnum):
    """What was put right or marked in a row that became a record; counted, and listed in the record's note."""

    TRAILING_TRIMMED = "trailing_turn_trimmed"
    LEADING_DROPPED = "leading_answer_dropped"
    PLACEHOLDER_INPUT = "placeholder_input_dropped"
    FURTHER_INSTANCES = "further_instances_in_meta"
    SPECIAL_TOKENS = "special_tokens_flagged"


class Problem(NamedTuple):
    """Why a row became no record; `detail` names the turn or field and quotes nothing of its text."""

    reason: Reason
    detail: str


class Imported(NamedTuple):
    """One canonical record.

    A conversation has `messages`, ending with the assistant. A preference has a `prompt` that ends with the user or a
    tool, and answers that begin and end with the assistant; of a single labelled answer (KTO) the other side is empty.
    A prompt has a `prompt` alone. `source_key` is the row's own id. `score` is the row's own rating where it has one;
    the field itself stays in `meta` as it was.
    """

    kind: Kind
    source_key: str | None
    messages: Turns | None
    prompt: Turns | None
    chosen: Turns | None
    rejected: Turns | None
    score: float | None
    chosen_score: float | None
    rejected_score: float | None
    meta: dict[str, Any] | None

    @property
    def note(self) -> dict[str, Any]:
        """How the row was written; empty for a record that was not imported."""
        found = (self.meta or {}).get(NOTE)
        return found if isinstance(found, dict) else {}
