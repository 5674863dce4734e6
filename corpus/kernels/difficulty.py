"""What an instruction row shows of its difficulty without a model: how much its answer says, in what form, and the ask.

Every facet grows with difficulty and none was fitted on labels. They are compared by rank within a category (see
`corpus.scores.difficulty`), so their units do not matter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.kernels.buffers import large
from corpus.kernels.shingles import Units, units
from corpus.kernels.surprise import Counts, surprise

VERSION = 2
"""Raise it when a facet of any row changes."""
FACETS = ("information", "structure", "notation", "vocabulary", "ask")
COUNTED = ("length", "steps", "constraints", "code", "maths")
"""What can be counted by a pattern (`length`: the units of the answer); see `prepare`."""
NOTATION = r"[{}()<>=\[\]_/*+^%$#\\|≤≥≠±×÷√∑∫π∞≈→∈]|\p{Nd}"
"""Marks of code and mathematics, and digits."""
STEPS = (
    r"(?im)^\s*(?:\d{1,3}[.)、．:：]|[(（]\d{1,3}[)）]|[-*•·]\s|step\s+\d|第[一二三四五六七八九十\d]{1,3}[步天章条])"
)
"""A line that begins as one of a list does."""
CONSTRAINTS = (
    r"(?i)\b(?:must|should|shall|at least|at most|no (?:more|less|fewer) than|(?:more|less|fewer) than|exactly|only|"
    r"without|avoid|do not|don't|ensure|make sure|between|within|limit(?:ed)?|includ(?:e|es|ing)|using|each|every)\b"
    r"|必须|务必|应当|至少|至多|最多|最少|不超过|不少于|不低于|不得|不要|不能|不可|避免|只能|仅限|包含|包括|每[个条段句行]|以内|要求|分别"
)
"""What bounds an answer in its ask."""
CODE = (
    r"(?m)```|^\s*(?:def|class|import|from|return|function|public|private|static|var|let|const|#include|SELECT|for|"
    r"while|if|else|elif|try|print)\b.*[:;({)]\s*$|[;{}]\s*$|</?[a-z][a-z0-9]*[^<>\n]*>|=>|==|!=|\+=|::"
)
"""Marks that hardly stand in anything but a program or markup."""
MATHS = (
    r"[≤≥≠≈±×÷√∑∏∫∞π∂]|\\(?:frac|sum|int|sqrt|cdot|times|begin)\b|[\d)a-z]\s*[-+*/^=×÷]\s*[\d(]|\p{Nd}\s*%|\$[^$\n]+\$"
)
"""Signs and shapes of a formula or a calculation."""
ABSENT = r"(?i)^\W*(no ?input|none|n/?a|无|无输入|不适用)?\W*$"
"""What stands for an input where a row has none."""


@dataclass(frozen=True)
class Prepared:
    """A batch of rows read into units, and the facets that need no counts (float64 by row)."""

    ask: Units
    answer: Units
    structure: np.ndarray
    notation: np.ndarray
    counts: dict[str, np.ndarray]
    given: np.ndarray


def prepare(instruction: pa.Array, given: pa.Array, answer: pa.Array) -> Prepared:
    """Rows of three texts; null is taken as empty. `given` is what the instruction is to be applied to.

    `structure` is the lines of the answer that hold something, `notation` its marks of code, of mathematics and digits;
    `counts` has COUNTED but for the length: STEPS, CODE and MATHS of the answer, CONSTRAINTS of instruction and input;
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
        steps=said.str.count_matches(STEPS),
        code=said.str.count_matches(CODE),
        maths=said.str.count_matches(MATHS),
    )
    frame = frame.with_columns(constraints=pl.col("ask").str.count_matches(CONSTRAINTS))
    return Prepared(
        ask=units(large(frame["ask"])),
        answer=units(large(frame["answer"])),
        structure=frame["structure"].to_numpy().astype(np.float64),
        notation=frame["notation"].to_numpy().astype(np.float64),
        counts={name: frame[name].to_numpy().astype(np.float64) for name in COUNTED if name != "length"},
        given=frame["has"].to_numpy(),
    )


def facets(rows: Prepared, asks: Counts, answers: Counts, counted: bool = True) -> dict[str, np.ndarray]:
    """FACETS and COUNTED by row, `nats_per_unit` and `units` of the answer, float64; NaN in a row without answer.

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
        "length": many,
        **rows.counts,
    }
    found = {name: np.where(none, np.nan, values) for name, values in found.items()}
    per_unit = np.where(none, np.nan, information / np.maximum(many, 1))
    return {**found, "nats_per_unit": per_unit, "units": many}
