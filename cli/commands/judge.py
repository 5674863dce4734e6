"""corpus judge"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.calls import CALLS, Calls, Model, Out, Seed
from cli.options import Id, Json, Text, spread

Files = Annotated[
    list[str], typer.Argument(metavar="FILES", help="Files, directories or globs of records.", show_default=False)
]
PromptName = Annotated[
    str,
    typer.Option(
        "--prompt",
        "-p",
        metavar="NAME",
        help="quality, education, reply, tags or compare with _zh or _en behind it, or a .yaml file.",
        show_default=False,
    ),
]
Part = Annotated[
    list[str] | None,
    typer.Option("--part", metavar="PART=FIELD", help="The field that a part of the prompt is in; repeatable."),
]
CanaryCount = Annotated[
    int, typer.Option("--canaries", min=0, metavar="N", help="Ask N records again with an instruction hidden in them.")
]
BatchWrite = Annotated[
    Path | None,
    typer.Option("--batch-write", metavar="DIR", help="Send nothing: write requests for a batch endpoint there."),
]
BatchRead = Annotated[
    list[Path] | None,
    typer.Option("--batch-read", metavar="FILE", help="Send nothing: take a batch's results in; repeatable."),
]
BatchForget = Annotated[bool, typer.Option("--batch-forget", help="The batches written were never sent.")]


@spread()
def command(
    files: Files,
    prompt: PromptName,
    model: Model,
    out: Out,
    text: Text = None,
    id: Id = None,
    part: Part = None,
    seed: Seed = None,
    canaries: CanaryCount = 0,
    calls: Calls = CALLS,
    batch_write: BatchWrite = None,
    batch_read: BatchRead = None,
    batch_forget: BatchForget = False,
    json: Json = False,
) -> None:
    """Let a model judge records, each paid for once.

    Answers are in DIR/judged.parquet beside the records; what was paid is in DIR/ledger.jsonl. A budget that is used up
    ends with exit code 5. The key is read from the environment alone.
    """
    from cli import judge_view, render
    from corpus.errors import BudgetExhausted, UsageError
    from corpus.judge import files as judging
    from corpus.judge.prompts import load_prompt
    from corpus.judge.rows import Places

    if sum(map(bool, (batch_write, batch_read, batch_forget))) > 1:
        raise UsageError("--batch-write, --batch-read and --batch-forget exclude each other: choose one")
    asked = load_prompt(prompt)
    if canaries and asked.score is None:
        raise UsageError(f"--canaries: prompt {asked.name} gives no score to measure them by")
    endpoint, terms = calls.endpoint(model), calls.terms(model, seed)
    task = judging.Task(tuple(files), asked, Places.of(asked, part or (), text, id), out, canaries, calls.again)
    if batch_forget:
        judge_view.forgotten(judging.forget_batches(task, endpoint, terms), as_json=json)
    elif batch_write:
        written = judging.write_batches(task, batch_write, endpoint, terms)
        judge_view.written(written, as_json=json)
        if written.over_budget:
            raise BudgetExhausted(
                f"{written.over_budget:,} questions are not in the files: the budget of {terms.budget} does not hold "
                "what they may cost"
            )
    elif batch_read:
        found, done = judging.read_batches(task, batch_read, endpoint, terms)
        judge_view.done(done, found, as_json=json)
    else:
        judge_view.done(judging.judge_files(task, endpoint, terms, render.note), None, as_json=json)
