"""What every reader yields, and the one place that packs it into Arrow batches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from corpus import config
from corpus.quarantine import Quarantined, Reason
from corpus.readers.split import Piece
from corpus.schema import RAW

CHUNK_ROWS = 4096
CHUNK_BYTES = 8 << 20
HEAD = 1 << 20
"""Bytes kept of something too large to hold; its row says how long it was."""

Row = tuple[str, bool, str, str | None, str | None, str | None, str | None, str | None]
"""One record, in the order of `schema.RAW`: a plain tuple, because this is made once for each record read."""


@dataclass(frozen=True)
class Skipped:
    """Something in a container that is not a record, such as a WARC request."""

    kind: str


Item = Row | Quarantined | Skipped


@dataclass(frozen=True)
class Chunk:
    """Records in the RAW schema (about 8 MB of text and 4,096 rows at most), what could not be read among them, and
    counts by kind of what is not a record."""

    records: pa.RecordBatch
    quarantined: tuple[Quarantined, ...]
    skipped: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """One piece being read: its source's settings and the run's limits."""

    piece: Piece
    source: config.Source
    limits: config.Limits

    def key(self, ordinal: int) -> str:
        """The key of a record that has no id of its own."""
        return f"{self.piece.name}#{ordinal}"

    def reject(
        self,
        ordinal: int,
        reason: Reason,
        raw: bytes,
        detail: str = "",
        *,
        length: int | None = None,
        key: str | None = None,
    ) -> Quarantined:
        """The quarantine row of what stands at `ordinal`."""
        return Quarantined(
            source=self.source.name,
            path=self.piece.name,
            ordinal=ordinal,
            reason=reason,
            raw=raw,
            detail=detail,
            source_key=key,
            length=length,
        )


def chunks(items: Iterable[Item]) -> Iterator[Chunk]:
    """Items in their order, packed; the last chunk may be small, and none is empty."""
    rows: list[Row] = []
    quarantined: list[Quarantined] = []
    skipped: Counter[str] = Counter()
    held = 0
    for item in items:
        if type(item) is tuple:
            rows.append(item)
            held += 3 * len(item[2]) + 64
        elif isinstance(item, Quarantined):
            quarantined.append(item)
            held += len(item.raw) + 64
        else:
            skipped[item.kind] += 1  # type: ignore[union-attr]
            continue
        if held >= CHUNK_BYTES or len(rows) + len(quarantined) >= CHUNK_ROWS:
            yield Chunk(_batch(rows), tuple(quarantined), dict(skipped))
            rows, quarantined, skipped, held = [], [], Counter(), 0
    if rows or quarantined or skipped:
        yield Chunk(_batch(rows), tuple(quarantined), dict(skipped))


def _batch(rows: list[Row]) -> pa.RecordBatch:
    columns = list(zip(*rows, strict=True)) or [()] * len(RAW)
    arrays = [pa.array(column, kind) for column, kind in zip(columns, RAW.types, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=RAW)
