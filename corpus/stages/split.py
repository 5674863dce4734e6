"""Which records are held out for validation: a hash over what twins share, so that no twin stands on the other side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from corpus.manifest import Part
from corpus.ruleset.policy import Validation
from corpus.slot import Table

TRAIN, VALIDATION = "train", "validation"
_M1, _M2 = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)
_SHIFT = np.uint64(33)


@dataclass(frozen=True)
class Twins:
    """What records have in common that are the same but for little things.

    Near-duplicates are gone by now, but for those that differ in numbers alone, which are kept: `signatures` has the
    hash of the key view with every run of digits as one. Without signatures, equal texts share the hash of their
    content (`keys`).
    """

    keys_table: Table
    signatures: Table | None = None

    def keys(self, part: Part) -> np.ndarray:
        """uint64 for every row of a part; equal for twins."""
        if self.signatures is not None:
            table = self.signatures.read(part.number, ["masked"])
            name = "masked"
        else:
            table, name = self.keys_table.read(part.number, ["content0"]), "content0"
        if table is None:
            return np.zeros(part.rows, np.uint64)
        return np.ascontiguousarray(table.column(name).fill_null(0).to_numpy()).view(np.uint64)


def held_out(keys: np.ndarray, validation: Validation) -> np.ndarray:
    """True for the `share` of keys that is held out; a larger share holds out the same ones and more."""
    with np.errstate(over="ignore"):
        mixed = keys ^ np.uint64((validation.seed * 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF)
        mixed = (mixed ^ (mixed >> _SHIFT)) * _M1
        mixed = (mixed ^ (mixed >> _SHIFT)) * _M2
        mixed ^= mixed >> _SHIFT
    return np.asarray((mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53 < validation.share)
