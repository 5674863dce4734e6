"""`corpus`: the commands, and what becomes of errors. No logic; every command is a file under `cli/commands`."""

from __future__ import annotations

import sys
import traceback

import typer

from cli import render
from cli.commands import (
    clean,
    dedup,
    demo,
    doctor,
    explain,
    gc,
    plan,
    rules,
    run,
    sample,
    stats,
    status,
    stop,
    submit,
    tier,
    verify,
)
from corpus import __version__
from corpus.errors import CorpusError

INTERRUPTED, BUG = 130, 70

app = typer.Typer(
    name="corpus",
    help="Raw text to tiered training data, with every row accounted for.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"max_content_width": 100, "help_option_names": ["-h", "--help"]},
)
for command in (run, clean, dedup, tier, submit, plan, status, stop, verify, explain, stats, sample, demo, doctor, gc):
    app.command(name=command.__name__.rpartition(".")[2])(command.command)
app.add_typer(rules.app, name="rules")


def _version(wanted: bool) -> None:
    if wanted:
        render.out(__version__)
        raise typer.Exit


@app.callback()
def options(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version."),
) -> None:
    """Raw text to tiered training data, with every row accounted for."""


def main() -> None:
    """The entry point: runs a command and ends the process with its exit code (see corpus.errors)."""
    try:
        app(prog_name="corpus")
    except CorpusError as error:
        render.note(f"error: {error}" if "\n" not in str(error) else str(error))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(_interrupted())
    except SystemExit as leaving:
        if leaving.code == INTERRUPTED:
            _interrupted()
        raise
    except Exception:
        traceback.print_exc()
        render.note("This is a bug in corpus, not a mistake of yours: please report it with the lines above.")
        sys.exit(BUG)


def _interrupted() -> int:
    render.note("Interrupted. What was finished is kept: repeat the command to go on.")
    return INTERRUPTED


if __name__ == "__main__":
    main()
