"""From rules and signal columns to verdicts: expressions over columns, never a look at the text."""

from __future__ import annotations

from functools import reduce
from operator import or_

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.errors import ContractError
from corpus.ruleset.model import CHARS, DROPPED, SEVERITY, Applies, Bound, Rule, RuleSet

DEFAULT_KIND = "document"
_MOST_TURNS = 32_767
VERDICTS = {
    "action": pl.Int8(),
    "first": pl.Int16(),
    "failed": pl.List(pl.Int16()),
    "values": pl.List(pl.Float32()),
    "turns": pl.List(pl.Int16()),
}


def verdicts(ruleset: RuleSet, frame: pl.DataFrame) -> pl.DataFrame:
    """What the rules say of each record, in the order of the rows.

    `frame` has a column for each of `ruleset.calls`, and `lang` and `source` (and `kind`, else all are documents).
    Columns of the answer: `action` (0 keep, 1 flag, 2 demote, 3 drop: the worst of all failing rules), `first` (the
    place in rule-set order of the first failing rule that drops, else null), `failed` (the places of all failing
    rules, ascending), `values` (what each of them saw; null for a label) and `turns` (the number of the turn that
    each of them saw it in, from 1; null where it looks at no single turn). A null or NaN signal fails no rule.
    Bounds are compared in the precision of the column, so a ratio stored as float32 0.3 is within `max: 0.3`.
    """
    missing = [call.column for call in ruleset.calls if call.column not in frame.columns]
    missing += [name for name in ("lang", "source") if name not in frame.columns]
    if missing:
        raise ContractError(f"verdicts: needs columns that are not there: {', '.join(missing)}")
    rows = frame.height
    action = np.zeros(rows, np.int8)
    first = np.full(rows, -1, np.int16)
    found: list[tuple[int, np.ndarray, pl.Series, pl.Series]] = []
    checked = _prepared(frame).select(
        [failing(rule, frame.schema[rule.signal.column]).alias(str(index)) for index, rule in enumerate(ruleset.rules)]
    )
    for index in reversed(range(len(ruleset.rules))):
        rule, failed = ruleset.rules[index], np.flatnonzero(checked[str(index)].to_numpy())
        if not failed.size:
            continue
        action[failed] = np.maximum(action[failed], SEVERITY[rule.otherwise])
        if SEVERITY[rule.otherwise] == DROPPED:
            first[failed] = index
        seen = frame[rule.signal.column].gather(failed)
        found.append((index, failed, seen, _turns(rule, frame, failed)))
    lists = _lists(found[::-1], rows)
    return pl.DataFrame(
        {
            "action": pl.Series(action),
            "first": pl.select(pl.when(pl.Series(first) >= 0).then(pl.Series(first))).to_series(),
            "failed": lists[0],
            "values": lists[1],
            "turns": lists[2],
        },
        schema=VERDICTS,
    )


def failing(rule: Rule, dtype: pl.DataType) -> pl.Expr:
    """Whether a record fails `rule`: never null. `dtype` is the type of the signal's column."""
    return (outside(rule.signal.column, dtype, rule.keep_when) & concerned(rule.applies)).fill_null(False)


def outside(column: str, dtype: pl.DataType, bound: Bound) -> pl.Expr:
    """Whether the value is not within `bound`; null or false where there is no value."""
    value = pl.col(column)
    if dtype.is_float():
        value = value.fill_nan(None)
    tests: list[pl.Expr] = []
    if bound.min is not None:
        tests.append(value < _literal(bound.min, dtype))
    if bound.max is not None:
        tests.append(value > _literal(bound.max, dtype))
    if bound.allowed:
        tests.append(~value.cast(pl.String).is_in(list(bound.allowed)))
    if bound.refused:
        tests.append(value.cast(pl.String).is_in(list(bound.refused)))
    return reduce(or_, tests, pl.lit(False))


def concerned(applies: Applies) -> pl.Expr:
    """Whether a rule or condition looks at a record; `lang` has been folded to its primary subtag."""
    test = pl.lit(True)
    for name, wanted in (("lang", applies.lang), ("source", applies.source), ("kind", applies.kind)):
        if wanted:
            test = test & pl.col(name).is_in(list(wanted))
    if applies.min_chars is not None:
        test = test & (pl.col(CHARS.column) >= applies.min_chars)
    if applies.max_chars is not None:
        test = test & (pl.col(CHARS.column) <= applies.max_chars)
    return test


def primary_lang() -> pl.Expr:
    """The language without region and script, lower-case: `zh` for `zh-Hant-TW` and `zh_CN`."""
    return pl.col("lang").cast(pl.String).str.to_lowercase().str.extract(r"^([a-z]+)")


def _prepared(frame: pl.DataFrame) -> pl.DataFrame:
    kind = pl.col("kind").cast(pl.String) if "kind" in frame.columns else pl.lit(DEFAULT_KIND)
    return frame.with_columns(primary_lang().alias("lang"), pl.col("source").cast(pl.String), kind.alias("kind"))


def _literal(number: float, dtype: pl.DataType) -> pl.Expr:
    return pl.lit(number, dtype=dtype) if dtype.is_float() else pl.lit(float(number))


def _turns(rule: Rule, frame: pl.DataFrame, failed: np.ndarray) -> pl.Series:
    """The number of the turn that decided, of each failing row."""
    if not rule.signal.by_turn:
        return pl.Series([None], dtype=pl.Int16).new_from_index(0, len(failed))
    return frame[rule.signal.place.column].gather(failed).clip(upper_bound=_MOST_TURNS).cast(pl.Int16)


def _lists(
    found: list[tuple[int, np.ndarray, pl.Series, pl.Series]], rows: int
) -> tuple[pl.Series, pl.Series, pl.Series]:
    """Rule places, values and turns of each row, from (rule, failing rows, values, turns) in rule order."""
    counts = np.zeros(rows, np.int64)
    for _, failed, _, _ in found:
        counts[failed] += 1
    offsets = pa.array(np.concatenate([[0], np.cumsum(counts)]), pa.int32())
    where = np.concatenate([failed for _, failed, _, _ in found]) if found else np.empty(0, np.int64)
    order = np.argsort(where, kind="stable")
    places = np.repeat(
        np.array([index for index, _, _, _ in found], np.int16), [failed.size for _, failed, _, _ in found] or 0
    )
    seen = pl.concat([_numbers(values) for _, _, values, _ in found] or [pl.Series([], dtype=pl.Float32)]).gather(order)
    turns = pl.concat([turn for _, _, _, turn in found] or [pl.Series([], dtype=pl.Int16)]).gather(order)
    return (
        pl.Series("failed", pa.ListArray.from_arrays(offsets, pa.array(places[order], pa.int16()))),
        pl.Series("values", pa.ListArray.from_arrays(offsets, seen.to_arrow())),
        pl.Series("turns", pa.ListArray.from_arrays(offsets, turns.to_arrow())),
    )


def _numbers(values: pl.Series) -> pl.Series:
    return values.cast(pl.Float32) if values.dtype.is_numeric() else pl.Series([None] * values.len(), dtype=pl.Float32)
