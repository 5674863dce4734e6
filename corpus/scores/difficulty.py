"""Difficulty of instruction rows from their facets, and from the losses of a causal LM where there is one: ranks within
a category, declared weights, and a noise tail apart.

Rows with an input answer more shortly than rows without, Chinese is counted in characters: a number means something
only among rows of one form. So each facet becomes its rank within the category, from 0 to 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.errors import UsageError
from corpus.kernels.difficulty import COUNTED, FACETS, facets, prepare
from corpus.kernels.surprise import Counts

WEIGHTS: Mapping[str, float] = {"information": 4, "structure": 1, "notation": 1, "vocabulary": 1, "ask": 1}
"""Half for how much is said, half shared evenly by the other facets. Declared, not fitted."""
BY_MODEL = ("answer_loss", "ifd")
WEIGHTS_BY_MODEL: Mapping[str, float] = {**WEIGHTS, "ifd": 6, "answer_loss": 2}
"""With a causal LM: half for the facets as they are, half for the model, most of it for IFD. Declared, not fitted."""
LEAST_ROWS = 50
"""Rows of a category below which it is ranked together with all other small ones."""
LEAST_UNITS = 20
"""Units of an answer below which its mean nats say little: five rare synonyms are a fine answer."""
FAR = 8.0
"""Standard deviations of a normal distribution, estimated by the median deviation, beyond which an answer is noise."""
_NORMAL = 1.4826
NO_ANSWER, EXTREME = "no_answer", "extreme_surprise"
NO_ROOM, MISLED, EXTREME_LOSS = "no_room_for_answer", "ifd_above_one", "extreme_loss"
_OTHERS = "\x00others"


def rank_within(values: np.ndarray, category: pl.Series) -> np.ndarray:
    """The rank of each value within its category, (mean rank - 0.5) / rows: float64 above 0 and below 1.

    Equal values have one rank; not a number stays so and is not counted. Categories of fewer than LEAST_ROWS rows are
    one category.
    """
    frame = pl.DataFrame({"value": values, "category": category}).with_columns(pl.col("value").fill_nan(None))
    frame = frame.with_columns(
        category=pl.when(pl.len().over("category") < LEAST_ROWS)
        .then(pl.lit(_OTHERS))
        .otherwise(pl.col("category").cast(pl.String))
    )
    rank = (pl.col("value").rank("average") - 0.5) / pl.col("value").count()
    return frame.select(rank.over("category").cast(pl.Float64).fill_null(float("nan"))).to_series().to_numpy()


def combined(
    found: Mapping[str, np.ndarray], category: pl.Series, weights: Mapping[str, float] = WEIGHTS
) -> np.ndarray:
    """The weighted mean of the ranks of `found`'s columns, float64 from 0 to 1; not a number where one is missing.

    Any columns may be combined, a model's loss or a judge's score too. UsageError for a weight without a column, below
    0 or not finite, and where all are 0.
    """
    wrong = [f"{name} has no column" for name in weights if name not in found]
    wrong += [f"{name}: {one:g} is not a weight" for name, one in weights.items() if not 0 <= one < float("inf")]
    if wrong or not sum(weights.values()) > 0:
        raise UsageError(f"weights of difficulty: {'; '.join(wrong) or 'all are 0'}; columns are {', '.join(found)}")
    used = {name: one for name, one in weights.items() if one > 0}
    whole = sum(used.values())
    return np.asarray(sum(rank_within(found[name], category) * (one / whole) for name, one in used.items()))


def noise(nats_per_unit: np.ndarray, units: np.ndarray, category: pl.Series) -> pl.Series:
    """Why a row is noise and no hard row: NO_ANSWER, EXTREME or null.

    EXTREME: an answer of LEAST_UNITS units or more whose nats for each unit lie more than FAR deviations (1.4826 times
    the median absolute one, within the category) above the median: garble, or another language than the others.
    """
    known = np.where(units >= LEAST_UNITS, nats_per_unit, np.nan)
    return _reasons([(pl.Series(units == 0), NO_ANSWER), (_far(known, category), EXTREME)])


def noise_by_model(loss: np.ndarray, ifd: np.ndarray, category: pl.Series) -> pl.Series:
    """Why a row with these losses by a causal LM is noise and no hard row, or null.

    NO_ROOM: no loss, since nothing of the answer went into the model behind its instruction. MISLED: IFD above 1, the
    answer is likelier without its instruction, so they do not belong together (Li et al. 2023 leave such rows out).
    EXTREME_LOSS: a loss more than FAR deviations above the median of its category, as in `noise`.
    """
    none = pl.Series(np.isnan(ifd))
    return _reasons([(none, NO_ROOM), (_far(loss, category), EXTREME_LOSS), (pl.Series(ifd > 1), MISLED)])


def _far(values: np.ndarray, category: pl.Series) -> pl.Series:
    """Where a value lies more than FAR deviations above the median of its category; not a number does not."""
    frame = pl.DataFrame({"value": values, "category": category}).with_columns(pl.col("value").fill_nan(None))
    frame = frame.with_columns(off=pl.col("value") - pl.col("value").median().over("category"))
    spread = pl.col("off").abs().median().over("category") * _NORMAL
    return frame.select(((pl.col("off") > FAR * spread) & (spread > 0)).fill_null(value=False)).to_series()


def _reasons(found: Sequence[tuple[pl.Series, str]]) -> pl.Series:
    """By row the first reason whose mark is set, else null."""
    why = pl.lit(None, pl.String)
    for mark, reason in reversed(found):
        why = pl.when(pl.lit(mark)).then(pl.lit(reason)).otherwise(why)
    return pl.select(noise=why).to_series()


def score_batches(
    batches: Sequence[tuple[pa.Array, pa.Array, pa.Array]],
    lang: Sequence[str | None] | None = None,
    by_model: Mapping[str, np.ndarray] | None = None,
    weights: Mapping[str, float] | None = None,
) -> pl.DataFrame:
    """Rows (instruction, input, answer) in batches, each batch scored against all: FACETS, COUNTED, `nats_per_unit`,
    `units`, `category`, `difficulty` (null for noise) and `noise`, row for row in order.

    `by_model` has BY_MODEL by row over all batches: both become columns, and noise by them is noise too. `weights` are
    WEIGHTS by default, WEIGHTS_BY_MODEL with a model; any of these columns may have one. The category is the language
    (one for all when `lang`, by row over all batches, is None) and whether there is an input. Results do not depend on
    the batches nor on the order of rows.
    """
    asks, answers = Counts.none(), Counts.none()
    prepared = [prepare(*batch) for batch in batches]
    for one in prepared:
        asks.add(one.ask)
        answers.add(one.answer)
    if not prepared:
        raise UsageError("there is no row to score")
    parts = [facets(one, asks, answers) for one in prepared]
    found = {
        name: np.concatenate([part[name] for part in parts]) for name in (*FACETS, *COUNTED, "nats_per_unit", "units")
    }
    found |= {} if by_model is None else {name: by_model[name] for name in BY_MODEL}
    given = np.concatenate([one.given for one in prepared])
    category = categories(given, lang)
    why = noise(found["nats_per_unit"], found["units"], category)
    if by_model is not None:
        why = pl.select(pl.coalesce(why, noise_by_model(found["answer_loss"], found["ifd"], category))).to_series()
    quiet = why.is_null().to_numpy()
    kept = {name: np.where(quiet, values, np.nan) for name, values in found.items()}
    declared = weights or (WEIGHTS if by_model is None else WEIGHTS_BY_MODEL)
    columns = {**found, "category": category, "difficulty": combined(kept, category, declared), "noise": why}
    return pl.DataFrame(columns).with_columns(pl.selectors.float().fill_nan(None))


def categories(given: np.ndarray, lang: Sequence[str | None] | None) -> pl.Series:
    """The category of each row: `zh:input`, `zh:plain`, or `und:...` where the language is not known."""
    tongue = pl.Series(["und"] * len(given)) if lang is None else pl.Series(lang, dtype=pl.String)
    if len(tongue) != len(given):
        raise UsageError(f"{len(tongue)} languages for {len(given)} rows; give one for each")
    frame = pl.DataFrame({"lang": tongue, "given": given})
    form = pl.when("given").then(pl.lit(":input")).otherwise(pl.lit(":plain"))
    return frame.select(pl.col("lang").fill_null("und").replace("", "und") + form).to_series()
