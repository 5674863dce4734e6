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
    """A column for each taxonomy, null where none of its tags is given, then `has_code` and `has_maths`."""

    tagset: TagSet
    name: ClassVar[str] = "tag"
    version: ClassVar[int] = 1
    table: ClassVar[str] = "tags"

    @property
    def contract(self) -> Contract:
        """Text in; a string or a list of strings a taxonomy out, and two booleans."""
        adds = {one.column: one.type for one in self.tagset.taxonomies}
        return Contract(
            reads={"text": pa.large_string()}, adds={**adds, "has_code": pa.bool_(), "has_maths": pa.bool_()}
        )

    def settings(self) -> Any:
        """The digest of the taxonomies, and the version of what is computed without one."""
        return {"tags": self.tagset.digest, "notation": notation.VERSION}

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The tags of the batch."""
        text = batch.column("text")
        arrays = [*columns(text, self.tagset), notation.has_code(text), notation.has_maths(text)]
        return pa.RecordBatch.from_arrays(arrays, names=list(self.contract.adds))
