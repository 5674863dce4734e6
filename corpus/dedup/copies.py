"""Near-duplicates made on purpose: copies of texts, edited until they are as similar as wanted.

A text is taken apart into pieces, characters or sentences; a number of them, in an order drawn from a seed, is
replaced, left out or followed by pieces of another text. More edits make a copy less similar, so the number is found
by bisection, and what is reported is the similarity that the copy really has.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from corpus.kernels.setsim import containment_pairs, jaccard_pairs
from corpus.kernels.shingles import shingle_hashes

KINDS = ("characters replaced", "sentences replaced", "sentences left out", "sentences added")
PIECE = 60
"""Characters after which a sentence is cut that has not ended."""
_SENTENCE = re.compile(rf"(?s).{{1,{PIECE}}}?(?:[。！？；.!?;\n]+|(?=\Z))|.{{1,{PIECE}}}")


@dataclass(frozen=True)
class Copies:
    """Copy `i` of text `i`, how it was made, and how similar the two are: exact, float32."""

    texts: tuple[str, ...]
    kinds: tuple[str, ...]
    jaccard: np.ndarray
    containment: np.ndarray


@dataclass(frozen=True)
class _Edits:
    """What can be done to one text: piece `order[i]` becomes `instead[order[i]]`, in this order."""

    pieces: list[str]
    instead: list[str]
    order: list[int]

    def made(self, many: int) -> str:
        """The text after the first `many` edits."""
        pieces = self.pieces.copy()
        for place in self.order[:many]:
            pieces[place] = self.instead[place]
        return "".join(pieces)


def copies(texts: Sequence[str], donors: Sequence[str], targets: np.ndarray, seed: int = 0) -> Copies:
    """A copy of each text with about the Jaccard similarity `targets[i]`; foreign pieces come from `donors[i]`.

    Nothing is promised about how near a target is met: one sentence may be half of a short text.
    """
    made_by = [KINDS[place % len(KINDS)] for place in range(len(texts))]
    edits = [
        _edits(text, donor, kind, random.Random(f"{seed} {place}"))  # noqa: S311 - nothing secret
        for place, (text, donor, kind) in enumerate(zip(texts, donors, made_by, strict=True))
    ]
    low = np.zeros(len(texts), np.int64)
    high = np.array([len(one.order) for one in edits], np.int64)
    values, offsets = shingle_hashes(pa.array(texts, pa.large_string()))
    while (high - low > 1).any():
        middle = (low + high) // 2
        enough = _compared(values, offsets, _made(edits, middle))[0] <= targets
        high, low = np.where(enough, middle, high), np.where(enough, low, middle)
    candidates = [_made(edits, ends) for ends in (low, high)]
    similar = [_compared(values, offsets, some) for some in candidates]
    # At least one edit: no edit at all is a copy, not a near-duplicate.
    nearer = (np.abs(similar[0][0] - targets) < np.abs(similar[1][0] - targets)) & (low > 0)
    chosen = [candidates[0 if first else 1][place] for place, first in enumerate(nearer)]
    found = [np.where(nearer, similar[0][which], similar[1][which]) for which in (0, 1)]
    return Copies(tuple(chosen), tuple(made_by), found[0], found[1])


def _made(edits: Sequence[_Edits], many: np.ndarray) -> list[str]:
    return [one.made(number) for one, number in zip(edits, many.tolist(), strict=True)]


def _compared(values: np.ndarray, offsets: np.ndarray, made: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Jaccard and containment of each text, whose shingles are known, and its copy."""
    others, places = shingle_hashes(pa.array(made, pa.large_string()))
    joined = np.concatenate([values, others])
    ends = np.concatenate([offsets, offsets[-1] + places[1:]])
    first = np.arange(len(made))
    pair = (joined, ends, first, first + len(made))
    limit = max(1, int(np.diff(ends).max(initial=0)))
    return jaccard_pairs(*pair, limit + 1), containment_pairs(*pair, limit + 1)


def _edits(text: str, donor: str, kind: str, chance: random.Random) -> _Edits:
    if kind == "characters replaced":
        pieces, foreign = list(text), [char for char in donor if char.isalnum()] or ["字"]
        places = [place for place, char in enumerate(pieces) if char.isalnum()]
        instead = [chance.choice(foreign) for _ in pieces]
    else:
        pieces, foreign = _SENTENCE.findall(text), _SENTENCE.findall(donor)
        places = list(range(len(pieces)))
        start = chance.randrange(len(foreign))
        borrowed = [foreign[(start + place) % len(foreign)] for place in places]
        match kind:
            case "sentences replaced":
                instead = borrowed
            case "sentences left out":
                instead = [""] * len(pieces)
            case _:
                instead = [own + other for own, other in zip(pieces, borrowed, strict=True)]
    chance.shuffle(places)
    return _Edits(pieces, instead, places)
