"""corpus quality: train, eval, score, dirty, kinds"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import Files, Folder, Json, Lang, Text

if TYPE_CHECKING:
    from corpus.models.continuity.files import Judge
    from corpus.models.ngram.scorer import Scorer
    from corpus.ruleset.quality import QualityPolicy

app = typer.Typer(
    help="Quality of texts: scores by a policy, classifiers for it, and defects to measure it by.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Good = Annotated[
    list[str], typer.Option("--good", metavar="FILE", help="Rows of good text; repeatable.", show_default=False)
]
Bad = Annotated[list[str] | None, typer.Option("--bad", metavar="FILE", help="Rows of bad text; repeatable.")]
Policy = Annotated[
    str, typer.Option("--policy", metavar="NAME", help="A quality policy: a shipped one, a .yaml file, a trained DIR.")
]
Perplexity = Annotated[
    str | None,
    typer.Option("--perplexity", metavar="MODEL", help="A language model (corpus perplexity train) that parts read."),
]
Continuity = Annotated[
    str | None,
    typer.Option("--continuity", metavar="MODEL", help="A continuity model (corpus continuity train) that parts read."),
]
Kinds = Annotated[
    list[str] | None,
    typer.Option("--kind", metavar="KIND", help="A kind of defect, train, tune, test or all; repeatable."),
]
Amount = Annotated[
    float, typer.Option("--amount", metavar="SHARE", help="The share of sentences that a defect strikes.")
]
Seed = Annotated[int, typer.Option("--seed", help="Another seed draws other defects.")]


@app.command()
def train(
    good: Good,
    out: Folder,
    bad: Bad = None,
    raw: Annotated[
        list[str] | None,
        typer.Option("--raw", metavar="FILE", help="Rows of the raw corpus, sampled as bad ones; repeatable."),
    ] = None,
    synthetic: Annotated[
        list[str] | None,
        typer.Option(
            "--synthetic-bad",
            metavar="KIND",
            help="Half of the good rows are made dirty by this kind of defect (train, tune, test, all); repeatable.",
        ),
    ] = None,
    amount: Amount = 0.4,
    text: Text = None,
    lang: Lang = None,
    view: Annotated[
        str, typer.Option("--view", metavar="chars|words", help="How texts are shown; the card names it.")
    ] = "chars",
    precision: Annotated[
        float, typer.Option("--precision", metavar="SHARE", help="What the threshold of good is chosen for.")
    ] = 0.9,
    ngrams: Annotated[int, typer.Option("--ngrams", min=1, max=8, help="Tokens of an n-gram at most.")] = 2,
    epochs: Annotated[int, typer.Option("--epochs", min=1, max=1000, help="Passes over the rows.")] = 10,
    rate: Annotated[float, typer.Option("--rate", min=1e-4, max=10, help="The learning rate.")] = 0.2,
    dims: Annotated[int, typer.Option("--dims", min=1, max=1024, help="Numbers of a vector.")] = 8,
    seed: Annotated[int, typer.Option("--seed", help="Another seed, another split and another model.")] = 0,
    json: Json = False,
) -> None:
    """Train a classifier of quality for each language and write it with its card, a report and a policy.

    The report says how far the classifier, the default policy and the labels agree on rows held out. The policy,
    quality.yaml, is the default one with the classifiers in it.
    """
    from cli import quality_view, render
    from corpus.models.card import Features
    from corpus.models.quality import Wanted, report, train_quality
    from corpus.models.training import view_of
    from corpus.scores.dirty.kinds import kinds_of

    wanted = Wanted(
        good=tuple(good),
        bad=tuple(bad or ()),
        raw=tuple(raw or ()),
        synthetic=kinds_of(synthetic or ()),
        amount=amount,
        text_field=text,
        lang=lang,
        view=view_of(view),
        precision=precision,
        seed=seed,
        features=Features(ngrams=ngrams, dims=dims, epochs=epochs, rate=rate),
    )
    made = train_quality(wanted, out)
    for one in made.trained:
        for said in one.notes:
            render.note(f"{one.lang}: {said}")
    if json:
        render.emit({"models": str(out), **report(made)})
    else:
        quality_view.trained(made, out)


@app.command("eval")
def evaluate(
    good: Good,
    bad: Bad = None,
    policy: Policy = "default",
    perplexity: Perplexity = None,
    continuity: Continuity = None,
    text: Text = None,
    lang: Lang = None,
    json: Json = False,
) -> None:
    """Measure a policy: the area under the ROC curve of good rows against bad ones, of the score and of every part."""
    from cli import quality_view, render
    from corpus.errors import UsageError
    from corpus.scores.quality_files import evaluate_files

    if not bad:
        raise UsageError("give rows of both kinds: --good and --bad")
    found = evaluate_files(good, bad, _policy(policy), _model(perplexity), text, lang, _judge(continuity))
    if json:
        render.emit(found.model_dump(mode="json"))
    else:
        quality_view.evaluated(found)


@app.command()
def score(
    files: Files,
    out: Folder,
    policy: Policy = "default",
    perplexity: Perplexity = None,
    continuity: Continuity = None,
    text: Text = None,
    lang: Lang = None,
    json: Json = False,
) -> None:
    """Score files by a policy; writes quality.parquet: key, lang, quality, how far its parts disagree, every part."""
    from cli import quality_view, render
    from corpus.scores.quality_files import score_files

    done = score_files(files, _policy(policy), out, _model(perplexity), text, lang, _judge(continuity))
    render.show(done, quality_view.scored, as_json=json)


@app.command()
def dirty(
    files: Files,
    out: Folder,
    kinds: Kinds = None,
    amount: Amount = 0.4,
    text: Text = None,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Make rows dirty, one defect each, kinds in turn; writes dirty.parquet: key, kind, text."""
    from cli import quality_view, render
    from corpus.errors import UsageError
    from corpus.scores.dirty.files import dirty_files

    if not kinds:
        raise UsageError("name a --kind, or several; corpus quality kinds lists them")
    done = dirty_files(files, kinds, out, amount, seed, text)
    render.show(done, quality_view.dirtied, as_json=json)


@app.command("kinds")
def list_kinds(json: Json = False) -> None:
    """List the kinds of defects, by the group they are in."""
    from cli import quality_view, render
    from corpus.scores.dirty.kinds import GROUPS

    if json:
        render.emit({group: {name: one.doc for name, one in members.items()} for group, members in GROUPS.items()})
    else:
        quality_view.kinds()


def _policy(name: str) -> QualityPolicy:
    from corpus.models.quality import POLICY
    from corpus.ruleset.quality import load_quality

    return load_quality(str(Path(name) / POLICY) if (Path(name) / POLICY).is_file() else name)


def _model(name: str | None) -> Scorer | None:
    from corpus.models.ngram.scorer import load

    return None if name is None else load(name)


def _judge(name: str | None) -> Judge | None:
    from corpus.models.continuity.files import load

    return None if name is None else load(name)
