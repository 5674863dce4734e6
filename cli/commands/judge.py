"""corpus judge"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from cli.options import Id, Json, Text

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
Model = Annotated[
    str, typer.Option("--model", "-m", metavar="NAME", help="The model, as the server calls it.", show_default=False)
]
Out = Annotated[
    Path,
    typer.Option(
        "--out", "-o", metavar="DIR", help="The directory to write; repeat the command to resume.", show_default=False
    ),
]
BaseUrl = Annotated[
    str | None,
    typer.Option("--base-url", metavar="URL", help="A server with the chat API; else $OPENAI_BASE_URL, else OpenAI."),
]
KeyEnv = Annotated[str, typer.Option("--key-env", metavar="VAR", help="The environment variable that has the key.")]
Part = Annotated[
    list[str] | None,
    typer.Option("--part", metavar="PART=FIELD", help="The field that a part of the prompt is in; repeatable."),
]
Prices = Annotated[
    str | None,
    typer.Option("--prices", metavar="FILE", help="Dollars for a million tokens: models: {NAME: {input:, output:}}."),
]
BudgetUsd = Annotated[
    float | None, typer.Option("--budget-usd", metavar="N", min=0, help="Dollars that DIR may ever cost.")
]
BudgetTokens = Annotated[
    int | None, typer.Option("--budget-tokens", metavar="N", min=0, help="Tokens that DIR may ever cost.")
]
Concurrency = Annotated[int, typer.Option("--concurrency", min=1, max=1024, help="Calls under way at once.")]
Temperature = Annotated[
    float, typer.Option("--temperature", min=-1, max=2, help="Sampling temperature; -1 leaves it to the server.")
]
MaxTokens = Annotated[int, typer.Option("--max-tokens", min=1, max=131072, help="Tokens of an answer at most.")]
Seed = Annotated[int | None, typer.Option("--seed", help="The seed sent with each call.")]
Structured = Annotated[
    Literal["schema", "object", "none"],
    typer.Option("--structure", help="What the server is told to enforce; answers are checked here in any case."),
]
Timeout = Annotated[float, typer.Option("--timeout", min=0.1, metavar="SECONDS", help="Wait for a reply so long.")]
Tries = Annotated[int, typer.Option("--tries", min=1, max=100, help="Calls for one question at most.")]
PaidTries = Annotated[
    int, typer.Option("--paid-tries", min=1, max=100, help="Of these, paid ones without a usable answer.")
]
CanaryCount = Annotated[
    int, typer.Option("--canaries", min=0, metavar="N", help="Ask N records again with an instruction hidden in them.")
]
Again = Annotated[bool, typer.Option("--again", help="Ask questions anew that failed for good.")]
BatchWrite = Annotated[
    Path | None,
    typer.Option("--batch-write", metavar="DIR", help="Send nothing: write requests for a batch endpoint there."),
]
BatchRead = Annotated[
    list[Path] | None,
    typer.Option("--batch-read", metavar="FILE", help="Send nothing: take a batch's results in; repeatable."),
]
BatchForget = Annotated[bool, typer.Option("--batch-forget", help="The batches written were never sent.")]


def command(
    files: Files,
    prompt: PromptName,
    model: Model,
    out: Out,
    base_url: BaseUrl = None,
    key_env: KeyEnv = "OPENAI_API_KEY",
    text: Text = None,
    id: Id = None,
    part: Part = None,
    prices: Prices = None,
    budget_usd: BudgetUsd = None,
    budget_tokens: BudgetTokens = None,
    concurrency: Concurrency = 16,
    temperature: Temperature = 0.0,
    max_tokens: MaxTokens = 512,
    seed: Seed = None,
    structure: Structured = "schema",
    timeout: Timeout = 120.0,
    tries: Tries = 8,
    paid_tries: PaidTries = 3,
    canaries: CanaryCount = 0,
    again: Again = False,
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
    from corpus.judge.breaker import Patience
    from corpus.judge.budget import Budget, load_price
    from corpus.judge.client import Terms
    from corpus.judge.prompts import load_prompt
    from corpus.judge.rows import Places
    from corpus.judge.schema import Sampling
    from corpus.judge.wire import Endpoint

    if sum(map(bool, (batch_write, batch_read, batch_forget))) > 1:
        raise UsageError("--batch-write, --batch-read and --batch-forget exclude each other: choose one")
    asked = load_prompt(prompt)
    if canaries and asked.score is None:
        raise UsageError(f"--canaries: prompt {asked.name} gives no score to measure them by")
    terms = Terms(
        sampling=Sampling(
            temperature=None if temperature < 0 else temperature, max_tokens=max_tokens, seed=seed, structure=structure
        ),
        price=load_price(prices, model) if prices else None,
        budget=Budget(budget_usd, budget_tokens),
        concurrency=concurrency,
        patience=Patience(tries=tries, paid_tries=paid_tries),
    )
    endpoint = Endpoint(model, base_url, key_env, timeout)
    task = judging.Task(tuple(files), asked, Places.of(asked, part or (), text, id), out, canaries, again)
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
