"""corpus rules: list, show, lint, test, overlap, fit"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.commands import fit, overlap
from cli.options import Json

if TYPE_CHECKING:
    from corpus.errors import Problem
    from corpus.ruleset.model import RuleSet

app = typer.Typer(help="Look at rules and check them.", no_args_is_help=True, rich_markup_mode=None)
Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NAME", help="Shipped rule sets or rule files; all shipped ones when left out.", show_default=False
    ),
]
RuleId = Annotated[str, typer.Argument(metavar="ID", help="The id of a rule.", show_default=False)]
In = Annotated[
    list[str] | None, typer.Option("--in", metavar="NAME", help="Rule sets or files to look in; repeatable.")
]


@app.command("list")
def list_rules(names: Names = None, json: Json = False) -> None:
    """List rules in order.

    With what each looks at, what it keeps, what it does otherwise and to which records it applies.
    """
    from cli import render, views

    found = _load(names)
    if json:
        render.emit({"rules": [views.rule_json(rule) for rule in found.rules]})
    else:
        views.rules(found)


@app.command()
def show(id: RuleId, sets: In = None, json: Json = False) -> None:
    """Show one rule whole.

    With its reason, source and examples, and where it stands.
    """
    from cli import render, views
    from corpus.errors import UsageError
    from corpus.located import suggest

    found = _load(sets)
    if id not in found.by_id:
        raise UsageError(f"no rule {id!r}{suggest(id, found.by_id)} `corpus rules list` shows all")
    rule = found.rules[found.by_id[id]]
    if json:
        render.emit(views.rule_json(rule))
    else:
        views.rule(rule)


@app.command()
def lint(names: Names = None) -> None:
    """Find doubtful rules.

    Rules that never fail, say too little or say the same twice. Sets that are named are judged together, the shipped
    ones each by itself: nobody uses the packs for books and for shops at once. Exit code 3 when there are any.
    """
    from corpus.ruleset.lint import lint as check
    from corpus.ruleset.load import load_rules, shipped_names

    files = [name for name in shipped_names() if "/" in name and not name.startswith("common/")]
    sets = [load_rules(group) for group in ([names] if names else [["common"], *([name] for name in files)])]
    problems = [problem for found in sets for problem in check(found)]
    _report(problems, f"{sum(len(found.rules) for found in sets)} rules: nothing doubtful")


@app.command("test")
def run_examples(names: Names = None) -> None:
    """Run the examples of rules.

    Through the real kernels. Exit code 3 when an example is judged otherwise than it says.
    """
    from corpus.ruleset.lint import test_examples as check

    found = _load(names)
    examples = sum(len(rule.examples.keep) + len(rule.examples.drop) for rule in found.rules)
    _report(check(found), f"{len(found.rules)} rules, {examples} examples: all hold")


app.command("overlap")(overlap.command)
app.command("fit")(fit.command)


def _load(names: list[str] | None) -> RuleSet:
    from corpus.ruleset.load import load_rules, shipped_names

    return load_rules(names or [name for name in shipped_names() if "/" not in name])


def _report(problems: list[Problem], fine: str) -> None:
    from cli import render
    from corpus.errors import AuditError

    if problems:
        raise AuditError("\n".join(str(problem) for problem in problems))
    render.out(fine)
