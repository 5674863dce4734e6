"""Long questions and answers, found by the grams they share with a text.

A gram that more items of a benchmark hold than SHARED allows belongs to its instructions and is evidence of nothing.
What the other grams cover is an item's core. Grams that stand close together in a text are one place, and coverage is
the share of the core's weight that they cover there: an edit costs the units it touches, and no order is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.decontaminate.found import Found, expand, sums
from corpus.kernels.buffers import frozen
from corpus.kernels.quote_grams import GramTable, Weights, grams_of
from corpus.kernels.quote_places import gather
from corpus.kernels.quote_units import QuoteUnits, quote_units

SHARED_ITEMS, SHARED_SHARE = 5, 0.005
"""A gram is a question's own while at most so many items of its benchmark hold it, or that share of them."""


@dataclass(frozen=True)
class LongProbes:
    """The grams of all long probes. Probe p is of `item[p]` and found in the way `how[p]`; the weights of the units of
    its core begin at `origin[p]` of `core` and add up to `total[p]`. Gram g of `table` stands in the probes
    `probe[places[g]:places[g + 1]]`, from unit `begin` to `end` of each."""

    item: np.ndarray
    how: np.ndarray
    origin: np.ndarray
    core: np.ndarray
    total: np.ndarray
    table: GramTable
    places: np.ndarray
    probe: np.ndarray
    begin: np.ndarray
    end: np.ndarray

    @property
    def looked_for(self) -> np.ndarray:
        """The items that have something of their own to be found by."""
        return np.asarray(np.unique(self.item[self.total > 0]))

    def find(self, units: QuoteUnits) -> Found:
        """Every place at which grams of a probe stand close together."""
        hits = self.table.find(units)
        which, posting = expand(hits[:, 3], self.places)
        row, first, stop = (hits[which, column] for column in range(3))
        probe = self.probe[posting]
        order = np.lexsort((first, probe, row))
        columns = (row, probe, first, stop, self.begin[posting], self.end[posting])
        ordered = [frozen(np.ascontiguousarray(column[order])) for column in columns]
        stamps = np.zeros(len(self.core) if len(order) else 1, np.int64)
        places = gather(*ordered, self.origin, self.core, self.table.weights.longest, stamps)
        row, probe, first, stop, weight = places.T
        return Found(row, self.item[probe], self.how[probe], first, stop, weight / self.total[probe])


def build_long(
    probes: Sequence[tuple[int, np.ndarray, pa.Array]], benchmark: np.ndarray, weights: Weights
) -> LongProbes:
    """The index of probes: a way, the items and their texts; `benchmark` numbers the benchmark of every item."""
    item = np.concatenate([items for _, items, _ in probes]).astype(np.int64)
    how = np.concatenate([np.full(len(items), way, np.int64) for way, items, _ in probes])
    units = quote_units(pa.concat_arrays([texts.cast(pa.large_string()) for _, _, texts in probes]))
    first, stop, hashes = grams_of(units, weights)
    probe = np.searchsorted(units.offsets, first, side="right") - 1
    grams = pl.DataFrame({"hash": hashes, "probe": probe, "first": first, "stop": stop, "item": item[probe]})
    grams = grams.with_columns(benchmark=pl.Series(benchmark[item[probe]])).unique(
        ["probe", "hash"], keep="first", maintain_order=True
    )
    sizes = np.bincount(benchmark) if len(benchmark) else np.zeros(1, np.int64)
    most = np.maximum(SHARED_ITEMS, (SHARED_SHARE * sizes).astype(np.int64))
    held = pl.col("item").n_unique().over("benchmark", "hash")
    own = grams.filter(held <= pl.Series(most[grams["benchmark"].to_numpy()])).sort("hash", "probe", "first")
    core = np.where(_covered(len(units.values), own), weights.each(units.flags), 0)
    known, places = np.unique(own["hash"].to_numpy(), return_index=True)
    begins = units.offsets[own["probe"].to_numpy()]
    return LongProbes(
        item=frozen(item),
        how=frozen(how),
        origin=frozen(units.offsets[:-1].copy()),
        core=frozen(core.astype(np.int64)),
        total=frozen(sums(core, units.offsets)),
        table=GramTable(known, weights),
        places=frozen(np.append(places, own.height).astype(np.int64)),
        probe=frozen(own["probe"].to_numpy().astype(np.int64)),
        begin=frozen((own["first"].to_numpy() - begins).astype(np.int64)),
        end=frozen((own["stop"].to_numpy() - begins).astype(np.int64)),
    )


def _covered(units: int, grams: pl.DataFrame) -> np.ndarray:
    """By unit whether a gram stands on it."""
    edges = np.zeros(units + 1, np.int64)
    np.add.at(edges, grams["first"].to_numpy(), 1)
    np.add.at(edges, grams["stop"].to_numpy(), -1)
    return np.asarray(np.cumsum(edges)[:units] > 0)
