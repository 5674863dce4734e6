"""Records of the input by whose hashes chance chooses, to try duplicate detection on: the same for every order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from corpus import config
from corpus.identity import doc_ids
from corpus.inspect.sample import scrambled
from corpus.kernels.shingles import SIZE, units
from corpus.readers.read import read_split
from corpus.readers.split import Split

FEWEST, MOST = 50, 4096
"""Units of a record that is chosen: enough that one edit is not everything, few enough that comparisons are exact."""


@dataclass(frozen=True)
class Original:
    """A record of the input."""

    doc_id: str
    text: str


def choose(
    splits: Sequence[Split], sources: Mapping[str, config.Source], limits: config.Limits, wanted: int, seed: int = 0
) -> tuple[Original, ...]:
    """Up to `wanted` records of FEWEST to MOST units, those with the smallest seeded hashes of their ids, each id once.

    Reads everything once; holds twice as many records and a batch.
    """
    found: dict[str, tuple[int, str]] = {}
    cut = np.uint64((1 << 64) - 1)
    for split in splits:
        for chunk in read_split(split, sources[split.source], limits):
            ids = doc_ids(split.source, chunk.records.column("source_key").to_pylist())
            order = scrambled(ids, seed) if len(ids) else np.zeros(0, np.uint64)
            rows = np.flatnonzero(order < cut)
            text = chunk.records.column("text").take(pa.array(rows))
            many = np.diff(units(text).offsets)
            for place in np.flatnonzero((many >= FEWEST + SIZE) & (many <= MOST)).tolist():
                row = int(rows[place])
                found.setdefault(ids[row].as_py(), (int(order[row]), text[place].as_py()))
            if len(found) > 2 * wanted:
                found = _smallest(found, wanted)
                cut = np.uint64(max(rank for rank, _ in found.values()))
    return tuple(Original(doc_id, text) for doc_id, (_, text) in _smallest(found, wanted).items())


def _smallest(found: dict[str, tuple[int, str]], wanted: int) -> dict[str, tuple[int, str]]:
    return dict(sorted(found.items(), key=lambda item: (item[1][0], item[0]))[:wanted])
