"""Vectors, clusters and semantic duplicates of a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from corpus import removals
from corpus.config import Cluster, Embed, Semantic
from corpus.dedup.members import ReadMembers
from corpus.dedup.survivors import Hop, ReadHop
from corpus.flow import resolution
from corpus.flow.learning import VERSION, apply, commit, shares, store, stored, whole
from corpus.learned.alike import ReadVectors, SemanticEdges, swept
from corpus.learned.models import SentenceEmbedder, StoredEmbedder
from corpus.learned.sample import read_sample
from corpus.learned.vectors import AssignClusters, centroids_table, clusters_of, sampled_vectors
from corpus.manifest import Receipt, add_counts
from corpus.slot import Attempt, Table

if TYPE_CHECKING:
    from corpus.flow.order import Flow

SWEPT_ROWS = 200_000
"""Up to so many records a run tells what other thresholds would have removed; above, compare runs."""
NAMED_BY = 8
"""Terms that name a cluster."""


def fit_embedder(flow: Flow, wanted: Embed) -> None:
    """Commit `embed-fit`: an embedder fitted to the sample."""
    from corpus.embed.hashed import fit

    def make() -> tuple[pa.Table, dict[str, Any]]:
        rows = read_sample(flow.stages["sample"].table("sample"), shares(flow)["all"])
        model = fit(whole(rows, "text"), whole(rows, "lang"), dim=wanted.dim, seed=wanted.seed)
        return model.to_table(), {"model": model.digest, "texts": rows.num_rows, "dim": model.dim}

    store(flow, "embed-fit", "model", make)


def embed(flow: Flow, wanted: Embed) -> None:
    """Commit `embed`: a vector for each record that stands."""
    if wanted.model is None:
        load: Callable[[], Any] = StoredEmbedder(stored(flow, "embed-fit", "model"))
        digest = flow.stages["embed-fit"].manifest.details["model"]
    else:
        digest = str(flow.pipeline.embedder)
        load = SentenceEmbedder(wanted.model, digest)
    receipts, seconds = apply(flow, "embed", "vectors", load, (wanted.view,), slow=wanted.model is not None)
    commit(flow, "embed", receipts, seconds, {"model": digest})


def fit_clusters(flow: Flow, wanted: Cluster) -> None:
    """Commit `cluster-fit`: centroids of a sample of the vectors."""
    from corpus.cluster.kmeans import k_of, train

    def make() -> tuple[pa.Table, dict[str, Any]]:
        count = removals.kept(flow.stages)
        share = min(1.0, wanted.sample / count) if count else 0.0
        vectors = sampled_vectors(flow.stages["embed"].table("vectors"), share)
        k = min(wanted.k or k_of(count), len(vectors))
        if not k:
            return centroids_table(np.zeros((0, vectors.shape[1]), np.float32)), {"k": 0, "sampled": 0}
        centroids = train(vectors, k, seed=wanted.seed, iterations=wanted.iterations)
        return centroids_table(centroids), {"k": len(centroids), "sampled": len(vectors)}

    store(flow, "cluster-fit", "centroids", make)


def cluster(flow: Flow) -> None:
    """Commit `cluster`: the cluster of each record, and terms that name the clusters."""
    work = AssignClusters(
        vectors=flow.stages["embed"].table("vectors"),
        centroids=flow.stages["cluster-fit"].table("centroids"),
        attempt=Attempt.begin(flow.runner.slots["cluster"]),
    )
    receipts, seconds = flow.by_part("cluster", work)
    sizes = add_counts(receipt.counts.get("sizes", {}) for receipt in receipts)
    commit(flow, "cluster", receipts, seconds, {"sizes": sizes, "names": _cluster_names(flow, receipts)})


def _cluster_names(flow: Flow, receipts: Sequence[Receipt]) -> dict[str, list[str]]:
    """The terms that name each cluster, from the sampled texts in it."""
    from corpus.cluster.names import cluster_names

    files = {part.number: file for one in receipts for part in one.parts if (file := part.file("clusters")) is not None}
    clusters = Table(flow.runner.slots["cluster"], files)
    rows = read_sample(flow.stages["sample"].table("sample"), shares(flow)["all"])
    own = clusters_of(rows, sorted(files), clusters)
    named = cluster_names(whole(rows, "text"), own, NAMED_BY)
    return {str(cluster): [term.text for term in terms] for cluster, terms in sorted(named.items())}


def _members(flow: Flow) -> ReadMembers:
    return ReadMembers(
        keys=flow.stages["text"].table("keys"),
        ids=flow.stages["identify"].table("ids"),
        standing=flow.standing(),
        sources=tuple(source.name for source in flow.pipeline.sources),
        priorities={source.name: source.priority for source in flow.pipeline.sources},
        earlier=tuple(marks.table for marks in removals.merging(flow.stages)),
    )


def semantic_edges(flow: Flow, wanted: Semantic) -> None:
    """Commit `semantic-edges`: near vectors of one cluster."""
    shared = flow.pipeline.settings.semantic_shared
    stage = SemanticEdges(wanted.threshold, flow.pipeline.settings.dedup.keep, shared)
    signatures = flow.stages["sign"].table("signatures") if shared > 0 else None
    vectors, clusters = flow.stages["embed"].table("vectors"), flow.stages["cluster"].table("clusters")
    read = ReadVectors(_members(flow), vectors, clusters, signatures)
    receipts, seconds = flow.decide_frame(stage, read, "edges")
    pairs = sum(part.rows for receipt in receipts for part in receipt.parts)
    details: dict[str, Any] = {"pairs": pairs, "threshold": wanted.threshold, "shared": shared}
    if removals.kept(flow.stages) <= SWEPT_ROWS:
        batches = [batch for part in flow.parts for batch in read(part)]
        details["would_go"] = swept(stage, batches)
    commit(flow, stage.name, receipts, seconds, details)


def dedup_semantic(flow: Flow) -> None:
    """Commit `dedup-semantic`: who goes, in whose favour."""
    resolution.resolve(
        flow,
        "dedup-semantic",
        read=_members(flow),
        edges=flow.stages["semantic-edges"].table("edges"),
        version=VERSION,
    )


def hop(flow: Flow, name: str) -> None:
    """Commit one more look for the last survivor of those that went before."""
    stage = Hop(int(name.removeprefix(removals.HOPS)))
    merging = tuple(marks.table for marks in removals.merging(flow.stages))
    receipts, seconds = flow.decide_frame(stage, ReadHop(merging, removals.moved(flow.stages)), "moved")
    commit(flow, name, receipts, seconds)
