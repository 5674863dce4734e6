"""corpus templates: list, show, apply"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.options import Json

app = typer.Typer(
    help="Labelled sets made into instructions by declared templates.", no_args_is_help=True, rich_markup_mode=None
)
Lang = Annotated[str, typer.Option("--lang", metavar="zh|en", help="The language of the templates.")]


@app.command("list")
def list_tasks(json: Json = False) -> None:
    """List the tasks that are shipped and the fields that each needs."""
    from cli import render
    from corpus.templates.model import load, shipped

    tasks = [load(name) for name in shipped()]
    if json:
        render.emit({"tasks": [{"name": one.name, "about": one.about, "fields": one.needed} for one in tasks]})
        return
    for one in tasks:
        render.out(f"{one.name:14} {', '.join(one.needed)}: {one.about}")


@app.command()
def show(
    task: Annotated[str, typer.Argument(metavar="TASK", help="A shipped task or its file.", show_default=False)],
    lang: Lang = "zh",
) -> None:
    """Show what a task asks, and the words of its labels."""
    from cli import render
    from corpus.templates.model import load

    found = load(task)
    texts = found.zh if _lang(lang) == "zh" else found.en
    for number, text in enumerate(texts):
        render.out(f"[{number}] {text}\n -> {found.answer}")
    for name, words in found.labels.items():
        render.out(f"{name}: {words.zh} / {words.en}")


@app.command("apply")
def use(
    files: Annotated[list[str], typer.Argument(metavar="FILES", help="Labelled rows.", show_default=False)],
    task: Annotated[str, typer.Option("--task", metavar="TASK", help="A shipped task or its file.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The JSONL file to write.")],
    columns: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="FIELD=COLUMN", help="The column that a field is in; repeatable."),
    ] = None,
    lang: Lang = "zh",
    key: Annotated[str, typer.Option("--id", metavar="COLUMN", help="The column of a row's id.")] = "id",
    seed: Annotated[int, typer.Option("--seed", help="Another choice of templates.")] = 0,
    json: Json = False,
) -> None:
    """Make conversations of labelled rows, for `corpus import`.

    Rows without a field or with an unknown label go to FILE.quarantine.jsonl with the reason.
    """
    from dataclasses import asdict

    from cli import render
    from corpus.errors import UsageError
    from corpus.templates.apply import Terms, apply
    from corpus.templates.model import load

    found = load(task)
    parted = [one.partition("=") for one in columns or ()]
    pairs = {name: column for name, _, column in parted}
    for name, column in pairs.items():
        if name not in found.needed or not column or "'" in column:
            raise UsageError(f"--map {name}={column}: must be FIELD=COLUMN; fields are {', '.join(found.needed)}")
    done = apply(files, found, Terms("zh" if _lang(lang) == "zh" else "en", pairs, key, seed), out)
    if json:
        render.emit(asdict(done) | {"out": str(out)})
        return
    reasons = "".join(f", {count:,} {reason}" for reason, count in done.quarantined.items())
    render.out(f"{done.read:,} rows: {done.written:,} conversations{reasons}")


def _lang(lang: str) -> str:
    from corpus.errors import UsageError

    if lang not in ("zh", "en"):
        raise UsageError(f"--lang {lang}: must be zh or en")
    return lang
