"""corpus blacklist: add, list, test, stats, mine"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.commands import mine
from cli.options import Files, Json

app = typer.Typer(help="Word lists: look at them, add your own.", no_args_is_help=True, rich_markup_mode=None)
Name = Annotated[
    str, typer.Argument(metavar="NAME", help="A list by its name, or a .txt file of terms.", show_default=False)
]
SHOWN = 50


@app.command("list")
def list_lists(json: Json = False) -> None:
    """Show every list that has a name: the shipped ones, then your own."""
    from cli import render
    from corpus import wordlists

    found = [wordlists.load(name) for name in wordlists.names()]
    if json:
        render.emit({"lists": [{**_facts(one), "terms": len(one.terms)} for one in found]})
        return
    rows = [(one.name, f"{len(one.terms):,}", one.boundary, str(one.cap), one.source, one.date) for one in found]
    render.table(("list", "terms", "boundary", "cap", "source", "date"), rows)


@app.command()
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A term a line, UTF-8.", show_default=False)],
    name: Annotated[str, typer.Option("--name", help="What rules and commands call it.", show_default=False)],
    category: Annotated[str | None, typer.Option("--category", help="What its terms are about.")] = None,
    action: Annotated[
        str | None, typer.Option("--action", help="What is done with a hit: drop, drop_line, mask or flag.")
    ] = None,
) -> None:
    """Check a file of terms and keep a copy as a list of your own.

    It is kept in the user's configuration directory; a list of your own with that name is replaced.
    """
    from cli import render
    from corpus import userlists, wordlists

    found = userlists.add(file, name, category, action)
    render.out(f"{found.name}: {len(found.terms):,} terms, kept in {wordlists.user_root()}")


@app.command("test")
def try_out(
    name: Name,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="A text, or a file that holds one.", show_default=False)],
    json: Json = False,
) -> None:
    """Show what a list finds in a text.

    With the places of the hits, counted in characters from 0.
    """
    from dataclasses import asdict

    from cli import render
    from corpus import userlists, wordlists

    hits = userlists.hits(wordlists.load(name), _text(text))
    if json:
        render.emit({"hits": [asdict(hit) for hit in hits]})
    elif hits:
        rows = [(f"{hit.start}-{hit.end}", hit.term, render.preview(hit.found)) for hit in hits]
        render.table(("characters", "term", "in the text"), rows)
    else:
        render.out("no hit")


@app.command()
def stats(
    name: Name,
    files: Files,
    field: Annotated[
        str | None, typer.Option("--text", metavar="FIELD", help="The field that holds the text; else guessed.")
    ] = None,
    json: Json = False,
) -> None:
    """Count the hits of each term of a list in a corpus, the most first."""
    from cli import render
    from corpus import userlists, wordlists

    found = userlists.count(wordlists.load(name), files, field)
    if json:
        render.emit(
            {
                "records": found.records,
                "with_hits": found.with_hits,
                "characters": found.characters,
                "hits": dict(found.hits),
            }
        )
        return
    render.out(f"{found.with_hits:,} of {found.records:,} records have a hit; {found.characters:,} characters")
    render.table(("term", "hits"), [(term, f"{hits:,}") for term, hits in found.hits[:SHOWN]])
    if len(found.hits) > SHOWN:
        render.out(f"and {len(found.hits) - SHOWN:,} more terms; --json has all")


app.command("mine")(mine.command)


def _facts(found: object) -> dict[str, object]:
    keys = ("name", "language", "category", "boundary", "gaps", "cap", "action", "source", "licence", "date", "sha256")
    return {key: getattr(found, key) for key in keys}


def _text(given: str) -> str:
    from corpus.errors import UsageError

    try:
        is_file = Path(given).is_file()
    except (OSError, ValueError):
        is_file = False
    if not is_file:
        return given
    try:
        return Path(given).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{given}: cannot be read: {error}") from None
