"""corpus export"""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from cli.options import Json

Given = Annotated[
    list[str],
    typer.Argument(
        metavar="IN",
        help="Runs, directories or Parquet files of conversations and preferences.",
        show_default=False,
    ),
]
As = Annotated[
    Literal["sharegpt", "alpaca", "messages", "llamafactory", "original"],
    typer.Option("--as", help="The format; original is the one each record was imported from.", show_default=False),
]
OutDir = Annotated[
    str, typer.Option("--out", "-o", metavar="DIR", help="A directory that does not exist yet.", show_default=False)
]
Array = Annotated[bool, typer.Option("--array", help="One JSON array a file instead of JSON Lines.")]
Bare = Annotated[
    bool, typer.Option("--bare", help="The format's own fields alone; importing the files again gives less.")
]
Most = Annotated[
    float, typer.Option("--max-left-out", metavar="SHARE", help="Fail when the format cannot say more of the records.")
]


def command(
    inputs: Given,
    to: As,
    out: OutDir,
    array: Array = False,
    bare: Bare = False,
    max_left_out: Most = 0.05,
    json: Json = False,
) -> None:
    """Write conversations and preferences for other trainers.

    Each stage or round becomes a file, beside a dataset_info.json for LLaMA-Factory. Importing the files again gives
    the same records; what the format cannot say is counted and left out. Nothing is at DIR until all of it is.
    """
    from cli import export_view
    from corpus.exporters.files import export

    done = export(inputs, to, out, array=array, bare=bare, most_left_out=max_left_out)
    export_view.exported(done, as_json=json)
