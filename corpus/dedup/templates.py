"""Clusters that only share a template, the same boilerplate around contents of their own: told, not removed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SAMPLE = 32
"""Members of a cluster that are looked at."""
COMMON = 0.8
"""A shingle in so large a share of them is the template's."""
OWN_SHARE, OWN_SHINGLES = 0.08, 16
"""What a member has of its own counts as contents from this share of its shingles and this many on."""
MEMBERS_WITH_CONTENTS = 0.8
ALIKE = 0.1
"""Contents whose median similarity to one another is at most this have nothing to do with each other."""


@dataclass(frozen=True)
class Template:
    """What was seen of a cluster: the share of its shingles that members have of their own, and how alike those are."""

    is_template: bool
    own_share: float
    own_similarity: float


def judge(members: list[np.ndarray]) -> Template:
    """Whether a cluster is a template, by the sorted distinct shingle hashes of a sample of its members.

    Copies of one text differ in little, and mostly alike; records made from a template each have contents that none of
    the others has. The bounds are ours, chosen on generated templates and on copies of news articles.
    """
    values, counts = np.unique(np.concatenate(members), return_counts=True)
    common = values[counts >= COMMON * len(members)]
    own = [np.setdiff1d(member, common, assume_unique=True) for member in members]
    shares = np.array([len(rest) / max(1, len(member)) for rest, member in zip(own, members, strict=True)])
    contents = (shares >= OWN_SHARE) & (np.array([len(rest) for rest in own]) >= OWN_SHINGLES)
    alike = [_jaccard(one, other) for one, other in zip(own, own[1:] + own[:1], strict=True)]
    similarity = float(np.median(alike))
    is_template = contents.mean() >= MEMBERS_WITH_CONTENTS and similarity <= ALIKE
    return Template(bool(is_template), float(np.median(shares)), similarity)


def _jaccard(one: np.ndarray, other: np.ndarray) -> float:
    shared = len(np.intersect1d(one, other, assume_unique=True))
    together = len(one) + len(other) - shared
    return shared / together if together else 1.0
