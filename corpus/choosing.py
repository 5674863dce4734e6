"""Which records a sample holds, decided by the hashes of their ids and a seed: a share of them, or a number."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pyarrow as pa

from corpus import config
from corpus.identity import doc_ids, halves
from corpus.inspect.sample import mixed
from corpus.readers.read import read_split
from corpus.readers.split import Split
from corpus.stage import DROPPED
from corpus.stages.select import Select

Chooser = Callable[[pa.RecordBatch, pa.Array], np.ndarray]
"""From RAW records and their ids to true for each that is taken."""


def chooser_of(
    splits: Sequence[Split], by_name: Mapping[str, config.Source], share: float, rows: int | None, seed: int
) -> Chooser:
    """The function that says which rows of a batch are wanted. For a number of rows the input is read once before."""
    if rows is not None:
        return _Smallest.of(splits, by_name, rows, seed)
    select = Select(config.Select(sample=config.Sampling(share=share, seed=seed)))

    def by_share(batch: pa.RecordBatch, ids: pa.Array) -> np.ndarray:
        return select(batch.append_column("doc_id", ids)).column(DROPPED).is_null().to_numpy(zero_copy_only=False)

    return by_share


class _Smallest:
    """Takes the records with the smallest seeded hashes: all below `cut`, and the first `ties` that are equal to it."""

    def __init__(self, cut: int, ties: int, seed: int) -> None:
        self.cut, self.ties, self.seed = np.uint64(cut), ties, seed

    @classmethod
    def of(cls, splits: Sequence[Split], by_name: Mapping[str, config.Source], rows: int, seed: int) -> _Smallest:
        """Reads everything for its ids; holds at most twice `rows` hashes and a batch."""
        smallest = np.zeros(0, np.uint64)
        seen = 0
        for split in splits:
            for chunk in read_split(split, by_name[split.source], config.Limits()):
                ids = doc_ids(split.source, chunk.records.column("source_key").to_pylist())
                seen += len(ids)
                smallest = np.concatenate((smallest, _order(ids, seed)))
                if len(smallest) > 2 * rows:
                    smallest = np.partition(smallest, rows - 1)[:rows]
        if seen <= rows:
            return cls((1 << 64) - 1, rows, seed)
        smallest = np.partition(smallest, rows - 1)[:rows]
        cut = smallest.max()
        return cls(int(cut), int((smallest == cut).sum()), seed)

    def __call__(self, batch: pa.RecordBatch, ids: pa.Array) -> np.ndarray:
        order = _order(ids, self.seed)
        equal = order == self.cut
        first = equal & (np.cumsum(equal) <= self.ties)
        self.ties -= int(first.sum())
        return (order < self.cut) | first


def _order(ids: pa.Array, seed: int) -> np.ndarray:
    return mixed(*halves(ids), seed)
