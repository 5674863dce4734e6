"""What a causal LM says of a run's records: how surprising texts are and what disorder costs them; how hard answers are
to say, and how much of that their instruction takes away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from corpus.config import Causal

if TYPE_CHECKING:
    from corpus.models.causal.model import CausalLM
    from corpus.models.kept import Kept


@dataclass(frozen=True)
class Asked:
    """What is said of records: the stage and table, the views that are shown, and the columns."""

    name: str
    views: tuple[str, ...]
    says: pa.Schema


TEXTS = Asked(
    "causal",
    ("text",),
    pa.schema(
        [("bits_per_character", pa.float32()), ("peak_nats", pa.float32()), ("order_cost", pa.float32()),
         ("seam_cost", pa.float32()), ("tokens", pa.int64()), ("tokens_cut", pa.int64())]
    ),
)  # fmt: skip
"""Of documents: see `causal.scores.text_columns`; the costs are null where no drawing was asked for."""
ANSWERS = Asked(
    "answers",
    ("instruction", "answer"),
    pa.schema(
        [
            ("answer_loss", pa.float32()),
            ("ifd", pa.float32()),
            ("answer_tokens", pa.int64()),
            ("tokens_cut", pa.int64()),
        ]
    ),
)
"""Of dialogues: see `causal.scores.answer_columns`."""


@dataclass(frozen=True)
class CausalSays:
    """A loaded model. With `before`, what it said of a record is not asked again."""

    lm: CausalLM
    wanted: Causal
    asked: Asked
    before: Kept | None = None

    def columns(self, *views: pa.Array) -> pa.RecordBatch:
        """The columns of what is asked, from its views; the languages, which come last, make no difference."""
        rows = pa.RecordBatch.from_arrays(list(views[:-1]), list(self.asked.views))
        return self._said(rows) if self.before is None else self.before.of(rows, self._said, self.lm.at_once)

    def _said(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        found = self._of_texts(*rows.columns) if self.asked.name == TEXTS.name else self._of_answers(*rows.columns)
        there = {name: found.column(name) for name in found.schema.names}
        none = pa.nulls(rows.num_rows, pa.float32())
        columns = [there.get(one.name, none).cast(one.type) for one in self.asked.says]
        return pa.RecordBatch.from_arrays(columns, schema=self.asked.says)

    def _of_texts(self, texts: pa.Array) -> pa.RecordBatch:
        from corpus.models.causal.scores import text_columns

        return text_columns(self.lm, texts, self.wanted.tokens, self.wanted.disorder)

    def _of_answers(self, instructions: pa.Array, answers: pa.Array) -> pa.RecordBatch:
        from corpus.models.causal.scores import answer_columns

        return answer_columns(self.lm, instructions, pa.nulls(len(answers), pa.large_string()), answers)


@dataclass(frozen=True)
class GivenCausalModel:
    """Loads the model of a `reference` (path and digest), which is the same on every machine that has its files."""

    wanted: Causal
    asked: Asked
    reference: str

    def __call__(self) -> CausalSays:
        """The model; UsageError when its files are not there or are others, or it does not see so many tokens."""
        from corpus.models.causal.model import load

        most = self.wanted.tokens if self.asked.name == ANSWERS.name else None
        return CausalSays(load(self.reference, most=most, half=self.wanted.half or None), self.wanted, self.asked)


def asked_of(kind: str) -> Asked:
    """What is asked of records of a kind."""
    return ANSWERS if kind == "conversation" else TEXTS


def settings_of(wanted: Causal, digest: str, asked: Asked) -> dict[str, Any]:
    """What decides the numbers, but for rounding."""
    from corpus.models.causal.scores import VERSION

    left_out = {"model"} | ({"disorder"} if asked.name == ANSWERS.name else set())
    return {"model": digest, "scores": VERSION, **wanted.model_dump(mode="json", exclude=left_out)}
