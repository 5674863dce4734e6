"""Which rows of a part are still in after the stages so far: decided by small tables, never by the text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from corpus.slot import Table


@dataclass(frozen=True)
class Standing:
    """`sidecars` have an `ok` column, one value a row; `removals` are sparse tables with `row` and `removed`."""

    sidecars: tuple[Table, ...]
    removals: tuple[Table, ...] = ()

    def mask(self, number: int, rows: int) -> np.ndarray:
        """True for each row of the part that no stage has removed or quarantined; shape (rows,)."""
        standing = np.ones(rows, bool)
        for sidecar in self.sidecars:
            table = sidecar.read(number, ["ok"])
            if table is not None:
                standing &= table.column("ok").to_numpy()
        for removal in self.removals:
            table = removal.read(number, ["row", "removed"])
            if table is not None:
                removed = table.column("removed").to_numpy()
                standing[table.column("row").to_numpy()[removed]] = False
        return standing
