"""`corpus export`: published conversations and preferences as files for trainers, every record accounted for."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from corpus import storage
from corpus.convert import staged
from corpus.errors import RejectedTooMuch, UsageError
from corpus.exporters.dataset_info import entry
from corpus.exporters.rows import Shape, To, Unsayable, row_of, shape_of
from corpus.importers.convert import record_of
from corpus.schema import group_of

COLUMNS = (
    *("source_key", "messages", "prompt", "chosen", "rejected"),
    *("score", "chosen_score", "rejected_score", "meta"),
)
BATCH = 1024
INFO = "dataset_info.json"
REPLAY_OF = "replay_of"
"""The column of rows that a stage holds once more; they are exported where they are a stage's own."""


@dataclass(frozen=True)
class Written:
    """A file of rows of one shape: its path below the output, and the fields that its rows have."""

    path: str
    shape: Shape
    rows: int
    fields: frozenset[str]


@dataclass(frozen=True)
class Exported:
    """What was written: `read` records are the rows of `files` and those left out, by reason."""

    out: str
    read: int
    files: tuple[Written, ...]
    left_out: dict[str, int]
    seconds: float


def export(
    inputs: Sequence[str], to: To, out: str, *, array: bool = False, bare: bool = False, most_left_out: float = 0.05
) -> Exported:
    """Write the records of Parquet files, runs or directories below `out`, which must not hold anything yet.

    A tier, stage or round becomes a file of its own, in the order of its records: JSON Lines, or one JSON array with
    `array` (`llamafactory` always). `dataset_info.json` names those that LLaMA-Factory can load. Raises UsageError for
    inputs that are no canonical Parquet, RejectedTooMuch when more than `most_left_out` of the records cannot be said;
    then nothing is left at `out`.
    """
    began = time.monotonic()
    if not 0 <= most_left_out <= 1:
        raise UsageError(f"--max-left-out {most_left_out:g}: must be a share from 0 to 1")
    found = _parquet_files(inputs)
    left: Counter[str] = Counter()
    read = 0
    with staged(out) as root:
        sinks = _Sinks(root, array or to == "llamafactory")
        try:
            for uri in found:
                group = _named(uri)
                for record in _records(uri):
                    read += 1
                    try:
                        row = row_of(record, to, bare=bare)
                    except Unsayable as problem:
                        left[str(problem)] += 1
                        continue
                    sinks.write(group, shape_of(record), row)
        finally:
            files = sinks.close()
        lost = sum(left.values())
        if lost > most_left_out * read:
            reasons = ", ".join(f"{name} ({count:,})" for name, count in left.most_common())
            raise RejectedTooMuch(
                f"{lost:,} of {read:,} records cannot be said as {to}: {reasons}. Nothing was kept; export as "
                "`messages`, which says everything, or allow more with --max-left-out"
            )
        said = {one.path.rpartition(".")[0]: entry(one.path, to, one.shape, one.fields) for one in files}
        info = {name: one for name, one in said.items() if one}
        if info:
            storage.put_atomic(storage.join(root, INFO), orjson.dumps(info, option=orjson.OPT_INDENT_2) + b"\n")
    return Exported(out, read, files, dict(left), time.monotonic() - began)


def _parquet_files(inputs: Sequence[str]) -> list[str]:
    """The files of all inputs; of a run those of its published conversations and preferences."""
    problems, found = [], dict[str, None]()
    for given in inputs:
        below = [storage.join(given, "dataset", kind) for kind in ("sft", "preference", "prompt")]
        places = [place for place in below if storage.list_files(place)] or [given]
        try:
            files = [info.uri for place in places for info in storage.expand(place)[1]]
        except (OSError, UsageError) as error:
            problems.append(f"{given}: {error}")
            continue
        parquet = [uri for uri in files if uri.partition("?")[0].endswith(".parquet")]
        if not parquet:
            problems.append(f"{given}: no Parquet file there; name a run, its dataset directory or files of it")
        found.update(dict.fromkeys(parquet))
    if problems:
        raise UsageError("\n".join(problems))
    return list(found)


def _records(uri: str) -> Iterator[Any]:
    with storage.open_read(uri) as stream:
        try:
            file = pq.ParquetFile(stream)
            names = [name for name in COLUMNS if name in file.schema_arrow.names]
            if "messages" not in names and "prompt" not in names:
                raise UsageError(f"{uri}: has neither messages nor prompt; it holds no conversations or preferences")
            again = [REPLAY_OF] if REPLAY_OF in file.schema_arrow.names else []
            for batch in file.iter_batches(batch_size=BATCH, columns=[*names, *again]):
                for row in batch.to_pylist():
                    if again and row.pop(REPLAY_OF) is not None:
                        continue
                    yield record_of(row)
        except pa.ArrowException as error:
            raise UsageError(f"{uri}: cannot be read as Parquet: {str(error)[:200]}") from None


def _named(uri: str) -> str:
    """What to call the file of this one's records: its kind and stage or round, else its own name."""
    group = group_of(uri)
    if not group:
        return storage.name_of(uri).removesuffix(".parquet")
    for folder, name in (
        ("/sft/", "sft-stage"),
        ("/preference/", "preference-round"),
        ("/pretrain/", "pretrain-tier"),
        ("/prompt/", "prompt-tier"),
    ):
        if folder in uri:
            return f"{name}-{group}"
    return group


@dataclass
class _Open:
    """A file being written."""

    stream: pa.NativeFile
    shape: Shape
    rows: int = 0
    fields: set[str] = field(default_factory=set)


@dataclass
class _Sinks:
    """One open file for each group and shape."""

    root: str
    array: bool
    _open: dict[str, _Open] = field(default_factory=dict)

    def write(self, group: str, shape: Shape, row: dict[str, Any]) -> None:
        """Append a row to the file of its group and shape."""
        suffix = {"labelled": "-labelled", "prompt": "-prompts"}.get(shape, "")
        path = f"{group}{suffix}.{'json' if self.array else 'jsonl'}"
        if path not in self._open:
            self._open[path] = _Open(storage.open_write(storage.join(self.root, path)), shape)
        sink = self._open[path]
        line = orjson.dumps(row)
        sink.stream.write((b",\n" if sink.rows else b"[\n") + line if self.array else line + b"\n")
        sink.rows += 1
        sink.fields.update(row)

    def close(self) -> tuple[Written, ...]:
        """End every file."""
        for sink in self._open.values():
            if self.array:
                sink.stream.write(b"\n]\n")
            sink.stream.close()
        return tuple(Written(path, one.shape, one.rows, frozenset(one.fields)) for path, one in self._open.items())
