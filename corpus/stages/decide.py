"""Verdicts: the rules applied to stored signals. Re-runs in seconds when a threshold changes; never sees the text."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.manifest import Part, Receipt, RowAccount, add_counts
from corpus.parts import Task
from corpus.ruleset.compile import DEFAULT_KIND, verdicts
from corpus.ruleset.model import DROPPED, Rule, RuleSet
from corpus.slot import Attempt, PartWriters, Table
from corpus.standing import Standing

DECISIONS = pa.schema(
    [
        pa.field("row", pa.int32()),
        pa.field("id0", pa.int64()),
        pa.field("id1", pa.int64()),
        pa.field("removed", pa.bool_()),
        pa.field("action", pa.int8()),
        pa.field("first", pa.int16()),
        pa.field("failed", pa.list_(pa.int16())),
        pa.field("values", pa.list_(pa.float32())),
        pa.field("turns", pa.list_(pa.int16())),
    ]
)
"""One row for each record that fails a rule: all failing rules by their place in the rule set, with the values, and of
rules that look at single turns the number of the turn, from 1."""

IDENTITY = ("id0", "id1", "removed", "action", "failed", "values")


@dataclass(frozen=True)
class Decide:
    """Applies a rule set to the signals of one part."""

    rules: RuleSet
    keys: Table
    signals: Table
    standing: Standing
    attempt: Attempt
    kind: str = DEFAULT_KIND
    name: ClassVar[str] = "decide"
    version: ClassVar[int] = 2

    def __call__(self, task: Task[Part]) -> list[Receipt]:
        """Write the part's decisions; the account counts a dropped row under its first failing rule."""
        part = task.payload
        frame = self._frame(part)
        found = verdicts(self.rules, frame).with_columns(frame["id0", "id1"])
        standing = pl.Series(self.standing.mask(part.number, part.rows))
        failing = (
            found.with_row_index("row")
            .filter(standing & (pl.col("action") > 0))
            .with_columns(removed=pl.col("action") == DROPPED)
            .select(DECISIONS.names)
        )
        writers = PartWriters(self.attempt, part.number)
        if failing.height:
            writers.write("decisions", failing.to_arrow().cast(DECISIONS), digest=IDENTITY)
        dropped = failing.filter(pl.col("removed"))["first"].value_counts()
        by_rule = {self.rules.rules[index].id: count for index, count in dropped.iter_rows()}
        rows_in = int(standing.sum())
        account = RowAccount(rows_in=rows_in, kept=rows_in - sum(by_rule.values()), dropped=add_counts([by_rule]))
        files = writers.close()
        return [
            Receipt(
                key=task.key,
                parts=(Part(number=part.number, rows=failing.height, files=files),) if files else (),
                accounts={self.name: account},
                digests=writers.digests(),
                counts={"failing": self._failing(failing), "sources": self._by_source(frame, failing, standing)},
            )
        ]

    def _frame(self, part: Part) -> pl.DataFrame:
        keys = self.keys.read(part.number, ["id0", "id1", "source", "lang"])
        signals = self.signals.read(part.number, [call.column for call in self.rules.calls])
        frame: Any = pl.DataFrame(keys).with_columns(kind=pl.lit(self.kind))
        return frame if signals is None else frame.hstack(pl.from_arrow(signals))

    def _failing(self, failing: pl.DataFrame) -> dict[str, int]:
        """How many rows fail each rule, whether it decided or not."""
        indices = failing["failed"].explode(empty_as_null=False).drop_nulls().to_numpy()
        totals = np.bincount(indices.astype(np.int64), minlength=len(self.rules.rules))
        return {rule.id: int(total) for rule, total in zip(self.rules.rules, totals, strict=True) if total}

    @staticmethod
    def _by_source(frame: pl.DataFrame, failing: pl.DataFrame, standing: pl.Series) -> dict[str, int]:
        """Rows in and rows dropped of each source, for reports and guards."""
        rows_in = frame["source"].filter(standing).value_counts()
        dropped = frame["source"].gather(failing.filter(pl.col("removed"))["row"]).value_counts()
        counts = {f"{source}:in": count for source, count in rows_in.iter_rows()}
        return counts | {f"{source}:dropped": count for source, count in dropped.iter_rows()}


def described(rule: Rule) -> dict[str, Any]:
    """What the manifest keeps of a rule, so that a verdict can be explained after the rule file has changed."""
    return {
        "id": rule.id,
        "signal": rule.signal.column,
        "bound": str(rule.keep_when),
        "action": rule.otherwise,
        "applies": asdict(rule.applies),
        "reason": rule.reason,
        "at": str(rule.at),
    }
