"""The options of items, looked for behind the places where their questions stand, in any order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus.decontaminate.found import row_weights
from corpus.kernels.buffers import frozen
from corpus.kernels.quote_grams import Weights
from corpus.kernels.quote_places import follow
from corpus.kernels.quote_units import QuoteUnits, quote_units

SLACK, WINDOW = 8, 512
"""Options are looked for in twice their own units and so many more for each, and in no more than WINDOW."""


@dataclass(frozen=True)
class Options:
    """Those of item i are `rows[i]` to `rows[i + 1]`; option o is `units[places[o]:places[o + 1]]`."""

    rows: np.ndarray
    units: np.ndarray
    places: np.ndarray
    weight: np.ndarray

    @property
    def many(self) -> np.ndarray:
        """How many each item has that hold a letter or digit."""
        return np.diff(self.rows)

    def total(self) -> np.ndarray:
        """The weight of each item's options."""
        sums = np.concatenate([np.zeros(1, np.int64), np.cumsum(self.weight)])
        return np.asarray(sums[self.rows[1:]] - sums[self.rows[:-1]])

    def of(self, item: int) -> bytes:
        """One item's options, as something that is equal for equal ones."""
        start, end = self.places[self.rows[item]], self.places[self.rows[item + 1]]
        return self.units[start:end].tobytes()

    def follow(
        self, units: QuoteUnits, row: np.ndarray, stop: np.ndarray, item: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """For places that end before unit `stop`: how many of the item's options stand closely behind, their weight,
        and the unit behind the last of them."""
        columns = [frozen(np.ascontiguousarray(column, np.int64)) for column in (row, stop, item)]
        own = (self.rows, self.units, self.places, self.weight)
        found = follow(units.values, units.offsets, *columns, *own, SLACK, WINDOW)
        return found[:, 0], found[:, 1], found[:, 2]


def build_options(options: pa.ListArray, weights: Weights) -> Options:
    """The options of all items; what has no unit in it is none."""
    found = quote_units(options.flatten().cast(pa.large_string()))
    row = np.repeat(np.arange(len(options)), pc.fill_null(pc.list_value_length(options), 0).to_numpy())
    kept = np.diff(found.offsets) > 0
    rows = np.concatenate([np.zeros(1, np.int64), np.cumsum(np.bincount(row[kept], minlength=len(options)))])
    places = np.concatenate([found.offsets[:1], found.offsets[1:][kept]]).astype(np.int64)
    return Options(
        frozen(rows.astype(np.int64)), found.values, frozen(places), frozen(row_weights(found, weights)[kept])
    )
