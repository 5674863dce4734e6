"""What near-duplicate paragraphs are found by: the bands of a small MinHash signature of each, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from corpus.config import NearParagraphs
from corpus.kernels.minhash import Signer
from corpus.kernels.unit_keys import unit_keys
from corpus.kernels.units import units_of
from corpus.schema import Contract
from corpus.stages.sign import binary_rows

PREFIX = "paragraph_"
"""Before the names of the columns, which sidecars of whole texts have too."""


@dataclass(frozen=True)
class SignParagraphs:
    """Paragraphs outside code fences whose folded text has `min_characters` code points or more, in lists by record.

    `start` and `end` are the bytes of the paragraph with its last newline; the others as in `Sign`, without a sketch.
    Paragraphs of too few units to be shingled are left out, so every list of a record has one length.
    """

    paragraphs: NearParagraphs
    name: ClassVar[str] = "sign-paragraphs"
    version: ClassVar[int] = 1
    table: ClassVar[str] = "paragraphs"

    @property
    def contract(self) -> Contract:
        """Text in, lists out."""
        kinds = {
            "start": pa.int32(),
            "end": pa.int32(),
            "bands": pa.binary(8 * self.paragraphs.bands),
            "shingles": pa.int32(),
            "key": pa.int64(),
            "masked": pa.int64(),
        }
        adds = {PREFIX + name: pa.list_(kind) for name, kind in kinds.items()}
        return Contract(reads={"text": pa.large_string()}, adds=adds)

    def settings(self) -> Any:
        """What is listed, and the shape of the signature."""
        return self.paragraphs.model_dump(mode="json", include={"min_characters", "bands", "rows", "seed"})

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The lists of the batch."""
        asked = self.paragraphs
        units = units_of(batch.column("text"), "paragraph")
        _, lengths = unit_keys(units)
        listed = np.flatnonzero((lengths >= asked.min_characters) & ~units.code)
        signer = Signer(asked.bands * asked.rows, asked.bands, asked.rows, asked.seed)
        signed = signer.sign(units.texts(listed))
        there = signed.shingles > 0
        listed, row = listed[there], units.row[listed[there]]
        many = np.bincount(row, minlength=batch.num_rows)
        offsets = pa.array(np.concatenate([[0], np.cumsum(many)]).astype(np.int32))
        origin = units.offsets[row]
        values = {
            "start": pa.array((units.begins[listed] - origin).astype(np.int32)),
            "end": pa.array((units.stops[listed] - origin).astype(np.int32)),
            "bands": binary_rows(signed.bands[there], np.zeros(len(listed), bool)),
            "shingles": pa.array(signed.shingles[there]),
            "key": pa.array(signed.key[there].view(np.int64)),
            "masked": pa.array(signed.masked[there].view(np.int64)),
        }
        lists = [pa.ListArray.from_arrays(offsets, column) for column in values.values()]
        return pa.RecordBatch.from_arrays(lists, [PREFIX + name for name in values])
