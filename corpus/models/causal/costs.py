"""What disorder costs a text: how much less likely a causal LM finds its pieces elsewhere than where they stand.

A whole text minds when its sentences change places, or when they go on as others do; one that was shuffled or cut
before has less to lose. So a text is its own measure, where its perplexity says more of its subject than of its order.
That a text is judged by what a perturbation of it costs is DetectGPT's idea (Mitchell et al. 2023, arXiv 2301.11305);
random orders of its sentences are the contrast of Barzilay and Lapata (2008, "Modeling Local Coherence").
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from corpus.models.causal.disorder import Sentences, Version, beginning
from corpus.models.causal.model import CausalLM, token_nats
from corpus.models.causal.prompt import start_of

VERSION = 1
"""Raise it when a cost of any text changes."""
COSTS = pa.schema([("order_cost", pa.float64()), ("seam_cost", pa.float64())])
LEAST = 4
"""Sentences below which a text is not judged."""
FIRST = 16
"""Tokens at the beginning of a piece that are looked at: to later ones it matters little what stood before it."""
LONGEST = 512
"""Tokens of a text that are looked at, unless the caller says otherwise: some sixteen sentences."""
_AT_ONCE = 256
"""Texts whose versions are held at once."""
_WIDEST = 16
"""Characters of a token on the mean at most: of a long text no more is tokenised."""


@dataclass(frozen=True)
class _Told:
    """At which character each token of a version begins, and its nats; NaN where they were not wanted."""

    begins: np.ndarray
    nats: np.ndarray

    def first(self, start: int, length: int) -> float:
        """The nats of the first FIRST tokens that begin within characters; NaN where none does or one is not known."""
        low, high = np.searchsorted(self.begins, (start, start + length))
        return float(self.nats[low : min(high, low + FIRST)].sum()) if high > low else np.nan


def cost_columns(lm: CausalLM, texts: pa.Array, drawings: int = 2, longest: int = LONGEST) -> pa.RecordBatch:
    """COSTS of each text, from `drawings` random orders (`order_cost`) and as many crossings (`seam_cost`) of it.

    A cost is how many nats more the first FIRST tokens of what was moved have than the same ones where they stood: of
    sentences in a random order, of tails behind the heads of others. The mean over all of them is of signed square
    roots, so that one odd place does not decide. High is good; what is broken already has little to lose. Of a text the
    sentences that end within `longest` tokens are looked at. Null where fewer than LEAST of them have four letters or
    more, and for a `seam_cost` where fewer than two have eight. What is drawn depends on the text alone; so do the
    costs where `lm.alone`.
    """
    held = texts.fill_null("").to_pylist()
    found = [
        row
        for start in range(0, len(held), _AT_ONCE)
        for row in _costs(lm, held[start : start + _AT_ONCE], drawings, min(longest, lm.most))
    ]
    costs = np.array(found, np.float64).reshape(-1, 2).T
    return pa.RecordBatch.from_arrays([pa.array(one, pa.float64(), mask=np.isnan(one)) for one in costs], schema=COSTS)


def _costs(lm: CausalLM, texts: Sequence[str], drawings: int, longest: int) -> list[tuple[float, float]]:
    read = [Sentences(one) for one in _beginnings(lm, texts, longest)]
    versions = [_versions(one, drawings) if len(one.moved) >= LEAST else [] for one in read]
    told = iter(_told(lm, list(itertools.chain.from_iterable(versions)), longest))
    found = []
    for row in versions:
        if not row:
            found.append((np.nan, np.nan))
            continue
        whole, *others = zip(row, itertools.islice(told, len(row)), strict=True)
        costs = [_more(*whole, *other) for other in others]
        found.append((_mean(costs[:drawings]), _mean(costs[drawings:])))
    return found


def _versions(read: Sentences, drawings: int) -> list[Version]:
    return [read.whole(), *(read.ordered() for _ in range(drawings)), *(read.crossed() for _ in range(drawings))]


def _beginnings(lm: CausalLM, texts: Sequence[str], longest: int) -> list[str]:
    """The sentences of each text that end within its first `longest` tokens, with the start token."""
    bounded = [one[: longest * _WIDEST] for one in texts]
    room = longest - len(start_of(lm.tokenizer))
    return [
        beginning(text, begins[room] if len(begins) > room else len(text))
        for text, (_, begins) in zip(bounded, _encoded(lm, bounded), strict=True)
    ]


def _told(lm: CausalLM, versions: Sequence[Version], longest: int) -> list[_Told]:
    """Every version by the model: all tokens of those without judged pieces, the first FIRST of each judged one."""
    start = np.array(start_of(lm.tokenizer), np.int64)
    sequences, wanted, begins = [], [], []
    for version, (ids, at) in zip(versions, _encoded(lm, [one.text for one in versions]), strict=True):
        held = np.concatenate([start, ids])[:longest]
        at = at[: len(held) - len(start)]
        mask = np.zeros(len(held), bool)
        for piece in version.judged:
            first = len(start) + int(np.searchsorted(at, version.at[piece.sentence, piece.start]))
            mask[first : first + FIRST] = True
        mask[len(start) :] |= not version.judged
        mask[:1] = False  # of a model without a start token
        sequences.append(held)
        wanted.append(mask)
        begins.append(at)
    found = []
    for mask, at, nats in zip(wanted, begins, token_nats(lm, sequences, wanted), strict=True):
        spread = np.full(len(mask), np.nan)
        spread[mask] = nats
        found.append(_Told(at, spread[len(start) :]))
    return found


def _encoded(lm: CausalLM, texts: Sequence[str]) -> list[tuple[np.ndarray, np.ndarray]]:
    """The tokens of each text, and at which of its characters they begin."""
    if not texts:  # of which a tokenizer makes nothing
        return []
    said: Any = lm.tokenizer(
        list(texts), add_special_tokens=False, return_attention_mask=False, return_offsets_mapping=True
    )
    return [
        (np.array(ids, np.int64), np.array([one for one, _ in places], np.int64))
        for ids, places in zip(said["input_ids"], said["offset_mapping"], strict=True)
    ]


def _more(whole: Version, before: _Told, other: Version, after: _Told) -> np.ndarray:
    """How many nats more the judged pieces of a version have than where they stood."""
    found = []
    for piece in other.judged:
        length = piece.end - piece.start
        stood = before.first(whole.at[piece.sentence, 0] + piece.start, length)
        found.append(after.first(other.at[piece.sentence, piece.start], length) - stood)
    return np.array(found, np.float64)


def _mean(costs: Sequence[np.ndarray]) -> float:
    """The mean of signed square roots; NaN of nothing."""
    known = np.concatenate([*costs, np.zeros(0)])
    known = known[~np.isnan(known)]
    return float((np.sign(known) * np.sqrt(np.abs(known))).mean()) if len(known) else np.nan
