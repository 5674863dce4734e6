"""corpus perplexity: train, eval, score, neural, adopt"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.options import ByModel, Files, Folder, Half, Json, Model, RowLang, Text

app = typer.Typer(
    help="n-gram language models: train them, take others in, score texts.", no_args_is_help=True, rich_markup_mode=None
)


@app.command()
def train(
    files: Files,
    out: Folder,
    order: Annotated[int, typer.Option("--order", min=2, max=5, help="Units of an n-gram at most.")] = 4,
    least: Annotated[
        str | None,
        typer.Option(
            "--least", metavar="N,N,…", help="How often n-grams of each length must be there; 1,1,2,2 for order 4."
        ),
    ] = None,
    rare: Annotated[int, typer.Option("--rare", min=1, help="A unit seen less often is unknown.")] = 2,
    vocabulary: Annotated[int, typer.Option("--vocabulary", min=1, help="Known units at most.")] = 65_000,
    most: Annotated[
        int, typer.Option("--most", min=1, help="Millions of units trained on at most, which bounds the memory.")
    ] = 100,
    folds: Annotated[
        int, typer.Option("--folds", min=1, max=2, help="2: two halves that score each other, for texts trained on.")
    ] = 1,
    text: Text = None,
    lang: RowLang = None,
    json: Json = False,
) -> None:
    """Train a language model on texts that are as you want texts to be, and write it with its card.

    Characters of Chinese, words of English, marks and line breaks are its units. One text in fifty is held out and
    measured. The same texts give the same model in any order.
    """
    from cli import perplexity_view, trained_view
    from corpus.models.ngram.files import train_files
    from corpus.models.ngram.train import Settings

    known = Settings.of_order(order)
    settings = Settings(order, _numbers(least) if least else known.least, rare, vocabulary, most * 1_000_000, folds)
    card = train_files(files, out, settings, text, lang)
    trained_view.trained(card, out, perplexity_view.trained, as_json=json)


@app.command("eval")
def evaluate(model: Model, files: Files, text: Text = None, lang: RowLang = None, json: Json = False) -> None:
    """Measure a model on texts that it was not trained on: bits a unit, and how perplexities are spread by language."""
    from cli import perplexity_view, render
    from corpus.models.ngram.evaluate import evaluate_files
    from corpus.models.ngram.scorer import load

    found = load(model)
    done = evaluate_files(found, files, text, lang)
    if json:
        render.emit({"model": model, "digest": found.card.digest, **render.plain(done)})
    else:
        perplexity_view.evaluated(done)


@app.command()
def score(
    files: Files,
    out: Folder,
    model: ByModel,
    by: Annotated[
        str, typer.Option("--by", metavar="lang|all|FIELD", help="What a text is ranked within: a field of the rows.")
    ] = "lang",
    cuts: Annotated[
        str, typer.Option("--cuts", metavar="thirds|ziya|A,B", help="Shares up to which texts are head, and middle.")
    ] = "thirds",
    exempt: Annotated[
        str,
        typer.Option("--exempt", metavar="FORM,…|none", help="Forms that get no rank: code, verse, dialogue."),
    ] = "code,verse,dialogue",
    text: Text = None,
    lang: RowLang = None,
    json: Json = False,
) -> None:
    """Score files: their rows with perplexities and head, middle or tail, as Parquet.

    Rows that cannot be read are written beside them with the reason.
    """
    from cli import perplexity_view, render
    from corpus.models.ngram.applying import Wanted, score_files
    from corpus.models.ngram.buckets import shares_of
    from corpus.models.ngram.scorer import load

    forms = () if exempt == "none" else tuple(name.strip() for name in exempt.split(","))
    wanted = Wanted(by, shares_of(cuts), forms)
    done = score_files(load(model), files, out, wanted, text, lang)
    render.show(done, perplexity_view.scored, as_json=json)


@app.command()
def neural(
    files: Files,
    out: Folder,
    model: Annotated[
        str, typer.Option("--model", metavar="NAME", help="A pinned causal LM (corpus models add).", show_default=False)
    ],
    max_tokens: Annotated[
        int | None,
        typer.Option("--max-tokens", min=1, help="Tokens of a text that are read; else what the model sees."),
    ] = None,
    disorder: Annotated[
        int,
        typer.Option(
            "--disorder",
            metavar="N",
            min=0,
            help="Say what disorder costs each text, from N random orders and crossings; 4, or 2 in half the time.",
        ),
    ] = 0,
    half: Half = False,
    text: Text = None,
    json: Json = False,
) -> None:
    """Score files by a causal LM of transformers: perplexity and bits a character, on a GPU where there is one.

    With --disorder also how much less likely sentences are in another order, and their halves joined anew, which a
    whole text minds more than a broken one. What is cut off is counted. A run has the same by `causal:`.
    """
    from cli import render
    from cli.progress import paced
    from corpus.models.causal.files import score_texts
    from corpus.models.causal.model import load

    lm = load(model, half=half or None)
    with paced("tokens", lambda: lm.work.tokens):
        done = score_texts(lm, files, out, text, max_tokens, disorder)
    if json:
        render.emit(done)
        return
    render.out(f"read    {done.read:,} rows, {done.scored:,} scored, {sum(done.unreadable.values()):,} unreadable")
    if done.kept:
        render.out(f"kept    {done.kept:,} rows had been scored before (a run that was killed)")
    render.out(f"tokens  {done.tokens:,} counted, {done.tokens_cut:,} left out")
    render.out(f"file    {done.files[0]}")


@app.command()
def adopt(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An .arpa, .arpa.gz or KenLM .bin.", show_default=False)],
    out: Folder,
    tokens: Annotated[
        str,
        typer.Option("--tokens", metavar="chars|words|pieces", help="What it was trained on.", show_default=False),
    ],
    tokenizer: Annotated[
        Path | None,
        typer.Option("--tokenizer", metavar="FILE", help="Of pieces: a tokenizer.json or a SentencePiece .model."),
    ] = None,
    normalise: Annotated[
        str,
        typer.Option("--normalise", metavar="none|folded", help="folded: lower case, digits as 0, ASCII marks."),
    ] = "none",
    source: Annotated[str, typer.Option("--source", help="Where it comes from.")] = "",
    licence: Annotated[str, typer.Option("--licence", help="Its licence.")] = "",
    json: Json = False,
) -> None:
    """Take in a model of others: look at the file, copy it, pin its digest in a card with how it reads texts."""
    from cli import render
    from corpus.models.ngram.files import adopt_file

    card = adopt_file(file, out, tokens, tokenizer, normalise, source, licence)
    if json:
        render.emit({"model": str(out), "digest": card.digest, "kind": card.kind})
    else:
        render.out(f"{out}: {card.kind}, digest {card.digest}")


def _numbers(said: str) -> tuple[int, ...]:
    from corpus.errors import UsageError

    try:
        return tuple(int(part) for part in said.split(","))
    except ValueError:
        raise UsageError(f"--least {said}: must be whole numbers with commas between, such as 1,1,2,2") from None
