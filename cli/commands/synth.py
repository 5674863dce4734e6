"""corpus synth"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli.commands.judge import (
    Again,
    BaseUrl,
    BudgetTokens,
    BudgetUsd,
    Concurrency,
    KeyEnv,
    MaxTokens,
    Model,
    Out,
    PaidTries,
    Prices,
    Structured,
    Timeout,
    Tries,
)
from cli.options import Id, Json, Text

if TYPE_CHECKING:
    from corpus.judge.client import Terms
    from corpus.judge.prompts import Prompt
    from corpus.judge.schema import Sampling, Structure
    from corpus.judge.wire import Endpoint
    from corpus.synth.files import Task
    from corpus.synth.model import Given
    from corpus.synth.sources import Sources

app = typer.Typer(help="Make instruction data with a model.", no_args_is_help=True)

Rows = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="FILES", help="Conversations in any format, or runs; the seed tasks where none are named.",
        show_default=False,
    ),
]  # fmt: skip
Documents = Annotated[
    list[str],
    typer.Argument(metavar="FILES", help="Documents in any readable format, or runs.", show_default=False),
]
Language = Annotated[Literal["zh", "en"], typer.Option("--lang", help="The language of prompts and rows.")]
Wanted = Annotated[int, typer.Option("--rows", min=1, metavar="N", help="Stop asking when so many are accepted.")]
AtMost = Annotated[
    int | None, typer.Option("--rows", min=1, metavar="N", help="Stop asking when so many are accepted; else go on.")
]
Requests = Annotated[
    int | None,
    typer.Option("--requests", min=1, metavar="N", help="Stop asking after so many requests, whatever they gave."),
]
SeedFile = Annotated[
    list[str] | None,
    typer.Option("--seeds", metavar="FILE", help="Seed tasks of your own in place of the shipped ones; repeatable."),
]
Against = Annotated[
    list[str] | None,
    typer.Option("--against", metavar="FILE", help="Rows that must not be repeated, beside the seeds; repeatable."),
]
Threshold = Annotated[
    float, typer.Option("--threshold", min=0.3, max=1.0, help="ROUGE-L from which a row repeats another.")
]
Cosine = Annotated[
    float | None,
    typer.Option("--cosine", min=0.0, max=1.0, help="Similarity of vectors from which it does, too; else not used."),
]
Examples = Annotated[int, typer.Option("--examples", min=1, max=20, help="Rows shown in a request; one in 4 accepted.")]
Sample = Annotated[
    int | None, typer.Option("--sample", min=1, metavar="N", help="Take N of the rows or documents, by their hash.")
]
Rounds = Annotated[int, typer.Option("--rounds", min=1, max=8, help="How often a row is evolved.")]
Turns = Annotated[int, typer.Option("--turns", min=1, max=8, help="Further turns of each conversation.")]
Each = Annotated[int, typer.Option("--each", min=1, max=64, help="Questions about a document.")]
WithText = Annotated[bool, typer.Option("--with-text", help="Give the passage as the input of the row.")]
Operations = Annotated[
    Literal["all", "depth", "breadth"], typer.Option("--operations", help="Make rows harder, make others, or both.")
]
PromptName = Annotated[
    str | None, typer.Option("--prompt", "-p", metavar="FILE", help="A prompt of your own (.yaml) with the same parts.")
]
Seed = Annotated[int, typer.Option("--seed", help="The seed of what is dealt: topics, verbs, examples, operations.")]
Window = Annotated[
    int, typer.Option("--window", min=1, max=4096, help="Requests made before the oldest of them is taken.")
]
Shape = Annotated[Literal["messages", "alpaca"], typer.Option("--as", help="The form of accepted rows.")]
Warmth = Annotated[
    float, typer.Option("--temperature", min=-1, max=2, help="Sampling temperature; -1 leaves it to the server.")
]


@app.command()
def instruct(
    out: Out,
    model: Model,
    rows: Wanted,
    lang: Language = "zh",
    requests: Requests = None,
    seeds: SeedFile = None,
    against: Against = None,
    examples: Examples = 4,
    threshold: Threshold = 0.7,
    cosine: Cosine = None,
    prompt: PromptName = None,
    seed: Seed = 0,
    window: Window = 64,
    shape: Shape = "messages",
    base_url: BaseUrl = None,
    key_env: KeyEnv = "OPENAI_API_KEY",
    prices: Prices = None,
    budget_usd: BudgetUsd = None,
    budget_tokens: BudgetTokens = None,
    concurrency: Concurrency = 16,
    temperature: Warmth = 0.7,
    max_tokens: MaxTokens = 2048,
    structure: Structured = "schema",
    timeout: Timeout = 120.0,
    tries: Tries = 8,
    paid_tries: PaidTries = 3,
    again: Again = False,
    json: Json = False,
) -> None:
    """New tasks like the seeds, by self-instruct.

    Accepted rows are in DIR/accepted.jsonl, rejected ones with their reasons in DIR/rejected.jsonl, what was paid in
    DIR/ledger.jsonl. A budget that is used up ends with exit code 5; repeat the command to go on.
    """
    from corpus.judge.wire import Endpoint
    from corpus.synth.dealing import lists
    from corpus.synth.files import Task
    from corpus.synth.instruct import Instruct
    from corpus.synth.work import Limits

    asked, known = _prompt("instruct", lang, prompt), _seeds(seeds, lang)
    mode = Instruct(asked, lists(lang), known, examples, seed)
    limits = Limits(rows, requests or 10 * rows, window)
    task = Task(mode, asked, out, limits, _with(known, against), threshold, cosine, shape, again=again)
    sampling = _sampling(temperature, max_tokens, structure)
    terms = _terms(model, prices, budget_usd, budget_tokens, sampling, concurrency, tries, paid_tries)
    _run(task, Endpoint(model, base_url, key_env, timeout), terms, None, json)


@app.command()
def evolve(
    out: Out,
    model: Model,
    files: Rows = None,
    lang: Language = "zh",
    rows: AtMost = None,
    requests: Requests = None,
    rounds: Rounds = 1,
    operations: Operations = "all",
    sample: Sample = None,
    against: Against = None,
    threshold: Threshold = 0.7,
    cosine: Cosine = None,
    prompt: PromptName = None,
    seed: Seed = 0,
    window: Window = 64,
    shape: Shape = "messages",
    base_url: BaseUrl = None,
    key_env: KeyEnv = "OPENAI_API_KEY",
    prices: Prices = None,
    budget_usd: BudgetUsd = None,
    budget_tokens: BudgetTokens = None,
    concurrency: Concurrency = 16,
    temperature: Warmth = 0.7,
    max_tokens: MaxTokens = 2048,
    structure: Structured = "schema",
    timeout: Timeout = 120.0,
    tries: Tries = 8,
    paid_tries: PaidTries = 3,
    again: Again = False,
    json: Json = False,
) -> None:
    """Rows made harder, or others in their spirit.

    Operations of depth and breadth are dealt evenly; with --rounds the results are evolved again.
    """
    from corpus.judge.wire import Endpoint
    from corpus.synth.dealing import lists
    from corpus.synth.evolve import Evolve
    from corpus.synth.files import Task
    from corpus.synth.work import Limits

    asked, known = _prompt("evolve", lang, prompt), _seeds(None, lang)
    sources = _sources(files, known, lang, sample, seed, prompts=True)
    chosen = tuple(one for one in lists(lang).operations if operations in ("all", one.kind))
    mode = Evolve(asked, chosen, sources, rounds, seed)
    limits = Limits(rows, requests, window)
    task = Task(mode, asked, out, limits, _with(known if files else (), against), threshold, cosine, shape, again=again)
    sampling = _sampling(temperature, max_tokens, structure)
    terms = _terms(model, prices, budget_usd, budget_tokens, sampling, concurrency, tries, paid_tries)
    _run(task, Endpoint(model, base_url, key_env, timeout), terms, sources, json)


@app.command(name="continue")
def continue_(
    out: Out,
    model: Model,
    files: Rows = None,
    lang: Language = "zh",
    rows: AtMost = None,
    requests: Requests = None,
    turns: Turns = 1,
    sample: Sample = None,
    against: Against = None,
    threshold: Threshold = 0.7,
    cosine: Cosine = None,
    prompt: PromptName = None,
    seed: Seed = 0,
    window: Window = 64,
    shape: Shape = "messages",
    base_url: BaseUrl = None,
    key_env: KeyEnv = "OPENAI_API_KEY",
    prices: Prices = None,
    budget_usd: BudgetUsd = None,
    budget_tokens: BudgetTokens = None,
    concurrency: Concurrency = 16,
    temperature: Warmth = 0.7,
    max_tokens: MaxTokens = 2048,
    structure: Structured = "schema",
    timeout: Timeout = 120.0,
    tries: Tries = 8,
    paid_tries: PaidTries = 3,
    again: Again = False,
    json: Json = False,
) -> None:
    """Further turns of conversations: what the user says next, and the answer to it.

    Two calls a turn: one for the user's words, one for the answer to the whole conversation.
    """
    from corpus.judge.wire import Endpoint
    from corpus.synth.continued import Continue
    from corpus.synth.dealing import lists
    from corpus.synth.files import Task
    from corpus.synth.work import Limits

    asked, known = _prompt("continue", lang, prompt), _seeds(None, lang)
    sources = _sources(files, known, lang, sample, seed)
    mode = Continue(asked, lists(lang), sources, turns, seed)
    limits = Limits(rows, requests, window)
    task = Task(mode, asked, out, limits, _with((), against), threshold, cosine, shape, again=again)
    sampling = _sampling(temperature, max_tokens, structure)
    terms = _terms(model, prices, budget_usd, budget_tokens, sampling, concurrency, tries, paid_tries)
    _run(task, Endpoint(model, base_url, key_env, timeout), terms, sources, json)


@app.command()
def ground(
    files: Documents,
    out: Out,
    model: Model,
    lang: Language = "zh",
    rows: AtMost = None,
    requests: Requests = None,
    each: Each = 1,
    with_text: WithText = False,
    sample: Sample = None,
    text: Text = None,
    id: Id = None,
    against: Against = None,
    threshold: Threshold = 0.7,
    cosine: Cosine = None,
    prompt: PromptName = None,
    seed: Seed = 0,
    window: Window = 64,
    shape: Shape = "messages",
    base_url: BaseUrl = None,
    key_env: KeyEnv = "OPENAI_API_KEY",
    prices: Prices = None,
    budget_usd: BudgetUsd = None,
    budget_tokens: BudgetTokens = None,
    concurrency: Concurrency = 16,
    temperature: Warmth = 0.7,
    max_tokens: MaxTokens = 2048,
    structure: Structured = "schema",
    timeout: Timeout = 120.0,
    tries: Tries = 8,
    paid_tries: PaidTries = 3,
    again: Again = False,
    json: Json = False,
) -> None:
    """Questions that documents answer, with the words of the document that bear the answer out.

    A row whose evidence does not stand in its document is rejected.
    """
    from corpus.judge.wire import Endpoint
    from corpus.synth.dealing import lists
    from corpus.synth.files import Task
    from corpus.synth.ground import LEAST, Ground
    from corpus.synth.sources import documents_of, in_lang, sampled
    from corpus.synth.work import Limits

    asked = _prompt("ground", lang, prompt)
    sources = in_lang(documents_of(files, text, id, LEAST), lang)
    sources = sampled(sources, sample, seed) if sample else sources
    mode = Ground(asked, lists(lang).questions, sources, each, with_text, seed)
    limits = Limits(rows, requests, window)
    task = Task(
        mode,
        asked,
        out,
        limits,
        _with(_seeds(None, lang), against),
        threshold,
        cosine,
        shape,
        again=again,
        source="ground_with_text" if with_text else "",
    )
    sampling = _sampling(temperature, max_tokens, structure)
    terms = _terms(model, prices, budget_usd, budget_tokens, sampling, concurrency, tries, paid_tries)
    _run(task, Endpoint(model, base_url, key_env, timeout), terms, sources, json)


def _prompt(mode: str, lang: str, given: str | None) -> Prompt:
    """The shipped prompt, or one of the user's that takes its place."""
    from corpus.errors import UsageError
    from corpus.judge.prompts import load_prompt

    shipped = load_prompt(f"synth_{mode}_{lang}")
    own = shipped if given is None else load_prompt(given)
    if set(own.parts) != set(shipped.parts) or set(own.answer) != set(shipped.answer) or own.lang != lang:
        raise UsageError(
            f"--prompt {given}: must have lang {lang}, parts {', '.join(shipped.parts)} and answer "
            f"{', '.join(shipped.answer)}, as {shipped.name} has"
        )
    return own


def _seeds(files: list[str] | None, lang: str) -> tuple[Given, ...]:
    """The shipped seed tasks of a language, or the rows of files."""
    from corpus.errors import UsageError
    from corpus.synth.sources import all_of, rows_of, shipped_seeds

    found = all_of(rows_of(files)) if files else shipped_seeds(lang)
    if not found:
        raise UsageError(f"--seeds {', '.join(files or ())}: no row could be used")
    return found


def _with(known: tuple[Given, ...], against: list[str] | None) -> tuple[Given, ...]:
    from corpus.synth.sources import all_of, rows_of

    return known + (all_of(rows_of(against)) if against else ())


def _sources(
    files: list[str] | None,
    seeds: tuple[Given, ...],
    lang: str,
    sample: int | None,
    seed: int,
    *,
    prompts: bool = False,
) -> Sources:
    from corpus.synth.sources import Sources, in_lang, rows_of, sampled

    found = in_lang(rows_of(files, prompts=prompts), lang) if files else Sources(iter(seeds))
    return sampled(found, sample, seed) if sample else found


def _sampling(temperature: float, max_tokens: int, structure: Structure) -> Sampling:
    from corpus.judge.schema import Sampling

    return Sampling(None if temperature < 0 else temperature, max_tokens=max_tokens, structure=structure)


def _terms(
    model: str,
    prices: str | None,
    usd: float | None,
    tokens: int | None,
    sampling: Sampling,
    concurrency: int,
    tries: int,
    paid_tries: int,
) -> Terms:
    from corpus.judge.breaker import Patience
    from corpus.judge.budget import Budget, load_price
    from corpus.judge.client import Terms

    price = load_price(prices, model) if prices else None
    return Terms(sampling, price, Budget(usd, tokens), concurrency, Patience(tries=tries, paid_tries=paid_tries))


def _run(task: Task, endpoint: Endpoint, terms: Terms, sources: Sources | None, as_json: bool) -> None:
    """Make the rows and say what came of it; nothing is left behind where there is nothing to start from."""
    from cli import render, synth_view
    from corpus.errors import UsageError
    from corpus.synth.files import generate

    if sources is not None and sources.get(0) is None:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in sources.left_out.items())
        raise UsageError(f"no row of the files can be used ({reasons or 'they are empty'})")
    left_out = sources.left_out if sources is not None else None
    synth_view.done(generate(task, endpoint, terms, render.note, left_out), as_json=as_json)
