"""Line rules applied: lines and paragraphs that fail one are cut, before anything is measured on the text."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.kernels.catalogue import measure
from corpus.kernels.cut import cut_spans
from corpus.kernels.units import Units, units_of
from corpus.ruleset.compile import DEFAULT_KIND, concerned, outside, primary_lang
from corpus.ruleset.lines import SCOPES, LineRule
from corpus.ruleset.model import Applies, RuleSet
from corpus.schema import Contract
from corpus.stage import COUNTED

_NONE = np.iinfo(np.int32).max


@dataclass(frozen=True)
class LineRules:
    """The rules for lines, then those for paragraphs of what the first have left. Code fences stay as they are.

    A line that fails several rules is counted under the first, as `id.lines` and, in characters, `id.characters`. A
    text may lose all its lines; it is empty then, and whether the record goes is for the rules of records to say.
    """

    rules: tuple[LineRule, ...]
    name: ClassVar[str] = "line-rules"
    version: ClassVar[int] = 1
    contract: ClassVar[Contract] = Contract(
        reads={"text": pa.large_string(), "lang": pa.string(), "source": pa.string()},
        adds={"text": pa.large_string()},
    )

    def settings(self) -> Any:
        """What of every rule decides."""
        return [rule.essence() for rule in self.rules]

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch with its texts cut, and the counts of that."""
        records = _records(batch)
        text = batch.column("text")
        counts: dict[str, np.ndarray] = {}
        for scope in SCOPES:
            rules = [rule for rule in self.rules if rule.scope == scope]
            if rules:
                text, some = _apply(text, units_of(text, scope), rules, records)
                counts |= some
        batch = batch.set_column(batch.schema.names.index("text"), batch.schema.field("text"), text)
        for name, many in counts.items():
            batch = batch.append_column(f"{COUNTED}{name}", pa.array(many, pa.int32()))
        return batch


def _records(batch: pa.RecordBatch) -> pl.DataFrame:
    """What rules may ask of a record."""
    columns = {name: pl.Series(batch.column(name), dtype=pl.String) for name in ("lang", "source")}
    return pl.DataFrame(columns).with_columns(primary_lang().alias("lang"), pl.lit(DEFAULT_KIND).alias("kind"))


def _apply(
    text: pa.Array, units: Units, rules: list[LineRule], records: pl.DataFrame
) -> tuple[pa.Array, dict[str, np.ndarray]]:
    """The texts without the units that fail a rule; by rule, and by row, how many went and how long they were."""
    row = units.row
    first = first_failing(units, row, rules, records)
    cut = np.flatnonzero(first != _NONE)
    if not len(cut):
        return text, {}
    at, which = row[cut], first[cut]
    origin = units.offsets[at]
    text, lost = cut_spans(text, at, units.begins[cut] - origin, units.stops[cut] - origin)
    counts: dict[str, np.ndarray] = {}
    for index in np.unique(which):
        of, name = which == index, rules[index].id
        counts[f"{name}.lines"] = np.bincount(at[of], minlength=len(text))
        counts[f"{name}.characters"] = np.bincount(at[of], lost[of], minlength=len(text)).astype(np.int64)
    return text, counts


def first_failing(units: Units, row: np.ndarray, rules: list[LineRule], records: pl.DataFrame) -> np.ndarray:
    """For each unit the place of the first rule it fails, a number above all places for none; int32.

    Signals are measured for the units alone that a rule looks at: rules that apply to the same share one measurement,
    and a bound on the length keeps long lines, which are most of a text, from being looked at.
    """
    first = np.full(len(row), _NONE, np.int32)
    groups: dict[Applies, list[int]] = {}
    for index, rule in enumerate(rules):
        groups.setdefault(rule.applies, []).append(index)
    for applies, indices in groups.items():
        wanted = ~units.code & (first > indices[0])
        if applies.min_chars is not None:
            wanted &= units.chars >= applies.min_chars
        if applies.max_chars is not None:
            wanted &= units.chars <= applies.max_chars
        if applies.lang or applies.source or applies.kind:
            of_record = replace(applies, min_chars=None, max_chars=None)
            mask = records.select(concerned(of_record).fill_null(False).alias("mask"))["mask"].to_numpy()
            wanted &= mask[row]
        which = np.flatnonzero(wanted)
        if not len(which):
            continue
        calls = RuleSet(tuple(rules[index] for index in indices)).calls
        measured = measure(pa.RecordBatch.from_arrays([units.texts(which)], names=["text"]), calls)
        frame: Any = pl.from_arrow(measured)
        failed = frame.select(
            outside(rules[index].signal.column, frame.schema[rules[index].signal.column], rules[index].keep_when)
            .fill_null(False)
            .alias(str(index))
            for index in indices
        )
        for index in reversed(indices):
            hit = which[failed[str(index)].to_numpy()]
            first[hit] = np.minimum(first[hit], index)
    return first
