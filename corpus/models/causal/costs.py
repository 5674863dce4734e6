"""What disorder costs a text: how much less likely a causal LM finds its pieces elsewhere than where they stand.

A whole text minds when its sentences change places, or when they go on as others do; one that was shuffled or cut
before has less to lose. So a text is its own measure, where its perplexity says more of its subject than of its order.
That a text is judged by what a perturbation of it costs is DetectGPT's idea (Mitchell et al. 2023, arXiv 2301.11305);
random orders of its sentences are the contrast of Barzilay and Lapata (2008, "Modeling Local Coherence").
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from corpus.models.causal.disorder import Sentences, Version, beginning
from corpus.models.causal.model import CausalLM, token_nats
from corpus.models.causal.prompt import start_of
from corpus.models.causal.told import Told, encoded

COSTS = pa.schema([("order_cost", pa.float64()), ("seam_cost", pa.float64())])
LEAST = 4
"""Sentences below which a text is not judged."""
FIRST = 16
"""Tokens at the beginning of a piece that are looked at: to later ones it matters little what stood before it."""
LONGEST = 512
"""Tokens of a text that are looked at, at most: some sixteen sentences of Chinese."""
_AT_ONCE = 256
"""Texts whose versions are held at once."""


def costs(lm: CausalLM, texts: Sequence[str], read: Sequence[Told], drawings: int) -> np.ndarray:
    """COSTS of each text, float64, a row a text: from `drawings` random orders and as many crossings of it.

    A cost is how many nats more the first FIRST tokens of what was moved have than the same ones where they stood
    (`read`): of sentences in a random order, of tails behind the heads of others. The mean over all of them is of
    signed square roots, so that one odd place does not decide. High is good; what is broken already has little to lose.

    Looked at are the sentences that end within the tokens read, and within LONGEST and `lm.most` of them. NaN where
    fewer than LEAST have four letters or more, and for a `seam_cost` where fewer than two have eight. What is drawn
    depends on the text alone; so do the costs where `lm.alone`.
    """
    found = [np.zeros((0, 2))]
    for start in range(0, len(texts), _AT_ONCE):
        group = slice(start, start + _AT_ONCE)
        found.append(_costs(lm, texts[group], read[group], drawings))
    return np.concatenate(found)


def _costs(lm: CausalLM, texts: Sequence[str], read: Sequence[Told], drawings: int) -> np.ndarray:
    found = np.full((len(texts), 2), np.nan)
    room = min(LONGEST, lm.most) - len(start_of(lm.tokenizer))
    taken = [
        Sentences(beginning(text, int(one.begins[room]) if len(one.begins) > room else one.end))
        for text, one in zip(texts, read, strict=True)
    ]
    rows = [row for row, one in enumerate(taken) if len(one.moved) >= LEAST]
    versions = [_versions(taken[row], drawings) for row in rows]
    told = iter(_told(lm, list(itertools.chain.from_iterable(versions))))
    for row, others in zip(rows, versions, strict=True):
        whole = taken[row].whole()
        each = [
            _more(whole, read[row], version, one)
            for version, one in zip(others, itertools.islice(told, len(others)), strict=True)
        ]
        found[row] = _mean(each[:drawings]), _mean(each[drawings:])
    return found


def _versions(taken: Sentences, drawings: int) -> list[Version]:
    return [*(taken.ordered() for _ in range(drawings)), *(taken.crossed() for _ in range(drawings))]


def _told(lm: CausalLM, versions: Sequence[Version]) -> list[Told]:
    """Every version by the model: the first FIRST tokens of each judged piece."""
    start = np.array(start_of(lm.tokenizer), np.int64)
    coded = encoded(lm, [one.text for one in versions])
    sequences = [np.concatenate([start, one.ids])[: lm.most] for one in coded]
    wanted = [np.zeros(len(one), bool) for one in sequences]
    for mask, version, one in zip(wanted, versions, coded, strict=True):
        for piece in version.judged:
            low, high = _span(one.begins, version.at[piece.sentence, piece.start], piece.end - piece.start)
            mask[len(start) + low : len(start) + high] = True
        mask[:1] = False  # which nothing stands before
    found = []
    for mask, version, one, nats in zip(wanted, versions, coded, token_nats(lm, sequences, wanted), strict=True):
        spread = np.full(len(mask), np.nan)
        spread[mask] = nats
        found.append(Told(one.begins[: len(mask) - len(start)], spread[len(start) :], len(version.text)))
    return found


def _more(whole: Version, before: Told, other: Version, after: Told) -> np.ndarray:
    """How many nats more the judged pieces of a version have than where they stood."""
    found = []
    for piece in other.judged:
        length = piece.end - piece.start
        stood = _first(before, whole.at[piece.sentence, 0] + piece.start, length)
        found.append(_first(after, other.at[piece.sentence, piece.start], length) - stood)
    return np.array(found, np.float64)


def _first(read: Told, start: int, length: int) -> float:
    """The nats of the tokens of a span; NaN where it has none or one is not known."""
    low, high = _span(read.begins, start, length)
    return float(read.nats[low:high].sum()) if high > low else np.nan


def _span(begins: np.ndarray, start: int, length: int) -> tuple[int, int]:
    """The first FIRST tokens of those that begin within `length` characters from `start` on: from and to."""
    low, high = np.searchsorted(begins, (start, start + length)).tolist()
    return low, min(high, low + FIRST)


def _mean(parts: Sequence[np.ndarray]) -> float:
    """The mean of signed square roots; NaN of nothing."""
    known = np.concatenate([*parts, np.zeros(0)])
    known = known[~np.isnan(known)]
    return float((np.sign(known) * np.sqrt(np.abs(known))).mean()) if len(known) else np.nan
