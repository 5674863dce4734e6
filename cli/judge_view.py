"""What judge says to people and scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.render import emit, number, out, plain, share, table

if TYPE_CHECKING:
    from corpus.judge.batch import Read, Written
    from corpus.judge.budget import Cost
    from corpus.judge.canary import Canaries
    from corpus.judge.files import Done
    from corpus.judge.pairwise import Agreement


def done(found: Done, batch: Read | None, *, as_json: bool) -> None:
    """Records by what became of them, answers by value, what it cost, and how far the judge can be trusted."""
    if as_json:
        emit({**plain(found), **({"batch": plain(batch)} if batch else {})})
        return
    if batch is not None:
        out(f"{number(batch.lines)} result lines: " + ", ".join(f"{v:,} {k}" for k, v in batch.counts.items()))
        out(f"{number(batch.waiting)} questions still wait\n" if batch.waiting else "")
    rows = [("records read", number(found.read), ""), ("judged", number(found.judged), share(found.judged, found.read))]
    for reasons in (found.unjudged, found.unreadable):
        rows += [(f"  {reason}", number(count), share(count, found.read)) for reason, count in reasons.items()]
    table(None, rows)
    if found.values:
        mean = "" if found.mean is None else f", mean {found.mean:.3f}"
        out(f"\nanswers{mean}")
        shown = [(value, number(count), share(count, found.judged)) for value, count in found.values.items()]
        table(None, shown[:40], indent="  ")
    if found.agreement:
        _agreement(found.agreement)
    if found.canaries:
        _canaries(found.canaries)
    out(f"\npaid now   {cost_line(found.cost)} for {number(found.bought)} answers in {number(found.sent)} calls")
    out(f"paid ever  {cost_line(found.paid)}")
    if found.lost:
        out(f"lost       {number(found.lost)} calls of a command that was killed, charged the most they could cost")
    if found.damaged:
        out(f"damaged    {number(found.damaged)} lines of the ledger could not be read and were passed over")
    for path in found.files:
        out(path)


def cost_line(cost: Cost) -> str:
    """Tokens and, where there is a price, dollars."""
    return f"{cost.tokens:,} tokens" + (f", ${cost.usd:.4f}" if cost.usd else "")


def _agreement(found: Agreement) -> None:
    agreed = "-" if found.agree is None else f"{100 * found.agree:.1f} %"
    out(
        f"\nboth orders agree in {agreed} of {number(found.compared)} comparisons; where they do not, "
        f"{number(found.prefers_first_shown)} preferred what was shown first, "
        f"{number(found.prefers_second_shown)} what was shown second"
    )


def _canaries(found: Canaries) -> None:
    obeyed = "-" if found.share is None else f"{100 * found.share:.1f} %"
    out(f"\ncanaries: {obeyed} of {number(found.asked)} instructions hidden in records were obeyed")
    styles = [(style, f"{obeyed} of {asked}") for style, (asked, obeyed) in found.by_style.items()]
    table(None, styles, indent="  ")
    if found.unjudged:
        out(f"  {number(found.unjudged)} were not judged")


def written(found: Written, *, as_json: bool) -> None:
    """The files and what is in none of them."""
    if as_json:
        emit(found)
        return
    out(f"{number(found.requests)} requests, {cost_line(found.bound)} at most")
    if found.waiting:
        out(f"{number(found.waiting)} questions are left out: they await a batch written before")
    for path in found.files:
        out(path)


def forgotten(count: int, *, as_json: bool) -> None:
    """How many questions no longer wait."""
    if as_json:
        emit({"forgotten": count})
    else:
        out(f"{number(count)} questions await no batch any more")
