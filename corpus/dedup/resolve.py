"""Verified pairs become decisions: who goes, in whose favour, and for how many records the others stand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from corpus.dedup.candidates import Members
from corpus.dedup.members import REMOVAL, address
from corpus.graph.resolve import resolve


@dataclass(frozen=True)
class Resolved:
    """`survivor` is for each member the index of the one it goes in favour of, -1 for those that stay."""

    members: Members
    survivor: np.ndarray
    similarity: np.ndarray

    @cached_property
    def removed(self) -> np.ndarray:
        """Indexes of the members that go, ascending."""
        return np.flatnonzero(self.survivor >= 0)

    @cached_property
    def sizes(self) -> np.ndarray:
        """How many members each stands for: itself and those removed in its favour; int64."""
        return 1 + np.bincount(self.survivor[self.removed], minlength=len(self.members))

    @property
    def clusters(self) -> int:
        """Survivors in whose favour somebody went."""
        return int((self.sizes > 1).sum())

    @property
    def largest(self) -> int:
        """Members of the largest cluster."""
        return int(self.sizes.max(initial=1))

    def without(self, survivors: np.ndarray) -> Resolved:
        """The same, but nobody goes in favour of `survivors`."""
        return replace(self, survivor=np.where(np.isin(self.survivor, survivors), -1, self.survivor))

    def rows(self) -> pa.Table:
        """REMOVAL rows for every member of a cluster, ordered by part and row."""
        members = self.members
        gone = self.survivor >= 0
        kept = np.where(gone, self.survivor, np.arange(len(members)))
        stands_for = np.bincount(kept, weights=members.values("weight"), minlength=len(members)).astype(np.int32)
        involved = np.flatnonzero(gone | (self.sizes > 1))
        at, went, survivor = pa.array(involved), gone[involved], kept[involved]
        columns: list[Any] = [members.table.column(name).take(at) for name in REMOVAL.names[:5]]
        columns += [went, *(members.values(name)[survivor] for name in ("id0", "id1", "rank"))]
        columns += [np.where(went, self.similarity[involved], np.float32(1))]
        columns += [np.where(went, members.values("weight")[involved], stands_for[involved])]
        return pa.table(columns, names=REMOVAL.names).cast(REMOVAL)


def resolve_members(members: Members, edges: pa.Table) -> Resolved:
    """Decide about `members` by the verified `edges`: a record goes if and only if one that stays is similar to it."""
    first = address(edges.column("part").to_numpy(), edges.column("row").to_numpy())
    a = np.searchsorted(members.addresses, first)
    b = np.searchsorted(members.addresses, edges.column("other").to_numpy())
    found = resolve(a, b, edges.column("similarity").to_numpy(), members.order, len(members))
    return Resolved(members, found.survivor, found.similarity)
