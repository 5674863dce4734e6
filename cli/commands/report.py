"""corpus report"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from cli.options import Json, Run


class Lang(StrEnum):
    """What the report is written in."""

    zh = "zh"
    en = "en"
    both = "both"


File = Annotated[
    str | None,
    typer.Option("--out", "-o", metavar="FILE", help="The HTML file to write; RUN/report.html when left out."),
]
Language = Annotated[Lang, typer.Option("--lang", help="One language, or both with a switch in the page.")]
Sample = Annotated[
    int, typer.Option("--sample", min=0, max=50, help="How many records of each kind are shown; 0 shows no text.")
]
Seed = Annotated[int, typer.Option("--seed", help="Another seed, other records; the same seed, the same.")]
MapPng = Annotated[
    str | None, typer.Option("--map-png", metavar="FILE", help="Write the map of the run's vectors as a picture, too.")
]
Training = Annotated[
    list[str] | None,
    typer.Option(
        "--training",
        metavar="OUT",
        help="What `corpus train` wrote: its losses and its chain of provenance are shown; repeatable.",
    ),
]


def command(
    run: Run,
    out: File = None,
    lang: Language = Lang.both,
    sample: Sample = 3,
    seed: Seed = 0,
    map_png: MapPng = None,
    training: Training = None,
    json: Json = False,
) -> None:
    """Write one HTML file that shows a run.

    The funnel, what each rule removes, scores and signals with their bounds, samples with evidence, duplicates, tiers,
    a map of the vectors where the run made them, and models that were trained on it.
    """
    from cli import render
    from corpus.report.report import write_map_png, write_report

    if map_png is not None:
        write_map_png(run, map_png, seed)
    where = write_report(run, out, lang.value, sample, seed, training or ())
    if json:
        render.emit({"run": run, "report": where} | ({} if map_png is None else {"map": map_png}))
    else:
        for path in (where, *([] if map_png is None else [map_png])):
            render.out(path)
