"""Rows into numbered files: one shard after the other, each closed before it grows past a limit.

Shards are named by their number and the cut depends on the records and their order alone, so the same input gives the
same files. A record that is larger than the limit by itself gets a shard of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import orjson
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from corpus import storage
from corpus.manifest import File, Part

To = Literal["jsonl", "parquet", "text"]
Unit = Literal["bytes", "rows", "tokens"]
Compress = Literal["none", "gzip", "zstd"]
ENDINGS = {"none": "", "gzip": ".gz", "zstd": ".zst"}
NAMED = ("id", "text", "url", "title", "lang", "date")
SHARD = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("text", pa.large_string(), nullable=False),
        *(pa.field(name, pa.string()) for name in NAMED[2:]),
        pa.field("meta", pa.large_string()),
    ]
)
"""Columns of a Parquet shard. `id` is the record's own id, else `path#ordinal`; `meta` is a JSON object of every other
field the record had, which a JSONL shard writes beside the others."""
ROW_GROUP = 64 << 20


@dataclass(frozen=True)
class Limit:
    """How large a shard may be: bytes as they are written, before compression (of Parquet the bytes of its strings)."""

    most: int
    unit: Unit = "bytes"


@dataclass(frozen=True)
class Shard:
    """A finished shard: its file, and what is in it."""

    file: File
    characters: int
    tokens: int


@dataclass
class Shards:
    """Writes shards below `root`; `done` are those that are closed."""

    root: str
    to: To
    limit: Limit
    compress: Compress = "none"
    done: list[Shard] = field(default_factory=list)
    _open: _Open | None = None

    def write(self, rows: pa.RecordBatch, tokens: np.ndarray) -> None:
        """Append rows in the SHARD schema, with the tokens of each."""
        if not rows.num_rows:
            return
        payload, sizes = _payload(rows, self.to)
        characters = pl.Series(rows.column("text")).str.len_chars().to_numpy()
        weights = {"bytes": sizes, "rows": np.ones(len(sizes), np.int64), "tokens": tokens}[self.limit.unit]
        reached = np.concatenate(([0], np.cumsum(weights)))
        start = 0
        while start < rows.num_rows:
            shard = self._shard()
            room = self.limit.most - shard.weight
            end = int(np.searchsorted(reached, reached[start] + room, side="right")) - 1
            if end <= start:
                end = start + (shard.rows == 0)
            if end > start:
                shard.add(payload[start:end], int(reached[end] - reached[start]))
                shard.characters += int(characters[start:end].sum())
                shard.tokens += int(tokens[start:end].sum())
            if end < rows.num_rows:
                self._close()
            start = end

    def finish(self) -> tuple[Part, ...]:
        """Close the last shard; the parts of a manifest, one a shard."""
        self._close()
        return tuple(Part(number=n, rows=one.file.rows, files=(one.file,)) for n, one in enumerate(self.done))

    def abandon(self) -> None:
        """Close what is open after an error."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def _shard(self) -> _Open:
        if self._open is None:
            packed = "" if self.to == "parquet" else ENDINGS[self.compress]
            name = f"part-{len(self.done):05d}.{'txt' if self.to == 'text' else self.to}{packed}"
            self._open = _Open(self.root, name, self.to, self.compress)
        return self._open

    def _close(self) -> None:
        if self._open is None:
            return
        shard, self._open = self._open, None
        shard.close()
        uri = storage.join(self.root, shard.name)
        size = storage.size(uri) or 0
        written = File(table="data", path=shard.name, rows=shard.rows, bytes=size, sha256=storage.sha256(uri))
        self.done.append(Shard(written, shard.characters, shard.tokens))


class _Open:
    """A shard being written."""

    def __init__(self, root: str, name: str, to: To, compress: Compress) -> None:
        self.name, self.rows, self.weight, self.characters, self.tokens = name, 0, 0, 0, 0
        self._raw = storage.open_write(storage.join(root, name))
        self._parquet: Any = None
        self._pending: list[pa.RecordBatch] = []
        self._held = 0
        if to == "parquet":
            self._parquet = pq.ParquetWriter(
                self._raw, SHARD, compression="zstd", use_dictionary=["lang"], write_statistics=["id", "lang", "date"]
            )
        self._sink = pa.CompressedOutputStream(self._raw, compress) if compress != "none" and to != "parquet" else None

    def add(self, payload: Any, weight: int) -> None:
        """Append encoded lines, or rows for Parquet."""
        self.rows += payload.num_rows if self._parquet else len(payload)
        self.weight += weight
        if self._parquet is None:
            (self._sink or self._raw).write(b"".join(payload))
            return
        self._pending.append(payload)
        self._held += payload.nbytes
        if self._held >= ROW_GROUP:
            self._flush()

    def _flush(self) -> None:
        if self._pending:
            table = pa.Table.from_batches(self._pending, SHARD)
            self._parquet.write_table(table, row_group_size=max(1, table.num_rows))
        self._pending, self._held = [], 0

    def close(self) -> None:
        """Finish the file."""
        if self._parquet is not None:
            self._flush()
            self._parquet.close()
        if self._sink is not None:
            self._sink.close()
        self._raw.close()


def _payload(rows: pa.RecordBatch, to: To) -> tuple[Any, np.ndarray]:
    """What is written for each row, in a form that can be sliced, and the bytes of each."""
    if to == "parquet":
        total = np.zeros(rows.num_rows, np.int64)
        for name in SHARD.names:
            total += pl.Series(rows.column(name)).str.len_bytes().fill_null(0).to_numpy().astype(np.int64)
        return rows, total
    encoded = json_lines(rows) if to == "jsonl" else text_blocks(rows)
    return encoded, np.fromiter(map(len, encoded), np.int64, len(encoded))


def json_lines(rows: pa.RecordBatch) -> list[bytes]:
    """A line of JSON a row: its named fields, then every other field it had; null ones are left out.

    The strings come back exactly when the line is parsed. A field whose name is taken is written as `name_`.
    """
    columns = [rows.column(name).to_pylist() for name in SHARD.names]
    lines = []
    for *values, meta in zip(*columns, strict=True):
        named = {name: value for name, value in zip(NAMED, values, strict=True) if value is not None}
        if meta is None or meta == "{}":
            lines.append(orjson.dumps(named, option=orjson.OPT_APPEND_NEWLINE))
        elif any(f'"{name}"' in meta for name in NAMED):
            lines.append(orjson.dumps(_beside(named, orjson.loads(meta)), option=orjson.OPT_APPEND_NEWLINE))
        else:
            lines.append(orjson.dumps(named)[:-1] + b"," + meta[1:].encode() + b"\n")
    return lines


def _beside(named: dict[str, Any], rest: dict[str, Any]) -> dict[str, Any]:
    both = dict(named)
    for name, value in rest.items():
        free = name
        while free in named or (free != name and free in rest):
            free += "_"
        both[free] = value
    return both


def text_blocks(rows: pa.RecordBatch) -> list[bytes]:
    """A text a row, ended by an empty line; so that this tells where it ends, empty lines inside it are left out."""
    texts = pl.Series(rows.column("text")).str.replace_all("\r\n?", "\n").str.replace_all(r"\n(?:[ \t]*\n)+", "\n")
    blocks = texts.str.strip_chars("\n").to_list()
    return [block.encode() + b"\n\n" for block in blocks]
