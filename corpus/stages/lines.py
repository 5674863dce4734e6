"""The keys of a text's lines or paragraphs, by which those that many records repeat are found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from corpus.kernels.unit_keys import unit_keys
from corpus.kernels.units import Scope, units_of
from corpus.schema import Contract

COLUMNS = {
    "line": pa.list_(pa.int64()),
    "start": pa.list_(pa.int32()),
    "end": pa.list_(pa.int32()),
    "unlisted": pa.int32(),
}
"""`line`: 64 bits of each folded line, in order; `start` and `end`: what to cut, its newline too, as byte offsets into
the text; `unlisted`: lines that are not blank and not in the list, so that a record without any is known."""


@dataclass(frozen=True)
class LineKeys:
    """Lines (or paragraphs) outside code fences whose folded text has at least `min_characters` code points."""

    scope: Scope
    min_characters: int
    name: ClassVar[str] = "lines"
    version: ClassVar[int] = 1
    table: ClassVar[str] = "lines"

    @property
    def contract(self) -> Contract:
        """Text in, lists of keys and places out."""
        return Contract(reads={"text": pa.large_string()}, adds=COLUMNS)

    def settings(self) -> Any:
        """What is listed."""
        return {"scope": self.scope, "min_characters": self.min_characters}

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The lists of the batch."""
        units = units_of(batch.column("text"), self.scope)
        keys, lengths = unit_keys(units)
        listed = (lengths >= self.min_characters) & ~units.code
        row = units.row
        many = np.bincount(row[listed], minlength=batch.num_rows)
        others = np.bincount(row[~listed], minlength=batch.num_rows)
        offsets = pa.array(np.concatenate([[0], np.cumsum(many)]).astype(np.int32))
        origin = units.offsets[row[listed]]
        values = {
            "line": keys[listed],
            "start": (units.begins[listed] - origin).astype(np.int32),
            "end": (units.stops[listed] - origin).astype(np.int32),
        }
        lists = [pa.ListArray.from_arrays(offsets, pa.array(values[name])) for name in ("line", "start", "end")]
        return pa.RecordBatch.from_arrays([*lists, pa.array(others.astype(np.int32))], names=list(COLUMNS))
