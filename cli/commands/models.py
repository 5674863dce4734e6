"""corpus models: add, list, verify"""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import Json

app = typer.Typer(
    help="Models of others, pinned by the bytes of their files.", no_args_is_help=True, rich_markup_mode=None
)


@app.command()
def add(
    given: Annotated[
        str, typer.Argument(metavar="MODEL", help="A directory, a file, or a hub's name.", show_default=False)
    ],
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="What to call it; else its path's last step.")
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--kind", metavar="KIND", help="What it is; else read from its files.")
    ] = None,
    licence: Annotated[
        str | None, typer.Option("--licence", metavar="TEXT", help="Its licence; else read from its README.")
    ] = None,
    download: Annotated[
        bool, typer.Option("--allow-download", help="Fetch a hub's model that is not in the local cache.")
    ] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Take the place of the model of that name.")] = False,
    json: Json = False,
) -> None:
    """Pin a model: name, kind, licence and the sha256 of every file. Nothing is loaded, nothing is copied.

    Refused with everything that is wrong: code, pickles, configurations that name code, weights that are not
    safetensors.
    """
    from cli import models_view, render
    from corpus.models.registry.manage import add as pin
    from corpus.models.registry.pins import kind_named

    done = pin(
        given, name, None if kind is None else kind_named(kind), licence, allow_download=download, replace=replace
    )
    if json:
        render.emit(models_view.plain(done))
    else:
        models_view.added(done)


@app.command("list")
def show(json: Json = False) -> None:
    """The models that are pinned, and where."""
    from cli import models_view, render
    from corpus.models.registry import pins

    found = pins.read().models
    if json:
        render.emit({"registry": str(pins.place()), "models": [models_view.plain(one) for one in found]})
    else:
        models_view.listed(found)


@app.command()
def verify(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="Pinned models; else all.", show_default=False)
    ] = None,
    json: Json = False,
) -> None:
    """Hash the files of pinned models again and look at them; exit 3 when one cannot be loaded any more."""
    from cli import models_view, render
    from corpus.errors import VerifyError
    from corpus.models.registry.manage import verify as checked

    states = checked(tuple(names or ()))
    if json:
        render.emit({"models": [{**models_view.plain(one.pin), "problems": one.problems} for one in states]})
    else:
        models_view.states(states)
    wrong = [one.pin.name for one in states if one.problems]
    if wrong:
        raise VerifyError(f"not what was pinned, and not loaded: {', '.join(wrong)}")
