"""The directory of one stage's output for one fingerprint, and the only writer of Parquet into it.

    stages/<stage>/<fingerprint>-<layout>/
        <attempt>/part-000000000-text-<uuid>.parquet    invisible until a receipt or the manifest names it
        receipts/<split>.json                            one for each finished split; a restart skips these
        manifest.json                                    the commit

Names of files carry a uuid, so a retried or speculative task can never overwrite what another wrote.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from corpus import manifest, storage
from corpus.errors import AuditError
from corpus.manifest import File, Manifest, Receipt

ROW_GROUP_BYTES = 32 << 20
PUBLISHED_TABLES = ("dataset", "replay")
"""Tables whose files other people read: smaller, and without Arrow's own schema."""
PLAIN_COLUMNS = frozenset({"text", "meta", "doc_id", "source_key", "url", "title", "raw", "preview", "survivor"})
"""Columns of distinct values, where a dictionary costs time and gains nothing."""


@dataclass(frozen=True)
class Slot:
    """Where a stage keeps the output of one fingerprint."""

    root: str

    @property
    def manifest_uri(self) -> str:
        """The file whose appearance commits the stage."""
        return storage.join(self.root, "manifest.json")

    def load(self) -> Manifest | None:
        """The committed manifest, if any."""
        return manifest.load(self.manifest_uri)

    def receipts(self, skip: frozenset[str] = frozenset()) -> list[Receipt]:
        """Receipts left so far, except those whose key is in `skip`."""
        found = storage.list_files(storage.join(self.root, "receipts"))
        names = {info.uri: storage.name_of(info.uri) for info in found}
        wanted = [
            uri for uri, name in names.items() if name.endswith(".json") and name.removesuffix(".json") not in skip
        ]
        return [manifest.decode_receipt(storage.read_bytes(uri), uri) for uri in wanted]

    def leave(self, receipt: Receipt) -> None:
        """Store a receipt; from now on a restart skips its split."""
        storage.put_atomic(storage.join(self.root, "receipts", f"{receipt.key}.json"), manifest.encode(receipt))

    def read(self, file: File, columns: list[str] | None = None) -> pa.Table:
        """The rows of a committed file."""
        with storage.open_read(storage.join(self.root, file.path)) as stream:
            return pq.ParquetFile(stream).read(columns=columns)


@dataclass(frozen=True)
class Table:
    """A committed table of a stage, as a worker reads it: one file a part, or none."""

    slot: Slot
    files: Mapping[int, File]

    def read(self, number: int, columns: list[str] | None = None) -> pa.Table | None:
        """The rows of a part; None when the part has none."""
        file = self.files.get(number)
        return None if file is None else self.slot.read(file, columns)

    def batches(self, number: int, columns: list[str], rows: int = 4096) -> Iterator[pa.RecordBatch]:
        """The rows of a part, a few megabytes at a time."""
        file = self.files.get(number)
        if file is None:
            return
        with storage.open_read(storage.join(self.slot.root, file.path)) as stream:
            yield from pq.ParquetFile(stream).iter_batches(batch_size=rows, columns=columns, use_threads=False)


@dataclass(frozen=True)
class Committed:
    """A stage's committed output and where it lives."""

    slot: Slot
    manifest: Manifest

    def table(self, name: str) -> Table:
        """One of its tables."""
        parts = self.manifest.parts
        return Table(self.slot, {part.number: file for part in parts if (file := part.file(name)) is not None})


class _HashingSink:
    """A writable file that knows the digest and size of what went through it."""

    closed = False

    def __init__(self, stream: pa.NativeFile) -> None:
        self.stream = stream
        self.digest = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        self.size += len(data)
        self.stream.write(data)
        return len(data)

    def flush(self) -> None:
        """Parquet's writer asks for it; the stream flushes when closed."""

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self.stream.close()


class TableWriter:
    """Writes one Parquet file of an attempt; nothing is created until the first row."""

    def __init__(self, root: str, path: str, table: str, schema: pa.Schema, digest: tuple[str, ...] | None) -> None:
        """`path` is relative to `root`; `digest` names the columns that make a row's identity, None for all."""
        self.root, self.path, self.table, self.schema = root, path, table, schema
        self.rows = 0
        self.row_digest = 0
        self._digest = digest
        self._pending: list[pa.RecordBatch] = []
        self._pending_bytes = 0
        self._sink: _HashingSink | None = None
        self._parquet: pq.ParquetWriter | None = None

    def write(self, batch: pa.RecordBatch | pa.Table) -> None:
        """Append rows; columns are taken by name in the order of the schema."""
        if batch.num_rows == 0:
            return
        for piece in pa.table(batch).select(self.schema.names).cast(self.schema).to_batches():
            self.rows += piece.num_rows
            self._pending.append(piece)
            self._pending_bytes += piece.nbytes
            if self._pending_bytes >= ROW_GROUP_BYTES:
                self._flush()

    @property
    def written(self) -> int:
        """Bytes in the file so far; what is buffered for the next row group is not in it yet."""
        return 0 if self._sink is None else self._sink.size

    def _flush(self) -> None:
        if self._parquet is None:
            self._sink = _HashingSink(storage.open_write(storage.join(self.root, self.path)))
            self._parquet = pq.ParquetWriter(
                pa.PythonFile(self._sink, mode="w"),
                self.schema,
                compression="zstd",
                compression_level=3 if self.table in PUBLISHED_TABLES else 1,
                use_dictionary=[name for name in self.schema.names if name not in PLAIN_COLUMNS],
                write_statistics=[name for name in self.schema.names if name not in {"text", "meta", "raw"}],
                coerce_timestamps="us",
                store_schema=self.table not in PUBLISHED_TABLES,
            )
        from corpus.kernels.digest import row_hashes, table_digest

        table = pa.Table.from_batches(self._pending, self.schema).combine_chunks()
        # Once a row group: with many narrow columns and short batches the calls cost more than the hashes.
        hashed = table if self._digest is None else table.select(list(self._digest))
        self.row_digest = (self.row_digest + table_digest(row_hashes(hashed))) & ((1 << 128) - 1)
        self._parquet.write_table(table, row_group_size=max(1, table.num_rows))
        self._pending, self._pending_bytes = [], 0

    def close(self) -> File | None:
        """Finish the file and say what it is; None when no row was written."""
        if self._pending:
            self._flush()
        if self._parquet is None or self._sink is None:
            return None
        self._parquet.close()
        self._sink.close()
        stored = self._stored_rows()
        if stored != self.rows:
            raise AuditError(f"{self.path}: {self.rows} rows were written, its footer says {stored}")
        return File(
            table=self.table,
            path=self.path,
            rows=self.rows,
            bytes=self._sink.size,
            sha256=self._sink.digest.hexdigest(),
        )

    def _stored_rows(self) -> int:
        """What the closed file says of itself: read back from storage, not from memory."""
        with storage.open_read(storage.join(self.root, self.path)) as stream:
            return int(pq.read_metadata(stream).num_rows)

    def abandon(self) -> None:
        """Close without finishing, after an error; the file stays an orphan that nothing names."""
        if self._sink is not None:
            self._sink.close()


@dataclass(frozen=True)
class Attempt:
    """One try at writing a stage: its own directory in the slot."""

    slot: Slot
    name: str

    @classmethod
    def begin(cls, slot: Slot) -> Attempt:
        """A try with a fresh name."""
        return cls(slot, f"attempt-{uuid.uuid4().hex[:12]}")

    def writer(
        self, table: str, number: int, schema: pa.Schema, digest: tuple[str, ...] | None = None, folder: str = ""
    ) -> TableWriter:
        """A writer of `table` for part `number`, below `folder`."""
        name = f"part-{number:09d}-{table.replace('/', '-')}-{uuid.uuid4().hex[:12]}.parquet"
        path = "/".join(filter(None, [self.name, folder, name]))
        return TableWriter(self.slot.root, path, table, schema, digest)


class PartWriters:
    """The open tables of one part."""

    def __init__(self, attempt: Attempt, number: int) -> None:
        self.attempt, self.number = attempt, number
        self.tables: dict[str, TableWriter] = {}

    def write(
        self, table: str, rows: pa.RecordBatch | pa.Table, digest: tuple[str, ...] | None = None, folder: str = ""
    ) -> None:
        """Append rows to a table of the part; the first rows fix its schema."""
        key = f"{table}|{folder}"
        if key not in self.tables:
            self.tables[key] = self.attempt.writer(table, self.number, rows.schema, digest, folder)
        self.tables[key].write(rows)

    def close(self) -> tuple[File, ...]:
        """Finish all tables."""
        return tuple(file for file in (writer.close() for writer in self.tables.values()) if file is not None)

    def abandon(self) -> None:
        """Close what is open after an error."""
        for writer in self.tables.values():
            writer.abandon()

    def digests(self) -> dict[str, str]:
        """Row digests by table."""
        return manifest.add_digests(
            {writer.table: f"{writer.row_digest:032x}"} for writer in self.tables.values() if writer.rows
        )


def table_of(rows: Iterable[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    """Dictionaries as a table of a schema."""
    return pa.Table.from_pylist(list(rows), schema=schema)
