"""What other bounds would have done to a finished run, from its stored signals: no Spark, no text, nothing written.

Only the verdicts of `decide` are made anew. Duplicates and tiers stay as the run left them: a record that comes back
may turn out to be a duplicate of one that stayed, and percentiles of tiers move a little.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from corpus import storage
from corpus.errors import UsageError
from corpus.identity import from_halves, repeated_id
from corpus.inspect import locate
from corpus.inspect.files import read_row
from corpus.inspect.locate import Address
from corpus.inspect.sample import mixed
from corpus.manifest import Part
from corpus.ruleset.change import Setting, changed
from corpus.ruleset.compile import verdicts
from corpus.ruleset.load import load_rules
from corpus.ruleset.model import DEMOTED, DROPPED, RuleSet
from corpus.rundir import RunDir
from corpus.slot import Committed, Table
from corpus.stages.decide import described
from corpus.standing import Standing

PREVIEW = 200
Kind = Literal["back", "gone", "raised", "demoted"]
KINDS: tuple[Kind, ...] = ("back", "gone", "raised", "demoted")
"""Dropped before and kept now, kept before and dropped now, demoted before and only now not, and the other way."""


@dataclass(frozen=True)
class Example:
    """One record whose verdict changes: the rule that decided (before, for records that come back), what it saw, what
    it keeps in the run (`was`) and with the changes (`bound`); None where the rule is not there."""

    doc_id: str
    source: str
    source_key: str
    rule: str
    value: float | None
    was: str | None
    bound: str | None
    preview: str


@dataclass(frozen=True)
class Change:
    """All records whose verdict changes in one way. `by_rule` counts each under the first rule that decided."""

    kind: Kind
    records: int
    by_rule: Mapping[str, int]
    by_source: Mapping[str, int]
    examples: tuple[Example, ...]


@dataclass(frozen=True)
class WhatIf:
    """The answer. `looked_at` are records that reached `decide`; `dropped` how many of them it drops, before and now;
    `by_rule` how many each rule drops now, counted as in the account."""

    looked_at: int
    dropped: tuple[int, int]
    by_rule: Mapping[str, int]
    changes: tuple[Change, ...]


def whatif(
    root: str,
    settings: Sequence[Setting] = (),
    disabled: Sequence[str] = (),
    rules: Sequence[str] = (),
    n: int = 10,
    seed: int = 0,
) -> WhatIf:
    """What `decide` would say of the run's records with other bounds, compared with what it said.

    The run's own rules are changed by `settings` and `disabled`; with `rules`, these rule sets and files are taken
    instead of the run's. `n` records of each kind of change are shown, chosen by their ids and the seed. Signals are
    read one part at a time. UsageError where a rule does not exist, where the run's rule files are no longer what the
    run used, and where a rule looks at a signal that the run did not measure.
    """
    run = RunDir.open(root)
    stages = run.need_published()
    base = load_rules(rules or run.settings.rules)
    if not rules:
        _same_rules(root, base, stages["decide"].manifest.details["rules"])
    new = changed(base, settings, disabled)
    _measured(root, new, stages["measure"])
    tally = _Tally(stages, new, n, seed, run.settings.kind)
    for part in stages["text"].manifest.parts:
        if part.rows:
            tally.add(part)
    return tally.answer()


def _same_rules(root: str, found: RuleSet, stored: Sequence[Mapping[str, Any]]) -> None:
    keys = ("id", "signal", "bound", "action", "applies")
    now = {rule.id: [_plain(described(rule)[key]) for key in keys] for rule in found.rules}
    then = {rule["id"]: [_plain(rule[key]) for key in keys] for rule in stored}
    if list(now) == list(then) and now == then:
        return
    other = sorted(name for name in {*now, *then} if now.get(name) != then.get(name))
    raise UsageError(
        f"{root}: its rule files are no longer what the run used ({', '.join(other[:5]) or 'their order changed'}"
        f"{', ...' if len(other) > 5 else ''}); repeat the `corpus run` command first, or name the rule sets to "
        "compare with (--rules)"
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return list(value) if isinstance(value, tuple) else value


def _measured(root: str, rules: RuleSet, measure: Committed) -> None:
    """UsageError when the rules look at signals that the run did not store."""
    files = measure.table("signals").files
    if not files:
        return
    with storage.open_read(storage.join(measure.slot.root, files[min(files)].path)) as stream:
        stored = set(pq.read_schema(stream).names)
    missing = [call.column for call in rules.calls if call.column not in stored]
    if missing:
        raise UsageError(
            f"{root}: did not measure {', '.join(missing)}, which these rules look at; name the rules in the pipeline "
            "(`rules:`) and repeat `corpus run`: that run reads the text once more, measures them and can be asked"
        )


class _Tally:
    """Counts and samples, fed part by part."""

    def __init__(self, stages: Mapping[str, Committed], rules: RuleSet, n: int, seed: int, kind: str) -> None:
        self.stages, self.rules, self.n, self.seed, self.kind = stages, rules, n, seed, kind
        self.stored: list[Mapping[str, Any]] = stages["decide"].manifest.details["rules"]
        self.standing = Standing(tuple(_sidecars(stages)))
        self.looked_at = 0
        self.dropped = [0, 0]
        self.by_rule: Counter[str] = Counter()
        self.kinds = {kind: _Kind() for kind in KINDS}

    def add(self, part: Part) -> None:
        """Old and new verdicts of one part."""
        frame = _frame(self.stages, part.number, self.rules).with_columns(kind=pl.lit(self.kind))
        stands = self.standing.mask(part.number, part.rows)
        new = verdicts(self.rules, frame)
        action = np.where(stands, new["action"].to_numpy(), 0)
        old = _Old.read(self.stages["decide"].table("decisions"), part)
        self.looked_at += int(stands.sum())
        self.dropped[0] += int((old.action == DROPPED).sum())
        self.dropped[1] += int((action == DROPPED).sum())
        first = new["first"].to_numpy()
        self._count(self.by_rule, [rule.id for rule in self.rules.rules], first[action == DROPPED])
        stays = (old.action < DROPPED) & (action < DROPPED)
        masks = {
            "back": (old.action == DROPPED) & (action < DROPPED),
            "gone": (old.action < DROPPED) & (action == DROPPED),
            "raised": stays & (old.action == DEMOTED) & (action < DEMOTED),
            "demoted": stays & (old.action < DEMOTED) & (action == DEMOTED),
        }
        for kind in KINDS:
            rows = np.flatnonzero(masks[kind])
            if rows.size:
                self._change(kind, part, rows, frame, new, old)

    def _change(
        self, kind: Kind, part: Part, rows: np.ndarray, frame: pl.DataFrame, new: pl.DataFrame, old: _Old
    ) -> None:
        into = self.kinds[kind]
        into.records += rows.size
        into.by_source.update(dict(frame["source"].gather(rows).value_counts().iter_rows()))
        before = kind in ("back", "raised")
        lists = old.of(rows) if before else new[rows]
        failed, values = lists["failed"].to_list(), lists["values"].to_list()
        names = [rule["id"] for rule in self.stored] if before else [rule.id for rule in self.rules.rules]
        actions = [rule["action"] for rule in self.stored] if before else [rule.otherwise for rule in self.rules.rules]
        wanted = "drop" if kind in ("back", "gone") else "demote"
        places = [next(at for at, rule in enumerate(rules) if actions[rule] == wanted) for rules in failed]
        decided = [rules[at] for rules, at in zip(failed, places, strict=True)]
        into.by_rule.update(names[rule] for rule in decided)
        order = mixed(frame["id0"].gather(rows).to_numpy(), frame["id1"].gather(rows).to_numpy(), self.seed)
        for at in np.argsort(order, kind="stable")[: self.n].tolist():
            seen = values[at][places[at]]
            into.chosen.append((int(order[at]), part.number, int(rows[at]), names[decided[at]], seen))
        into.chosen = heapq.nsmallest(self.n, into.chosen, key=lambda item: item[:3])

    @staticmethod
    def _count(into: Counter[str], names: Sequence[str], places: np.ndarray) -> None:
        for place, count in zip(*np.unique(places.astype(np.int64), return_counts=True), strict=True):
            into[names[int(place)]] += int(count)

    def answer(self) -> WhatIf:
        """Everything counted, with the text of the chosen records read."""
        return WhatIf(
            looked_at=self.looked_at,
            dropped=(self.dropped[0], self.dropped[1]),
            by_rule=_ordered(self.by_rule),
            changes=tuple(
                Change(
                    kind,
                    found.records,
                    _ordered(found.by_rule),
                    _ordered(found.by_source),
                    tuple(self._example(*item[1:]) for item in found.chosen),
                )
                for kind, found in self.kinds.items()
            ),
        )

    def _example(self, number: int, row: int, rule: str, value: float | None) -> Example:
        address = Address(number, row)
        text, keys = self.stages["text"].table("text"), self.stages["text"].table("keys")
        record = read_row(text.slot, text.files[number], row, ["source", "source_key", "text"])
        ids = read_row(keys.slot, keys.files[number], row, ["id0", "id1"])
        doc_id, rank = (
            from_halves(ids["id0"], ids["id1"]),
            locate.rank_of(self.stages["identify"].table("ids"), address),
        )
        place = self.rules.by_id.get(rule)
        return Example(
            doc_id=repeated_id(doc_id, rank) if rank else doc_id,
            source=record["source"],
            source_key=record["source_key"],
            rule=rule,
            value=value,
            was=next((item["bound"] for item in self.stored if item["id"] == rule), None),
            bound=None if place is None else str(self.rules.rules[place].keep_when),
            preview=record["text"][:PREVIEW],
        )


@dataclass
class _Kind:
    """One kind of change while it is counted; `chosen` are (order, part, row, rule, value)."""

    records: int = 0
    by_rule: Counter[str] = field(default_factory=Counter)
    by_source: Counter[str] = field(default_factory=Counter)
    chosen: list[tuple[int, int, int, str, float | None]] = field(default_factory=list)


@dataclass(frozen=True)
class _Old:
    """What the run decided of one part: the action of every row; `rows` that fail a rule, ascending, with the failing
    rules and what each saw."""

    action: np.ndarray
    rows: np.ndarray
    failing: pl.DataFrame

    @classmethod
    def read(cls, decisions: Table, part: Part) -> _Old:
        """The part's decisions; rows that fail nothing have action 0."""
        action = np.zeros(part.rows, np.int8)
        table = decisions.read(part.number, ["row", "action", "failed", "values"])
        if table is None:
            return cls(action, np.empty(0, np.int64), pl.DataFrame({"failed": [], "values": []}))
        frame: Any = pl.from_arrow(table)
        frame = frame.sort("row")
        rows = frame["row"].to_numpy()
        action[rows] = frame["action"].to_numpy()
        return cls(action, rows, frame.select("failed", "values"))

    def of(self, rows: np.ndarray) -> pl.DataFrame:
        """`failed` and `values` of rows that fail a rule."""
        return self.failing[np.searchsorted(self.rows, rows)]


def _frame(stages: Mapping[str, Committed], number: int, rules: RuleSet) -> pl.DataFrame:
    keys: Any = pl.from_arrow(stages["text"].table("keys").read(number, ["id0", "id1", "source", "lang"]))
    signals = stages["measure"].table("signals").read(number, [call.column for call in rules.calls])
    return keys if signals is None else keys.hstack(pl.from_arrow(signals))


def _sidecars(stages: Mapping[str, Committed]) -> list[Table]:
    """Tables with an `ok` column: one file a text part, written by the stages between the text and identify."""
    names = list(stages)
    between = [stages[name] for name in names[names.index("text") + 1 : names.index("identify")]]
    named = [(stage, {file.table for file in stage.manifest.files()} - {"failed"}) for stage in between]
    return [stage.table(table) for stage, tables in named for table in sorted(tables)]


def _ordered(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
