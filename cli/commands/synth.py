"""corpus synth"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli.calls import Calls, Model, Out
from cli.options import Id, Json, Text, spread

if TYPE_CHECKING:
    from pathlib import Path

    from corpus.judge.prompts import Prompt
    from corpus.synth.files import Task
    from corpus.synth.model import Given, Mode
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
CALLS = Calls(temperature=0.7, max_tokens=2048)


@dataclass(frozen=True)
class Making:
    """How rows are made and which are accepted, whatever the mode."""

    against: Annotated[
        list[str] | None,
        typer.Option("--against", metavar="FILE", help="Rows that must not be repeated, beside the seeds; repeatable."),
    ] = None
    threshold: Annotated[
        float, typer.Option("--threshold", min=0.3, max=1.0, help="ROUGE-L from which a row repeats another.")
    ] = 0.7
    cosine: Annotated[
        float | None,
        typer.Option(
            "--cosine", min=0.0, max=1.0, help="Similarity of vectors from which it does, too; else not used."
        ),
    ] = None
    prompt: Annotated[
        str | None,
        typer.Option("--prompt", "-p", metavar="FILE", help="A prompt of your own (.yaml) with the same parts."),
    ] = None
    seed: Annotated[
        int, typer.Option("--seed", help="The seed of what is dealt: topics, verbs, examples, operations.")
    ] = 0
    window: Annotated[
        int, typer.Option("--window", min=1, max=4096, help="Requests made before the oldest of them is taken.")
    ] = 64
    shape: Annotated[Literal["messages", "alpaca"], typer.Option("--as", help="The form of accepted rows.")] = (
        "messages"
    )

    def task(
        self, mode: Mode, prompt: Prompt, out: Path, rows: int | None, requests: int | None, known: tuple[Given, ...],
        again: bool, source: str = "",
    ) -> Task:  # fmt: skip
        """What to make: `rows` at most by so many `requests`, none of which repeats a row of `known` or `against`."""
        from corpus.synth.files import Task
        from corpus.synth.sources import all_of, rows_of
        from corpus.synth.work import Limits

        known += all_of(rows_of(self.against)) if self.against else ()
        limits = Limits(rows, requests, self.window)
        return Task(mode, prompt, out, limits, known, self.threshold, self.cosine, self.shape, source, again)


MAKING = Making()


@app.command()
@spread()
def instruct(
    out: Out,
    model: Model,
    rows: Wanted,
    lang: Language = "zh",
    requests: Requests = None,
    seeds: SeedFile = None,
    examples: Examples = 4,
    making: Making = MAKING,
    calls: Calls = CALLS,
    json: Json = False,
) -> None:
    """New tasks like the seeds, by self-instruct.

    Accepted rows are in DIR/accepted.jsonl, rejected ones with their reasons in DIR/rejected.jsonl, what was paid in
    DIR/ledger.jsonl. A budget that is used up ends with exit code 5; repeat the command to go on.
    """
    from corpus.synth.dealing import lists
    from corpus.synth.instruct import Instruct

    asked, known = _prompt("instruct", lang, making.prompt), _seeds(seeds, lang)
    mode = Instruct(asked, lists(lang), known, examples, making.seed)
    task = making.task(mode, asked, out, rows, requests or 10 * rows, known, calls.again)
    _run(task, model, calls, None, json)


@app.command()
@spread()
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
    making: Making = MAKING,
    calls: Calls = CALLS,
    json: Json = False,
) -> None:
    """Rows made harder, or others in their spirit.

    Operations of depth and breadth are dealt evenly; with --rounds the results are evolved again.
    """
    from corpus.synth.dealing import lists
    from corpus.synth.evolve import Evolve

    asked, known = _prompt("evolve", lang, making.prompt), _seeds(None, lang)
    sources = _sources(files, known, lang, sample, making.seed, prompts=True)
    chosen = tuple(one for one in lists(lang).operations if operations in ("all", one.kind))
    mode = Evolve(asked, chosen, sources, rounds, making.seed)
    task = making.task(mode, asked, out, rows, requests, known if files else (), calls.again)
    _run(task, model, calls, sources, json)


@app.command(name="continue")
@spread()
def continue_(
    out: Out,
    model: Model,
    files: Rows = None,
    lang: Language = "zh",
    rows: AtMost = None,
    requests: Requests = None,
    turns: Turns = 1,
    sample: Sample = None,
    making: Making = MAKING,
    calls: Calls = CALLS,
    json: Json = False,
) -> None:
    """Further turns of conversations: what the user says next, and the answer to it.

    Two calls a turn: one for the user's words, one for the answer to the whole conversation.
    """
    from corpus.synth.continued import Continue
    from corpus.synth.dealing import lists

    asked, known = _prompt("continue", lang, making.prompt), _seeds(None, lang)
    sources = _sources(files, known, lang, sample, making.seed)
    mode = Continue(asked, lists(lang), sources, turns, making.seed)
    task = making.task(mode, asked, out, rows, requests, (), calls.again)
    _run(task, model, calls, sources, json)


@app.command()
@spread()
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
    making: Making = MAKING,
    calls: Calls = CALLS,
    json: Json = False,
) -> None:
    """Questions that documents answer, with the words of the document that bear the answer out.

    A row whose evidence does not stand in its document is rejected.
    """
    from corpus.synth.dealing import lists
    from corpus.synth.ground import LEAST, Ground
    from corpus.synth.sources import documents_of, in_lang, sampled

    asked = _prompt("ground", lang, making.prompt)
    sources = in_lang(documents_of(files, text, id, LEAST), lang)
    sources = sampled(sources, sample, making.seed) if sample else sources
    mode = Ground(asked, lists(lang).questions, sources, each, with_text, making.seed)
    source = "ground_with_text" if with_text else ""
    task = making.task(mode, asked, out, rows, requests, _seeds(None, lang), calls.again, source)
    _run(task, model, calls, sources, json)


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


def _run(task: Task, model: str, calls: Calls, sources: Sources | None, as_json: bool) -> None:
    """Make the rows and say what came of it; nothing is left behind where there is nothing to start from."""
    from cli import render, synth_view
    from corpus.errors import UsageError
    from corpus.synth.files import generate

    if sources is not None and sources.get(0) is None:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in sources.left_out.items())
        raise UsageError(f"no row of the files can be used ({reasons or 'they are empty'})")
    left_out = sources.left_out if sources is not None else None
    done = generate(task, calls.endpoint(model), calls.terms(model), render.note, left_out)
    synth_view.done(done, as_json=as_json)
