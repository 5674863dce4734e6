"""A language model that is loaded, whoever made it: texts in, perplexities out."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from corpus.errors import UsageError
from corpus.kernels.ngram_score import score
from corpus.kernels.ngram_tokens import tokens
from corpus.models.directory import check, read, state, table_of
from corpus.models.ngram.arpa import read_arpa
from corpus.models.ngram.card import Card, Tokens, find
from corpus.models.ngram.kenlm import load_kenlm, measurer
from corpus.models.ngram.model import WINDOW, NgramModel, numbers
from corpus.models.ngram.shown import Pieces, normalised

Measure = Callable[[pa.Array, int], np.ndarray]
"""By row and for a window the columns of `ngram_score.MEASURES`."""


@dataclass(frozen=True)
class Scorer:
    """A model ready to score. `ours` is null for a model of others, which does not say what languages it knows."""

    card: Card
    measure: Measure
    ours: NgramModel | None

    def columns(self, texts: pa.Array, langs: pa.Array | None = None) -> pa.RecordBatch:
        """`ngram.model.NUMBERS` of each text; see NgramModel.columns. A row's values depend on that row alone."""
        if self.ours is not None:
            return self.ours.columns(texts, langs)
        return numbers(self.measure(texts, WINDOW))


def load(name: str, base: Path | None = None) -> Scorer:
    """The model `name` (see `card.find`), after its files are those its card names; UsageError otherwise."""
    return opened(find(name, base))


def opened(directory: Path) -> Scorer:
    """The model in a directory; once a process for each state of its files."""
    card = read(directory, Card)
    return _opened(*state(directory, card, card.files))


@functools.lru_cache(maxsize=4)
def _opened(directory: Path, content: str, _stamps: tuple[int, ...]) -> Scorer:
    card = Card.model_validate_json(content)
    check(directory, card.files)
    path = directory / card.model.name
    if card.kind == "ngram":
        model = NgramModel.from_table(table_of(path))
        if model.about != card.about:
            raise UsageError(f"{path}: is not the model that the card beside it describes")
        return Scorer(card, model.measure, model)
    assert card.tokens is not None  # noqa: S101  the card was checked when it was read
    shown = _shown(directory, card.tokens)
    singly = card.tokens.view == "chars"
    if card.kind == "kenlm":
        by_line = measurer(load_kenlm(path), singly=singly)
        return Scorer(card, lambda text, window: by_line(shown(text), window), None)
    arpa = read_arpa(path)

    def measure(text: pa.Array, window: int) -> np.ndarray:
        return score(tokens(shown(text), arpa.vocabulary, singly=singly), arpa.lookup, window)

    return Scorer(card, measure, None)


def _shown(directory: Path, wanted: Tokens) -> Callable[[pa.Array], pa.Array]:
    """From texts to what the kernel reads."""
    pieces = Pieces(directory / wanted.pieces.name) if wanted.pieces is not None else None

    def show(text: pa.Array) -> pa.Array:
        found = normalised(text, wanted.normalise)
        return found if pieces is None else pieces(found)

    return show
