"""What whatif, rules overlap, rules fit and gate show to people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cli.render import number, out, preview, share, table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from corpus.gate import Gate, Looked
    from corpus.inspect.fit import Fit
    from corpus.inspect.overlap import Overlaps
    from corpus.inspect.whatif import Change, Example, WhatIf

HEADS = {
    "back": "come back",
    "gone": "go",
    "raised": "are no longer demoted",
    "demoted": "are demoted",
}
OFFENDING = 50


def whatif(found: WhatIf) -> None:
    """Totals, then each kind of change with its counts and examples."""
    before, now = found.dropped
    out(f"{found.looked_at:,} records reached the rules")
    rows = [
        ("dropped in the run", number(before), share(before, found.looked_at)),
        ("dropped with the changes", number(now), share(now, found.looked_at)),
    ]
    table(None, [*rows, *((HEADS[item.kind], number(item.records), "") for item in found.changes)], indent="  ")
    for item in found.changes:
        if item.records:
            _change(item)
    out()
    out(
        "Only the rules' verdicts were made anew. Duplicates and tiers were not: what comes back may prove a duplicate."
    )


def _change(item: Change) -> None:
    out(f"\n{item.records:,} {HEADS[item.kind]}")
    for head, counts in (("by rule", item.by_rule), ("by source", item.by_source)):
        out(f"  {head}")
        table(None, [(name, number(count)) for name, count in counts.items()], indent="    ")
    if item.examples:
        out(f"  {len(item.examples)} of them" if len(item.examples) < item.records else "  these")
    for example in item.examples:
        out(f"    {example.doc_id}  {example.source}  {example.source_key}")
        out(f"      {example.rule}  {_bounds(example)}")
        out(f"      {preview(example.preview) or '(no text)'}")


def _bounds(example: Example) -> str:
    saw = "" if example.value is None else f"{number(example.value)}, "
    if example.was == example.bound:
        return f"{saw}keeps {example.bound}"
    was = "not in the run" if example.was is None else f"kept {example.was}"
    return f"{saw}{was}, now {'without the rule' if example.bound is None else f'keeps {example.bound}'}"


def overlap(found: Overlaps) -> None:
    """A row a rule that fails, what never fails, and the pairs."""
    out(f"{found.removed:,} records were removed by rules")
    failing = sorted((item for item in found.rules if item.fails), key=lambda item: (-item.alone, -item.fails))
    rows = [
        (item.rule, item.action, number(item.fails), number(item.decides), number(item.alone), item.bound)
        for item in failing
    ]
    table(("rule", "action", "fails", "decides", "alone", "keeps"), rows, indent="  ")
    never = [item.rule for item in found.rules if not item.fails]
    if never:
        out(f"\n{len(never)} rules never fail here: {', '.join(never)}")
    if found.pairs:
        out("\nfail together")
        pairs = [(item.first, item.second, number(item.both), f"{100 * item.share:.0f} %") for item in found.pairs]
        table(("rule", "rule", "records", "of the rarer"), pairs, indent="  ")


def fit(found: Fit, path: str | None) -> None:
    """A row a rule and language, what was not fitted, and the overlay or where it is."""
    out(f"reference {found.reference_documents:,} documents, target {found.target_documents:,}")
    rows = [
        (
            item.rule,
            item.lang,
            number(item.documents),
            item.before,
            item.bound,
            *_moved(item.reference),
            *(("-", "-") if item.target is None else _moved(item.target)),
        )
        for item in found.fitted
    ]
    head = ("rule", "lang", "documents", "keeps", "proposed", "reference fails", "then", "target fails", "then")
    table(head, rows, indent="  ")
    if found.skipped:
        out("\nnot fitted")
        table(None, found.skipped, indent="  ")
    out()
    if path is None:
        out(found.overlay.rstrip("\n"))
    else:
        out(f"overlay  {path}")


def _moved(shares: tuple[float, float]) -> tuple[str, str]:
    return tuple(f"{100 * value:.2f} %" for value in shares)  # type: ignore[return-value]


def gate(found: Gate, sheets: Mapping[str, str]) -> None:
    """The strata, the verdict and the sheets."""
    from corpus.inspect.indicators import DEFECTS, INDICATORS, MEANING

    rows = [
        (
            item.source,
            item.tier,
            number(item.published),
            number(item.judged),
            number(item.defects),
            f"{100 * item.upper:.1f} %",
            *(number(item.seen[name]) for name in INDICATORS),
        )
        for item in found.strata
    ]
    table(("source", "tier", "published", "judged", "defects", "at most", *INDICATORS), rows)
    out()
    for name in INDICATORS:
        counted = "counts as a defect" if found.by == "machine" and name in DEFECTS else "shown only"
        out(f"{name:<10} {MEANING[name]} ({counted})")
    out()
    out(verdict(found))
    if found.covered < 1:
        out(f"The judged strata hold {100 * found.covered:.1f} % of what is published; nothing is said of the rest.")
    for kind, path in sheets.items():
        out(f"{'sheet' if kind == 'csv' else 'page':<9}{path}")
    if sheets:
        out("Fill in the column verdict (ok or defect), or use the page, then: corpus gate RUN --judged sheet.csv")


def verdict(found: Gate) -> str:
    """One sentence: what was judged, the estimate, its bound and the limit."""
    unjudged = found.sampled - found.judged
    return (
        f"{'passed' if found.passed else 'FAILED'}: {found.defects:,} of {found.judged:,} records are defective, "
        f"judged by {'people' if found.by == 'people' else 'machine alone'}"
        f"{f' ({unjudged:,} not judged)' if unjudged else ''}. Of all published {100 * found.share:.2f} %, at most "
        f"{100 * found.upper:.2f} % at confidence {found.confidence:g}; the limit is {100 * found.limit:g} %"
    )


def offending(found: Gate) -> str:
    """The error of a gate that failed: the verdict and the defective records."""
    lines = [verdict(found), *(_offence(item) for item in found.offending[:OFFENDING])]
    more = len(found.offending) - OFFENDING
    lines += [f"  and {more:,} more"] if more > 0 else []
    if not found.offending:
        lines.append("  No record is defective; the sample is too small to show a share below the limit: raise -n")
    return "\n".join(lines)


def _offence(item: Looked) -> str:
    why = " ".join(filter(None, [" ".join(item.seen), preview(item.note)]))
    record = item.record
    return f"  {record.doc_id}  {record.source}  tier {record.tier}  {why}\n    {preview(record.text[:400])}"


def gate_json(run: str, found: Gate, sheets: Mapping[str, str]) -> dict[str, Any]:
    """The object of `gate --json`: no text."""
    from cli.render import plain

    shown = plain(found)
    shown["passed"] = found.passed
    shown["records"] = [
        {
            "doc_id": item.record.doc_id,
            "source": item.record.source,
            "tier": item.record.tier,
            "seen": list(item.seen),
            "defect": item.defect,
            "note": item.note,
        }
        for item in found.records
    ]
    return {"run": run, "gate": shown, "sheets": dict(sheets)}
