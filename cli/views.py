"""What the reading commands show to people: one function a command, made of lines and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cli import render
from cli.contamination_view import contained
from cli.progress import DOES, clock
from cli.render import number, out, preview, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corpus.doctor import Finding
    from corpus.inspect.explain import Explanation, Looked
    from corpus.inspect.plan import Plan
    from corpus.inspect.sample import Sampled
    from corpus.inspect.stats import RunStats
    from corpus.inspect.status import StageStatus, Status

LISTED, SIGNAL, RULES = 12, 36, 3


def plan(found: Plan) -> None:
    """Input, rules, tiers and stages of a pipeline."""
    out(f"pipeline  {found.name}")
    out()
    total = sum(source.bytes for source in found.sources)
    rows = [
        (item.name, number(item.files), number(item.splits), render.size(item.bytes), ", ".join(item.formats))
        for item in found.sources
    ]
    table(("source", "files", "splits", "size", "formats"), rows)
    out()
    out(f"input     {render.size(total)} in {sum(source.splits for source in found.sources)} splits")
    out(f"rules     {_some(found.rules)}")
    out(f"signals   {len(found.signals)}")
    out(f"tiers     {', '.join(found.tiers)}")
    out()
    _stages(found.stages)


def status(found: Status) -> None:
    """How far every stage is."""
    if found.running is not None:
        out(f"running    pid {found.running.pid}, log {found.running.log}")
    out(f"published  {'yes' if found.published else 'not yet: repeat the command to finish'}")
    out()
    _stages(found.stages)


def _stages(stages: Sequence[StageStatus]) -> None:
    table(("stage", "", "state", "kept"), [(item.name, DOES.get(item.name, ""), *_state(item)) for item in stages])


def _state(stage: StageStatus) -> tuple[str, str]:
    if stage.state == "committed" and stage.account is not None:
        took = f", {clock(stage.seconds)}" if stage.seconds is not None else ""
        return f"committed{took}", f"{stage.account.kept:,} of {stage.account.rows_in:,}"
    if stage.state == "working":
        of = f"{stage.done} of {stage.units}" if stage.units is not None else str(stage.done)
        return f"{of} receipts", ""
    return "not begun", ""


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:LISTED])
    return f"{len(names)}: {shown}{', ...' if len(names) > LISTED else ''}" if names else "none"


def explanations(found: Sequence[Explanation]) -> None:
    """One paragraph a record."""
    for index, item in enumerate(found):
        if index:
            out()
        _explanation(item)


def _explanation(item: Explanation) -> None:
    out(f"{item.doc_id or '(no id)'}  {_fate(item)}")
    rows: list[tuple[str, str]] = [("source", item.source)]
    rows += [("key", item.source_key)] if item.source_key else []
    rows += [("language", item.lang)] if item.lang else []
    rows += [("file", item.path)] if item.path else []
    rows += [("offset", f"{item.ordinal:,}")] if item.ordinal is not None else []
    rows += [("detail", item.detail)] if item.detail else []
    rows += [("text", preview(item.preview))] if item.preview else []
    if item.survivor is not None:
        rows.append(("survivor", f"{item.survivor.doc_id}  similarity {item.survivor.similarity:.3f}"))
        rows.append(("", f"{item.survivor.source}  {item.survivor.source_key}"))
        rows.append(("", preview(item.survivor.preview)))
    table(None, rows, indent="  ")
    if item.contains:
        out("  holds benchmark items")
        contained(item.contains, "    ")
    if item.cuts:
        out("  cut from the text")
        cut = [(one.reason, f"in {one.documents:,} records", preview(one.text)) for one in item.cuts]
        table(None, cut, indent="    ")
    failing = [rule for rule in item.rules if rule.failed]
    if failing:
        out("  fails")
        for rule in failing:
            out(f"    {rule.rule}  {_saw(rule)}, keeps {rule.bound}  ({rule.action}, {rule.at})")
            out(f"      {rule.reason}")
    if item.outcome != "dropped" and len(failing) < len(item.rules):
        out("  passes")
        rest = [
            (rule.rule, preview(rule.signal, SIGNAL), number(rule.value), f"keeps {rule.bound}", rule.at)
            for rule in item.rules
            if not rule.failed
        ]
        table(None, rest, indent="    ")


def _fate(item: Explanation) -> str:
    match item.outcome:
        case "kept":
            others = f", survivor of {item.cluster_size} records" if item.cluster_size > 1 else ""
            return f"kept in tier {item.tier}{others}"
        case "merged":
            return f"merged by {item.stage}: {', '.join(item.reasons)}"
        case _:
            return f"{item.outcome} by {item.stage}: {', '.join(item.reasons)}"


def _saw(rule: Looked) -> str:
    signal = preview(rule.signal, SIGNAL)
    where = f" in turn {rule.turn}" if rule.turn is not None else ""
    return f"{signal} = {number(rule.value)}{where}" if rule.value is not None else f"{signal} has no value"


def samples(found: Sequence[Sampled]) -> None:
    """Kept records by tier, removed ones by reason, with the beginning of the text."""
    for kind in ("kept", "removed"):
        some = [item for item in found if item.which == kind]
        if some:
            out(kind)
        for item in some:
            out(f"  {item.doc_id}  {item.source}  {_where(item)}")
            for line in _failures(item):
                out(f"    {line}")
            if item.stage != "select":
                out(f"    {preview(item.preview) or '(no text)'}")
    if not found:
        out("no such record")


def _where(item: Sampled) -> str:
    if item.which == "kept":
        return f"tier {item.tier}, {number(item.characters)} characters"
    if item.survivor:
        return f"{', '.join(item.reasons)} of {item.survivor}"
    return f"dropped by {item.stage}" if item.bounds else ", ".join(item.reasons)


def _failures(item: Sampled) -> list[str]:
    lines = [
        f"{reason}  {'' if value is None else f'{number(value)}, '}keeps {bound}"
        for reason, value, bound in zip(item.reasons, item.values, item.bounds, strict=bool(item.bounds))
    ]
    more = len(lines) - RULES
    return lines if more <= 1 else [*lines[:RULES], f"and {more} more rules"]


def stats(found: RunStats) -> None:
    """Accounts, published counts, failing rules and signals."""
    out("by stage")
    stages = [
        (name, number(item.rows_in), number(item.kept), number(item.removed), _reasons(item))
        for name, item in found.accounts.items()
    ]
    table(("stage", "in", "kept", "removed", "most"), stages, indent="  ")
    out("\nby source" if found.sources else "\nnothing was read")
    columns = sorted({stage for item in found.sources for stage in item.removed})
    sources = [
        (
            item.source,
            number(item.read),
            number(item.published),
            *(number(item.removed.get(name, 0)) for name in columns),
        )
        for item in found.sources
    ]
    table(("source", "read", "published", *columns), sources, indent="  ")
    out(f"\npublished{f' by {found.by}' if found.by else ''}")
    groups = [(item.group, number(item.rows), number(item.characters), number(item.tokens)) for item in found.published]
    table((found.by or "", "records", "characters", "tokens"), groups, indent="  ")
    failing = [item for item in found.failing if item.failing]
    if failing:
        out("\nrules that fail")
        rows = [(item.rule, number(item.failing), number(item.counted), item.action, item.bound) for item in failing]
        table(("rule", "records", "counted", "action", "keeps"), rows, indent="  ")
    if found.cuts:
        out("\ncut from published texts")
        cut = [
            (item.source, item.reason, *map(number, (item.records, item.spans, item.characters))) for item in found.cuts
        ]
        table(("source", "reason", "records", "spans", "characters"), cut, indent="  ")
    if found.frequent:
        out("\nlines that most records hold")
        held = [(number(item.documents), preview(item.example)) for item in found.frequent]
        table(("records", "line"), held, indent="  ")
    if found.signals:
        out("\nsignals of all records read")
        spread = [
            (
                preview(item.signal, SIGNAL),
                *([item.group] if found.by else []),
                *(number(value) for value in (item.count, item.min, item.q1, item.median, item.q3, item.max)),
            )
            for item in found.signals
        ]
        head = ("signal", *([found.by] if found.by else []), "records", "min", "25 %", "median", "75 %", "max")
        table(head, spread, indent="  ")


def _reasons(account: Any) -> str:
    all_reasons = {**account.dropped, **account.merged, **account.quarantined}
    most = sorted(all_reasons.items(), key=lambda item: (-item[1], item[0]))[:2]
    return ", ".join(f"{reason} {count:,}" for reason, count in most)


def findings(found: Sequence[Finding]) -> None:
    """One line a finding, what to do below it, and the number of those that are wrong."""
    marks = {True: "ok", False: "WRONG", None: "-"}
    wide = max(render.width(item.name) for item in found)
    for item in found:
        out(f"{marks[item.ok]:<5}  {item.name:<{wide}}  {render.clean(item.found)}")
        if item.fix:
            out(f"       {'':<{wide}}  {item.fix}")
    wrong = sum(item.ok is False for item in found)
    out(f"\n{wrong} of {len(found)} wrong" if wrong else "\nnothing wrong")
