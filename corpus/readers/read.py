"""Read a split: every record once, as a row or as a quarantine row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from corpus import config
from corpus.readers.csvs import read_csv
from corpus.readers.decompress import Broken
from corpus.readers.html import read_html
from corpus.readers.items import Chunk, Item, Reading, chunks
from corpus.readers.jsons import read_json, read_jsonl
from corpus.readers.parquets import read_parquet
from corpus.readers.split import Split
from corpus.readers.warc import read_warc
from corpus.readers.whole import read_text, read_text_lines

__all__ = ["Chunk", "read_split"]

_READERS: Mapping[str, Callable[[Reading], Iterator[Item]]] = {
    "jsonl": read_jsonl,
    "json": read_json,
    "parquet": read_parquet,
    "csv": read_csv,
    "tsv": read_csv,
    "text": read_text,
    "lines": read_text_lines,
    "html": read_html,
    "warc": read_warc,
    "wet": read_warc,
}


def read_split(split: Split, source: config.Source, limits: config.Limits) -> Iterator[Chunk]:
    """Chunks of the split's records, in the order of its pieces.

    Every record of the split is in exactly one chunk, read or quarantined. A record of a line format belongs to the
    range in which it begins, so the records of a file do not depend on how it was cut. Memory stays within a few times
    `limits.record_bytes`. Raises UsageError when a file changed since it was planned, and OSError when the storage
    fails; nothing in a file's content makes it raise.
    """
    return chunks(_items(split, source, limits))


def _items(split: Split, source: config.Source, limits: config.Limits) -> Iterator[Item]:
    for piece in split.pieces:
        reading = Reading(piece, source, limits)
        try:
            yield from _READERS[piece.format](reading)
        except Broken as error:
            yield reading.reject(
                error.offset or 0, error.reason, error.partial, error.detail, length=error.length or len(error.partial)
            )
