"""What people are shown of benchmark items in texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.render import number, out, preview, share, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corpus.inspect.contamination import Contained, Leakage

DONE = {"drop": "dropped", "cut": "cut out", "flag": "kept and flagged"}


def leakage(found: Leakage) -> None:
    """By benchmark what was found, how much of the items, and examples to read."""
    out(f"\nbenchmark items found, by at least {found.coverage:g} of each; {DONE[found.action]}")
    rows = [
        (
            leak.benchmark,
            *map(number, (leak.items, leak.looked_for, leak.found)),
            share(leak.found, leak.looked_for),
            number(leak.documents),
            ", ".join(f"{way} {count:,}" for way, count in leak.by_how.items()),
        )
        for leak in found.leaks
    ]
    table(("benchmark", "items", "looked for", "found", "share", "records", "by"), rows, indent="  ")
    edges = list(found.leaks[0].by_coverage) if found.leaks else []
    if any(count for leak in found.leaks for count in leak.by_coverage.values()):
        out("\nitems by the best coverage in any record, from")
        counts = [(leak.benchmark, *(number(leak.by_coverage[edge]) for edge in edges)) for leak in found.leaks]
        table(("benchmark", *edges), counts, indent="  ")
    if found.examples:
        out("\nexamples")
        contained(found.examples, "  ", with_id=True)


def contained(items: Sequence[Contained], indent: str, with_id: bool = False) -> None:
    """One line an item, and what stands in the text below it."""
    for item in items:
        less = "" if item.counted else ", not enough to count"
        where = f"  in {item.doc_id}" if with_id else ""
        out(f"{indent}{item.benchmark} {item.item}  {item.how} {item.coverage:.2f}{less}{where}")
        out(f"{indent}  {preview(item.evidence)}")
