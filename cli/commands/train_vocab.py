"""corpus train vocab: grow, prune"""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from cli.options import Json, OutFolder

Base = Annotated[
    str, typer.Argument(metavar="BASE", help="A folder with a tokenizer.json, and a model if any.", show_default=False)
]
Tiers = Annotated[
    list[str], typer.Argument(metavar="TIER", help="Parquet of tiers: folders, files, globs.", show_default=False)
]
app = typer.Typer(
    help="Fit a vocabulary to a corpus, and the model's rows to it.", no_args_is_help=True, rich_markup_mode=None
)


@app.command()
def grow(
    base: Base,
    tiers: Tiers,
    out: OutFolder,
    add: Annotated[int, typer.Option("--add", min=1, metavar="N", help="Pieces to add.", show_default=False)],
    way: Annotated[
        Literal["characters", "bpe", "unigram"],
        typer.Option("--by", help="The most frequent characters, or pieces trained on the tiers."),
    ] = "characters",
    json: Json = False,
) -> None:
    """Append pieces of Chinese. Old ids stay, English is segmented as before, new rows are means of old ones."""
    from cli import render
    from train.vocab.make import grown_folder

    render.done({"out": out, **grown_folder(base, tiers, out, add, way)}, as_json=json)


@app.command()
def prune(
    base: Base,
    tiers: Tiers,
    out: OutFolder,
    least: Annotated[int, typer.Option("--least", min=1, metavar="N", help="Keep what occurs N times or more.")] = 1,
    json: Json = False,
) -> None:
    """Keep only the tokens that the tiers use. Their texts are segmented alike, and the logits are the same."""
    from cli import render
    from train.vocab.make import pruned_folder

    render.done({"out": out, **pruned_folder(base, tiers, out, least)}, as_json=json)
