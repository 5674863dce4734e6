"""corpus demo"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.options import SPLIT_MB, Json, Master

Where = Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="A directory for the corpus and its run.")]
Train = Annotated[
    bool, typer.Option("--train", help="Then train a tiny model on the tiers, and align it (needs the extra train).")
]
Rounds = Annotated[int, typer.Option("--rounds", min=1, max=3, help="Rounds of fine-tuning and DPO, with --train.")]
SHOWN, REASONS = 3, 8


def command(
    out: Where = Path("corpus-demo"),
    train: Train = False,
    rounds: Rounds = 1,
    master: Master = None,
    json: Json = False,
) -> None:
    """Make a small corpus and run the shipped pipeline on it.

    Chinese and English, clean, dirty, duplicated and broken, in every format that is read. Everything shown comes
    from that run. With --train the documents and some conversations become a tiny model, by way of every command that
    a real one takes, and its chain of parents is shown.
    """
    from cli import render, views
    from cli.produce import produce
    from corpus.demo import write_demo_corpus
    from corpus.inspect.sample import sample, spread
    from corpus.pipeline import read

    run = str(out / "run")
    pipeline = write_demo_corpus(out / "input")
    render.note(f"wrote a corpus and its pipeline to {out / 'input'}")
    done = produce(read(pipeline), run, master, json and not train, SPLIT_MB)
    if train:
        _train(run, out, rounds, master, json)
        return
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


def _train(documents: str, out: Path, rounds: int, master: str | None, json: bool) -> None:
    """Conversations beside the documents, and rounds of training on both."""
    from cli import render, train_view
    from cli.produce import produce
    from corpus.demo.talks import write_talks
    from corpus.pipeline import read

    dialogues = str(out / "dialogues")
    produce(read(write_talks(out / "talks")), dialogues, master, False, SPLIT_MB)
    from train.demo import demo
    from train.provenance import chain

    lines = demo(documents, dialogues, str(out / "train"), rounds, say=render.note)
    train_view.ancestry(lines, chain(lines[-1]["model"]), as_json=json)
