"""corpus whatif"""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import Json, Run

Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="ID.SIDE=V", help="A bound, as in zh.punct_ratio_high.max=0.25; repeatable."),
]
Disable = Annotated[list[str] | None, typer.Option("--disable", metavar="ID", help="A rule to leave out; repeatable.")]
Rules = Annotated[
    list[str] | None,
    typer.Option("--rules", metavar="NAME", help="Rule sets or files to take instead of the run's; repeatable."),
]
Count = Annotated[int, typer.Option("-n", min=0, max=1000, help="How many records of each kind to show.")]
Seed = Annotated[int, typer.Option("--seed", help="Another seed, other records to show; the same seed, the same.")]


def command(
    run: Run,
    settings: Set = None,
    disable: Disable = None,
    rules: Rules = None,
    n: Count = 10,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Ask what other bounds would do to a run.

    From its stored signals, in seconds: what comes back, what goes, by rule and source, with examples. Writes nothing.
    Only the verdicts of rules are made anew; duplicates and tiers are not.
    """
    from cli import answers, render
    from corpus.inspect.whatif import whatif
    from corpus.ruleset.change import parse_setting

    asked = [parse_setting(said) for said in settings or ()]
    found = whatif(run, asked, disable or (), rules or (), n=n, seed=seed)
    if json:
        render.emit({"run": run, "whatif": found})
    else:
        answers.whatif(found)
