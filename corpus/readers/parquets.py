"""Parquet rows: read in small batches, so that a few wide rows cannot fill the memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from corpus import storage
from corpus.quarantine import Quarantined, Reason
from corpus.readers.fields import Columns
from corpus.readers.items import HEAD, Item, Reading

BATCH = 64


def read_parquet(reading: Reading) -> Iterator[Item]:
    """One record for each row of the piece's row groups; ordinals count the file's rows from 0.

    Columns that are null in a row are left out of its `meta`. What cannot be read of a row group is one quarantined
    row, and the next group is read on; a file whose footer cannot be read is one row.
    """
    piece = reading.piece
    with storage.open_read(piece.uri) as stream:
        try:
            file = pq.ParquetFile(stream, pre_buffer=False, buffer_size=1 << 20)
            meta = file.metadata
            counts = [meta.row_group(group).num_rows for group in range(meta.num_row_groups)]
        except (pa.ArrowException, OSError) as error:
            stream.seek(0)
            yield reading.reject(0, Reason.DAMAGED, stream.read(HEAD), _short(error), length=piece.size)
            return
        columns = Columns.of(reading.source.fields)
        for group in range(piece.start, min(piece.end, len(counts))):
            first = sum(counts[:group])
            yield from _group(reading, file, group, first, counts[group], columns)


def _group(
    reading: Reading, file: pq.ParquetFile, group: int, first: int, count: int, columns: Columns
) -> Iterator[Item]:
    ordinal = first
    try:
        for batch in file.iter_batches(batch_size=BATCH, row_groups=[group], use_threads=False):
            for record in _records(batch):
                yield _row(reading, record, ordinal, columns)
                ordinal += 1
    except (pa.ArrowException, OSError) as error:
        detail = f"row group {group}: rows {ordinal} to {first + count - 1} cannot be read: {_short(error)}"
        length = file.metadata.row_group(group).total_byte_size
        yield reading.reject(ordinal, Reason.DAMAGED, b"", detail, length=length)


def _records(batch: pa.RecordBatch) -> Iterator[dict[str, Any] | str]:
    """Rows as objects; a row with a string that is not UTF-8 as what is wrong with it."""
    try:
        yield from batch.to_pylist()
        return
    except (UnicodeDecodeError, ValueError, OverflowError):
        pass
    for index in range(batch.num_rows):
        try:
            yield batch.slice(index, 1).to_pylist()[0]
        except (UnicodeDecodeError, ValueError, OverflowError) as error:
            yield str(error)[:200]


def _row(reading: Reading, found: dict[str, Any] | str, ordinal: int, columns: Columns) -> Item:
    if isinstance(found, str):
        return reading.reject(ordinal, Reason.BAD_ENCODING, b"", found)
    record = {name: value for name, value in found.items() if value is not None}
    for path in columns.text:
        value = record.get(path[0])
        if isinstance(value, bytes):  # text in a column without the string annotation
            try:
                record[path[0]] = value.decode("utf-8")
            except UnicodeDecodeError as error:
                return reading.reject(ordinal, Reason.BAD_ENCODING, value, f"byte {error.start} is not utf-8")
    text = record.get(columns.text[0][0])
    if isinstance(text, str) and len(text) * 3 > reading.limits.record_bytes:
        size = len(text.encode())
        if size > reading.limits.record_bytes:
            return reading.reject(ordinal, Reason.TOO_LARGE, text[:HEAD].encode()[:HEAD], length=size)
    row = columns.row(reading, record, ordinal, b"")
    if isinstance(row, Quarantined):
        return reading.reject(ordinal, row.reason, _raw(found), row.detail)
    return row


def _raw(record: dict[str, Any]) -> bytes:
    """A row that has no bytes of its own, as JSON."""
    try:
        return orjson.dumps(record, default=repr)
    except TypeError:
        return repr(record).encode("utf-8", "backslashreplace")


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
