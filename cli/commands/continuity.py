"""corpus continuity: train, score"""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import ByModel, Files, Folder, Json, RowLang, Text

app = typer.Typer(
    help="Continuity models: whether sentences follow one another, learned from texts as they stand.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
def train(
    files: Files,
    out: Folder,
    bits: Annotated[int, typer.Option("--bits", min=8, max=24, help="Tables have 2 to the power of this rows.")] = 18,
    columns: Annotated[int, typer.Option("--columns", min=4, max=256, help="Numbers of a row.")] = 32,
    passes: Annotated[int, typer.Option("--passes", min=1, max=100, help="Passes over the sentences.")] = 2,
    places: Annotated[
        int, typer.Option("--places", min=1, help="Millions of places between two tokens that are learned from.")
    ] = 12,
    most: Annotated[int, typer.Option("--most", min=1, help="Megabytes of text trained on at most.")] = 200,
    folds: Annotated[
        int, typer.Option("--folds", min=1, max=2, help="2: two halves that score each other, for texts trained on.")
    ] = 1,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed, another model.")] = 0,
    text: Text = None,
    lang: RowLang = None,
    json: Json = False,
) -> None:
    """Train a continuity model on texts that are as you want texts to be, and write it with its card.

    Nothing is labelled: it learns which sentence of a text follows which, and which halves of a text belong together.
    One text in fifty is held out and measured. The same texts give the same model in any order.
    """
    from cli import continuity_view, trained_view
    from corpus.models.continuity.files import train_files
    from corpus.models.continuity.train import Settings

    settings = Settings(
        bits=bits,
        columns=columns,
        passes=passes,
        seam_bits=bits,
        seam_columns=columns,
        places=places * 1_000_000,
        most=most * 1_000_000,
        folds=folds,
        seed=seed,
    )
    card = train_files(files, out, settings, text, lang)
    trained_view.trained(card, out, continuity_view.trained, as_json=json)


@app.command()
def score(
    files: Files,
    out: Folder,
    model: ByModel,
    text: Text = None,
    lang: RowLang = None,
    json: Json = False,
) -> None:
    """Score files: each row's key, language, continuity and seam_continuity, as Parquet.

    `scored.parquet` joins a run by `columns:` with `id: source_key`.
    """
    from cli import continuity_view, render
    from corpus.models.continuity.files import load, score_files

    done = score_files(load(model), files, out, text, lang)
    render.show(done, continuity_view.scored, as_json=json)
