"""Large clusters looked at once more before anything is removed: are they copies, or records of one template?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from corpus.dedup.candidates import Members, by_part
from corpus.dedup.members import part_and_row
from corpus.dedup.resolve import Resolved
from corpus.dedup.templates import SAMPLE, judge
from corpus.identity import from_halves
from corpus.slot import Table

EXAMPLES = 100


@dataclass(frozen=True)
class Templates:
    """Survivors of the clusters that are templates, and what the manifest tells of them."""

    survivors: np.ndarray
    told: dict[str, Any]


def templates(members: Members, resolved: Resolved, shingles: Table, least: int) -> Templates:
    """Which clusters of `least` members or more only share a template, by a sample of each that no order changes."""
    large = np.flatnonzero(resolved.sizes >= least)
    sample = sampled(members, resolved, large)
    sets = _sets(members, np.concatenate([*sample, np.zeros(0, np.int64)]).astype(np.int64), shingles)
    found: list[int] = []
    rows: list[dict[str, Any]] = []
    for survivor, chosen in zip(large.tolist(), sample, strict=True):
        seen = judge([sets[index] for index in chosen.tolist()])
        if seen.is_template:
            found.append(survivor)
            ids = {f"survivor{half}": int(members.values(f"id{half}")[survivor]) for half in range(2)}
            seen_of = {"own_share": seen.own_share, "own_similarity": seen.own_similarity}
            rows.append({**ids, "members": int(resolved.sizes[survivor]), **seen_of})
    told = {"templates": len(found), "template_members": sum(row["members"] for row in rows)}
    return Templates(np.array(found, np.int64), told | {"template_clusters": listed(rows)})


def listed(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The largest clusters that are templates as the manifest shows them.

    `rows` have `survivor0, survivor1, members, own_share, own_similarity`.
    """
    told = [
        {
            "survivor": from_halves(row["survivor0"], row["survivor1"]),
            "members": row["members"],
            "own_share": round(row["own_share"], 4),
            "own_similarity": round(row["own_similarity"], 4),
        }
        for row in rows
    ]
    return sorted(told, key=lambda item: (-item["members"], item["survivor"]))[:EXAMPLES]


def sampled(members: Members, resolved: Resolved, large: np.ndarray) -> list[np.ndarray]:
    """The survivor and the members with the smallest ids of each cluster of `large`, SAMPLE in all."""
    removed = resolved.removed[np.isin(resolved.survivor[resolved.removed], large)]
    cluster = resolved.survivor[removed]
    order = np.lexsort((members.values("id1")[removed], members.values("id0")[removed], cluster))
    removed, cluster = removed[order], cluster[order]
    starts = np.searchsorted(cluster, large)
    ends = np.searchsorted(cluster, large, "right")
    spans = zip(large.tolist(), starts.tolist(), ends.tolist(), strict=True)
    return [
        np.concatenate([[survivor], removed[start : min(end, start + SAMPLE - 1)]]) for survivor, start, end in spans
    ]


def _sets(members: Members, wanted: np.ndarray, shingles: Table) -> dict[int, np.ndarray]:
    """The shingles of the members of these indexes."""
    wanted = np.unique(wanted)
    part, row = part_and_row(members.addresses[wanted])
    places = pa.table({"part": part, "row": row, "index": wanted})
    sets: dict[int, np.ndarray] = {}
    for number, some in by_part(places):
        table = shingles.read(number, ["row", "shingles"])
        if table is None:
            continue
        at = np.searchsorted(table.column("row").to_numpy(), some.column("row").to_numpy())
        lists = table.column("shingles").take(pa.array(at))
        for index, values in zip(some.column("index").to_pylist(), lists, strict=True):
            sets[index] = np.asarray(values.values).view(np.uint32)
    return sets
