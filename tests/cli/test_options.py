from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from cli.options import spread


@dataclass(frozen=True)
class How:
    """Two options."""

    size: Annotated[int, typer.Option("--size", min=1)] = 1
    name: Annotated[str, typer.Option("--name")] = "none"


OTHERWISE = How(size=5)


def _said(*typed: str, hidden: tuple[str, ...] = ()) -> str:
    app = typer.Typer()

    @app.command()
    @spread(*hidden)
    def command(how: How = OTHERWISE, last: Annotated[bool, typer.Option("--last")] = False) -> None:
        typer.echo(f"{how} {last}")

    return CliRunner().invoke(app, list(typed)).output


@pytest.mark.parametrize(
    ("typed", "size", "name", "last"),
    [((), 5, "none", False), (("--size", "2"), 2, "none", False), (("--name", "x", "--last"), 5, "x", True)],
)
def test_a_dataclass_becomes_options_with_the_defaults_of_the_command(typed, size, name, last):
    assert _said(*typed) == f"{How(size, name)} {last}\n"


def test_a_hidden_field_keeps_what_the_command_says():
    assert _said("--name", "x", hidden=("size",)) == f"{How(5, 'x')} False\n"
    assert "No such option" in _said("--size", "2", hidden=("size",))


def test_options_are_checked_as_if_they_were_written_out():
    assert "greater than or equal to 1" in _said("--size", "0")
