"""Arguments and options that several commands share, each described once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Pipeline = Annotated[str, typer.Argument(metavar="PIPELINE", help="A pipeline file (YAML).", show_default=False)]
Inputs = Annotated[
    list[str],
    typer.Argument(metavar="IN", help="Files, directories, globs or URIs, in any readable format.", show_default=False),
]
Run = Annotated[str, typer.Argument(metavar="RUN", help="A run directory.", show_default=False)]
Out = Annotated[
    str,
    typer.Option(
        "--out",
        "-o",
        metavar="RUN",
        help="The run directory to write; repeat the command to resume.",
        show_default=False,
    ),
]
OutFolder = Annotated[
    str, typer.Option("--out", "-o", metavar="DIR", help="A folder that does not exist yet.", show_default=False)
]
Files = Annotated[list[str], typer.Argument(metavar="FILES", help="Files, directories or globs.", show_default=False)]
Folder = Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="The directory to write.", show_default=False)]
Model = Annotated[str, typer.Argument(metavar="MODEL", help="A model's directory, or its name.", show_default=False)]
ByModel = Annotated[
    str, typer.Option("--model", metavar="MODEL", help="A model's directory, or its name.", show_default=False)
]
Master = Annotated[
    str | None,
    typer.Option("--master", metavar="URL", help="Spark master; by default this machine with all its cores."),
]
Json = Annotated[bool, typer.Option("--json", help="The last line of standard output is one JSON object.")]
SplitMb = Annotated[int, typer.Option("--split-mb", min=1, max=4096, help="Megabytes of input a task reads.")]
Text = Annotated[
    str | None, typer.Option("--text", metavar="FIELD", help="The field that holds the text; else guessed.")
]
Id = Annotated[
    str | None, typer.Option("--id", metavar="FIELD", help="The field that identifies a record; else guessed.")
]
Lang = Annotated[
    str | None, typer.Option("--lang", metavar="LANG", help="The language of every record; else identified.")
]
RowLang = Annotated[
    str | None, typer.Option("--lang", metavar="LANG", help="The language of every row; else as it says or looks.")
]
SPLIT_MB = 32
