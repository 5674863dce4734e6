"""corpus classifier: train, eval, apply, adopt"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import Files, Folder, Json, Text

if TYPE_CHECKING:
    from corpus.models.examples import Given

app = typer.Typer(
    help="Train classifiers of texts, measure them, apply them.", no_args_is_help=True, rich_markup_mode=None
)
Model = Annotated[
    str, typer.Argument(metavar="MODEL", help="A classifier's directory, or its name.", show_default=False)
]
Positive = Annotated[
    list[str] | None,
    typer.Option("--positive", metavar="FILE", help="Rows of the label that is looked for; repeatable."),
]
Negative = Annotated[
    list[str] | None, typer.Option("--negative", metavar="FILE", help="Rows of the other label; repeatable.")
]
Labelled = Annotated[
    list[str] | None,
    typer.Option("--labelled", metavar="FILE", help="Rows with a field that names their label; repeatable."),
]
LabelField = Annotated[str, typer.Option("--label-field", metavar="FIELD", help="That field.")]
Names = Annotated[
    str, typer.Option("--names", metavar="A,B", help="What the labels of --positive and --negative are called.")
]


@app.command()
def train(
    out: Folder,
    positive: Positive = None,
    negative: Negative = None,
    labelled: Labelled = None,
    label_field: LabelField = "label",
    text: Text = None,
    names: Names = "positive,negative",
    wanted: Annotated[
        str | None, typer.Option("--target", metavar="LABEL", help="The label looked for, of two; else the last.")
    ] = None,
    precision: Annotated[
        float, typer.Option("--precision", metavar="SHARE", help="What the threshold is chosen for.")
    ] = 0.9,
    balance: Annotated[
        str, typer.Option("--balance", metavar="down|none", help="Train on as many rows of each label, or on all.")
    ] = "down",
    ngrams: Annotated[int, typer.Option("--ngrams", min=1, max=8, help="Tokens of an n-gram at most.")] = 2,
    epochs: Annotated[int, typer.Option("--epochs", min=1, max=1000, help="Passes over the rows.")] = 10,
    rate: Annotated[float, typer.Option("--rate", min=1e-4, max=10, help="The learning rate.")] = 0.2,
    dims: Annotated[int, typer.Option("--dims", min=1, max=1024, help="Numbers of a vector.")] = 8,
    buckets: Annotated[int, typer.Option("--buckets", min=1024, max=1 << 26, help="Hashed n-grams.")] = 1 << 18,
    seed: Annotated[int, typer.Option("--seed", help="Another seed, another split and another model.")] = 0,
    json: Json = False,
) -> None:
    """Train a classifier on labelled rows and write it with its card.

    Of each label 70 % is trained on, 15 % gives calibration and threshold, 15 % is only measured. The same rows and
    seed give the same bytes.
    """
    from cli import classifier_view, render, trained_view
    from corpus.models.card import Features
    from corpus.models.training import Plan, balance_of
    from corpus.models.training import train as make

    features = Features(ngrams=ngrams, buckets=buckets, dims=dims, epochs=epochs, rate=rate)
    plan = Plan(
        name=out.name,
        precision=precision,
        seed=seed,
        features=features,
        balance=balance_of(balance),
        positive=wanted or (names.split(",")[0].strip() if positive else None),
    )
    card, notes = make(_given(positive, negative, labelled, label_field, text, names), plan, out)
    for said in notes:
        render.note(said)
    trained_view.trained(card, out, classifier_view.trained, as_json=json)


@app.command("eval")
def evaluate(
    model: Model,
    files: Annotated[
        list[str] | None, typer.Argument(metavar="FILES", help="Rows with a field that names their label.")
    ] = None,
    positive: Positive = None,
    negative: Negative = None,
    label_field: LabelField = "label",
    text: Text = None,
    names: Names = "positive,negative",
    json: Json = False,
) -> None:
    """Measure a classifier on labelled rows.

    Precision, recall and F1 with 95 % intervals, confusion, calibration, and what other thresholds would give.
    """
    from cli import classifier_view
    from corpus.models.applying import evaluate_files
    from corpus.models.classifier import load

    found = load(model)
    done = evaluate_files(found, _given(positive, negative, files, label_field, text, names))
    if json:
        classifier_view.judged_json(model, found.card, done)
    else:
        classifier_view.judged(found.card, done)


@app.command("apply")
def score(
    model: Model,
    files: Files,
    out: Folder,
    text: Text = None,
    json: Json = False,
) -> None:
    """Score files: their rows with a score for each label, and the label given, as Parquet.

    Rows that cannot be read are written beside them with the reason.
    """
    from cli import classifier_view, render
    from corpus.models.applying import apply_to_files
    from corpus.models.classifier import load

    done = apply_to_files(load(model), files, out, text)
    render.show(done, classifier_view.applied, as_json=json)


@app.command()
def adopt(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A fastText .bin or .ftz.", show_default=False)],
    out: Folder,
    view: Annotated[
        str,
        typer.Option("--view", metavar="words|chars", help="How texts are shown to it: as they are, or as ours are."),
    ] = "words",
    wanted: Annotated[
        str | None, typer.Option("--target", metavar="LABEL", help="The label looked for, of two.")
    ] = None,
    source: Annotated[str, typer.Option("--source", help="Where it comes from.")] = "",
    licence: Annotated[str, typer.Option("--licence", help="Its licence.")] = "",
    json: Json = False,
) -> None:
    """Take in a fastText model of others: look at the file, copy it, pin its digest in a card."""
    from cli import render
    from corpus.models.training import adopt as take
    from corpus.models.training import view_of

    card = take(file, out, out.name, view_of(view), wanted, source, licence)
    if json:
        render.emit({"model": str(out), "digest": card.digest, "labels": list(card.labels)})
    else:
        render.out(f"{out}: {len(card.labels):,} labels, sha256 {card.model.sha256}")


def _given(
    positive: list[str] | None,
    negative: list[str] | None,
    labelled: list[str] | None,
    label_field: str,
    text: str | None,
    names: str,
) -> Given:
    from corpus.models.examples import given

    return given(positive or (), negative or (), labelled or (), label_field, text, names)
