"""corpus rules import"""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import Json

Recipe = Annotated[
    str,
    typer.Argument(metavar="FILE", help="Thresholds of datatrove, or a Data-Juicer recipe.", show_default=False),
]
Out = Annotated[
    str, typer.Option("--out", "-o", metavar="FILE", help="The rule file to write (.yaml).", show_default=False)
]
Lang = Annotated[
    str | None, typer.Option("--lang", metavar="LANG", help="The language of the texts; else what the recipe says.")
]
Complete = Annotated[
    bool, typer.Option("--complete", help="Add what FineWeb2's script applies beside its files for languages.")
]


def command(recipe: Recipe, out: Out, lang: Lang = None, complete: Complete = False, json: Json = False) -> None:
    """Make rules of another tool's recipe.

    With rewrites, word lists and a pipeline beside them, and a list of what has no counterpart or measures something
    else. Nothing that is there already is overwritten.
    """
    from cli import convert_view
    from corpus.ruleset.foreign.recipe import import_recipe

    convert_view.imported(import_recipe(recipe, out, lang, complete), as_json=json)
