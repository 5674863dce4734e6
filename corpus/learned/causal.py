"""What a causal LM says of a run's texts: how surprising they are, and what disorder costs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from corpus.config import Causal

if TYPE_CHECKING:
    from corpus.models.causal.model import CausalLM
    from corpus.models.kept import Kept

SAYS = pa.schema(
    [("bits_per_character", pa.float32()), ("peak_nats", pa.float32()), ("order_cost", pa.float32()),
     ("seam_cost", pa.float32()), ("tokens", pa.int64()), ("tokens_cut", pa.int64())]
)  # fmt: skip
"""See `causal.scores.text_columns`; the costs are null where no drawing was asked for."""


@dataclass(frozen=True)
class CausalSays:
    """A loaded model. With `before`, what it said of a text is not asked again."""

    lm: CausalLM
    wanted: Causal
    before: Kept | None = None

    def columns(self, texts: pa.Array, langs: pa.Array) -> pa.RecordBatch:
        """SAYS of each text; the languages make no difference."""
        rows = pa.RecordBatch.from_arrays([texts], ["text"])
        return self._said(rows) if self.before is None else self.before.of(rows, self._said, self.lm.at_once)

    def _said(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        from corpus.models.causal.scores import text_columns

        found = text_columns(self.lm, rows.column("text"), self.wanted.tokens, self.wanted.disorder)
        there = {name: found.column(name) for name in found.schema.names}
        none = pa.nulls(rows.num_rows, pa.float32())
        return pa.RecordBatch.from_arrays([there.get(one.name, none).cast(one.type) for one in SAYS], schema=SAYS)


@dataclass(frozen=True)
class GivenCausalModel:
    """Loads the model of a `reference` (path and digest), which is the same on every machine that has its files."""

    wanted: Causal
    reference: str

    def __call__(self) -> CausalSays:
        """The model; UsageError when its files are not there or are others."""
        from corpus.models.causal.model import load

        return CausalSays(load(self.reference, half=self.wanted.half or None), self.wanted)


def settings_of(wanted: Causal, digest: str) -> dict[str, Any]:
    """What decides the numbers, but for rounding."""
    from corpus.models.causal.scores import VERSION

    return {"model": digest, "scores": VERSION, **wanted.model_dump(mode="json", exclude={"model"})}
