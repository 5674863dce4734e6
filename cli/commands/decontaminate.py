"""corpus decontaminate"""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from cli.options import SPLIT_MB, Id, Inputs, Json, Lang, Master, Out, SplitMb, Text

Against = Annotated[
    list[str],
    typer.Option(
        "--against",
        metavar="FILES",
        help="Benchmark files, directories or globs, up to the next option; name=FILES makes them one benchmark.",
        show_default=False,
    ),
]
Action = Annotated[
    str, typer.Option("--action", metavar="drop|cut|flag", help="What becomes of a record with an item in it.")
]
Words = Annotated[int, typer.Option("--words", min=4, max=100, help="Words that must agree in a row.")]
Characters = Annotated[
    int, typer.Option("--characters", min=6, max=200, help="Characters of Chinese and its like that must.")
]
Coverage = Annotated[float, typer.Option("--coverage", metavar="SHARE", help="Of an item, in one place of a text.")]


class Command(TyperCommand):
    """Takes all words behind --against up to the next option: a shell has made many of one pattern."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The option is repeated before each further word."""
        given: list[str] = []
        greedy = False
        for word in args:
            greedy = word == "--against" or (greedy and not word.startswith("-"))
            given += ["--against", word] if greedy and word != "--against" else [word] * (not greedy)
        return super().parse_args(ctx, given)


def command(
    inputs: Inputs,
    against: Against,
    out: Out,
    action: Action = "drop",
    words: Words = 8,
    characters: Characters = 13,
    coverage: Coverage = 0.7,
    text: Text = None,
    id: Id = None,
    lang: Lang = None,
    master: Master = None,
    json: Json = False,
    split_mb: SplitMb = SPLIT_MB,
) -> None:
    """Find benchmark questions in texts, and take them out.

    Texts stay as they came but for what is cut; nothing else is removed. Says for each benchmark how many of its items
    are in the texts; where, and how much of each, stands in the table `hits` of the run (corpus explain shows it).
    """
    from cli import contamination_view, render
    from cli.produce import fields, produce
    from corpus import shorthand
    from corpus.decontaminate.wanted import asked_for
    from corpus.inspect.contamination import leakage
    from corpus.pipeline import compose

    wanted = asked_for(against, action, words, characters, coverage)
    done = produce(
        compose(shorthand.decontaminate(inputs, wanted, fields(text, id), lang)), out, master, False, split_mb
    )
    found = leakage(out)
    if json:
        render.emit({**render.result_json(done), "leakage": found.leaks})
    else:
        contamination_view.leakage(found)
