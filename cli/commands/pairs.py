"""corpus pairs: plan, generate, judge, build, export"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli.calls import CALLS, Calls, Seed
from cli.options import Json, OutFolder, spread

if TYPE_CHECKING:
    from corpus.pairs.evidence import Weights

app = typer.Typer(
    help="Preference pairs: seeds of tiers, answers of several models, judged in both orders, paired with evidence.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
FREE = Calls(temperature=0.7, max_tokens=2048, structure="none", timeout=300.0, paid_tries=2)
Round = Annotated[Path, typer.Argument(metavar="ROUND", help="The directory of a round.", show_default=False)]
Model = Annotated[str | None, typer.Option("--model", "-m", metavar="NAME", help="The model, as the server calls it.")]
Name = Annotated[
    str | None, typer.Option("--name", metavar="NAME", help="What it is called in the round; else as the model.")
]


@app.command()
def plan(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="IN", help="Runs, tiers or files with prompts, in any known format.", show_default=False
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="ROUND", help="The directory of the round.", show_default=False)
    ],
    rows: Annotated[int, typer.Option("--rows", "-n", min=1, help="Seeds to draw.")] = 1000,
    round: Annotated[int, typer.Option("--round", "-k", min=1, help="The number of the round.")] = 1,
    after: Annotated[
        list[Path] | None, typer.Option("--after", metavar="ROUND", help="The rounds before this one; repeatable.")
    ] = None,
    by: Annotated[
        str, typer.Option("--by", metavar="FIELD", help="Groups of equal shares: stage, a tag column, any field.")
    ] = "",
    quota: Annotated[
        list[str] | None,
        typer.Option("--quota", metavar="GROUP=SHARE", help="The share of a group of --by; * is all others."),
    ] = None,
    stage: Annotated[list[str] | None, typer.Option("--stage", help="Only of these stages; repeatable.")] = None,
    lang: Annotated[list[str] | None, typer.Option("--lang", help="Only in these languages; repeatable.")] = None,
    difficulty: Annotated[
        str, typer.Option("--difficulty", metavar="FIELD", help="The field; without it the number of the stage counts.")
    ] = "difficulty",
    easier: Annotated[
        bool, typer.Option("--easier", help="Take seeds easier than the last round's mean, too.")
    ] = False,
    failures: Annotated[
        list[str] | None,
        typer.Option("--failures", metavar="FILE", help="Prompts known to have failed come first; repeatable."),
    ] = None,
    failure_share: Annotated[
        float, typer.Option("--failure-share", min=0, max=1, help="Of the seeds so many are failures at most.")
    ] = 0.5,
    against: Annotated[
        list[str] | None,
        typer.Option("--against", metavar="FILE", help="Evaluation files whose prompts are left out; repeatable."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of the draw.")] = 0,
    json: Json = False,
) -> None:
    """Draw the seeds of a round.

    New ones, harder than the last round's, its failures first, no evaluation prompt; by group and quota.
    """
    from cli import pairs_view, render
    from corpus.pairs.plan import Wanted
    from corpus.pairs.plan import plan as drawn

    wanted = Wanted(
        rows=rows,
        round=round,
        by=by,
        quota=_shares(quota or ()),
        after=tuple(after or ()),
        failures=tuple(failures or ()),
        failure_share=failure_share,
        harder=not easier,
        difficulty=difficulty,
        against=tuple(against or ()),
        stages=tuple(stage or ()),
        langs=tuple(lang or ()),
        seed=seed,
    )
    found = drawn(inputs, wanted, out)
    render.show(found, pairs_view.planned, as_json=json)


def _shares(given: list[str] | tuple[str, ...]) -> dict[str, float] | None:
    from corpus.errors import UsageError

    found: dict[str, float] = {}
    for one in given:
        name, mark, share = one.rpartition("=")
        try:
            found[name] = float(share)
        except ValueError:
            mark = ""
        if not mark or not name:
            raise UsageError(f"--quota {one}: must be GROUP=SHARE, such as 数学=0.3")
    return found or None


@app.command()
@spread("structure")
def generate(
    round: Round,
    model: Model = None,
    name: Name = None,
    local: Annotated[
        str | None,
        typer.Option("--local", metavar="MODEL", help="A model of this machine instead: its name, or FOLDER@DIGEST."),
    ] = None,
    source: Annotated[bool, typer.Option("--source", help="Take the answers of the seeds' own rows instead.")] = False,
    draws: Annotated[int, typer.Option("--draws", min=1, help="Answers of this model to each seed.")] = 1,
    policy: Annotated[bool, typer.Option("--policy", help="This is the model that the pairs are to train.")] = False,
    system: Annotated[
        str | None, typer.Option("--system", metavar="TEXT", help="A system turn for prompts without one.")
    ] = None,
    top_p: Annotated[float | None, typer.Option("--top-p", min=0, max=1, help="Nucleus of the sampling.")] = None,
    seed: Seed = None,
    calls: Calls = FREE,
    json: Json = False,
) -> None:
    """Let one model answer the seeds of a round; once for each model.

    Each has a ledger of its own: repeat the command to resume, nothing is paid twice. Models may answer side by side.
    """
    from cli import pairs_view, render
    from corpus.errors import UsageError
    from corpus.pairs import generate as generating
    from corpus.pairs.store import named

    if sum(map(bool, (model, local, source))) != 1:
        raise UsageError("who answers? one of --model NAME (with --base-url), --local MODEL and --source")
    if source:
        found = generating.by_source(round)
    else:
        asking = generating.Asking(name or named(model or Path(local or "").name), draws, system, policy, calls.again)
        if local:
            found = generating.by_local(round, asking, local, calls.sampling(seed, top_p), render.note)
        else:
            endpoint, terms = calls.endpoint(str(model)), calls.terms(str(model), seed, top_p)
            found = generating.by_server(round, asking, endpoint, terms, render.note)
    render.show(found, pairs_view.answered, as_json=json)


@app.command()
@spread()
def judge(
    round: Round,
    model: Model = None,
    name: Name = None,
    score: Annotated[
        str, typer.Option("--score", metavar="PROMPT", help="A prompt without its language, a file, or none.")
    ] = "reply",
    compare: Annotated[
        str, typer.Option("--compare", metavar="PROMPT", help="The same for comparisons, in both orders.")
    ] = "compare",
    most: Annotated[int, typer.Option("--most", min=1, help="Comparisons of a seed at most.")] = 10,
    rewards: Annotated[
        str | None, typer.Option("--rewards", metavar="FILE", help="Rules that reward answers (YAML); needs no model.")
    ] = None,
    allow_code: Annotated[
        bool, typer.Option("--allow-code", help="Let rules run the code that models wrote, in a sandbox.")
    ] = False,
    seed: Seed = None,
    calls: Calls = CALLS,
    json: Json = False,
) -> None:
    """Score answers and compare them in both orders.

    By a judge (--model), by declared rules (--rewards), or both. Says how often the orders agree, which place the judge
    prefers, and how strong the models are. Several judges may judge a round.
    """
    from cli import pairs_view, render
    from corpus.errors import UsageError
    from corpus.pairs import judging
    from corpus.pairs import rewards as rewarding
    from corpus.pairs.store import named

    if not model and not rewards:
        raise UsageError("who judges? --model NAME (with --base-url), --rewards FILE, or both")
    rules = rewarding.reward_round(round, rewarding.load(rewards), allow_code=allow_code) if rewards else None
    found = None
    if model:
        asked = judging.Judging(name or named(model), _prompt(score), _prompt(compare), most, calls.again)
        found = judging.judge_round(round, asked, calls.endpoint(model), calls.terms(model, seed), render.note)
    if json:
        render.emit({"rewards": render.plain(rules), "judge": render.plain(found)})
    else:
        pairs_view.judged(rules, found)


def _prompt(given: str) -> str | None:
    return None if given == "none" else given


@app.command()
def build(
    round: Round,
    out: OutFolder,
    margin: Annotated[float, typer.Option("--margin", min=0, max=1, help="Between the two scores at least.")] = 0.1,
    least: Annotated[float, typer.Option("--least", min=0, max=1, help="The score of a chosen answer at least.")] = 0.0,
    similar: Annotated[
        float, typer.Option("--similar", min=0, max=1, help="Jaccard similarity from which answers are the same.")
    ] = 0.8,
    ratio: Annotated[float, typer.Option("--ratio", min=1, help="One answer is so many times as long at most.")] = 4.0,
    longer: Annotated[
        float, typer.Option("--longer", min=0.01, max=1, help="The longer answer is chosen in this share at most.")
    ] = 0.7,
    per_seed: Annotated[int, typer.Option("--per-seed", min=1, help="Pairs of a seed at most.")] = 1,
    on_policy: Annotated[bool, typer.Option("--on-policy", help="One answer must be the policy's.")] = False,
    direct: Annotated[bool, typer.Option("--direct", help="A judge must have compared these two answers.")] = False,
    weight: Annotated[
        list[str] | None,
        typer.Option("--weight", metavar="PART=N", help="What pointwise, pairwise and rules count; 1 each."),
    ] = None,
    json: Json = False,
) -> None:
    """Choose pairs from the answers of a round.

    Preference records with their evidence, as round=K of a data set; and why other answers are no pairs.
    """
    from cli import pairs_view, render
    from corpus.pairs.build import build as built
    from corpus.pairs.choose import Choosing

    choosing = Choosing(margin, least, similar, ratio, longer, per_seed, on_policy, direct, _weights(weight or ()))
    found = built(round, out, choosing)
    render.show(found, pairs_view.built, as_json=json)


def _weights(given: list[str] | tuple[str, ...]) -> Weights:
    from corpus.errors import UsageError
    from corpus.pairs.evidence import Weights

    found: dict[str, float] = {}
    for one in given:
        name, _, number = one.partition("=")
        if name not in ("pointwise", "pairwise", "rules") or not number.replace(".", "", 1).isdecimal():
            raise UsageError(f"--weight {one}: must be pointwise=N, pairwise=N or rules=N, N from 0")
        found[name] = float(number)
    return Weights(**found)


@app.command()
def export(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="IN", help="What build wrote, runs, or Parquet files of preferences.", show_default=False
        ),
    ],
    to: Annotated[
        Literal["dpo", "rm", "ppo", "sft", "hindsight"],
        typer.Option("--as", help="Pairs, pairs with margins, prompts, chosen answers, or both under a quality tag."),
    ],
    out: OutFolder,
    json: Json = False,
) -> None:
    """Write pairs as rows for one way of training: DIR/train.jsonl."""
    from cli import pairs_view, render
    from corpus.pairs.export import export as exported

    found = exported(inputs, to, out)
    render.show(found, pairs_view.exported, as_json=json)
