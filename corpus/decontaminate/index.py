"""Everything that is looked for in a text, built once in each worker from the items that the run has stored."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.decontaminate.found import ANSWER, HOW, OPTIONS, QUESTION, Found, joined, row_weights
from corpus.decontaminate.long import LongProbes, build_long
from corpus.decontaminate.options import Options, build_options
from corpus.decontaminate.short import ANCHOR, ShortProbes, build_short
from corpus.kernels.quote_grams import Weights
from corpus.kernels.quote_units import quote_units

LONG = 1.5
"""A question that weighs so many grams is found by them; a shorter one as a whole."""
LONG_ANSWER = 3
"""An answer is looked for by itself where it weighs so many grams."""
NEAR = 0.3
"""Coverage below which a place is no news."""
HIT = {
    "row": pl.Int64,
    "item": pl.Int64,
    "how": pl.String,
    "coverage": pl.Float64,
    "start": pl.Int64,
    "end": pl.Int64,
}
"""One place of one item in one text; `start` and `end` are byte offsets, trailing marks left out."""


@dataclass(frozen=True)
class Index:
    """The items of all benchmarks, as what finds them."""

    items: int
    options: Options
    long: LongProbes
    short: ShortProbes

    @property
    def looked_for(self) -> np.ndarray:
        """By item whether it can be found: it is long enough, or its question and options together are, and it has
        words that not all items of its benchmark have."""
        found = np.zeros(self.items, bool)
        found[self.long.looked_for] = True
        found[self.short.looked_for] = True
        return found

    def search(self, text: pa.Array) -> pl.DataFrame:
        """HIT rows of every text, by row, item and place; options that follow a long question belong to its place."""
        units = quote_units(text)
        long = self.long.find(units)
        long = long.where(long.coverage >= NEAR)
        offered = long.how == OPTIONS
        behind = np.where(offered, long.first, long.stop)
        there, _, reach = self.options.follow(units, long.row, behind, long.item)
        reaches = (long.how == QUESTION) & (there >= 2)
        long = replace(long, stop=np.where(reaches, reach, long.stop)).where(~offered | (there >= 2))
        found = Found.together([long, self.short.find(units)])
        frame = pl.DataFrame(
            {
                "row": found.row,
                "item": found.item,
                "how": np.array(HOW, object)[found.how],
                "coverage": found.coverage,
                "start": units.starts[found.first],
                "end": units.ends[found.stop - 1],
            },
            schema=HIT,
        )
        return frame.sort("row", "item", "start", "end", "how")


def build(items: pa.Table, words: int, characters: int) -> Index:
    """The index of ITEM rows, for grams of that many words or characters."""
    weights = Weights.of(words, characters)
    names = ("question", "options", "answer")
    question, options, answer = (items.column(name).combine_chunks() for name in names)
    whole = joined(question, options)
    asked, offered, answered = (row_weights(quote_units(text), weights) for text in (question, whole, answer))
    bound = weights.times(LONG).need
    short = asked < bound
    ways = (
        (QUESTION, ~short, question),
        (OPTIONS, short & (offered >= bound), whole),
        (ANSWER, answered >= LONG_ANSWER * weights.need, answer),
    )
    probes = [(way, np.flatnonzero(chosen), texts.filter(pa.array(chosen))) for way, chosen, texts in ways]
    benchmark = np.unique(np.array(items.column("benchmark").to_pylist(), str), return_inverse=True)[1]
    choices = build_options(options, weights)
    anchored = np.flatnonzero(short & (asked >= weights.times(ANCHOR).need))
    return Index(
        items=items.num_rows,
        options=choices,
        long=build_long(probes, benchmark.astype(np.int64), weights),
        short=build_short(anchored, question.take(pa.array(anchored)), choices, weights),
    )
