"""Questions of hardly more than a gram: found whole, with a boundary on both sides or with their options behind them.

A short question stands in prose as the beginning of its answer ("the capital of France is"), so its words alone are no
evidence. It counts when a mark or a line's end stands before it and something that ends a question behind it, and it is
not too short for that; or when its options, all but one at least, follow in any order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.decontaminate.found import OPTIONS, WHOLE, Found, expand, row_weights
from corpus.decontaminate.options import Options
from corpus.kernels.buffers import frozen
from corpus.kernels.quote_grams import GramTable, Weights, grams_of
from corpus.kernels.quote_places import check
from corpus.kernels.quote_units import QuoteUnits, quote_units

ANCHOR, ALONE = 0.375, 0.75
"""A short question is found by a run of this share of a gram's weight; without options it must weigh that share."""


@dataclass(frozen=True)
class ShortProbes:
    """Short questions: the units of probe p, of `item[p]`, are `units[places[p]:places[p + 1]]`; `alone` says whether
    it may be found without its options. The probes with anchor a are `probe[lists[a]:lists[a + 1]]`, and the anchor
    stands at unit `anchor` of each."""

    item: np.ndarray
    units: np.ndarray
    places: np.ndarray
    weight: np.ndarray
    alone: np.ndarray
    options: Options
    table: GramTable
    lists: np.ndarray
    probe: np.ndarray
    anchor: np.ndarray

    @property
    def looked_for(self) -> np.ndarray:
        """The items that may be found."""
        return np.asarray(self.item[self.alone | (self.options.many[self.item] >= 2)])

    def find(self, units: QuoteUnits) -> Found:
        """Every place at which a short question counts."""
        hits = self.table.find(units)
        which, posting = expand(hits[:, 3], self.lists)
        columns = (hits[which, 0], hits[which, 1] - self.anchor[posting], self.probe[posting])
        row, start, probe = (frozen(np.ascontiguousarray(column)) for column in columns)
        text = (units.values, units.flags, units.offsets)
        places = check(*text, row, start, probe, self.units, self.places)
        row, probe, first, stop, bounded = places.T
        item = self.item[probe]
        there, heavy, reach = self.options.follow(units, row, stop, item)
        offered = (there >= 2) & (there >= self.options.many[item] - 1)
        counts = offered | ((bounded > 0) & self.alone[probe])
        coverage = (self.weight[probe] + heavy) / (self.weight + self.options.total()[self.item])[probe]
        found = Found(
            row=row,
            item=item,
            how=np.where(offered, OPTIONS, WHOLE),
            first=first,
            stop=np.where(offered, reach, stop),
            coverage=np.where(offered, coverage, 1.0),
        )
        return found.where(counts)


def build_short(items: np.ndarray, question: pa.Array, options: Options, weights: Weights) -> ShortProbes:
    """The index of these items, all of whose questions weigh at least an anchor."""
    units = quote_units(question)
    anchors = weights.times(ANCHOR)
    heavy = row_weights(units, weights)
    first, _, hashes = grams_of(units, anchors)
    probe = np.searchsorted(units.offsets, first, side="right") - 1
    grams = pl.DataFrame({"hash": hashes, "probe": probe, "anchor": first - units.offsets[probe]})
    rarest = grams.with_columns(held=pl.len().over("hash")).sort("probe", "held", "anchor")
    rarest = rarest.unique("probe", keep="first", maintain_order=True).sort("hash", "probe")
    known, lists = np.unique(rarest["hash"].to_numpy(), return_index=True)
    return ShortProbes(
        item=frozen(items.astype(np.int64)),
        units=units.values,
        places=units.offsets,
        weight=frozen(heavy),
        alone=frozen((heavy >= weights.times(ALONE).need) & _told_apart(units, items, options)),
        options=options,
        table=GramTable(known, anchors),
        lists=frozen(np.append(lists, rarest.height).astype(np.int64)),
        probe=frozen(rarest["probe"].to_numpy().astype(np.int64)),
        anchor=frozen(rarest["anchor"].to_numpy().astype(np.int64)),
    )


def _told_apart(units: QuoteUnits, items: np.ndarray, options: Options) -> np.ndarray:
    """By probe whether no other one asks in the same words with other options."""
    runs = [units.values[start:end].tobytes() for start, end in zip(units.offsets, units.offsets[1:], strict=False)]
    asked: dict[bytes, set[bytes]] = {}
    for run, item in zip(runs, items, strict=True):
        asked.setdefault(run, set()).add(options.of(int(item)))
    return np.array([len(asked[run]) == 1 for run in runs], bool)
