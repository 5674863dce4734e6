"""corpus tags: list, lint, test, apply, normalise"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import Folder, Json, Text

if TYPE_CHECKING:
    from corpus.errors import Problem
    from corpus.tags.model import TagSet

app = typer.Typer(
    help="Tags by declared taxonomies, and open tags made into a vocabulary.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NAME", help="Shipped taxonomies, or files; all shipped ones when left out.", show_default=False
    ),
]
Files = Annotated[
    list[str], typer.Argument(metavar="FILES", help="Rows: files, directories, globs.", show_default=False)
]


@app.command("list")
def list_tags(names: Names = None, json: Json = False) -> None:
    """List the tags of taxonomies with their names in Chinese and English."""
    from cli import render, tags_view

    found = _load(names)
    if json:
        render.emit(tags_view.taxonomies_json(found))
    else:
        tags_view.taxonomies(found)


@app.command()
def lint(names: Names = None) -> None:
    """Find doubtful tags.

    Those without an example, that can never be given, or whose terms and patterns match everywhere. Exit code 3 when
    there are any.
    """
    from corpus.tags.lint import lint as check

    found = _load(names)
    _report(check(found), f"{_counted(found)}: nothing doubtful")


@app.command("test")
def run_examples(names: Names = None) -> None:
    """Run the examples of taxonomies.

    Through the real kernels. Exit code 3 when an example is tagged otherwise than it says.
    """
    from corpus.tags.lint import test_examples

    found = _load(names)
    examples = sum(len(tag.keep) + len(tag.other) for one in found.taxonomies for tag in one.tags)
    _report(test_examples(found), f"{_counted(found)}, {examples} examples: all hold")


@app.command("apply")
def use(
    files: Files,
    out: Folder,
    tags: Annotated[
        list[str] | None,
        typer.Option("--tags", "-t", metavar="NAME", help="A taxonomy or its file; repeatable; all shipped ones."),
    ] = None,
    instruction: Annotated[
        str | None, typer.Option("--instruction", metavar="FIELD", help="The field of the instruction; else guessed.")
    ] = None,
    given: Annotated[
        str | None,
        typer.Option("--input", metavar="FIELD", help="The field of what it is applied to; else `input`."),
    ] = None,
    answer: Annotated[
        str | None, typer.Option("--answer", metavar="FIELD", help="The field of the answer; else guessed.")
    ] = None,
    text: Text = None,
    json: Json = False,
) -> None:
    """Tag instruction rows or documents; writes tags.parquet.

    Where the first rows have an instruction, tasks are judged by it and its input, all else by the whole row. With
    --text the rows are documents.
    """
    from cli import render, tags_view
    from corpus.models.instruction import Parts
    from corpus.tags.files import apply_files

    done = apply_files(_load(tags), files, out, Parts(instruction, given, answer), text)
    render.show(done, tags_view.applied, as_json=json)


@app.command()
def normalise(
    files: Files,
    out: Folder,
    field: Annotated[
        str | None,
        typer.Option(
            "--field", metavar="FIELD", help="The field that holds the raw tags; else `judge.tags` or `tags`."
        ),
    ] = None,
    least: Annotated[int, typer.Option("--least", min=1, help="Rows that a tag has at least.")] = 20,
    cosine: Annotated[
        float | None,
        typer.Option("--cosine", metavar="SHARE", help="From which on tags are alike; else 0.7, of an embedder 0.95."),
    ] = None,
    support: Annotated[int, typer.Option("--support", min=1, help="Rows that two tags have both, to be one.")] = 40,
    confidence: Annotated[
        float, typer.Option("--confidence", metavar="SHARE", help="Rows of a tag that have the other too, to be one.")
    ] = 0.99,
    embedder: Annotated[
        str | None,
        typer.Option("--embedder", metavar="MODEL", help="Compare tags by a sentence-transformers model, pinned."),
    ] = None,
    budget: Annotated[
        int | None, typer.Option("--budget", min=1, help="Choose so many rows: complex first, then diverse.")
    ] = None,
    json: Json = False,
) -> None:
    """Make raw tags, as `corpus judge --prompt tags_zh` gives them, into a vocabulary.

    Spellings become one, then like tags; rare ones go, and a tag that never stands without another becomes it. Writes
    tags.parquet (the tags of each row), mapping.parquet (what became of each raw tag, and why) and vocabulary.parquet.
    """
    from cli import render, tags_view
    from corpus.tags.opened.files import normalise_files
    from corpus.tags.opened.normalise import Wanted

    model = None
    if embedder is not None:
        from corpus.embed import sentence

        model = sentence.load(embedder)
    done = normalise_files(files, field, out, Wanted(least, cosine, support, confidence), budget, model)
    render.show(done, tags_view.normalised, as_json=json)


def _load(names: list[str] | None) -> TagSet:
    from corpus.tags.load import load_tags, shipped_names

    return load_tags(names or shipped_names())


def _counted(found: TagSet) -> str:
    return f"{len(found.taxonomies)} taxonomies, {sum(len(one.tags) for one in found.taxonomies)} tags"


def _report(problems: list[Problem], fine: str) -> None:
    from cli import render
    from corpus.errors import AuditError

    if problems:
        raise AuditError("\n".join(str(problem) for problem in problems))
    render.out(fine)
