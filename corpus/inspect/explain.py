"""Why a record is where it is: what every rule saw of it, which record survived instead, why it could not be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow.compute as pc

from corpus import removals
from corpus.config import Select
from corpus.errors import UsageError
from corpus.inspect import locate
from corpus.inspect.contamination import Contained, contained_in
from corpus.inspect.cut import Cut, cuts_of, emptied
from corpus.inspect.files import read_row
from corpus.inspect.locate import Address
from corpus.kernels.signal import PLACE, TURN_VIEWS
from corpus.quarantine import Reason
from corpus.ruleset.model import Applies
from corpus.rundir import RunDir
from corpus.slot import Committed, Table
from corpus.stages.verdicts import named

PREVIEW = 200
SELECTED = {
    "select.language": "languages",
    "select.url": "urls",
    "select.date": "dates",
    "select.keyword": "keywords",
    "select.sample": "sample",
}
"""The part of the pipeline's `select` behind each reason."""

Outcome = Literal["kept", "dropped", "merged", "quarantined"]
Value = float | int | str | None


@dataclass(frozen=True)
class Looked:
    """A rule that looked at the record: what it saw, what it allows, what it is for and where it stands."""

    rule: str
    value: Value
    bound: str
    failed: bool
    action: str
    reason: str
    at: str
    signal: str
    turn: int | None = None


@dataclass(frozen=True)
class Survivor:
    """The record that is kept in place of a duplicate."""

    doc_id: str
    source: str
    source_key: str
    preview: str
    similarity: float = 1.0


@dataclass(frozen=True)
class Explanation:
    """Everything a run knows about one record.

    `rules` are those that looked at it, failing ones first; `reasons` are the ids of the failing ones or the reason of
    another stage. `path`, `ordinal` and `detail` belong to a quarantined record; `tier`, `cluster_size` and `cuts`
    (what was taken out of its text) to a kept one.
    """

    outcome: Outcome
    stage: str
    source: str
    source_key: str | None
    doc_id: str | None = None
    lang: str | None = None
    reasons: tuple[str, ...] = ()
    tier: str | None = None
    cluster_size: int = 1
    cuts: tuple[Cut, ...] = ()
    contains: tuple[Contained, ...] = ()
    rules: tuple[Looked, ...] = ()
    survivor: Survivor | None = None
    path: str | None = None
    ordinal: int | None = None
    detail: str | None = None
    preview: str | None = None


def explain(root: str, wanted: str) -> list[Explanation]:
    """What became of the record with this doc_id, or of every record with this key of its source.

    Reads narrow columns and single rows, never the data set. UsageError when the run has no such record.
    """
    run = RunDir.open(root)
    stages = run.need_published()
    found = [_explain(stages, address, run.settings.kind) for address in locate.addresses(stages, wanted)]
    found += [_unselected(item, run.settings.select) for item in locate.unselected(stages, wanted)]
    if not found or not locate.is_id(wanted):
        found += [_quarantined(item) for item in locate.quarantined(stages, wanted) if not _told(item, found)]
    if not found:
        raise UsageError(
            f"{root}: has no record {wanted!r}; give a doc_id (32 hex digits) or a source_key, as they stand in "
            "dataset/, rejected/ and quarantine/ (path#ordinal for records without an id of their own)"
        )
    return found


def _told(item: Mapping[str, Any], found: list[Explanation]) -> bool:
    """A row on which a kernel failed has an address and a quarantine row; one is enough."""
    return item["stage"] != "ingest" and any(
        other.outcome == "quarantined" and (other.source, other.source_key) == (item["source"], item["source_key"])
        for other in found
    )


def _explain(stages: Mapping[str, Committed], address: Address, kind: str) -> Explanation:
    text, keys = stages["text"].table("text"), stages["text"].table("keys")
    record = _row(text, address, ["source", "source_key", "lang", "text"])
    ids = _row(keys, address, ["id0", "id1"])
    common: dict[str, Any] = {
        "doc_id": named(ids["id0"], ids["id1"], locate.rank_of(stages["identify"].table("ids"), address)),
        "source": record["source"],
        "source_key": record["source_key"],
        "lang": record["lang"],
        "preview": record["text"][:PREVIEW],
    }
    for stage in stages.values():
        failure = _sparse(stage.table("failed"), address)
        if failure is not None:
            lost: tuple[str, ...] = (Reason.KERNEL,)
            return Explanation("quarantined", failure["stage"], reasons=lost, detail=failure["detail"], **common)
    decision = _sparse(stages["decide"].table("decisions"), address)
    failed = decision["failed"] if decision else []
    rules = looked_at(stages, address, (record["source"], record["lang"], kind), failed)
    if decision is not None and decision["removed"]:
        reasons = tuple(rule.rule for rule in rules if rule.failed)
        return Explanation("dropped", "decide", reasons=reasons, rules=rules, **common)
    size = 1
    for marks in removals.merging(stages):
        duplicate = _sparse(marks.table, address)
        if duplicate is None:
            continue
        size = duplicate["cluster_size"]
        if duplicate["removed"]:
            for later in removals.moved(stages):
                duplicate |= _sparse(later, address) or {}
            why, survivor = (str(marks.by.reason),), _survivor(stages, duplicate)
            return Explanation("merged", marks.by.stage, reasons=why, rules=rules, survivor=survivor, **common)
    contains = contained_in(stages, address)
    by = emptied(stages, address)
    if by is not None:
        why = (str(by.reason),)
        return Explanation("dropped", by.stage, reasons=why, rules=rules, contains=contains, **common)
    told: dict[str, Any] = {"cuts": cuts_of(stages, address), "contains": contains, "rules": rules}
    return Explanation("kept", "publish", tier=_tier(stages, address), cluster_size=size, **told, **common)


def looked_at(
    stages: Mapping[str, Committed], address: Address, of: tuple[str, str | None, str], failed: list[int]
) -> tuple[Looked, ...]:
    """Every rule that applies to a record `of` a source, language and kind, with the stored value; failing rules first,
    else in rule-set order."""
    import polars as pl

    from corpus.ruleset.compile import concerned, primary_lang

    rules = stages["decide"].manifest.details["rules"]
    if not rules:
        return ()
    source, lang, kind = of
    signals = stages["measure"].table("signals").files[address.part]
    values = read_row(stages["measure"].slot, signals, address.row, _columns(rules))
    frame = pl.DataFrame({name: [value] for name, value in values.items()}).with_columns(
        pl.lit(lang, pl.String).alias("lang"), pl.lit(source).alias("source"), pl.lit(kind).alias("kind")
    )
    frame = frame.with_columns(primary_lang().alias("lang"))
    applies = [_applies(rule["applies"]) for rule in rules]
    concerns = frame.select([concerned(item).alias(str(index)) for index, item in enumerate(applies)]).row(0)
    found = [
        Looked(
            rule=rule["id"],
            value=values[rule["signal"]],
            bound=rule["bound"],
            failed=index in failed,
            action=rule["action"],
            reason=rule["reason"],
            at=rule["at"],
            signal=rule["signal"],
            turn=values.get(_place(rule["signal"])),
        )
        for index, rule in enumerate(rules)
        if concerns[index] or index in failed
    ]
    return tuple(sorted(found, key=lambda rule: not rule.failed))


def _applies(stored: Mapping[str, Any]) -> Applies:
    return Applies(
        lang=tuple(stored["lang"]),
        source=tuple(stored["source"]),
        kind=tuple(stored["kind"]),
        min_chars=stored["min_chars"],
        max_chars=stored["max_chars"],
    )


def _columns(rules: list[dict[str, Any]]) -> list[str]:
    lengths = any(rule["applies"]["min_chars"] or rule["applies"]["max_chars"] for rule in rules)
    by_turn = {_place(rule["signal"]) for rule in rules} - {""}
    return sorted({rule["signal"] for rule in rules} | by_turn | ({"chars"} if lengths else set()))


def _place(signal: str) -> str:
    """The column with the number of the turn that a signal of single turns was worst in; empty for any other."""
    view, _, name = signal.partition(":")
    return f"{view}.{PLACE}:{name}" if name and view.partition(".")[0] in TURN_VIEWS else ""


def _survivor(stages: Mapping[str, Committed], duplicate: Mapping[str, Any]) -> Survivor:
    id0, id1, rank = (duplicate[name] for name in ("survivor0", "survivor1", "survivor_rank"))
    tables = [marks.table for marks in reversed(removals.merging(stages))]
    address = next((found for table in tables if (found := locate.find_survivor(table, id0, id1, rank))), None)
    record = {"source": "", "source_key": "", "text": ""}
    if address is not None:
        record = _row(stages["text"].table("text"), address, list(record))
    doc_id, similarity = named(id0, id1, rank), float(duplicate["similarity"])
    return Survivor(doc_id, record["source"], record["source_key"], record["text"][:PREVIEW], similarity)


def _tier(stages: Mapping[str, Committed], address: Address) -> str:
    place = _row(stages["tier"].table("tiers"), address, ["tier"])["tier"]
    return str(stages["tier"].manifest.details["tiers"][place])


def _unselected(item: Mapping[str, Any], wanted: Select) -> Explanation:
    """The criterion it did not meet, told like a rule: its bound is what the pipeline says."""
    name = SELECTED[item["reasons"][0]]
    said = wanted.model_dump(mode="json", by_alias=True, exclude_defaults=True).get(name, {})
    criterion = Looked(
        rule=item["reasons"][0],
        value=item["lang"] if name == "languages" else None,
        bound=" and ".join(_asked(key, value) for key, value in said.items()),
        failed=True,
        action="drop",
        reason="the pipeline does not ask for it",
        at=f"select.{name} of the pipeline",
        signal="lang" if name == "languages" else name,
    )
    return Explanation(
        "dropped",
        item["stage"],
        item["source"],
        item["source_key"],
        doc_id=item["doc_id"],
        lang=item["lang"],
        reasons=tuple(item["reasons"]),
        rules=(criterion,),
    )


def _asked(key: str, value: Any) -> str:
    words = {"include": "one of", "exclude": "none of"}
    return f"{words.get(key, key)} {', '.join(value) if isinstance(value, list) else value}"


def _quarantined(item: Mapping[str, Any]) -> Explanation:
    located = bool(item["path"])
    return Explanation(
        "quarantined",
        item["stage"],
        item["source"],
        item["source_key"],
        reasons=(item["reason"],),
        path=item["path"] if located else None,
        ordinal=item["ordinal"] if located and item["ordinal"] >= 0 else None,
        detail=item["detail"],
    )


def _row(table: Table, address: Address, columns: list[str]) -> dict[str, Any]:
    return read_row(table.slot, table.files[address.part], address.row, columns)


def _sparse(table: Table, address: Address) -> dict[str, Any] | None:
    """The row of a sparse table that is about this record, if any."""
    rows = table.read(address.part)
    if rows is None:
        return None
    found = rows.filter(pc.equal(rows.column("row"), address.row)).to_pylist()
    return dict(found[0]) if found else None
