"""The records among which duplicates are looked for, as narrow columns: who they are and who is to be kept first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from corpus.manifest import Part
from corpus.slot import Table
from corpus.stages.identify import ranks
from corpus.standing import Standing

ROW_BITS = 31
MEMBER = pa.schema(
    [
        pa.field("part", pa.int64()),
        pa.field("row", pa.int32()),
        pa.field("id0", pa.int64()),
        pa.field("id1", pa.int64()),
        pa.field("rank", pa.int32()),
        pa.field("source", pa.int32()),
        pa.field("priority", pa.int32()),
        pa.field("characters", pa.int32()),
        pa.field("time", pa.int64()),
        pa.field("weight", pa.int32()),
    ]
)
"""`source` counts the sources of the pipeline; `time` is the record's date as seconds
since 1970, null without one; `weight` is for how many records it stands after earlier stages, itself among them."""

REMOVAL = pa.schema(
    [
        pa.field("part", pa.int64()),
        pa.field("row", pa.int32()),
        pa.field("id0", pa.int64()),
        pa.field("id1", pa.int64()),
        pa.field("rank", pa.int32()),
        pa.field("removed", pa.bool_()),
        pa.field("survivor0", pa.int64()),
        pa.field("survivor1", pa.int64()),
        pa.field("survivor_rank", pa.int32()),
        pa.field("similarity", pa.float32()),
        pa.field("cluster_size", pa.int32()),
    ]
)
"""What a duplicate stage decides about a record: a removed one names its survivor; a kept one of a cluster has
`removed` false and says for how many records it stands, itself among them."""

REMOVAL_IDENTITY = tuple(REMOVAL.names[2:])


def address(part: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Part and row of each record packed into one int64, ordered as the pair is."""
    return (part.astype(np.int64) << ROW_BITS) | row.astype(np.int64)


def part_and_row(addresses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What `address` packed: int64 parts and int32 rows."""
    return addresses >> ROW_BITS, (addresses & ((1 << ROW_BITS) - 1)).astype(np.int32)


@dataclass(frozen=True)
class ReadMembers:
    """MEMBER columns of the rows that still stand, and columns of a sidecar beside them.

    `earlier` are the REMOVAL tables of the stages before. With `beside`, only rows where its first column is valid are
    given.
    """

    keys: Table
    ids: Table
    standing: Standing
    sources: Sequence[str]
    priorities: Mapping[str, int]
    earlier: tuple[Table, ...] = ()
    beside: Table | None = None
    columns: tuple[str, ...] = ()

    def __call__(self, part: Part) -> Iterator[pa.RecordBatch]:
        """One batch a part."""
        keys = self.keys.read(part.number, ["id0", "id1", "source", "characters", "time"])
        beside = self.beside.read(part.number, list(self.columns)) if self.beside is not None else None
        if keys is None or (self.beside is not None and beside is None):
            return
        chosen = self.standing.mask(part.number, part.rows)
        if beside is not None:
            chosen &= beside.column(self.columns[0]).is_valid().to_numpy()
        rows = np.flatnonzero(chosen)
        at = pa.array(rows)
        source = self._sources(keys.column("source"))[rows]
        priority = np.array([self.priorities.get(name, 0) for name in self.sources] or [0], np.int32)
        columns = [
            pa.array(np.full(len(rows), part.number, np.int64)),
            pa.array(rows.astype(np.int32)),
            _taken(keys, "id0", at),
            _taken(keys, "id1", at),
            pa.array(ranks(self.ids, part.number, part.rows)[rows]),
            pa.array(source),
            pa.array(priority[source] if len(rows) else np.zeros(0, np.int32)),
            _taken(keys, "characters", at),
            _taken(keys, "time", at),
            pa.array(self.weights(part)[rows]),
        ]
        names = list(MEMBER.names)
        if beside is not None:
            columns += [_taken(beside, name, at) for name in self.columns]
            names += self.columns
        yield pa.RecordBatch.from_arrays(columns, names=names)

    def weights(self, part: Part) -> np.ndarray:
        """For how many records each row of a part stands; int32."""
        weights = np.ones(part.rows, np.int32)
        for table in self.earlier:
            decided = table.read(part.number, ["row", "cluster_size"])
            if decided is not None:
                weights[decided.column("row").to_numpy()] = decided.column("cluster_size").to_numpy()
        return weights

    def _sources(self, names: pa.ChunkedArray) -> np.ndarray:
        """The place of each row's source among the pipeline's; int32."""
        encoded = names.combine_chunks().dictionary_encode()
        if isinstance(encoded, pa.ChunkedArray):
            encoded = encoded.combine_chunks()
        place = {name: number for number, name in enumerate(self.sources)}
        codes = np.array([place[name] for name in encoded.dictionary.to_pylist()] or [0], np.int32)
        return np.asarray(codes[encoded.indices.to_numpy()], np.int32)


def _taken(table: pa.Table, name: str, at: pa.Array) -> pa.Array:
    taken = table.column(name).take(at)
    return taken.combine_chunks() if isinstance(taken, pa.ChunkedArray) else taken
