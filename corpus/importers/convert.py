"""One row to a record and back, and many rows to Arrow columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from corpus.importers import alpaca, completions, exchanges, glaive, kto, moss, pairs, prompts, turns
from corpus.importers.finish import not_this
from corpus.importers.model import NOTE, Format, Imported, Kind, Problem, Reason, Turns
from corpus.importers.roles import ASSISTANT, USER
from corpus.schema import MESSAGES

READERS: Mapping[Format, Callable[[dict[str, Any]], Imported | Problem]] = {
    Format.ALPACA: alpaca.read,
    Format.FLATTENED: alpaca.read_flattened,
    Format.SHAREGPT: turns.read_sharegpt,
    Format.MESSAGES: turns.read_messages,
    Format.DIALOG: turns.read_dialog,
    Format.FIREFLY: exchanges.read_firefly,
    Format.MOSS: moss.read,
    Format.GLAIVE: glaive.read,
    Format.TURN_LIST: exchanges.read_list,
    Format.ZIYA: exchanges.read_ziya,
    Format.INPUT_TARGET: exchanges.read_target,
    Format.QUESTION_ANSWER: exchanges.read_pair,
    Format.SEED_TASKS: exchanges.read_seed,
    Format.DPO: pairs.read_dpo,
    Format.ALPACA_PAIR: pairs.read_alpaca_pair,
    Format.SHAREGPT_PAIR: pairs.read_sharegpt_pair,
    Format.MESSAGES_PAIR: pairs.read_messages_pair,
    Format.ULTRAFEEDBACK: pairs.read_messages_pair,
    Format.TRANSCRIPTS: pairs.read_transcripts,
    Format.COMPLETIONS: completions.read,
    Format.KTO: kto.read,
    Format.PROMPTS: prompts.read_prompts,
    Format.EVALUATION: prompts.read_evaluation,
    Format.TEXT: prompts.read_text,
    Format.CONFIGURATION: prompts.refuse_configuration,
}
_WRITERS: Mapping[Format, Callable[[Imported], dict[str, Any]]] = {
    Format.ALPACA: alpaca.write,
    Format.FLATTENED: alpaca.write_flattened,
    Format.SHAREGPT: lambda record: turns.write(record, Format.SHAREGPT),
    Format.MESSAGES: lambda record: turns.write(record, Format.MESSAGES),
    Format.DIALOG: lambda record: turns.write(record, Format.DIALOG),
    Format.FIREFLY: exchanges.write_firefly,
    Format.MOSS: moss.write,
    Format.GLAIVE: glaive.write,
    Format.TURN_LIST: exchanges.write_list,
    Format.ZIYA: exchanges.write_ziya,
    Format.INPUT_TARGET: lambda record: exchanges.write_pair(record, Format.INPUT_TARGET),
    Format.QUESTION_ANSWER: lambda record: exchanges.write_pair(record, Format.QUESTION_ANSWER),
    Format.SEED_TASKS: exchanges.write_seed,
    Format.DPO: pairs.write_dpo,
    Format.ALPACA_PAIR: pairs.write_alpaca_pair,
    Format.SHAREGPT_PAIR: pairs.write_sharegpt_pair,
    Format.MESSAGES_PAIR: pairs.write_messages_pair,
    Format.ULTRAFEEDBACK: pairs.write_messages_pair,
    Format.TRANSCRIPTS: pairs.write_transcripts,
    Format.COMPLETIONS: completions.write,
    Format.KTO: kto.write,
    Format.PROMPTS: prompts.write_prompts,
    Format.EVALUATION: prompts.write_evaluation,
    Format.TEXT: prompts.write_text,
}
KINDS: Mapping[Format, Kind] = {
    **dict.fromkeys(Format, Kind.CONVERSATION),
    **dict.fromkeys(
        (
            Format.DPO,
            Format.ALPACA_PAIR,
            Format.SHAREGPT_PAIR,
            Format.MESSAGES_PAIR,
            Format.ULTRAFEEDBACK,
            Format.TRANSCRIPTS,
            Format.COMPLETIONS,
            Format.KTO,
        ),
        Kind.PREFERENCE,
    ),
    **dict.fromkeys((Format.PROMPTS, Format.EVALUATION, Format.TEXT), Kind.PROMPT),
}
"""What the rows of a format become; configuration becomes nothing."""

IMPORTED = pa.schema(
    [
        pa.field("source_key", pa.string()),
        pa.field("messages", MESSAGES),
        pa.field("prompt", MESSAGES),
        pa.field("chosen", MESSAGES),
        pa.field("rejected", MESSAGES),
        pa.field("score", pa.float64()),
        pa.field("chosen_score", pa.float32()),
        pa.field("rejected_score", pa.float32()),
        pa.field("meta", pa.large_string()),
        pa.field("instruction", pa.large_string()),
        pa.field("answer", pa.large_string()),
        pa.field("text", pa.large_string()),
    ]
)
"""Columns of `convert_batch`. The last three are views for rules, scores and duplicates: `instruction` is what the user
said last (of one question its text), without the system and earlier turns, which `text` has; `answer` the last answer,
of a preference the chosen one (the rejected one where nothing was chosen), null of a prompt; `text` the whole dialogue,
contents apart by an empty line, of a preference the prompt and that answer."""


def convert(value: Any, fmt: Format) -> Imported | Problem:
    """The record of one parsed JSON value. `value` is not changed."""
    if type(value) is not dict:
        return not_this(f"it is of type {type(value).__name__}, not an object")
    found = READERS[fmt](value.copy())
    if type(found) is Problem and found.reason == Reason.NOT_THIS_FORMAT and prompts.is_configuration(value):
        return prompts.refuse_configuration(value)
    return found


def restore(record: Imported) -> dict[str, Any]:
    """The source's row, equal to what was converted, of a record that was imported; ValueError for any other."""
    write = _WRITERS.get(record.note.get("format", ""))
    if write is None:
        raise ValueError("the record does not say which format it came in")
    return write(record)


def convert_batch(
    values: Sequence[Any], fmt: Format, kind: str | None = None
) -> tuple[pa.RecordBatch, list[tuple[int, Reason, str]]]:
    """The records of parsed JSON values in the IMPORTED schema, in their order, and the rows that became none: number
    of the row, reason, detail. Every value is one or the other. With `kind`, records of another kind are problems."""
    records: list[Imported] = []
    problems: list[tuple[int, Reason, str]] = []
    for at, value in enumerate(values):
        found = convert(value, fmt)
        if type(found) is Problem:
            problems.append((at, found.reason, found.detail))
        elif kind is not None and found[0] != kind:
            problems.append((at, Reason.OTHER_KIND, f"it is a {found[0]}"))
        else:
            records.append(found)  # type: ignore[arg-type]
    return columns_of(records), problems


def repairs_in(records: pa.RecordBatch) -> Counter[str]:
    """How many records were repaired or marked, by what was done: the `repairs` of their notes."""
    counts: Counter[str] = Counter()
    metas = records.column("meta")
    for meta in metas.filter(pc.fill_null(pc.match_substring(metas, '"repairs":'), False)).to_pylist():
        note = orjson.loads(meta).get(NOTE)
        counts.update(note.get("repairs", ()) if isinstance(note, dict) else ())
    return counts


def columns_of(records: Sequence[Imported]) -> pa.RecordBatch:
    """Records in the IMPORTED schema."""
    instruction, answer, text = [], [], []
    for one in records:
        asked, last, said = views(one)
        instruction.append(asked)
        answer.append(last)
        text.append(said)
    dumps = orjson.dumps
    metas = [dumps(one.meta).decode() if one.meta else None for one in records]
    arrays = [
        pa.array([one.source_key for one in records], pa.string()),
        _messages([one.messages for one in records]),
        _messages([one.prompt for one in records]),
        _messages([one.chosen for one in records]),
        _messages([one.rejected for one in records]),
        pa.array([one.score for one in records], pa.float64()),
        pa.array([one.chosen_score for one in records], pa.float32()),
        pa.array([one.rejected_score for one in records], pa.float32()),
        pa.array(metas, pa.large_string()),
        pa.array(instruction, pa.large_string()),
        pa.array(answer, pa.large_string()),
        pa.array(text, pa.large_string()),
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=IMPORTED)


def views(record: Imported) -> tuple[str, str | None, str]:
    """The instruction, the answer and the whole text of a record."""
    before, after = record.messages or record.prompt or [], record.chosen or record.rejected or []
    if len(before) == 2 and not after and before[0][0] == USER:
        asked, answer = before[0][1], before[1][1]
        return asked, answer, f"{asked}\n\n{answer}"
    asked = next((content for role, content in reversed(before) if role == USER), "")
    last = after or record.messages
    spoken = last[-1][1] if last and last[-1][0] == ASSISTANT else None
    return asked, spoken, "\n\n".join([content for _, content in (*before, *after)])


def _messages(lists: Sequence[Turns | None]) -> pa.Array:
    """A column of messages, from its flat parts: many times faster than from nested objects."""
    if not any(one is not None for one in lists):
        return pa.nulls(len(lists), MESSAGES)
    offsets: list[int | None] = []
    flat: Turns = []
    for one in lists:
        offsets.append(None if one is None else len(flat))
        if one:
            flat += one
    offsets.append(len(flat))
    roles = pa.array([role for role, _ in flat], pa.string())
    contents = pa.array([content for _, content in flat], pa.string())
    messages = pa.StructArray.from_arrays([roles, contents], fields=list(MESSAGES.value_type))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), messages).cast(MESSAGES)


def record_of(row: Mapping[str, Any]) -> Imported:
    """The record of a row of columns, such as a row of a published file: what `columns_of` wrote."""
    meta = orjson.loads(row["meta"]) if row.get("meta") else None

    def said(name: str) -> Turns | None:
        found = row.get(name)
        return None if found is None else [(one["role"], one["content"]) for one in found]

    messages, prompt = said("messages"), said("prompt")
    chosen, rejected = said("chosen"), said("rejected")
    if messages is not None:
        kind = Kind.CONVERSATION
    elif chosen is None and rejected is None:
        kind = Kind.PROMPT
    else:
        kind, chosen, rejected = Kind.PREFERENCE, chosen or [], rejected or []
    return Imported(
        kind,
        row.get("source_key"),
        messages,
        prompt,
        chosen,
        rejected,
        row.get("score"),
        row.get("chosen_score"),
        row.get("rejected_score"),
        meta or None,
    )
