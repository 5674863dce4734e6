"""What narrow stages see of a part: the columns of the records that are still in, as a frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from corpus.columns import Column, read_columns
from corpus.errors import ContractError
from corpus.kernels.signal import SignalCall
from corpus.manifest import Part
from corpus.ruleset.model import DEMOTED
from corpus.slot import Table
from corpus.standing import Standing

KEYS = ("id0", "id1", "source", "lang", "characters")


@dataclass(frozen=True)
class RecordFrame:
    """Keys, signals and stored columns of the rows that stand, and whether a rule demoted them."""

    keys: Table
    signals: Table
    decisions: Table
    columns: tuple[Column, ...]
    standing: Standing

    def read(
        self, part: Part, calls: Sequence[SignalCall], stored: Sequence[str] = ()
    ) -> tuple[np.ndarray, pl.DataFrame]:
        """The standing rows' numbers, and their KEYS, the columns of `calls` and those named in `stored`."""
        rows = np.flatnonzero(self.standing.mask(part.number, part.rows))
        frame: Any = pl.from_arrow(self.keys.read(part.number, list(KEYS)))
        signals = self.signals.read(part.number, [call.column for call in calls])
        if signals is not None:
            frame = frame.hstack(pl.from_arrow(signals))
        known = {column.name: column for column in self.columns}
        missing = [name for name in stored if name not in known]
        if missing:
            raise ContractError(f"needs stored columns that are not there: {', '.join(missing)}")
        wanted = read_columns([known[name] for name in stored], part.number, part.rows)
        frame = frame.with_columns(pl.Series(name, values) for name, values in wanted.items())
        demoted = np.zeros(part.rows, bool)
        decisions = self.decisions.read(part.number, ["row", "action"])
        if decisions is not None:
            chosen = decisions.column("action").to_numpy() == DEMOTED
            demoted[decisions.column("row").to_numpy()[chosen]] = True
        return rows, frame.with_columns(demoted=pl.Series(demoted))[rows]
