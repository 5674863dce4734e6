"""Names of clusters: the terms that a cluster has and the others have not, by c-TF-IDF.

The weight of a term in a cluster is tf * ln(1 + A / f): tf its share of the cluster's terms, A the mean number of terms
of a cluster, f how often all clusters have it (Grootendorst 2022, "BERTopic: Neural topic modeling with a class-based
TF-IDF procedure").
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus.cluster.terms import TermCounts, term_counts

TERMS = 5
CHARS, ALL_CHARS = 2000, 1 << 22
"""Characters of a text, and of all texts, that are read; where the texts have more, each gives less."""
LEAST_CHARS = 100
"""Where each would give less than this, evenly spaced ones of the texts are read."""
LIFT = 3.0
"""How many times as frequent as in all clusters together a term must be: the commonest words are so nowhere."""
_CONSIDERED = 50
_NO_WORDS = r"https?://[^\s\p{Han}]+|[&＆](nbsp|#?\w{1,8}[;；])"
"""Addresses, and character references of HTML."""


@dataclass(frozen=True)
class Term:
    """A distinctive term of a cluster and its c-TF-IDF weight."""

    text: str
    weight: float


def cluster_names(texts: pa.Array, ids: np.ndarray, terms: int = TERMS) -> dict[int, tuple[Term, ...]]:
    """By cluster at most `terms` distinctive terms, the heaviest first; none of them a part of another.

    `texts` is a sample, `ids` the cluster of each, negative ones left out. A cluster whose texts have no term that
    stands out has none. The same for the same sample in any order, up to ALL_CHARS / LEAST_CHARS texts.
    """
    rows = np.flatnonzero(ids >= 0)
    found: dict[int, tuple[Term, ...]] = {int(cluster): () for cluster in np.unique(ids[rows])}
    rows = rows[:: max(1, -(-len(rows) * LEAST_CHARS // ALL_CHARS))]
    texts, ids = texts.take(pa.array(rows)), ids[rows]
    if len(texts) == 0:
        return {}
    chars = int(np.clip(ALL_CHARS // len(texts), LEAST_CHARS, CHARS))
    begun = pc.utf8_slice_codeunits(texts.cast(pa.large_string()), 0, chars)
    counts = term_counts(pc.replace_substring_regex(begun, _NO_WORDS, " "), ids)
    weights = ctfidf(counts)
    order = np.lexsort((counts.term, -weights, counts.cluster))
    cuts = np.flatnonzero(np.diff(counts.cluster[order], prepend=-1, append=-1))
    for start, end in itertools.pairwise(cuts.tolist()):
        here = order[start : min(end, start + _CONSIDERED)]
        ranked = sorted((-weights[cell], counts.text[counts.term[cell]]) for cell in here if weights[cell] > 0)
        found[int(counts.cluster[order[start]])] = _apart(ranked, terms)
    return found


def ctfidf(counts: TermCounts) -> np.ndarray:
    """The weight of each cell of `counts`, float64; 0 for a term that is less than LIFT times as frequent as overall.

    With one cluster there is nothing to compare with, and no lift is asked for.
    """
    clusters, which = np.unique(counts.cluster, return_inverse=True)
    if len(clusters) == 0:
        return np.zeros(0)
    of_term = np.bincount(counts.term, weights=counts.count)
    of_cluster = np.bincount(which, weights=counts.count)
    share = counts.count / of_cluster[which]
    overall = of_term[counts.term]
    weights = share * np.log1p(of_cluster.mean() / overall)
    if len(clusters) > 1:
        # A cluster that is most of the sample cannot be LIFT times as rich in anything: at least half way to all of it.
        part = of_cluster[which] / of_cluster.sum()
        weights[share < np.minimum(LIFT, (1 + 1 / part) / 2) * overall / of_cluster.sum()] = 0.0
    return np.asarray(weights)


def _apart(ranked: list[tuple[float, str]], most: int) -> tuple[Term, ...]:
    """The first terms of which none is a part of another."""
    taken: list[Term] = []
    for weight, text in ranked:
        if len(taken) == most:
            break
        if not any(text in other.text or other.text in text for other in taken):
            taken.append(Term(text, float(-weight)))
    return tuple(taken)
