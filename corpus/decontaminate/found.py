"""Where items stand in a batch of texts: what both kinds of search answer with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from corpus.kernels.quote_grams import Weights
from corpus.kernels.quote_units import QuoteUnits

HOW = ("question", "options", "answer", "whole")
"""How an item is found: its question, its question with its options, its answer, a short question as a whole."""
QUESTION, OPTIONS, ANSWER, WHOLE = range(len(HOW))


@dataclass(frozen=True)
class Found:
    """Arrays of equal length: the text's row, the item, one of HOW, the first unit and the one behind the last (places
    in the units of the batch), and the share of the item's weight that is there."""

    row: np.ndarray
    item: np.ndarray
    how: np.ndarray
    first: np.ndarray
    stop: np.ndarray
    coverage: np.ndarray

    @classmethod
    def together(cls, many: Sequence[Found]) -> Found:
        """All of them."""
        names = ("row", "item", "how", "first", "stop", "coverage")
        return cls(*(np.concatenate([getattr(one, name) for one in many]) for name in names))

    def where(self, chosen: np.ndarray) -> Found:
        """Those that a mask chooses."""
        columns = (self.row, self.item, self.how, self.first, self.stop, self.coverage)
        return Found(*(column[chosen] for column in columns))


def expand(numbers: np.ndarray, lists: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For hits on lists `numbers`, list n being places `lists[n]` to `lists[n + 1]`: (hit, place) for each place."""
    many = lists[numbers + 1] - lists[numbers]
    which = np.repeat(np.arange(len(numbers)), many)
    step = np.arange(len(which)) - np.repeat(np.cumsum(many) - many, many)
    return which, lists[numbers[which]] + step


def joined(question: pa.Array, options: pa.ListArray) -> pa.Array:
    """Each question with its options behind it, a line each."""
    texts = zip(question.to_pylist(), options.to_pylist(), strict=True)
    return pa.array(["\n".join([text, *some]) for text, some in texts], pa.large_string())


def row_weights(units: QuoteUnits, weights: Weights) -> np.ndarray:
    """The weight of every row, int64."""
    return sums(weights.each(units.flags), units.offsets)


def sums(values: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """The sum of each row's values, int64."""
    total = np.concatenate([np.zeros(1, np.int64), np.cumsum(values, dtype=np.int64)])
    return np.asarray(total[offsets[1:]] - total[offsets[:-1]])
