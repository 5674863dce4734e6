"""What synth says to people and scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.judge_view import cost_line
from cli.render import emit, number, out, plain, share, table

if TYPE_CHECKING:
    from corpus.synth.files import Done

SHOWN = 40


def done(found: Done, *, as_json: bool) -> None:
    """Requests by what became of them, the yield of each category and operation, and what it cost."""
    if as_json:
        emit(plain(found))
        return
    rows = [("requests", number(found.requests), ""),
            ("accepted", number(found.accepted), share(found.accepted, found.requests))]  # fmt: skip
    rows += [(f"  {reason}", number(count), share(count, found.requests)) for reason, count in found.rejected.items()]
    table(None, rows)
    for what, counts in found.by.items():
        if len(counts) > 1 or "none" not in counts:
            out(f"\naccepted by {what}")
            shown = [(name, number(good), share(good, asked)) for name, (good, asked) in counts.items()]
            table(None, shown[:SHOWN], indent="  ")
    for reason, count in found.left_out.items():
        out(f"\n{number(count)} rows of the sources were left out: {reason}")
    out(f"\npaid now   {cost_line(found.cost)} for {number(found.bought)} replies in {number(found.sent)} calls")
    out(f"paid ever  {cost_line(found.paid)}")
    if found.lost:
        out(f"lost       {number(found.lost)} calls of a command that was killed, charged the most they could cost")
    if found.damaged:
        out(f"damaged    {number(found.damaged)} lines of the ledger could not be read and were passed over")
    if found.stopped == "requests":
        out("stopped    the requests allowed are used up; --requests allows more")
    for path in found.files:
        out(path)
