"""Arguments and options that several commands share, each described once."""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

Command = Callable[..., None]
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
Half = Annotated[bool, typer.Option("--half", help="bf16 on a CPU, too: twice as fast where it computes in bf16.")]
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


def spread(*hidden: str) -> Callable[[Command], Command]:
    """Make an option of each field of the dataclass that a command has as a parameter, but for those `hidden`.

    The fields are `Annotated` as options are; the parameter's default says what each is where it is not typed.
    """

    def decorate(command: Command) -> Command:
        own = inspect.signature(command, eval_str=True)
        options: list[inspect.Parameter] = []
        fields: dict[str, list[str]] = {}
        for one in own.parameters.values():
            if not dataclasses.is_dataclass(one.default):
                options.append(one)
                continue
            kinds = get_type_hints(type(one.default), include_extras=True)
            fields[one.name] = [field for field in kinds if field not in hidden]
            options += [
                one.replace(name=field, default=getattr(one.default, field), annotation=kinds[field])
                for field in fields[one.name]
            ]

        @functools.wraps(command)
        def spread_out(**typed: Any) -> None:
            for name, own_fields in fields.items():
                changed = {field: typed.pop(field) for field in own_fields}
                typed[name] = dataclasses.replace(own.parameters[name].default, **changed)
            command(**typed)

        spread_out.__signature__ = own.replace(parameters=options)  # type: ignore[attr-defined]
        return spread_out

    return decorate
