"""Tags of every text by declared taxonomies, beside the text. Removes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from corpus.kernels import notation
from corpus.schema import Contract
from corpus.tags.model import TagSet
from corpus.tags.score import columns


@dataclass(frozen=True)
class Tags:
    """A column for each taxonomy, null where none of its tags is given, then `has_code` and `has_maths`.

    `asks` is the column that taxonomies of what is asked read (`of: ask`): the instruction of a dialogue; of a document
    there is only its text.
    """

    tagset: TagSet
    asks: str = "text"
    name: ClassVar[str] = "tag"
    version: ClassVar[int] = 1
    table: ClassVar[str] = "tags"

    @property
    def contract(self) -> Contract:
        """Text in; a string or a list of strings a taxonomy out, and two booleans."""
        adds = {one.column: one.type for one in self.tagset.taxonomies}
        return Contract(
            reads={"text": pa.large_string(), self.asks: pa.large_string()},
            adds={**adds, "has_code": pa.bool_(), "has_maths": pa.bool_()},
        )

    def settings(self) -> Any:
        """The digest of the taxonomies, what they read, and the version of what is computed without one."""
        return {"tags": self.tagset.digest, "asks": self.asks, "notation": notation.VERSION}

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The tags of the batch."""
        text = batch.column("text")
        tags = columns(text, self.tagset, batch.column(self.asks))
        arrays = [*tags, notation.has_code(text), notation.has_maths(text)]
        return pa.RecordBatch.from_arrays(arrays, names=list(self.contract.adds))
