"""corpus rules: list, show, lint, test, overlap, fit, import"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.commands import fit, import_recipe, overlap
from cli.options import Json

if TYPE_CHECKING:
    from corpus.errors import Problem
    from corpus.ruleset.declared import Declared

app = typer.Typer(help="Look at rules and check them.", no_args_is_help=True, rich_markup_mode=None)
Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NAME",
        help="Shipped rule sets, `rewrites`, `rewrites/NAME`, or files; all shipped ones when left out.",
        show_default=False,
    ),
]
RuleId = Annotated[str, typer.Argument(metavar="ID", help="The id of a rule or rewrite.", show_default=False)]
In = Annotated[
    list[str] | None, typer.Option("--in", metavar="NAME", help="Rule sets or files to look in; repeatable.")
]


@app.command("list")
def list_rules(names: Names = None, json: Json = False) -> None:
    """List rules and rewrites in order.

    With what each looks at, what it keeps or changes, what it does otherwise and to which records it applies.
    """
    from cli import declared, render

    found = _load(names)
    if json:
        rules, rewrites = map(declared.rule_json, found.rules.rules), map(declared.rewrite_json, found.rewrites)
        render.emit({"rules": list(rules), "rewrites": list(rewrites)})
    else:
        declared.both(found.rules.rules, found.rewrites)


@app.command()
def show(id: RuleId, sets: In = None, json: Json = False) -> None:
    """Show one rule or rewrite whole.

    With its reason, source and examples, and where it stands.
    """
    from cli import declared, render
    from corpus.errors import UsageError
    from corpus.located import suggest

    found = _load(sets)
    rules, rewrites = {one.id: one for one in found.rules.rules}, {one.id: one for one in found.rewrites}
    if id in rules:
        render.emit(declared.rule_json(rules[id])) if json else declared.rule(rules[id])
    elif id in rewrites:
        render.emit(declared.rewrite_json(rewrites[id])) if json else declared.rewrite(rewrites[id])
    else:
        known = [*rules, *rewrites]
        raise UsageError(f"no rule or rewrite {id!r}{suggest(id, known)} `corpus rules list` shows all")


@app.command()
def lint(names: Names = None) -> None:
    """Find doubtful rules and rewrites.

    Those that never fail, say too little or say the same twice, and overrides that change nothing. Sets that are named
    are judged together, the shipped ones each by itself: nobody uses the packs for books and for shops at once. Exit
    code 3 when there are any.
    """
    from corpus.ruleset.declared import load_declared
    from corpus.ruleset.lint import lint as check
    from corpus.ruleset.lint_rewrites import lint_rewrites
    from corpus.ruleset.load import shipped_names

    files = [name for name in shipped_names() if "/" in name and not name.startswith("common/")]
    groups = [names] if names else [["common"], ["lines"], ["rewrites"], *([name] for name in files)]
    sets = [load_declared(group) for group in groups]
    problems = [problem for found in sets for problem in check(found.rules) + lint_rewrites(found.rewrites)]
    rules, rewrites = sum(len(found.rules.rules) for found in sets), sum(len(found.rewrites) for found in sets)
    _report(problems, f"{_counted(rules, rewrites)}: nothing doubtful")


@app.command("test")
def run_examples(names: Names = None) -> None:
    """Run the examples of rules and rewrites.

    Through the real kernels. Exit code 3 when an example is judged otherwise than it says.
    """
    from corpus.ruleset.lint import test_examples
    from corpus.ruleset.lint_rewrites import test_rewrites

    found = _load(names)
    examples = sum(len(rule.examples.keep) + len(rule.examples.drop) for rule in found.rules.rules)
    examples += sum(len(one.examples) for one in found.rewrites)
    problems = test_examples(found.rules) + test_rewrites(found.rewrites)
    _report(problems, f"{_counted(len(found.rules.rules), len(found.rewrites))}, {examples} examples: all hold")


app.command("overlap")(overlap.command)
app.command("fit")(fit.command)
app.command("import")(import_recipe.command)


def _load(names: list[str] | None) -> Declared:
    from corpus.ruleset.declared import load_declared

    return load_declared(names or ())


def _counted(rules: int, rewrites: int) -> str:
    said = [f"{rules} rules"] if rules or not rewrites else []
    return " and ".join(said + ([f"{rewrites} rewrites"] if rewrites else []))


def _report(problems: list[Problem], fine: str) -> None:
    from cli import render
    from corpus.errors import AuditError

    if problems:
        raise AuditError("\n".join(str(problem) for problem in problems))
    render.out(fine)
