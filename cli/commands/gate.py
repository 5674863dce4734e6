"""corpus gate"""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import Json, Run

Limit = Annotated[float, typer.Option("--limit", metavar="SHARE", help="The share of defects that is allowed.")]
Confidence = Annotated[float, typer.Option("--confidence", metavar="SHARE", help="Of the upper bound, one-sided.")]
Count = Annotated[int, typer.Option("-n", min=1, max=100_000, help="How many records to draw.")]
Seed = Annotated[int, typer.Option("--seed", help="Another seed, another sample; the same seed, the same.")]
Out = Annotated[
    str | None, typer.Option("--out", "-o", metavar="DIR", help="Where the sheet goes; RUN/gate when left out.")
]
Judged = Annotated[str | None, typer.Option("--judged", metavar="CSV", help="A sheet that people have filled in.")]


def command(
    run: Run,
    limit: Limit = 0.02,
    confidence: Confidence = 0.95,
    n: Count = 200,
    seed: Seed = 0,
    out: Out = None,
    judged: Judged = None,
    json: Json = False,
) -> None:
    """Judge what a run published.

    Draws a sample by source and tier, writes a sheet for people (CSV and HTML) and bounds the share of defects from
    above: those that people found (--judged), else those that a machine sees. Over the limit: exit code 3.
    """
    from cli import answers, render
    from corpus import storage
    from corpus.errors import GateFailed
    from corpus.gate import gate
    from corpus.report.sheet import read_sheet, write_sheets

    found = gate(run, limit, confidence, n, seed, None if judged is None else read_sheet(judged))
    sheets: dict[str, str] = {}
    if judged is None:
        records = [(item.record, item.seen) for item in found.records]
        sheets, fresh = write_sheets(out or storage.join(run, "gate"), f"Sample of {storage.name_of(run)}", records)
        if not fresh:
            render.note(f"{sheets['csv']} is there already, with these records, and is left as it is.")
    if json:
        render.emit(answers.gate_json(run, found, sheets))
    else:
        answers.gate(found, sheets)
    if not found.passed:
        raise GateFailed(answers.offending(found))
