"""What pairs says to people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.render import number, out, share, table

if TYPE_CHECKING:
    from corpus.judge.budget import Cost
    from corpus.pairs.build import Account, Built
    from corpus.pairs.export import Exported
    from corpus.pairs.generate import Answered
    from corpus.pairs.judging import Judged, Position
    from corpus.pairs.plan import Planned
    from corpus.pairs.rewards import Rewarded
    from corpus.pairs.strength import Strengths, Value


def planned(found: Planned) -> None:
    """The account of a plan, and how hard its seeds are."""
    rows = [("rows read", number(found.read), ""), ("seeds", number(found.seeds), share(found.seeds, found.read))]
    rows += [(f"  {name}", number(count), share(count, found.read)) for name, count in found.left_out.items()]
    table(None, rows)
    out()
    if found.failed:
        out(f"failures    {number(found.failed)} of the seeds")
    if found.difficulty is not None:
        bound = "" if found.harder_than is None else f"; fresh seeds from {found.harder_than:.3f}"
        out(f"difficulty  mean {found.difficulty:.3f}{bound}")
    if found.short:
        out(f"short       {number(found.short)} seeds that the quotas ask for are not there")
    for head, counts in (("languages", found.langs), ("groups", found.groups), ("leaks", found.leaks)):
        if counts:
            out(f"{head:<11} " + ", ".join(f"{name} {count:,}" for name, count in counts.items()))
    out(f"file        {found.file}")


def answered(found: Answered) -> None:
    """How many answers there are and what they cost."""
    rows = [
        ("answers wanted", number(found.wanted), ""),
        ("answered", number(found.answered), share(found.answered, found.wanted)),
    ]
    rows += [(f"  {reason}", number(count), share(count, found.wanted)) for reason, count in found.failed.items()]
    table(None, rows)
    _costs(found.cost, found.paid, found.bought, found.lost)
    out(found.file)


def judged(rules: Rewarded | None, found: Judged | None) -> None:
    """Scores and comparisons, how far the judge can be trusted, how strong the models are."""
    if rules:
        head = ("rule", "answers", "mean")
        table(head, [(name, number(int(one["applied"])), f"{one['mean']:.3f}") for name, one in rules.rules.items()])
        for reason, count in rules.not_run.items():
            out(f"{reason}: {number(count)} answers")
        out(rules.file)
    if found is None:
        return
    rows = [
        ("answers", number(found.answers), ""),
        ("scored", number(found.scored), share(found.scored, found.answers)),
        ("pairs of answers", number(found.comparisons), ""),
        ("compared", number(found.compared), share(found.compared, found.comparisons)),
    ]
    rows += [(f"  {reason}", number(count), "") for reason, count in found.unjudged.items()]
    table(None, rows)
    if found.position:
        out()
        position(found.position)
    if found.strengths:
        out()
        strengths(found.strengths)
    out()
    _costs(found.cost, found.paid, None, found.lost)
    for path in found.files:
        out(path)


def position(found: Position) -> None:
    """Whether the judge prefers a place."""
    said = found.agreement
    agreed = "-" if said.agree is None else f"{100 * said.agree:.1f} %"
    out(
        f"both orders agree in {agreed} of {number(said.compared)} comparisons; where they do not, "
        f"{number(said.prefers_first_shown)} preferred what was shown first, "
        f"{number(said.prefers_second_shown)} what was shown second"
    )
    if found.biased:
        first = said.prefers_first_shown > said.prefers_second_shown
        out(
            f"the judge prefers what is shown {'first' if first else 'second'} (p = {found.chance:.1g}); "
            "comparisons whose orders disagree count as ties"
        )


def strengths(found: Strengths) -> None:
    """Models from the strongest, with intervals, and what place and length are worth."""
    out(f"strengths (log odds, 95 % intervals) by {number(found.judgements)} judgements of {number(found.seeds)} seeds")
    rows = [(name, *_value(one)) for name, one in found.models.items()]
    rows += [("(shown first)", *_value(found.place)), ("(e times as long)", *_value(found.length))]
    table(None, rows, indent="  ")


def _value(one: Value) -> tuple[str, str]:
    return f"{one.value:+.2f}", f"[{one.low:+.2f}, {one.high:+.2f}]"


def built(found: Built) -> None:
    """The account of seeds and of pairs of answers, and what the pairs are like."""
    for head, one in (("seeds", found.seeds), ("pairs of answers", found.candidates)):
        _account(head, one)
        out()
    before = "-" if found.longer_before is None else f"{100 * found.longer_before:.1f} %"
    after = "-" if found.longer is None else f"{100 * found.longer:.1f} %"
    out(
        f"the longer answer is chosen in {after} of the pairs ({before} before balancing); "
        f"mean margin {found.margin:.3f}"
    )
    table(
        ("model", "chosen", "rejected"),
        [(name, number(one), number(other)) for name, (one, other) in found.models.items()],
        indent="  ",
    )
    if found.strengths:
        out()
        strengths(found.strengths)
    out()
    for name in found.files:
        out(f"{found.out.rstrip('/')}/{name}")


def _account(head: str, found: Account) -> None:
    rows = [(head, number(found.read), ""), ("became pairs", number(found.pairs), share(found.pairs, found.read))]
    rows += [(f"  {reason}", number(count), share(count, found.read)) for reason, count in found.left.items()]
    table(None, rows)


def exported(found: Exported) -> None:
    """Rows written and left out."""
    table(
        None,
        [
            ("records read", number(found.read)),
            ("rows written", number(found.rows)),
            ("  repeated, left out", number(found.repeated)),
            ("  one-sided, left out", number(found.one_sided)),
        ],
    )
    out(found.file)


def _costs(cost: Cost, paid: Cost, bought: int | None, lost: int) -> None:
    now = "" if bought is None else f" for {number(bought)} answers"
    out(f"paid now   {_cost(cost)}{now}")
    out(f"paid ever  {_cost(paid)}")
    if lost:
        out(f"lost       {number(lost)} calls of a command that was killed, charged the most they could cost")


def _cost(cost: Cost) -> str:
    return f"{cost.tokens:,} tokens" + (f", ${cost.usd:.4f}" if cost.usd else "")
