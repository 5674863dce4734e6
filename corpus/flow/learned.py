"""The stages of a run that learn from its texts and score them: perplexity, vectors, clusters, semantic duplicates.

    sample          the texts that are learned from
    perplexity-fit, perplexity     an n-gram model of the reference sources, then each text by it
    continuity                     how well each text goes on, by a given model
    embed-fit, embed               an embedder fitted to the sample, then each text's vector
    cluster-fit, cluster           centroids, then each record's cluster; clusters get names
    semantic-edges, dedup-semantic near vectors in one cluster, then who goes
    causal, answers                what a given causal LM says of each text that is left, or each answer of a dialogue
    columns                        columns of the user's own
    difficulty                     how hard each dialogue is; noise goes
    quality                        one number from declared parts

A stage depends on what it reads alone: another tier policy makes nothing of this anew, another quality policy only
`quality`, another threshold only the semantic stages and those behind them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from corpus import removals
from corpus.dedup.survivors import Hop
from corpus.flow import duplicates, learning, scores, semantic
from corpus.learned.causal import asked_of, settings_of

if TYPE_CHECKING:
    from corpus.flow.order import Flow
    from corpus.pipeline import Pipeline

SEMANTIC = ("semantic-edges", "dedup-semantic")


def names(pipeline: Pipeline) -> list[str]:
    """The stages that `pipeline` asks for, in order."""
    asked, found = pipeline.settings, list[str]()
    fitted = asked.embedding is not None and asked.embedding.model is None
    if asked.perplexity is not None or fitted or asked.clustering is not None:
        found.append("sample")
    if asked.perplexity is not None:
        found += ["perplexity-fit", "perplexity"]
    found += ["continuity"] if asked.continuity is not None else []
    if asked.embedding is not None:
        found += ["embed-fit", "embed"] if fitted else ["embed"]
    if asked.clustering is not None:
        found += ["cluster-fit", "cluster"]
    if asked.dedup.semantic is not None:
        found += [*SEMANTIC, *_hops(pipeline)]
    found += [asked_of(asked.kind).name] if asked.causal is not None else []
    found += ["difficulty"] if asked.scoring_difficulty else []
    return [*found, *(["columns"] if pipeline.joined else []), *(["quality"] if pipeline.quality else [])]


def removing(pipeline: Pipeline) -> list[str]:
    """Those of the stages after which fewer records stand."""
    return [name for name in names(pipeline) if name in ("dedup-semantic", "difficulty")]


def _hops(pipeline: Pipeline) -> list[str]:
    """One more look for the last survivor, where records went in favour of others before."""
    earlier = duplicates.removing(pipeline)
    return [f"{removals.HOPS}{earlier}"] if earlier else []


def needs(pipeline: Pipeline, name: str, base: str) -> list[str]:
    """What a stage reads beside the keys; `base` is the last stage that removed records before it."""
    signals = [sidecar.name for sidecar in pipeline.sidecars]
    stands = [base, "identify", *signals]
    scoring = ("perplexity", "continuity", "causal", "answers", "cluster", "difficulty", "columns")
    scored = [one for one in scoring if one in names(pipeline)]
    fitted = "embed-fit" in names(pipeline)
    reads: Mapping[str, list[str]] = {
        "sample": stands,
        "perplexity-fit": ["sample"],
        "perplexity": ["perplexity-fit", *stands],
        "continuity": stands,
        "causal": stands,
        "answers": stands,
        "embed-fit": ["sample"],
        "embed": ["embed-fit", *stands] if fitted else stands,
        "cluster-fit": ["embed"],
        "cluster": ["embed", "cluster-fit", "sample"],
        "semantic-edges": ["embed", "cluster", *stands],
        "dedup-semantic": ["semantic-edges", *stands],
        "columns": stands,
        "difficulty": [*(["answers"] if "answers" in scored else []), *stands],
        "quality": [*scored, *stands],
    }
    return reads.get(name, ["dedup-semantic"])


def settings(pipeline: Pipeline, name: str) -> Any:
    """What the fingerprint of a stage must see beside its inputs."""
    asked = pipeline.settings
    priorities = {source.name: source.priority for source in pipeline.sources}
    keep = list(asked.dedup.keep)
    causal, what = pipeline.causal, asked_of(asked.kind)
    model, embed, cluster = asked.perplexity, asked.embedding, asked.clustering
    found: dict[str, Any] = {
        "sample": [learning.wanted(pipeline), sorted(learning.reference(pipeline))],
        "perplexity-fit": [model and model.model_dump(mode="json"), sorted(learning.reference(pipeline))],
        "continuity": pipeline.continuity,
        what.name: causal and asked.causal and settings_of(asked.causal, causal.digest, what),
        "embed-fit": embed and embed.model_dump(mode="json"),
        "embed": [pipeline.embedder, embed and embed.view],
        "cluster-fit": cluster and cluster.model_dump(mode="json"),
        "semantic-edges": [
            asked.dedup.semantic and asked.dedup.semantic.threshold,
            asked.semantic_shared,
            keep,
            priorities,
        ],
        "dedup-semantic": [list(asked.dedup.keep), priorities],
        "columns": [[one.declared.model_dump(exclude={"file"}), one.digest] for one in pipeline.joined],
        "quality": pipeline.quality and pipeline.quality.digest,
    }
    return found.get(name)


def version(pipeline: Pipeline, name: str) -> int:
    """The version of a stage."""
    return Hop.version if name.startswith(removals.HOPS) else learning.VERSION


def steps(flow: Flow) -> list[tuple[str, Callable[[], None]]]:
    """The stages and how each is made."""
    asked = flow.pipeline.settings
    made: dict[str, Callable[[], None]] = {"sample": partial(learning.sample, flow)}
    if asked.perplexity is not None:
        made["perplexity-fit"] = partial(scores.fit_language_model, flow, asked.perplexity)
        made["perplexity"] = partial(scores.perplexity, flow)
    if asked.continuity is not None:
        made["continuity"] = partial(scores.continuity, flow, asked.continuity)
    if asked.embedding is not None:
        made["embed-fit"] = partial(semantic.fit_embedder, flow, asked.embedding)
        made["embed"] = partial(semantic.embed, flow, asked.embedding)
    if asked.clustering is not None:
        made["cluster-fit"] = partial(semantic.fit_clusters, flow, asked.clustering)
        made["cluster"] = partial(semantic.cluster, flow)
    if asked.dedup.semantic is not None:
        made["semantic-edges"] = partial(semantic.semantic_edges, flow, asked.dedup.semantic)
        made["dedup-semantic"] = partial(semantic.dedup_semantic, flow)
        made |= {name: partial(semantic.hop, flow, name) for name in _hops(flow.pipeline)}
    if asked.causal is not None:
        made[asked_of(asked.kind).name] = partial(scores.causal, flow, asked.causal)
    made["difficulty"] = partial(scores.difficulty, flow)
    made |= {"columns": partial(scores.columns, flow), "quality": partial(scores.quality, flow)}
    return [(name, made[name]) for name in names(flow.pipeline)]
