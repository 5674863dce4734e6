"""corpus demo"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.options import SPLIT_MB, Json, Master

Where = Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="A directory for the corpus and its run.")]
SHOWN, REASONS = 3, 8


def command(out: Where = Path("corpus-demo"), master: Master = None, json: Json = False) -> None:
    """Make a small corpus and run the shipped pipeline on it.

    Chinese and English, clean, dirty, duplicated and broken, in every format that is read. Everything shown comes
    from that run.
    """
    from cli import render, views
    from cli.produce import produce
    from corpus.demo import write_demo_corpus
    from corpus.inspect.sample import sample, spread
    from corpus.pipeline import read

    run = str(out / "run")
    pipeline = write_demo_corpus(out / "input")
    render.note(f"wrote a corpus and its pipeline to {out / 'input'}")
    done = produce(read(pipeline), run, master, json, SPLIT_MB)
    if json:
        return
    render.out("\nSome of what was kept, and one removed record for each of the commonest reasons:\n")
    views.samples([*sample(run, "kept", SHOWN), *spread(run, REASONS)])
    removed = [item.doc_id for item in spread(run, 1)]
    program = "corpus" if shutil.which("corpus") else sys.argv[0]
    render.out("\nTry")
    render.out(f"  {program} explain {done.run} {removed[0] if removed else 'DOC_ID'}")
    render.out(f"  {program} stats {done.run}")
    render.out(f"  {program} verify {done.run}")
