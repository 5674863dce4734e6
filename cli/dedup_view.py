"""What dedup --curve, --plan and --audit say to people and scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli import render
from cli.render import number, out

if TYPE_CHECKING:
    from corpus.config import Dedup
    from corpus.dedup.audit import Audit, Share
    from corpus.dedup.forecast import About, Forecast

ENOUGH = 0.005
"""Shares of the input below which a sample says little of pairs."""


def curve(settings: Dedup, *, as_json: bool) -> None:
    """How likely pairs are found, by similarity."""
    from corpus.config import Near
    from corpus.dedup.curve import POINTS, detection_probability, half_point, table

    near = settings.near or Near()
    if not as_json:
        out(table(near.bands, near.rows))
        return
    found = {f"{point:g}": detection_probability(point, near.bands, near.rows) for point in POINTS}
    half = half_point(near.bands, near.rows)
    render.emit({"bands": near.bands, "rows": near.rows, "half_at": half, "found": found})


def forecast(found: Forecast, *, as_json: bool) -> None:
    """What was looked at, what a run would meet, and the largest buckets."""
    if as_json:
        render.emit({"plan": found})
        return
    exact = found.share == 1
    out(
        "Everything was read and signed: counts are those of the run."
        if exact
        else f"{_percent(found.read)} was read, and {_percent(found.share)} of the texts signed: counts are estimates."
    )
    if found.share < ENOUGH:
        out("So small a sample sees few pairs: raise -n, or believe the upper ends.")
    out()
    told = f"{_percent(found.numbers_only)} differ in numbers alone, sketches rule out {_percent(found.below_sketch)}"
    rows = [
        ("input", render.size(found.stored_bytes), f"{render.size(found.text_bytes)} of text"),
        ("records", number(found.records), f"{number(found.exact_copies)} exact copies of others"),
        ("texts to compare", number(found.compared), f"{number(found.shingles)} shingles"),
        ("signatures", render.size(found.signature_bytes), f"{found.bands} bands of {found.rows}"),
        ("pairs in buckets", number(found.pairs), told),
        ("pairs to verify", number(round(found.to_verify.value)), _range(found.to_verify)),
        ("records of these", number(round(found.involved.value)), _range(found.involved)),
        (
            "shingles exchanged",
            render.size(found.exchange_bytes),
            f"in {number(found.blocks)} block{'s' if found.blocks != 1 else ''}",
        ),
    ]
    if found.where == "here":
        rows.append(("peak memory", render.size(found.memory_bytes), "of this process, beside Spark's"))
    else:
        rows.append(("bands exchanged", render.size(found.band_bytes), "by Spark: too many records for one process"))
    width = max(render.width(name) for name, _, _ in rows)
    right = max(render.width(value) for _, value, _ in rows)
    for name, value, more in rows:
        out(f"{name:<{width}}  {value:>{right}}  {more}".rstrip())
    if found.hot:
        out("\nlargest buckets")
        hot = [(number(one.members), number(one.seen), one.example) for one in found.hot]
        render.table(("texts", "seen", "one of them"), hot, indent="  ")


def audit(found: Audit, *, as_json: bool) -> None:
    """Recall by similarity beside what theory says, then precision."""
    if as_json:
        render.emit({"audit": found})
        return
    out(f"{found.injected:,} near-duplicates injected into {found.records:,} records, and the whole run made of both")
    out()
    rows = []
    for level in found.levels:
        if level.recall.of:
            found_here = (
                f"{level.expected:.3f}",
                f"{level.recall.hits / level.recall.of:.3f}",
                _interval(level.recall),
            )
        else:
            found_here = ("-", "-", "")
        merged = f"{level.merged} merged below the threshold" if level.merged else ""
        rows.append((f"{level.low:.2f} to {level.high:.2f}", number(level.pairs), *found_here, merged))
    render.table(("Jaccard", "pairs", "theory", "recall", "95 %", ""), rows)
    out()
    out(f"recall     {_said(found.recall)}; theory {found.expected:.3f}")
    if found.instead:
        out(f"           {found.instead:,} of the rest went in favour of another record")
    for kind, share in found.by_kind.items():
        if share.of:
            out(f"             {kind:<21} {_said(share)}")
    out(f"precision  {_said(found.precision)} that were compared again; {found.removals:,} near-duplicates went in all")
    if found.least is not None:
        out(f"           least similarity {found.least:.4f}, the threshold is {found.threshold:g} ({found.similarity})")
    for reason, count in found.set_aside.items():
        out(f"set aside  {count:,}: {reason}")


def _said(share: Share) -> str:
    if not share.of:
        return "nothing to judge"
    return f"{share.hits / share.of:.3f} {_interval(share)}, {share.hits:,} of {share.of:,}"


def _interval(share: Share) -> str:
    return f"[{share.low:.3f}, {share.high:.3f}]"


def _range(about: About) -> str:
    return "" if about.low == about.high else f"between {about.low:,.0f} and {about.high:,.0f}"


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
