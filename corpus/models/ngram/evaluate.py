"""What a language model makes of files: bits a unit, and how the perplexities of rows are spread, by language."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from corpus.errors import UsageError
from corpus.models.ngram.model import WINDOW, numbers
from corpus.models.ngram.scorer import Scorer
from corpus.models.texts import texts_of

SHARES = (0.05, 0.1, 0.3, 0.5, 0.6, 0.9, 0.95)


@dataclass(frozen=True)
class Spread:
    """Rows of one language that have a score: mean bits of all their units together, and the perplexity that each of
    SHARES of the rows stays below or has."""

    rows: int
    units: int
    bits: float
    values: tuple[float, ...]


@dataclass(frozen=True)
class Evaluated:
    """By language; `none` are rows without a score."""

    shares: tuple[float, ...]
    languages: Mapping[str, Spread]
    none: int


def evaluate_files(
    model: Scorer, paths: Sequence[str], text_field: str | None = None, lang: str | None = None
) -> Evaluated:
    """Measure every row of `paths`; UsageError when nothing can be read."""
    measured: dict[str, list[np.ndarray]] = defaultdict(list)
    read = none = 0
    for texts, langs in texts_of(paths, text_field, lang):
        found = model.measure(texts, WINDOW)
        strange = None if model.ours is None else model.ours.strange(langs)
        values = numbers(found, strange).column(0).to_numpy(zero_copy_only=False)
        kinds = langs.fill_null("none").dictionary_encode()
        places = np.asarray(kinds.indices)
        read += len(texts)
        none += int(np.isnan(values).sum())
        for place, name in enumerate(kinds.dictionary.to_pylist()):
            own = (places == place) & ~np.isnan(values)
            if own.any():
                measured[name].append(np.stack([found[own, 0], found[own, 1], values[own]], axis=1))
    if not read:
        raise UsageError("no row could be read")
    return Evaluated(SHARES, {name: _spread(parts) for name, parts in sorted(measured.items())}, none)


def _spread(parts: list[np.ndarray]) -> Spread:
    rows = np.concatenate(parts)
    units = int(rows[:, 0].sum())
    values = np.quantile(rows[:, 2], SHARES, method="inverted_cdf")
    return Spread(
        len(rows), units, round(float(rows[:, 1].sum() / units), 6), tuple(round(float(v), 3) for v in values)
    )
