"""Which format rows are in, and how sure that is: by their fields, the types of these, and whether they convert."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from corpus.importers.convert import KINDS, convert
from corpus.importers.exchanges import PAIRS
from corpus.importers.kto import LABELS
from corpus.importers.model import Format, Kind, Problem, Reason
from corpus.importers.pairs import CHOSEN, PROMPTS, REJECTED, found
from corpus.importers.prompts import is_configuration
from corpus.importers.templates import LABELS as LABELLED
from corpus.importers.templates import template_of

SURE = 0.8
"""Confidence from which a file is imported without being told its format."""
SAMPLE = 1000
_SOME = 0.02


@dataclass(frozen=True)
class Detected:
    """`format` is None when no row is like any; `confidence` runs from 0 to 1; `why` says it in words."""

    format: Format | None
    kind: Kind | None
    confidence: float
    runner_up: Format | None
    why: str

    @property
    def ambiguous(self) -> bool:
        """Whether a person should say which format it is."""
        return self.format is not None and self.confidence < SURE


def detect(values: Sequence[Any]) -> Detected:
    """The format of parsed rows, of which the first SAMPLE are looked at.

    The confidence is the share of rows that have the format's fields and are not refused as another format, times how
    telling those fields are: `{"text"}` alone may as well be a document, a `prompt` alone half of something.
    """
    first = values[:SAMPLE]
    if not first:
        return Detected(None, None, 0.0, None, "there are no rows")
    sample = [value for value in first if not is_configuration(value)]
    if not sample:
        return Detected(
            Format.CONFIGURATION, None, 1.0, None, "its objects name files of data sets: it is configuration"
        )
    weights: dict[Format, float] = defaultdict(float)
    rows: Counter[Format] = Counter()
    for value in sample:
        for fmt, weight in candidates(value).items():
            outcome = convert(value, fmt)
            if isinstance(outcome, Problem) and outcome.reason == Reason.NOT_THIS_FORMAT:
                continue
            weights[fmt] += weight
            rows[fmt] += 1
    if rows[Format.FLATTENED] >= _SOME * len(sample):  # its importer takes plain Alpaca rows among them
        weights[Format.FLATTENED] += weights.pop(Format.ALPACA, 0.0)
        rows[Format.FLATTENED] += rows.pop(Format.ALPACA, 0)
    if not weights:
        fields = ", ".join(list(sample[0])[:8]) if isinstance(sample[0], dict) else type(sample[0]).__name__
        return Detected(None, None, 0.0, None, f"no known format; the first row has {fields}")
    order = sorted(weights, key=lambda fmt: (-weights[fmt], list(Format).index(fmt)))
    best, second = order[0], order[1] if len(order) > 1 else None
    why = f"{rows[best]:,} of {len(sample):,} rows are {best}"
    if second:
        why += f", {rows[second]:,} could be {second}"
    confidence = weights[best] / len(sample)
    if confidence < SURE:
        why += _TOLD.get(best, "; the rest is something else")
    return Detected(best, KINDS[best], round(confidence, 4), second, why)


_TOLD = {
    Format.TEXT: "; a text alone may be a document for pretraining",
    Format.PROMPTS: "; questions without answers",
}


def candidates(value: Any) -> Mapping[Format, float]:
    """Formats whose fields a row has, with how telling they are."""
    if type(value) is not dict:
        return {}
    if any(name in value for name in LABELS) and (
        "completion" in value or {"conversations", "messages", "output"} & value.keys()
    ):
        label = next(value[name] for name in LABELS if name in value)
        if label is True or label is False:
            return {Format.KTO: 1.0}
    if type(value.get("instruction")) is str and type(value.get("completions")) is list:
        return {Format.COMPLETIONS: 1.0}
    preference = _pairs(value)
    if preference:
        return preference
    fmt = _conversations(value)
    if fmt:
        return {fmt: 0.9 if fmt == Format.QUESTION_ANSWER else 1.0}
    if type(value.get("question")) is str and "std_answer" in value:
        return {Format.EVALUATION: 1.0}
    scores: dict[Format, float] = {}
    if any(type(value.get(name)) in (str, list) for name in PROMPTS):
        scores[Format.PROMPTS] = 0.85
    if type(value.get("text")) is str:
        scores[Format.TEXT] = 0.95 if template_of(value["text"]) else 0.5
    return scores


def _pairs(value: Mapping[str, Any]) -> dict[Format, float]:
    """Formats of preferences, where a row has two answers."""
    if "chosen_messages" in value and "rejected_messages" in value:
        return {Format.MESSAGES_PAIR: 1.0}
    best, worst = found(value, CHOSEN), found(value, REJECTED)
    if best is None or worst is None:
        return {}
    if type(value.get("conversations")) is list:
        return {Format.SHAREGPT_PAIR: 1.0}
    if type(value[best]) is list:
        return {Format.ULTRAFEEDBACK if type(value.get("prompt")) is str else Format.MESSAGES_PAIR: 1.0}
    if type(value[best]) is not str:
        return {}
    asked = found(value, PROMPTS)
    if asked is None:
        return {Format.TRANSCRIPTS: 1.0}
    if asked == "instruction" and (best, worst) == ("chosen", "rejected"):
        return {Format.ALPACA_PAIR: 1.0}
    if template_of(value[best]):
        return {Format.TRANSCRIPTS: 0.9, Format.DPO: 0.5}
    return {Format.DPO: 1.0}


def _conversations(value: Mapping[str, Any]) -> Format | None:
    """The format of a conversation."""
    for name in ("conversations", "messages", "conversation", "dialog", "dialogue"):
        items = value.get(name)
        if type(items) is list:
            first = items[0] if items else {}
            if type(first) is not dict:
                return None
            if "human" in first or (name == "conversation" and not items):
                return Format.FIREFLY
            if "from" in first:
                return Format.SHAREGPT
            if "role" in first:
                return Format.DIALOG if name == "dialog" else Format.MESSAGES
            return Format.SHAREGPT if name == "conversations" else Format.MESSAGES
    if type(value.get("chat")) is dict:
        return Format.MOSS
    if type(value.get("chat")) is str:
        return Format.GLAIVE
    if type(value.get("data")) is list:
        return Format.TURN_LIST
    if type(value.get("prompt")) is list and type(value.get("output")) is list:
        return Format.ZIYA
    if "instruction" in value and type(value.get("instances")) is list:
        return Format.SEED_TASKS
    if type(value.get("instruction")) is str and type(value.get("output")) is str:
        return Format.FLATTENED if LABELLED.starts.match(value["instruction"]) else Format.ALPACA
    if type(value.get("input")) is str and type(value.get("target")) is str:
        return Format.INPUT_TARGET
    if any(type(value.get(asked)) is str and type(value.get(answered)) is str for asked, answered in PAIRS):
        return Format.QUESTION_ANSWER
    return None
