"""The stages of a run that learn from its texts and score them: perplexity, vectors, clusters, semantic duplicates.

    sample          the texts that are learned from
    perplexity-fit, perplexity     an n-gram model of the reference sources, then each text by it
    embed-fit, embed               an embedder fitted to the sample, then each text's vector
    cluster-fit, cluster           centroids, then each record's cluster; clusters get names
    semantic-edges, dedup-semantic near vectors in one cluster, then who goes
    columns                        columns of the user's own
    quality                        one number from declared parts

A stage depends on what it reads alone: another tier policy makes nothing of this anew, another quality policy only
`quality`, another threshold only the semantic stages and those behind them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pyarrow as pa

from corpus import removals
from corpus.columns import stored_columns
from corpus.config import Cluster, Embed, LanguageModel, Semantic
from corpus.dedup.members import ReadMembers
from corpus.dedup.survivors import Hop, ReadHop
from corpus.flow import resolution
from corpus.learned.alike import ReadVectors, SemanticEdges
from corpus.learned.apply import Apply
from corpus.learned.joined import JoinColumns
from corpus.learned.models import SentenceEmbedder, StoredEmbedder, StoredLanguageModel, StoredModel
from corpus.learned.sample import SOURCES, ReadSources, SamplePass, read_sample
from corpus.learned.vectors import AssignClusters, centroids_table, clusters_of, sampled_vectors
from corpus.manifest import Part, Receipt, RowAccount, add_counts
from corpus.parts import Task, sum_here, sum_on_spark
from corpus.scores import quality
from corpus.slot import Attempt, Table
from corpus.stages.frame import RecordFrame
from corpus.stages.score import COUNTS, QualityFrame, ReadQuality, ScoreQuality

if TYPE_CHECKING:
    from corpus.flow.order import Flow
    from corpus.pipeline import Pipeline

TEXT_HERE = 64 << 20
"""Up to so many stored bytes of text are read in the driver."""
SEMANTIC = ("semantic-edges", "dedup-semantic")
NAMED_BY = 8
"""Terms that name a cluster."""


def names(pipeline: Pipeline) -> list[str]:
    """The stages that `pipeline` asks for, in order."""
    asked, found = pipeline.settings, list[str]()
    fitted = asked.embedding is not None and asked.embedding.model is None
    if asked.perplexity is not None or fitted or asked.clustering is not None:
        found.append("sample")
    if asked.perplexity is not None:
        found += ["perplexity-fit", "perplexity"]
    if asked.embedding is not None:
        found += ["embed-fit", "embed"] if fitted else ["embed"]
    if asked.clustering is not None:
        found += ["cluster-fit", "cluster"]
    if asked.dedup.semantic is not None:
        found += [*SEMANTIC, *_hops(pipeline)]
    return [*found, *(["columns"] if pipeline.joined else []), *(["quality"] if pipeline.quality else [])]


def removing(pipeline: Pipeline) -> list[str]:
    """Those of the stages after which fewer records stand."""
    return ["dedup-semantic"] if pipeline.settings.dedup.semantic is not None else []


def _hops(pipeline: Pipeline) -> list[str]:
    """One more look for the last survivor, where records went in favour of others before."""
    from corpus.flow import duplicates

    earlier = duplicates.removing(pipeline)
    return [f"{removals.HOPS}{earlier}"] if earlier else []


def needs(pipeline: Pipeline, name: str, base: str) -> list[str]:
    """What a stage reads beside the keys; `base` is the last stage that removed records before it."""
    signals = [sidecar.name for sidecar in pipeline.sidecars]
    stands = [base, "identify", *signals]
    scored = [one for one in ("perplexity", "cluster", "columns") if one in names(pipeline)]
    fitted = "embed-fit" in names(pipeline)
    reads: Mapping[str, list[str]] = {
        "sample": stands,
        "perplexity-fit": ["sample"],
        "perplexity": ["perplexity-fit", *stands],
        "embed-fit": ["sample"],
        "embed": ["embed-fit", *stands] if fitted else stands,
        "cluster-fit": ["embed"],
        "cluster": ["embed", "cluster-fit", "sample"],
        "semantic-edges": ["embed", "cluster", *stands],
        "dedup-semantic": ["semantic-edges", *stands],
        "columns": stands,
        "quality": [*scored, *stands],
    }
    return reads.get(name, ["dedup-semantic"])


def settings(pipeline: Pipeline, name: str) -> Any:
    """What the fingerprint of a stage must see beside its inputs."""
    asked = pipeline.settings
    priorities = {source.name: source.priority for source in pipeline.sources}
    model, embed, cluster = asked.perplexity, asked.embedding, asked.clustering
    found: dict[str, Any] = {
        "sample": [_wanted(pipeline), sorted(_reference(pipeline))],
        "perplexity-fit": [model and model.model_dump(mode="json"), sorted(_reference(pipeline))],
        "embed-fit": embed and embed.model_dump(mode="json"),
        "embed": pipeline.embedder,
        "cluster-fit": cluster and cluster.model_dump(mode="json"),
        "semantic-edges": [asked.dedup.semantic and asked.dedup.semantic.threshold, list(asked.dedup.keep), priorities],
        "dedup-semantic": [list(asked.dedup.keep), priorities],
        "columns": [[one.declared.model_dump(exclude={"path"}), one.digest] for one in pipeline.joined],
        "quality": pipeline.quality and pipeline.quality.digest,
    }
    return found.get(name)


def version(pipeline: Pipeline, name: str) -> int:
    """The version of a stage."""
    return Hop.version if name.startswith(removals.HOPS) else 1


def steps(flow: Flow) -> list[tuple[str, Callable[[], None]]]:
    """The stages and how each is made."""
    asked = flow.pipeline.settings
    made: dict[str, Callable[[], None]] = {"sample": partial(_sample, flow)}
    if asked.perplexity is not None:
        made["perplexity-fit"] = partial(_fit_language_model, flow, asked.perplexity)
        made["perplexity"] = partial(_perplexity, flow)
    if asked.embedding is not None:
        made["embed-fit"] = partial(_fit_embedder, flow, asked.embedding)
        made["embed"] = partial(_embed, flow, asked.embedding)
    if asked.clustering is not None:
        made["cluster-fit"] = partial(_fit_clusters, flow, asked.clustering)
        made["cluster"] = partial(_cluster, flow)
    if asked.dedup.semantic is not None:
        made["semantic-edges"] = partial(_semantic_edges, flow, asked.dedup.semantic)
        made["dedup-semantic"] = partial(_dedup_semantic, flow)
        made |= {name: partial(_hop, flow, name) for name in _hops(flow.pipeline)}
    made |= {"columns": partial(_columns, flow), "quality": partial(_quality, flow)}
    return [(name, made[name]) for name in names(flow.pipeline)]


def record_frame(flow: Flow) -> RecordFrame:
    """Keys, signals and stored columns of what stands now."""
    return RecordFrame(
        keys=flow.stages["text"].table("keys"),
        signals=flow.stages["measure"].table("signals"),
        decisions=flow.stages["decide"].table("decisions"),
        columns=stored_columns(flow.stages, flow.pipeline.tag_types, flow.pipeline.joined_types),
        standing=flow.standing(),
    )


def _reference(pipeline: Pipeline) -> list[str]:
    model = pipeline.settings.perplexity
    if model is None:
        return []
    spared = pipeline.spared(model.reference)
    return [source.name for source in pipeline.sources if source.name not in spared]


def _wanted(pipeline: Pipeline) -> list[int]:
    """Records wanted of all sources, and of the reference sources."""
    asked = pipeline.settings
    every = [asked.embedding.sample] if asked.embedding is not None and asked.embedding.model is None else []
    every += [1000] if asked.clustering is not None else []
    return [max(every, default=0), asked.perplexity.sample if asked.perplexity is not None else 0]


def _commit(
    flow: Flow, name: str, receipts: Sequence[Receipt], seconds: float, details: Mapping[str, Any] | None = None
) -> None:
    """Commit a stage that removes no record."""
    count = removals.kept(flow.stages)
    accounts = {name: RowAccount(rows_in=count, kept=count)}
    number = version(flow.pipeline, name)
    flow.runner.commit(name, number, receipts, seconds, accounts=accounts, details=details)


def _by_text(flow: Flow, name: str, work: Any) -> tuple[list[Receipt], float]:
    """Run `work` on every part's text: in the driver where there is little of it."""
    tasks = [Task(f"part-{part.number}", part) for part in flow.parts]
    small = sum(file.bytes for part in flow.parts for file in part.files if file.table == "text") <= TEXT_HERE
    found, seconds = flow.runner.write([name], tasks, work, here=flow.text_here or (flow.here and small))
    return found[name] or [Receipt(key="none", accounts={name: RowAccount()})], seconds


def _counts(flow: Flow) -> dict[str, int]:
    """Records that stand, by source."""
    read = ReadSources(flow.stages["text"].table("keys"), flow.standing())
    if not flow.parts:
        return {}
    if flow.here:
        counted = sum_here(flow.parts, read, SOURCES, "count")
    else:
        counted = sum_on_spark(flow.runner.session(), flow.parts, read, SOURCES, "count")
    return dict(zip(counted.column("source").to_pylist(), counted.column("count").to_pylist(), strict=True))


def _sample(flow: Flow) -> None:
    every, reference = _wanted(flow.pipeline)
    counts, of = _counts(flow), set(_reference(flow.pipeline))
    whole, part = sum(counts.values()), sum(count for name, count in counts.items() if name in of)
    shares = {
        "all": min(1.0, every / whole) if whole else 0.0,
        "reference": min(1.0, reference / part) if part else 0.0,
    }
    text = flow.stages["text"]
    work = SamplePass(
        text=text.table("text"),
        keys=text.table("keys"),
        ids=flow.stages["identify"].table("ids"),
        standing=flow.standing(),
        shares={name: max(shares["all"], shares["reference"] if name in of else 0.0) for name in counts},
        attempt=Attempt.begin(flow.runner.slots["sample"]),
    )
    receipts, seconds = _by_text(flow, "sample", work)
    _commit(flow, "sample", receipts, seconds, {"shares": shares})


def _shares(flow: Flow) -> dict[str, float]:
    return dict(flow.stages["sample"].manifest.details["shares"])


def _store(flow: Flow, name: str, table: str, make: Callable[[], tuple[pa.Table, dict[str, Any]]]) -> None:
    """Commit a stage whose output is one table for the whole run."""
    attempt = Attempt.begin(flow.runner.slots[name])
    with flow.runner.working(name) as clock:
        rows, details = make()
        number = flow.parts[0].number if flow.parts else 0
        writer = attempt.writer(table, number, rows.schema)
        writer.write(rows)
        file = writer.close()
        part = Part(number=number, rows=rows.num_rows, files=(file,) if file is not None else ())
        receipts = [Receipt(key=table, parts=(part,), digests={table: f"{writer.row_digest:032x}"})]
        seconds = clock()
    _commit(flow, name, receipts, seconds, details)


def _stored(flow: Flow, name: str, table: str) -> StoredModel:
    found = flow.stages[name].table(table)
    return StoredModel(found.slot, next(iter(found.files.values())))


def _fit_language_model(flow: Flow, wanted: LanguageModel) -> None:
    from corpus.models.ngram import fit

    def make() -> tuple[pa.Table, dict[str, Any]]:
        share = _shares(flow)["reference"]
        rows = read_sample(flow.stages["sample"].table("sample"), share, _reference(flow.pipeline))
        model = fit(_joined(rows, "text"), _joined(rows, "lang"), order=wanted.order)
        return model.to_table(), {"model": model.digest, "texts": rows.num_rows, "order": wanted.order}

    _store(flow, "perplexity-fit", "model", make)


def _joined(rows: pa.Table, name: str) -> pa.Array:
    column = rows.column(name).combine_chunks()
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _apply(flow: Flow, name: str, table: str, load: Callable[[], Any]) -> tuple[list[Receipt], float]:
    text = flow.stages["text"]
    work = Apply(
        name=name,
        table=table,
        load=load,
        text=text.table("text"),
        keys=text.table("keys"),
        ids=flow.stages["identify"].table("ids"),
        standing=flow.standing(),
        attempt=Attempt.begin(flow.runner.slots[name]),
    )
    return _by_text(flow, name, work)


def _perplexity(flow: Flow) -> None:
    model = _stored(flow, "perplexity-fit", "model")
    receipts, seconds = _apply(flow, "perplexity", "perplexity", StoredLanguageModel(model))
    digest = flow.stages["perplexity-fit"].manifest.details["model"]
    _commit(flow, "perplexity", receipts, seconds, {"model": digest})


def _fit_embedder(flow: Flow, wanted: Embed) -> None:
    from corpus.embed.hashed import fit

    def make() -> tuple[pa.Table, dict[str, Any]]:
        rows = read_sample(flow.stages["sample"].table("sample"), _shares(flow)["all"])
        model = fit(_joined(rows, "text"), _joined(rows, "lang"), dim=wanted.dim, seed=wanted.seed)
        return model.to_table(), {"model": model.digest, "texts": rows.num_rows, "dim": model.dim}

    _store(flow, "embed-fit", "model", make)


def _embed(flow: Flow, wanted: Embed) -> None:
    if wanted.model is None:
        load: Callable[[], Any] = StoredEmbedder(_stored(flow, "embed-fit", "model"))
        digest = flow.stages["embed-fit"].manifest.details["model"]
    else:
        digest = str(flow.pipeline.embedder)
        load = SentenceEmbedder(wanted.model, digest)
    receipts, seconds = _apply(flow, "embed", "vectors", load)
    _commit(flow, "embed", receipts, seconds, {"model": digest})


def _fit_clusters(flow: Flow, wanted: Cluster) -> None:
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

    _store(flow, "cluster-fit", "centroids", make)


def _cluster(flow: Flow) -> None:
    work = AssignClusters(
        vectors=flow.stages["embed"].table("vectors"),
        centroids=flow.stages["cluster-fit"].table("centroids"),
        attempt=Attempt.begin(flow.runner.slots["cluster"]),
    )
    receipts, seconds = flow.by_part("cluster", work)
    sizes = add_counts(receipt.counts.get("sizes", {}) for receipt in receipts)
    _commit(flow, "cluster", receipts, seconds, {"sizes": sizes, "names": _cluster_names(flow, receipts)})


def _cluster_names(flow: Flow, receipts: Sequence[Receipt]) -> dict[str, list[str]]:
    """The terms that name each cluster, from the sampled texts in it."""
    from corpus.cluster.names import cluster_names

    files = {part.number: file for one in receipts for part in one.parts if (file := part.file("clusters")) is not None}
    clusters = Table(flow.runner.slots["cluster"], files)
    rows = read_sample(flow.stages["sample"].table("sample"), _shares(flow)["all"])
    own = clusters_of(rows, sorted(files), clusters)
    named = cluster_names(_joined(rows, "text"), own, NAMED_BY)
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


def _semantic_edges(flow: Flow, wanted: Semantic) -> None:
    stage = SemanticEdges(wanted.threshold, flow.pipeline.settings.dedup.keep)
    vectors, clusters = flow.stages["embed"].table("vectors"), flow.stages["cluster"].table("clusters")
    receipts, seconds = flow.decide_frame(stage, ReadVectors(_members(flow), vectors, clusters), "edges")
    pairs = sum(part.rows for receipt in receipts for part in receipt.parts)
    _commit(flow, stage.name, receipts, seconds, {"pairs": pairs, "threshold": wanted.threshold})


def _dedup_semantic(flow: Flow) -> None:
    resolution.resolve(
        flow,
        "dedup-semantic",
        read=_members(flow),
        edges=flow.stages["semantic-edges"].table("edges"),
        version=version(flow.pipeline, "dedup-semantic"),
    )


def _hop(flow: Flow, name: str) -> None:
    stage = Hop(int(name.removeprefix(removals.HOPS)))
    merging = tuple(marks.table for marks in removals.merging(flow.stages))
    receipts, seconds = flow.decide_frame(stage, ReadHop(merging, removals.moved(flow.stages)), "moved")
    _commit(flow, name, receipts, seconds)


def _columns(flow: Flow) -> None:
    text = flow.stages["text"]
    work = JoinColumns(
        joinings=flow.pipeline.joined,
        keys=text.table("keys"),
        ids=flow.stages["identify"].table("ids"),
        standing=flow.standing(),
        attempt=Attempt.begin(flow.runner.slots["columns"]),
    )
    receipts, seconds = flow.by_part("columns", work)
    joined = add_counts(receipt.counts.get("joined", {}) for receipt in receipts)
    details = {"files": [one.digest for one in flow.pipeline.joined], "joined": joined.get("rows", 0)}
    _commit(flow, "columns", receipts, seconds, details)


def _quality(flow: Flow) -> None:
    policy = flow.pipeline.quality
    assert policy is not None  # noqa: S101  asked for the names above alone
    frame = QualityFrame(policy, record_frame(flow))
    counts = pl.DataFrame(schema=quality.HISTOGRAM)
    if policy.ranked and flow.parts:
        read = ReadQuality(frame)
        if flow.here:
            counts = pl.DataFrame(sum_here(flow.parts, read, COUNTS, "count"))
        else:
            counts = pl.DataFrame(sum_on_spark(flow.runner.session(), flow.parts, read, COUNTS, "count"))
    work = ScoreQuality(frame, quality.curves(counts, policy), Attempt.begin(flow.runner.slots["quality"]))
    receipts, seconds = flow.by_part("quality", work)
    _commit(flow, "quality", receipts, seconds, {"parts": [str(part) for part in policy.parts]})
