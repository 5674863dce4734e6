"""How alike two short texts are: ROUGE-L, and the overlap of neighbouring units where the order differs.

ROUGE-L (Lin 2004) is the F1 of the longest common subsequence: 2 * LCS / (units of one + units of the other). Units
are those of `kernels.shingles`: a Han character, kana or hangul each, a word elsewhere; punctuation is none, width,
case and Traditional forms make no difference. rapidfuzz computes it as the normalised similarity of insertions and
deletions.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa

from corpus.kernels.shingles import Units, units

SHORT = 8
"""Units below which one edit would decide: shorter texts are alike only when they are equal."""
_WORD = np.uint32(0x80000000)
_FIRST, _ROOM = 0x30000, 0xE0000
"""Where words are put among the code points, above all scripts in use: a word is a code point, so that a sequence of
units is a string. Two of 917,504 words are taken for one once in a million pairs."""


def strings_of(found: Units) -> list[str]:
    """The units of each text as a string with a code point for each."""
    values = found.values
    words = values & _WORD != 0
    points = np.where(words, (values & ~_WORD) % np.uint32(_ROOM) + np.uint32(_FIRST), values).astype("<u4")
    points = np.where(points > 0x10FFFF, np.uint32(0xFFFD), points)
    data, offsets = points.tobytes(), found.offsets
    return [
        data[4 * offsets[row] : 4 * offsets[row + 1]].decode("utf-32-le", "surrogatepass")
        for row in range(len(offsets) - 1)
    ]


def unit_strings(texts: Sequence[str]) -> list[str]:
    """The units of texts as strings."""
    return strings_of(units(pa.array(texts, pa.large_string())))


def rouge_l(one: str, other: str, least: float = 0.0) -> float:
    """ROUGE-L F1 of two strings of units; 0 where it is below `least`, and where either is empty."""
    from rapidfuzz.distance import Indel

    return float(Indel.normalized_similarity(one, other, score_cutoff=least)) if one and other else 0.0


def neighbours_shared(one: str, other: str) -> float:
    """Jaccard similarity of the sets of two units that stand side by side, 0 to 1: high for the same words in another
    order. 0 where a text has fewer than two units."""
    left, right = set(pairwise(one)), set(pairwise(other))
    whole = len(left | right)
    return len(left & right) / whole if left and right else 0.0


def alike(one: str, other: str, least: float, *, turned: bool = True) -> float:
    """ROUGE-L where it is at least `least`, else, with `turned`, the share of neighbours where that is; 0 where neither
    is, and where a text has no units. Texts shorter than SHORT are alike (1) when they are equal."""
    if not (one and other):
        return 0.0
    if one == other:
        return 1.0
    if min(len(one), len(other)) < SHORT:
        return 0.0
    found = rouge_l(one, other, least)
    if found or not turned:
        return found
    shared = neighbours_shared(one, other)
    return shared if shared >= least else 0.0
