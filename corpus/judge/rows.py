"""Records of any files as questions, and answers as columns beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import pyarrow as pa

from corpus import config
from corpus.errors import UsageError
from corpus.judge.pairwise import Comparison
from corpus.judge.prompts import Prompt
from corpus.judge.schema import Answer, Question, Reason
from corpus.models.examples import chunks
from corpus.readers.fields import as_string
from corpus.readers.items import Chunk
from corpus.schema import RAW

_TYPES: Mapping[str, pa.DataType] = {
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "string": pa.string(),
    "choice": pa.string(),
    "strings": pa.list_(pa.string()),
}
_COLUMNS = ("title", "url")


@dataclass(frozen=True)
class Places:
    """Which field of a record each part of a prompt is. `carrier` is the one the reader takes for the text; None lets
    it guess, which only a prompt with one part can."""

    fields: Mapping[str, str | None]
    carrier: str | None
    id: str | None = None

    @classmethod
    def of(cls, prompt: Prompt, given: Sequence[str], text: str | None, record_id: str | None) -> Places:
        """From `PART=FIELD` as a user gives them; a part of several that is not given has the field of its own name.

        UsageError for a part the prompt has not, and for `--text` with a prompt of several parts.
        """
        fields: dict[str, str | None] = {}
        for one in given:
            part, mark, field = one.partition("=")
            if not mark or not field or part not in prompt.parts:
                raise UsageError(f"--part {one}: must be PART=FIELD, PART one of {', '.join(prompt.parts)}")
            fields[part] = field
        if len(prompt.parts) == 1:
            carrier = text or fields.get(prompt.parts[0])
            return cls({prompt.parts[0]: carrier}, carrier, record_id)
        if text is not None:
            raise UsageError(f"prompt {prompt.name} has the parts {', '.join(prompt.parts)}: use --part, not --text")
        whole = {part: fields.get(part) or part for part in prompt.parts}
        return cls(whole, whole[prompt.parts[-1]], record_id)


def read(paths: Sequence[str], places: Places) -> Iterator[Chunk]:
    """Chunks of the files' records; UsageError when nothing can be read."""
    return chunks(paths, config.Fields(text=places.carrier, id=places.id))


def questions_of(records: pa.RecordBatch, prompt: Prompt, places: Places) -> list[Question | None]:
    """A question for each record; None where a part is missing or is no string."""
    texts, keys = records.column("text").to_pylist(), records.column("source_key").to_pylist()
    if len(prompt.parts) == 1:
        return [Question(key, prompt, {prompt.parts[0]: text}) for key, text in zip(keys, texts, strict=True)]
    others = zip(*(records.column(name).to_pylist() for name in _COLUMNS), strict=True)
    found: list[Question | None] = []
    for key, text, meta, more in zip(keys, texts, records.column("meta").to_pylist(), others, strict=True):
        own = {**(orjson.loads(meta) if meta else {}), **{n: v for n, v in zip(_COLUMNS, more, strict=True) if v}}
        parts = {part: _part(field, places, text, own) for part, field in places.fields.items()}
        whole = {part: said for part, said in parts.items() if said is not None}
        found.append(Question(key, prompt, whole) if len(whole) == len(parts) else None)
    return found


def _part(field: str | None, places: Places, text: str, own: Mapping[str, Any]) -> str | None:
    if field is None or field == places.carrier:
        return text
    value: Any = own.get(field)
    if value is None and "." in field:
        value = own
        for name in field.split("."):
            value = value.get(name) if isinstance(value, dict) else None
    return as_string(value)


def schema_of(prompt: Prompt) -> pa.Schema:
    """A record's columns, those of the answer, why there is none, the model that answered and the ledger's key.

    A comparison has `judge.winner` (first, second, tie, inconsistent), `judge.agree` and what each order said.
    """
    if prompt.kind == "compare":
        names = ("judge.winner", "judge.forward", "judge.backward")
        judged = [*(pa.field(name, pa.string()) for name in names), pa.field("judge.agree", pa.bool_())]
    else:
        judged = [pa.field(f"judge.{name}", _TYPES[wanted.kind]) for name, wanted in prompt.answer.items()]
        judged += [pa.field("judge_model", pa.string()), pa.field("judge_key", pa.string())]
    return pa.schema([*RAW, *judged, pa.field("unjudged", pa.string())])


def missing(record_id: str) -> Answer:
    """The answer for a record that lacks a part of the prompt."""
    return Answer(record_id, "", None, Reason.MISSING_PART)


def answered(records: pa.RecordBatch, prompt: Prompt, answers: Sequence[Answer]) -> pa.RecordBatch:
    """Records with the answers of a prompt that scores, in the schema of `schema_of`."""
    schema = schema_of(prompt)
    columns: list[list[Any]] = [
        [None if one.value is None else one.value[name] for one in answers] for name in prompt.answer
    ]
    columns += [[one.model or None for one in answers], [one.key or None for one in answers]]
    columns += [[None if one.reason is None else str(one.reason) for one in answers]]
    return _joined(records, schema, columns)


def compared(records: pa.RecordBatch, prompt: Prompt, found: Sequence[Comparison]) -> pa.RecordBatch:
    """Records with comparisons, in the schema of `schema_of`."""
    columns: list[list[Any]] = [
        [one.winner for one in found],
        [one.forward for one in found],
        [one.backward for one in found],
        [one.agree for one in found],
        [None if one.reason is None else str(one.reason) for one in found],
    ]
    return _joined(records, schema_of(prompt), columns)


def _joined(records: pa.RecordBatch, schema: pa.Schema, columns: Sequence[list[Any]]) -> pa.RecordBatch:
    kinds = schema.types[len(RAW) :]
    arrays = [pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True)]
    return pa.RecordBatch.from_arrays([*records.columns, *arrays], schema=schema)
