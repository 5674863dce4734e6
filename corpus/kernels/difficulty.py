"""What an instruction row shows of its difficulty without a model: how much its answer says, in what form, and the ask.

Every facet grows with difficulty and none was fitted on labels. They are compared by rank within a category (see
`corpus.scores.difficulty`), so their units do not matter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.kernels.shingles import Units, units
from corpus.kernels.surprise import Counts, surprise

VERSION = 1
"""Raise it when a facet of any row changes."""
FACETS = ("information", "structure", "notation", "vocabulary", "ask")
NOTATION = r"[{}()<>=\[\]_/*+^%$#\\|≤≥≠±×÷√∑∫π∞≈→∈]|\p{Nd}"
"""Marks of code and mathematics, and digits."""
ABSENT = r"(?i)^\W*(no ?input|none|n/?a|无|无输入|不适用)?\W*$"
"""What stands for an input where a row has none."""


@dataclass(frozen=True)
class Prepared:
    """A batch of rows read into units, and the facets that need no counts (float64 by row)."""

    ask: Units
    answer: Units
    structure: np.ndarray
    notation: np.ndarray
    given: np.ndarray


def prepare(instruction: pa.Array, given: pa.Array, answer: pa.Array) -> Prepared:
    """Rows of three texts; null is taken as empty. `given` is what the instruction is to be applied to.

    `structure` is the lines of the answer that hold something, `notation` its marks of code, of mathematics and digits;
    `Prepared.given` is true where there is an input that is not a word for none.
    """
    frame = pl.DataFrame(
        {
            name: pl.Series(name, pl.from_arrow(found)).cast(pl.String).fill_null("")
            for name, found in (("instruction", instruction), ("given", given), ("answer", answer))
        }
    )
    said = pl.col("answer")
    frame = frame.with_columns(has=~pl.col("given").str.contains(ABSENT))
    frame = frame.with_columns(
        ask=pl.concat_str("instruction", pl.when(pl.col("has")).then("given").otherwise(pl.lit("")), separator="\n"),
        structure=said.str.count_matches(r"(?m)^.*\S.*$"),
        notation=said.str.count_matches(NOTATION),
    )
    return Prepared(
        ask=units(_texts(frame["ask"])),
        answer=units(_texts(frame["answer"])),
        structure=frame["structure"].to_numpy().astype(np.float64),
        notation=frame["notation"].to_numpy().astype(np.float64),
        given=frame["has"].to_numpy(),
    )


def facets(rows: Prepared, asks: Counts, answers: Counts, counted: bool = True) -> dict[str, np.ndarray]:
    """FACETS by row, `nats_per_unit` and `units` of the answer, float64; a facet of a row without answer is NaN.

    `information` is the nats of the answer by `answers`, the counts of the corpus's answers; `vocabulary` the mean
    rarity of its different units; `ask` the nats of instruction and input by `asks`. `counted`: see `surprise`.
    """
    information, vocabulary = surprise(rows.answer, answers, counted)
    ask, _ = surprise(rows.ask, asks, counted)
    many = np.diff(rows.answer.offsets).astype(np.float64)
    none = many == 0
    found = {
        "information": information,
        "structure": rows.structure,
        "notation": rows.notation,
        "vocabulary": vocabulary,
        "ask": ask,
    }
    found = {name: np.where(none, np.nan, values) for name, values in found.items()}
    per_unit = np.where(none, np.nan, information / np.maximum(many, 1))
    return {**found, "nats_per_unit": per_unit, "units": many}


def _texts(found: pl.Series) -> pa.Array:
    array = found.to_arrow().cast(pa.large_string())
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
