"""corpus dedup"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli.options import SPLIT_MB, Id, Json, Lang, Master, SplitMb, Text

if TYPE_CHECKING:
    from corpus import config

Inputs = Annotated[
    list[str] | None,
    typer.Argument(metavar="IN", help="Files, directories, globs or URIs, in any readable format.", show_default=False),
]
Out = Annotated[
    str | None,
    typer.Option("--out", "-o", metavar="RUN", help="The run directory to write; repeat the command to resume."),
]
ExactOnly = Annotated[bool, typer.Option("--exact-only", help="Only equal texts go, no near-duplicates.")]
Threshold = Annotated[
    float | None, typer.Option("--threshold", min=0.3, max=1, metavar="S", help="Least similarity. Default: 0.7.")
]
Similarity = Annotated[
    Literal["jaccard", "containment"] | None,
    typer.Option("--similarity", help="Shared shingles of all, or of the shorter text. Default: jaccard."),
]
Bands = Annotated[
    int | None, typer.Option("--bands", min=1, max=256, metavar="N", help="Bands of a signature. Default: 32.")
]
Rows = Annotated[int | None, typer.Option("--rows", min=1, max=64, metavar="N", help="Minima a band. Default: 8.")]
Numbers = Annotated[
    Literal["distinct", "ignore"] | None,
    typer.Option("--numbers", help="Are records different that differ in numbers alone? Default: distinct."),
]
Urls = Annotated[
    Literal["newest", "longest"] | None,
    typer.Option("--urls", help="Keep one record a URL: the newest or the longest."),
]
Keep = Annotated[
    str | None,
    typer.Option(
        "--keep", metavar="BY,...", help="Who survives: priority, length, date, in order. Default: priority,length."
    ),
]
Curve = Annotated[bool, typer.Option("--curve", help="Print what --bands and --rows detect, and read nothing.")]
Plan = Annotated[
    bool, typer.Option("--plan", help="Foretell pairs, hot buckets, bytes and memory from a sample; write nothing.")
]
Audit = Annotated[
    bool,
    typer.Option("--audit", help="Inject near-duplicates and measure recall and precision; publish nothing."),
]
Count = Annotated[
    int | None, typer.Option("-n", min=1, metavar="N", help="Pairs to inject (500), or texts of the sample (200,000).")
]
Seed = Annotated[int, typer.Option("--seed", help="Of --audit and --plan: another seed, other records.")]


def command(
    inputs: Inputs = None,
    out: Out = None,
    exact_only: ExactOnly = False,
    threshold: Threshold = None,
    similarity: Similarity = None,
    bands: Bands = None,
    rows: Rows = None,
    numbers: Numbers = None,
    urls: Urls = None,
    keep: Keep = None,
    curve: Curve = False,
    plan: Plan = False,
    audit: Audit = False,
    n: Count = None,
    seed: Seed = 0,
    text: Text = None,
    id: Id = None,
    lang: Lang = None,
    master: Master = None,
    json: Json = False,
    split_mb: SplitMb = SPLIT_MB,
) -> None:
    """Remove duplicates from files, nothing else.

    Equal texts and near-duplicates go, one of each stays. Texts stay as they came, byte for byte; empty and short
    records stay too. Near-duplicates are found by MinHash in bands and removed only when compared and similar.
    """
    from cli import dedup_view
    from cli.produce import fields, produce
    from corpus import shorthand

    near = {"threshold": threshold, "similarity": similarity, "bands": bands, "rows": rows, "numbers": numbers}
    asked = _settings({name: value for name, value in near.items() if value is not None}, exact_only, urls, keep)
    _check([curve, plan, audit], inputs, out, n)
    if curve:
        dedup_view.curve(asked, as_json=json)
        return
    settings = shorthand.dedup(inputs or [], fields(text, id), lang, asked)
    if plan:
        from corpus.dedup.forecast import forecast
        from corpus.dedup.taste import TEXTS

        dedup_view.forecast(forecast(settings, seed, n or TEXTS, split_bytes=split_mb << 20), as_json=json)
    elif audit:
        from cli.progress import watcher
        from corpus.dedup.audit import INJECTED
        from corpus.dedup.audit import audit as measure

        measured = measure(
            settings, out, n or INJECTED, seed, master=master, progress=watcher(), split_bytes=split_mb << 20
        )
        dedup_view.audit(measured, as_json=json)
    else:
        from corpus.pipeline import compose

        produce(compose(settings), str(out), master, json, split_mb)


def _settings(near: dict[str, object], exact_only: bool, urls: str | None, keep: str | None) -> config.Dedup:
    from corpus.config import Dedup
    from corpus.errors import UsageError

    if exact_only and near:
        given = ", ".join(f"--{name}" for name in near)
        raise UsageError(f"--exact-only looks for no near-duplicates; drop it, or {given}")
    wanted = tuple(name.strip() for name in keep.split(",")) if keep is not None else Dedup().keep
    if not set(wanted) <= {"priority", "length", "date"}:
        raise UsageError(f"--keep {keep}: name priority, length and date, separated by commas")
    return Dedup.model_validate({"urls": urls, "near": None if exact_only else near, "keep": wanted})


def _check(modes: list[bool], inputs: list[str] | None, out: str | None, n: int | None) -> None:
    """UsageError with everything that does not go together."""
    from corpus.errors import UsageError

    curve, plan, audit = modes
    wrong = ["--curve, --plan and --audit exclude each other"] if sum(modes) > 1 else []
    if not curve and not inputs:
        wrong.append("nothing to read: name files, directories or globs")
    if not any(modes) and out is None:
        wrong.append("--out RUN is missing: the run directory to write")
    if plan and out is not None:
        wrong.append("--plan writes nothing; drop --out")
    if n is not None and not (plan or audit):
        wrong.append("-n belongs to --plan and --audit")
    if wrong:
        raise UsageError("\n".join(wrong))
