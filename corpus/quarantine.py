"""Why a record could not be read or processed, and the row that says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import pyarrow as pa

from corpus.schema import QUARANTINE

RAW_LIMIT = 64 << 20
"""Bytes of a quarantined record that are kept; the row says how many there were."""


class Reason(StrEnum):
    """Stable names: they are keys of the account and of `rejected` reports."""

    BAD_ENCODING = "bad_encoding"
    LONE_SURROGATE = "lone_surrogate"
    BAD_JSON = "bad_json"
    NOT_AN_OBJECT = "not_an_object"
    MISSING_TEXT = "missing_text"
    WRONG_TYPE = "wrong_type"
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    BOMB = "decompression_bomb"
    DAMAGED = "damaged_container"
    BAD_ROW = "bad_row"
    NO_TEXT = "no_text_extracted"
    NOT_TEXT = "not_text"
    KERNEL = "kernel_error"


@dataclass(frozen=True)
class Quarantined:
    """One record that could not be used, with the bytes it came as."""

    source: str
    path: str
    ordinal: int
    reason: Reason
    raw: bytes
    detail: str = ""
    source_key: str | None = None
    stage: str = "ingest"
    length: int | None = None


def to_table(rows: Sequence[Quarantined]) -> pa.Table:
    """Rows in the QUARANTINE schema, raw bytes cut at RAW_LIMIT."""
    return pa.Table.from_pylist(
        [
            {
                "source": row.source,
                "path": row.path,
                "ordinal": row.ordinal,
                "source_key": row.source_key,
                "stage": row.stage,
                "reason": str(row.reason),
                "detail": row.detail or None,
                "length": len(row.raw) if row.length is None else row.length,
                "raw": row.raw[:RAW_LIMIT],
            }
            for row in rows
        ],
        schema=QUARANTINE,
    )
