"""corpus index: build, add, query, remove, verify"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import Id, Inputs, Json, Lang, Master, Text

if TYPE_CHECKING:
    from corpus.index.generation import Index
    from corpus.index.grow import Added
    from corpus.index.takedown import TakenDown

app = typer.Typer(
    help="What was published before, to deduplicate against.", no_args_is_help=True, rich_markup_mode=None
)
At = Annotated[str, typer.Argument(metavar="INDEX", help="An index directory.", show_default=False)]
Given = Annotated[
    list[str],
    typer.Argument(metavar="IN", help="Finished run directories; else files to be read.", show_default=False),
]
Runs = Annotated[list[str], typer.Argument(metavar="RUN", help="Finished run directories.", show_default=False)]


@app.command()
def build(
    runs: Runs,
    out: Annotated[
        str, typer.Option("--out", "-o", metavar="INDEX", help="The directory to make.", show_default=False)
    ],
    json: Json = False,
) -> None:
    """Make an index of what runs have published.

    From their keys and signatures; no text is read. Later runs add what the earlier ones do not have.
    """
    from corpus.index.grow import build

    _grown(*build(runs, out), json)


@app.command()
def add(
    index: At,
    given: Given,
    text: Text = None,
    id: Id = None,
    lang: Lang = None,
    run: Annotated[
        str | None,
        typer.Option("--run", metavar="RUN", help="Where files are deduplicated; by default inside the index."),
    ] = None,
    master: Master = None,
    json: Json = False,
) -> None:
    """Add what an index does not have yet, from runs or from files.

    Files are deduplicated into a run directory first, against the index. Says what was found there.
    """
    from corpus.index.from_files import add_files, are_runs
    from corpus.index.generation import Index
    from corpus.index.grow import add

    opened = Index.open(index)
    if are_runs(given):
        _grown(*add(opened, given), json)
        return
    from cli.produce import fields
    from cli.progress import watcher

    _grown(*add_files(opened, given, fields(text, id), lang, run, master, watcher()), json)


@app.command()
def query(
    index: At,
    inputs: Inputs,
    text: Text = None,
    id: Id = None,
    lang: Lang = None,
    n: Annotated[int, typer.Option("-n", min=0, help="How many records to show.")] = 20,
    json: Json = False,
) -> None:
    """Show which records of files an index has already.

    Each with the indexed record, how it was recognised and how similar it is. Nothing is written.
    """
    from itertools import islice

    from cli import render
    from corpus.index.generation import Index
    from corpus.index.query import Asked, query
    from corpus.shorthand import sources_from

    opened, asked = Index.open(index), Asked()
    from cli.produce import fields

    found = query(opened, sources_from(inputs, fields(text, id), lang), asked)
    if json:
        hits = list(found)
        render.emit({"index": index, "asked": asked, "found": hits})
        return
    shown = list(islice(found, n))
    more = sum(1 for _ in found)
    rows = [
        (
            one.source_key,
            one.duplicate_of,
            one.how,
            "1" if one.how == "exact" else f"{one.similarity:.2f} ± {2 * one.standard_error:.2f}",
            f"{one.characters:,} / {one.of_characters:,}",
            f"{one.of_source} in {one.run}",
        )
        for one in shown
    ]
    if rows:
        render.table(("record", "duplicate of", "how", "similarity", "characters", "source"), rows)
        render.out()
    if more:
        render.out(f"and {more:,} more; --json has all")
    render.out(
        f"{asked.exact + asked.near:,} of {asked.records:,} records are in the index: {asked.exact:,} by exact key,"
    )
    render.out(f"{asked.near:,} by signature (estimated, with two standard errors).")
    if asked.unreadable:
        render.out(f"{asked.unreadable:,} records could not be read.")


@app.command()
def remove(
    index: At,
    ids: Annotated[
        Path, typer.Option("--ids", metavar="FILE", help="A doc_id a line (or - for input).", show_default=False)
    ],
    restore: Annotated[
        str | None,
        typer.Option("--restore", metavar="OUT", help="Write what stands again as rows of a data set, from its run."),
    ] = None,
    json: Json = False,
) -> None:
    """Take records out of an index by their ids.

    Of the duplicates that went in favour of a removed record the best stands again. The runs are left as they are.
    """
    from cli import render
    from corpus.index.generation import Index
    from corpus.index.restore import check_restore
    from corpus.index.restore import restore as write
    from corpus.index.takedown import take_down

    if restore is not None:
        check_restore(restore)
    after, told = take_down(Index.open(index), _lines(ids))
    written = write(told.back, restore) if restore is not None else None
    if json:
        render.emit({"index": index, "generation": after.now.number, "removed": told, "restored": written})
        return
    _removed(after, told)
    if written is not None:
        render.out(f"{written.rows:,} rows written to {written.file}" if written.file else "No row was written.")
        if written.lost:
            render.out(f"{len(written.lost):,} texts are not there any more: {', '.join(written.lost[:5])}")


@app.command()
def verify(index: At, json: Json = False) -> None:
    """Check that an index is as it was committed."""
    from cli import render
    from corpus.errors import VerifyError
    from corpus.index.generation import Index

    opened = Index.open(index)
    wrong = opened.verify()
    if wrong:
        raise VerifyError("\n".join(wrong))
    if json:
        render.emit(_facts(opened))
    else:
        render.out(f"Well: generation {opened.now.number}, {opened.now.standing:,} records, {opened.now.content}")


def _grown(index: Index, told: list[Added], json: bool) -> None:
    from cli import render

    if json:
        render.emit(_facts(index) | {"runs": told})
        return
    names = ("published", "added", "exact", "near", "known", "taken_down", "duplicates")
    rows = [(one.run, *(f"{getattr(one, name):,}" for name in names)) for one in told]
    render.table(("run", *names), rows)
    render.out()
    render.out(f"Generation {index.now.number}: {index.now.standing:,} records, in {len(index.now.segments)} segments.")


def _facts(index: Index) -> dict[str, object]:
    now = index.now
    facts = {"index": index.root, "generation": now.number, "content": now.content, "segments": len(now.segments)}
    return facts | {"records": now.records, "standing": now.standing}


def _removed(index: Index, told: TakenDown) -> None:
    from cli import render

    render.out(f"{told.removed:,} records and {told.duplicates:,} duplicates removed; generation {index.now.number}.")
    if told.moved:
        render.out(f"{told.moved:,} of their duplicates are those of another indexed record now.")
    for one in told.back:
        render.out(
            f"{one.doc_id} stands again instead of {one.instead_of}: part {one.part}, row {one.row} of {one.run}"
        )
    for wanted in told.unknown:
        render.out(f"{wanted}: is not in the index")


def _lines(path: Path) -> list[str]:
    """The ids of a file, blank lines left out."""
    import sys

    from corpus.errors import UsageError

    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from None
    return [line.strip() for line in text.splitlines() if line.strip()]
