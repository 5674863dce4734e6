"""Packed rows by the plan, read row group by row group, and the batch that a model takes.

Documents of a row do not see each other: their positions begin again at 0 and no mask is given, from which transformers
builds a block-diagonal mask (sdpa, eager) or variable-length calls (FlashAttention). The first token of a document is
never a target, since nothing that may predict it is in sight.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from corpus import storage
from train.plan import Plan

IGNORE = -100
FEWEST, MOST = 8, 192
"""Row groups that a worker holds: its lanes, within these bounds. One is about 4 MB (1 M tokens)."""
COLUMNS = ("input_ids", "loss_mask", "seq_lengths", "seq_sources")


@dataclass
class Rows:
    """Rows by index, for torch's DataLoader: `plan.row(i)` as numpy arrays; `offsets` are added to the sources of each
    tier, `lanes` of the plan are read here. Pickled to workers without the row groups it holds.

    Behind the plan come rows that ask nothing, until the number of rows is a multiple of `even`: ranks share a
    validation split out evenly, and would else judge some of its rows twice."""

    plan: Plan
    offsets: tuple[int, ...] = ()
    lanes: int = 1
    even: int = 1
    held: OrderedDict[tuple[int, int], dict[str, Any]] = field(default_factory=OrderedDict, repr=False)

    def __len__(self) -> int:
        return -(-len(self.plan) // self.even) * self.even

    def __getitem__(self, index: int) -> dict[str, Any]:
        row = self.plan.row(index if index < len(self.plan) else 0)
        group = self._group(row.file, row.group)
        found = {name: _value(column, row.place) for name, column in group.items()}
        if self.offsets and "seq_sources" in found:
            found["seq_sources"] = found["seq_sources"] + self.offsets[row.tier]
        if index >= len(self.plan):
            found["loss_mask"] = np.zeros(len(found["input_ids"]), bool)
        return {**found, "tier": row.tier, "phase": row.phase}

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "held": OrderedDict()}

    def _group(self, file: int, group: int) -> dict[str, Any]:
        key = (file, group)
        if key not in self.held:
            with storage.open_read(self.plan.files[file]) as stream:
                parquet = pq.ParquetFile(stream)
                there = [name for name in COLUMNS if name in parquet.schema_arrow.names]
                table = parquet.read_row_group(group, columns=there, use_threads=False)
            self.held[key] = {name: table[name].combine_chunks() for name in there}
            while len(self.held) > min(max(self.lanes, FEWEST), MOST):
                self.held.popitem(last=False)
        self.held.move_to_end(key)
        return self.held[key]


def _value(column: pa.ListArray, place: int) -> Any:
    start, end = column.offsets[place].as_py(), column.offsets[place + 1].as_py()
    return column.values[start:end].to_numpy(zero_copy_only=False)


@dataclass(frozen=True)
class Collate:
    """Rows of any length to tensors of the longest, `pad` behind; what is padded is a document of its own that nothing
    is asked of. `tier` is the tier of each row, `tokens` how many of its places are real, `source` the source of each
    place (for evaluation)."""

    pad: int
    sources: bool = False
    multiple: int = 8

    def __call__(self, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """The batch, as tensors."""
        import torch

        longest = max(len(row["input_ids"]) for row in rows)
        width = -(-longest // self.multiple) * self.multiple
        ids = np.full((len(rows), width), self.pad, np.int64)
        labels = np.full((len(rows), width), IGNORE, np.int64)
        places = np.tile(np.arange(width), (len(rows), 1))
        source = np.full((len(rows), width), -1, np.int64)
        for number, row in enumerate(rows):
            size, lengths = len(row["input_ids"]), row["seq_lengths"]
            starts = np.cumsum(lengths) - lengths
            ids[number, :size] = row["input_ids"]
            labels[number, :size] = row["input_ids"]
            if "loss_mask" in row:
                labels[number, :size][~row["loss_mask"]] = IGNORE
            labels[number, starts] = IGNORE
            places[number, :size] = np.arange(size) - np.repeat(starts, lengths)
            places[number, size:] = np.arange(width - size)
            if self.sources:
                source[number, :size] = np.repeat(row["seq_sources"], lengths)
        found = {
            "input_ids": ids, "labels": labels, "position_ids": places,
            "tier": np.array([row["tier"] for row in rows]),
            "tokens": np.array([len(row["input_ids"]) for row in rows]),
        }  # fmt: skip
        if self.sources:
            found["source"] = source
        return {name: torch.from_numpy(value) for name, value in found.items()}
