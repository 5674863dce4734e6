"""Benchmark files as items: read by the readers of a run, each file or named group of files one benchmark."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa

from corpus import config, storage
from corpus.decontaminate.shapes import QUESTION, asked
from corpus.errors import ConfigError, Problem, UsageError
from corpus.manifest import digest_of
from corpus.readers.fields import WHOLE
from corpus.readers.plan import plan_splits
from corpus.readers.read import read_split

ITEM = pa.schema(
    [
        pa.field("benchmark", pa.string()),
        pa.field("item", pa.string()),
        pa.field("place", pa.string()),
        pa.field("question", pa.large_string()),
        pa.field("options", pa.list_(pa.large_string())),
        pa.field("answer", pa.large_string()),
    ]
)
"""`item` is the record's own id, else its place; `place` is file#ordinal, as for the records of a run."""

SPLIT_BYTES = 1 << 40
SHOWN = 12
_NAMED = re.compile(r"^([\w][\w.\-]{0,127})=(?!=)(.+)$", re.DOTALL)
_SUFFIXES = re.compile(r"(?:\.(?:gz|zst|zstd|bz2|xz))?$")


@dataclass(frozen=True)
class Against:
    """`path` is a file, directory or glob; its files are one benchmark `name`, or each its own where that is None."""

    name: str | None
    path: str

    @classmethod
    def of(cls, given: str) -> Against:
        """What a person wrote: a path, or name=path."""
        named = _NAMED.match(given)
        return cls(named[1], named[2]) if named else cls(None, given)

    @property
    def given(self) -> str:
        """As it is written."""
        return self.path if self.name is None else f"{self.name}={self.path}"


@dataclass(frozen=True)
class BenchmarkFile:
    """One file of a benchmark."""

    benchmark: str
    uri: str


def files_of(against: Sequence[str]) -> list[BenchmarkFile]:
    """Every file once, in the order given; ConfigError with every path that gives none."""
    found: dict[str, BenchmarkFile] = {}
    problems = []
    for given in map(Against.of, against):
        try:
            _, files = storage.expand(given.path)
        except (UsageError, OSError) as error:
            problems.append(Problem("decontaminate.against", 0, 0, f"{given.path}: {error}"))
            continue
        if not files:
            problems.append(Problem("decontaminate.against", 0, 0, f"{given.path}: nothing there; check the path"))
        for info in files:
            found.setdefault(info.uri, BenchmarkFile(given.name or stem(info.uri), info.uri))
    if problems:
        raise ConfigError(problems)
    return list(found.values())


def stem(uri: str) -> str:
    """`cmmlu` for a/cmmlu.jsonl.gz."""
    bare = _SUFFIXES.sub("", storage.name_of(uri))
    return bare.rpartition(".")[0] or bare


def digest(files: Sequence[BenchmarkFile]) -> str:
    """The identity of the benchmarks: names and contents."""
    return digest_of([[file.benchmark, storage.name_of(file.uri), storage.sha256(file.uri)] for file in files])


def read_items(files: Sequence[BenchmarkFile]) -> pa.Table:
    """ITEM rows of all files, in their order.

    ConfigError with every file in which a record cannot be read, or none has a question.
    """
    problems: list[Problem] = []
    rows: list[dict[str, Any]] = []
    for file in files:
        found, wrong = _items(file)
        rows += found
        problems += [Problem("decontaminate.against", 0, 0, f"{file.uri}: {one}") for one in wrong]
    if problems:
        raise ConfigError(problems)
    return pa.Table.from_pylist(rows, schema=ITEM)


def _items(file: BenchmarkFile) -> tuple[list[dict[str, Any]], list[str]]:
    rows: list[dict[str, Any]] = []
    without: dict[str, Any] | None = None
    try:
        for key, record in _records(file):
            if isinstance(record, str):
                return rows, [f"{key}: {record}"]
            found = asked(record)
            if found is None:
                without = record
                continue
            rows.append(
                {
                    "benchmark": file.benchmark,
                    "item": found.id or key,
                    "place": key,
                    "question": found.question,
                    "options": list(found.options),
                    "answer": found.answer,
                }
            )
    except UsageError as error:
        return rows, [str(error)]
    if rows:
        return rows, []
    have = f"its fields are {', '.join(list(without)[:SHOWN])}" if without else "it holds no record"
    return [], [f"no record has a question ({', '.join(QUESTION[:7])}, ... or a chat); {have}"]


def _records(file: BenchmarkFile) -> Iterator[tuple[str, dict[str, Any] | str]]:
    """The records of a file as objects, or what is wrong with one."""
    source = config.Source(name="benchmark", paths=(_absolute(file.uri),), fields=config.Fields(text=WHOLE))
    limits = config.Limits()
    for split in plan_splits([source], SPLIT_BYTES):
        for chunk in read_split(split, source, limits):
            for row in chunk.quarantined:
                yield f"{row.path}#{row.ordinal}", f"cannot be read: {row.reason}. {row.detail}".strip()
            records = chunk.records
            keys, texts = records.column("source_key").to_pylist(), records.column("text").to_pylist()
            for key, text in zip(keys, texts, strict=True):
                yield key, _record(text)


def _record(text: str) -> dict[str, Any] | str:
    try:
        record = orjson.loads(text)
    except orjson.JSONDecodeError:
        record = None
    return record if isinstance(record, dict) else "has no fields; give JSONL, JSON, CSV, TSV or Parquet"


def _absolute(path: str) -> str:
    return str(Path(path).expanduser().absolute()) if storage.is_local(path) else path
