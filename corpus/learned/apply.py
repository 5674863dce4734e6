"""A model applied to every text that stands, part by part; what it says goes into a sparse table beside the part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa

from corpus.manifest import Part, Receipt, RowAccount
from corpus.parts import Task
from corpus.schema import viewed
from corpus.slot import Attempt, PartWriters, Table
from corpus.stages.identify import ranks
from corpus.standing import Standing


class Says(Protocol):
    """A model that says something of each text, by itself: what it says does not depend on the texts beside it."""

    def columns(self, texts: pa.Array, langs: pa.Array) -> pa.RecordBatch:
        """Named columns, one value a text."""


class SaysOfAnswers(Protocol):
    """A model that says something of each answer to its instruction, by itself."""

    def columns(self, instructions: pa.Array, answers: pa.Array, langs: pa.Array) -> pa.RecordBatch:
        """Named columns, one value an answer."""


@dataclass(frozen=True)
class Apply:
    """Writes `table`: `row, id0, id1, rank` and the columns of the model that `load` gives in the worker, which is
    shown the `views` of each record."""

    name: str
    table: str
    load: Callable[[], Says | SaysOfAnswers]
    text: Table
    keys: Table
    ids: Table
    standing: Standing
    attempt: Attempt
    views: tuple[str, ...] = ("text",)

    def __call__(self, task: Task[Part]) -> list[Receipt]:
        """One receipt a part."""
        part = task.payload
        writers = PartWriters(self.attempt, part.number)
        rows = np.flatnonzero(self.standing.mask(part.number, part.rows))
        keys = self.keys.read(part.number, ["id0", "id1"])
        if keys is not None and len(rows):
            rank = ranks(self.ids, part.number, part.rows)
            say: Callable[..., pa.RecordBatch] = self.load().columns
            first = 0
            for batch in self.text.batches(part.number, ["lang", *self.views]):
                low, high = np.searchsorted(rows, [first, first + batch.num_rows])
                here = rows[low:high]
                if len(here):
                    taken = batch.take(pa.array(here - first))
                    said = say(*(viewed(taken, view) for view in self.views), taken.column("lang"))
                    writers.write(
                        self.table, _with_ids(here, keys, rank, said), ("id0", "id1", "rank", *said.schema.names)
                    )
                first += batch.num_rows
        account = RowAccount(rows_in=len(rows), kept=len(rows))
        written = Part(number=part.number, rows=part.rows, files=writers.close())
        accounts = {self.name: account}
        return [Receipt(key=task.key, parts=(written,), accounts=accounts, digests=writers.digests())]


def _with_ids(rows: np.ndarray, keys: pa.Table, rank: np.ndarray, said: pa.RecordBatch) -> pa.Table:
    ids = keys.take(pa.array(rows)).combine_chunks()
    columns = [pa.array(rows.astype(np.int32)), ids.column("id0"), ids.column("id1"), pa.array(rank[rows])]
    return pa.table([*columns, *said.columns], names=["row", "id0", "id1", "rank", *said.schema.names])
