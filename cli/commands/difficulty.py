"""corpus difficulty: score, train, eval, apply"""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import Folder, Half, Json, Model
from corpus.errors import UsageError

if TYPE_CHECKING:
    from corpus.embed import Embedder
    from corpus.models.instruction import Labels, Parts
    from corpus.scores.cuts import Wanted
    from corpus.scores.files import Neural

app = typer.Typer(
    help="Difficulty of instruction rows, and stages from it.", no_args_is_help=True, rich_markup_mode=None
)
Files = Annotated[
    list[str], typer.Argument(metavar="FILES", help="Instruction rows: files, directories, globs.", show_default=False)
]
Instruction = Annotated[
    str | None, typer.Option("--instruction", metavar="FIELD", help="The field of the instruction; else guessed.")
]
Given = Annotated[
    str | None, typer.Option("--input", metavar="FIELD", help="The field of what it is applied to; else `input`.")
]
Answer = Annotated[str | None, typer.Option("--answer", metavar="FIELD", help="The field of the answer; else guessed.")]
LabelField = Annotated[str, typer.Option("--label-field", metavar="FIELD", help="The field of the label.")]
Least = Annotated[
    float | None, typer.Option("--hard-from", metavar="SCORE", help="The label is a number; hard from this on.")
]
Stages = Annotated[int | None, typer.Option("--stages", min=2, max=10, help="Cut the scores into so many stages.")]
Method = Annotated[
    str, typer.Option("--cut", metavar="valleys|quantiles", help="Where: valleys of the density, or equal sizes.")
]


@app.command()
def score(
    files: Files,
    out: Folder,
    instruction: Instruction = None,
    given: Given = None,
    answer: Answer = None,
    lang: Annotated[str | None, typer.Option("--lang", metavar="LANG", help="The language of every row.")] = None,
    stages: Stages = None,
    method: Method = "valleys",
    model: Annotated[
        str | None, typer.Option("--model", metavar="MODEL", help="A pinned causal LM: answer loss and IFD too.")
    ] = None,
    prompt: Annotated[
        Path | None,
        typer.Option(
            "--prompt", metavar="FILE", help="A text with {instruction} and {input}; else the model's chat template."
        ),
    ] = None,
    most: Annotated[
        int | None, typer.Option("--max-tokens", min=2, metavar="N", help="Tokens of a row that the model sees.")
    ] = None,
    half: Half = False,
    weight: Annotated[
        list[str] | None, typer.Option("--weight", metavar="NAME=NUMBER", help="Another weight; repeatable.")
    ] = None,
    json: Json = False,
) -> None:
    """Score rows without labels: what the answer says and the form it has, ranked among the rows.

    With a causal LM also how hard the answer is to say, and how much of that the instruction takes away (IFD). Writes
    difficulty.parquet. Rows without an answer, answers far from all others, and those that their instruction makes less
    likely, are noise and have no score.
    """
    from cli import difficulty_view, render
    from cli.progress import paced
    from corpus.scores.files import score_files

    parts, weights = _parts(instruction, given, answer), _weights(weight)
    neural = None if model is None else _neural(model, prompt, most, half)
    if neural is None and (prompt is not None or most is not None or half):
        raise UsageError("--prompt, --max-tokens and --half are for a --model")
    with nullcontext() if neural is None else paced("tokens", lambda: neural.lm.work.tokens):
        done = score_files(files, parts, out, _wanted(stages, method), lang, neural, weights)
    if json:
        render.emit(difficulty_view.plain(done))
    else:
        difficulty_view.scored(done)


@app.command()
def train(
    files: Files,
    out: Folder,
    label_field: LabelField = "tier",
    least: Least = None,
    instruction: Instruction = None,
    given: Given = None,
    answer: Answer = None,
    wanted: Annotated[str, typer.Option("--target", metavar="LABEL", help="The label that means hard.")] = "hard",
    precision: Annotated[
        float, typer.Option("--precision", metavar="SHARE", help="What the threshold is chosen for.")
    ] = 0.5,
    seed: Annotated[int, typer.Option("--seed", help="Another seed, another split and another model.")] = 0,
    embedder: Annotated[
        str | None,
        typer.Option(
            "--embedder", metavar="MODEL", help="A pinned sentence-transformers model, read by a third opinion."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Train a model of difficulty on labelled rows and write it with its card.

    Measured on 15 % of each label, by a model of the others; then trained on all. Folds give calibration and
    threshold.
    """
    from cli import difficulty_view, render, trained_view
    from corpus.models.instruction import read_labelled
    from corpus.models.rows.training import train as make
    from corpus.models.training import Plan

    examples = read_labelled(files, _parts(instruction, given, answer), _labels(label_field, least), seed)
    card, notes = make(examples, Plan(out.name, precision, seed, positive=wanted, view="rows"), out, _reader(embedder))
    for said in notes:
        render.note(said)
    trained_view.trained(card, out, difficulty_view.trained, as_json=json)


@app.command("eval")
def evaluate(
    model: Model,
    files: Files,
    label_field: LabelField = "tier",
    least: Least = None,
    instruction: Instruction = None,
    given: Given = None,
    answer: Answer = None,
    json: Json = False,
) -> None:
    """Measure a model of difficulty on labelled rows that it was not trained on."""
    from cli import classifier_view, difficulty_view
    from corpus.models.applying import evaluate_files
    from corpus.models.classifier import load
    from corpus.models.instruction import read_labelled

    found = load(model)
    examples = read_labelled(
        files, _parts(instruction, given, answer), _labels(label_field, least), view=found.card.view
    )
    done = evaluate_files(found, examples)
    if json:
        classifier_view.judged_json(model, found.card, done)
    else:
        difficulty_view.judged(found.card, done)


@app.command("apply")
def use(
    model: Model,
    files: Files,
    out: Folder,
    instruction: Instruction = None,
    given: Given = None,
    answer: Answer = None,
    stages: Stages = None,
    method: Method = "valleys",
    json: Json = False,
) -> None:
    """Score rows by a model of difficulty; writes difficulty.parquet."""
    from cli import difficulty_view, render
    from corpus.models.classifier import load
    from corpus.scores.files import apply_files

    done = apply_files(load(model), files, _parts(instruction, given, answer), out, _wanted(stages, method))
    if json:
        render.emit(difficulty_view.plain(done))
    else:
        difficulty_view.scored(done)


def _parts(instruction: str | None, given: str | None, answer: str | None) -> Parts:
    from corpus.models.instruction import Parts

    return Parts(instruction, given, answer)


def _reader(name: str | None) -> Embedder | None:
    if name is None:
        return None
    from corpus.embed.sentence import load

    return load(name)


def _labels(field: str, least: float | None) -> Labels:
    from corpus.models.instruction import Labels

    return Labels(field, least)


def _weights(said: list[str] | None) -> dict[str, float]:
    found = {}
    for one in said or ():
        name, _, number = one.partition("=")
        try:
            found[name.strip()] = float(number)
        except ValueError:
            raise UsageError(f"--weight {one}: is not NAME=NUMBER") from None
    return found


def _neural(model: str, prompt: Path | None, most: int | None, half: bool) -> Neural:
    from corpus.models.causal.model import load
    from corpus.models.causal.prompt import declared
    from corpus.scores.files import Neural

    lm = load(model, most=most, half=half or None)
    try:
        template = None if prompt is None else prompt.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{prompt}: cannot be read: {error}") from None
    return Neural(lm, declared(template, lm.tokenizer))


def _wanted(stages: int | None, method: str) -> Wanted | None:
    if stages is None:
        return None
    from corpus.scores.cuts import Wanted, method_of

    return Wanted(stages=stages, method=method_of(method))
