"""From a record's own fields to our columns: explicit names, dotted paths, guesses; the rest becomes `meta`."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from corpus import config
from corpus.quarantine import Quarantined, Reason
from corpus.readers.items import Reading, Row

Path = tuple[str, ...]

_GUESSES: Mapping[str, tuple[str, ...]] = {
    "text": ("text", "content", "body"),
    "id": ("id", "doc_id", "url"),
    "url": ("url",),
    "title": ("title",),
    "lang": ("lang", "language"),
    "date": ("date",),
}
OURS = "_corpus"
"""The key in `meta` under which the reader says what it did, such as the encoding it decoded."""
WHOLE = "\x00record"
"""As the name of the text field: the text is the whole record as JSON, its key its place, and nothing is guessed. For
files whose records are not texts, such as questions with options; no pipeline file can say it."""


@dataclass(frozen=True)
class Columns:
    """For each column, the paths at which it may stand, first that is there."""

    text: tuple[Path, ...]
    id: tuple[Path, ...]
    rest: tuple[tuple[Path, ...], ...]

    @classmethod
    def of(cls, fields: config.Fields) -> Columns:
        """The columns of a source; a name with dots is looked up as it is before it is taken as a path."""
        paths = {name: _paths(getattr(fields, name), guesses) for name, guesses in _GUESSES.items()}
        return cls(paths["text"], paths["id"], tuple(paths[name] for name in ("url", "title", "lang", "date")))

    def row(
        self, reading: Reading, record: dict[str, Any], ordinal: int, raw: bytes, notes: Mapping[str, Any] | None = None
    ) -> Row | Quarantined:
        """The record as a row, or why it is none. A field that is used leaves `record`; what is left becomes `meta`."""
        if self.text == ((WHOLE,),):
            return self._whole(reading, record, ordinal, raw)
        found = _find(record, self.text)
        if found is None:
            return reading.reject(ordinal, Reason.MISSING_TEXT, raw, _missing(self.text, record))
        used = [found[0]]
        text = found[1]
        if type(text) is not str:
            return reading.reject(ordinal, Reason.WRONG_TYPE, raw, f"the text is of type {type(text).__name__}")
        key = None
        for path, value in _present(record, self.id):
            key = as_string(value)
            if key:
                used.append(path)
                break
        values: list[str | None] = []
        for paths in self.rest:
            value = None
            if found := _find(record, paths):
                value = as_string(found[1])
                if value is not None:
                    used.append(found[0])
            values.append(value)
        for path in used:
            _remove(record, path)
        if notes:
            record[OURS] = {**notes, **(record[OURS] if isinstance(record.get(OURS), dict) else {})}
        try:
            meta = orjson.dumps(record, default=_jsonable).decode() if record else None
        except TypeError as error:
            return reading.reject(ordinal, Reason.TOO_DEEP, raw, f"its other fields cannot be kept: {error}")
        url, title, lang, date = values
        if key:
            return (key, True, text, url, title, lang or reading.source.lang, date, meta)
        return (reading.key(ordinal), False, text, url, title, lang or reading.source.lang, date, meta)

    @staticmethod
    def _whole(reading: Reading, record: dict[str, Any], ordinal: int, raw: bytes) -> Row | Quarantined:
        try:
            text = orjson.dumps(record, default=_jsonable).decode()
        except TypeError as error:
            return reading.reject(ordinal, Reason.TOO_DEEP, raw, f"it cannot be written as JSON: {error}")
        return (reading.key(ordinal), False, text, None, None, None, None, None)


def as_string(value: Any) -> str | None:
    """A string as it is, a whole number in digits, a date in ISO form; None for anything else."""
    if type(value) is str:
        return value
    if type(value) is int:
        return str(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    return None


def _paths(explicit: str | None, guesses: tuple[str, ...]) -> tuple[Path, ...]:
    if explicit is None:
        return tuple((name,) for name in guesses)
    return ((explicit,), tuple(explicit.split("."))) if "." in explicit else ((explicit,),)


def _find(record: dict[str, Any], paths: tuple[Path, ...]) -> tuple[Path, Any] | None:
    for path in paths:
        value = record.get(path[0])
        if value is None:
            continue
        if len(path) > 1:
            for name in path[1:]:
                value = value.get(name) if isinstance(value, dict) else None
            if value is None:
                continue
        return path, value
    return None


def _present(record: dict[str, Any], paths: tuple[Path, ...]) -> Iterator[tuple[Path, Any]]:
    for path in paths:
        if found := _find(record, (path,)):
            yield found


def _remove(record: dict[str, Any], path: Path) -> None:
    if len(path) > 1:
        for name in path[:-1]:
            record = record[name]
    record.pop(path[-1], None)


def _missing(paths: tuple[Path, ...], record: Mapping[str, Any]) -> str:
    wanted = ", ".join(dict.fromkeys(".".join(path) for path in paths))
    have = ", ".join(list(record)[:12])
    return f"no {wanted}; it has {have or 'no field'}"[:300]


def _jsonable(value: Any) -> Any:
    """Parquet values that JSON lacks."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return str(value)
