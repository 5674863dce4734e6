"""Clusters of duplicates as a run ended with them: how large they are, how similar, and who is in the largest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from corpus.inspect.files import scan
from corpus.slot import Committed

LARGEST, MEMBERS, PREVIEW = 8, 6, 160
STEPS = 40
"""Bars of the similarities, from 0 to 1."""


@dataclass(frozen=True)
class Member:
    """A record that went in favour of a survivor."""

    doc_id: str
    source: str
    reason: str
    similarity: float
    preview: str


@dataclass(frozen=True)
class Cluster:
    """A published record, for how many records it stands (itself among them), and those of them least like it."""

    doc_id: str
    source: str
    size: int
    preview: str
    members: tuple[Member, ...]


@dataclass(frozen=True)
class Clusters:
    """`sizes`: published records by the size of their cluster, 2 and more. `similar`: merged records by the reason and
    the lower edge of their similarity, in hundredths. `largest` first."""

    sizes: Mapping[int, int]
    similar: Mapping[str, Mapping[int, int]]
    largest: tuple[Cluster, ...]


def clusters(publish: Committed, largest: int = LARGEST, members: int = MEMBERS) -> Clusters:
    """Read from narrow columns; of members and previews only those that are shown."""
    import polars as pl

    kept = scan(publish, "dataset", ["doc_id", "cluster_size"])
    if kept is None:
        return Clusters({}, {}, ())
    kept = kept.filter(pl.col("cluster_size") > 1)
    sizes = kept.group_by("cluster_size").len().sort("cluster_size").collect()
    top = kept.sort(["cluster_size", "doc_id"], descending=[True, False]).head(largest).collect()
    similar: dict[str, dict[int, int]] = {}
    gone = scan(publish, "rejected", ["survivor", "reasons", "similarity"])
    if gone is not None:
        step = 100 // STEPS
        hundredths = (pl.col("similarity") * 100 + 1e-4).floor().clip(0, 100).cast(pl.Int32) // 1
        reason = pl.col("reasons").list.first()
        merged = gone.filter(pl.col("survivor").is_not_null())
        counted = merged.group_by(reason.alias("reason"), (hundredths // step * step).alias("at")).len()
        for name, at, count in counted.sort("reason", "at").collect().iter_rows():
            similar.setdefault(name, {})[at] = count
    found = _filled(publish, list(top.iter_rows()), members)
    return Clusters(dict(sizes.iter_rows()), similar, found)


def _filled(publish: Committed, top: Sequence[tuple[str, int]], members: int) -> tuple[Cluster, ...]:
    """The clusters of these survivors (id, size), with what their records say."""
    import polars as pl

    ids = [doc_id for doc_id, _ in top]
    dataset = scan(publish, "dataset", ["doc_id", "source", "text"])
    if not ids or dataset is None:
        return ()
    begins = pl.col("text").str.slice(0, PREVIEW)
    kept = dataset.filter(pl.col("doc_id").is_in(ids)).select("doc_id", "source", begins).collect()
    about = {doc_id: (source, text) for doc_id, source, text in kept.iter_rows()}
    inside: dict[str, list[Member]] = {doc_id: [] for doc_id in ids}
    gone = scan(publish, "rejected", ["survivor", "doc_id", "source", "reasons", "similarity", "preview"])
    if gone is not None:
        chosen = (
            gone.filter(pl.col("survivor").is_in(ids))
            .sort("survivor", "similarity", "doc_id")
            .group_by("survivor", maintain_order=True)
            .head(members)
            .collect()
        )
        for row in chosen.iter_rows(named=True):
            begin = (row["preview"] or "")[:PREVIEW]
            similarity = 1.0 if row["similarity"] is None else float(row["similarity"])
            member = Member(row["doc_id"], row["source"], row["reasons"][0], similarity, begin)
            inside[row["survivor"]].append(member)
    return tuple(
        Cluster(doc_id, about[doc_id][0], size, about[doc_id][1], tuple(inside[doc_id]))
        for doc_id, size in top
        if doc_id in about
    )
