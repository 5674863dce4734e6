"""`corpus`: the commands, and what becomes of errors. No logic; every command is a file under `cli/commands`."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from functools import cache

import typer
from typer.core import TyperGroup
from typer.main import get_group

from cli import render
from cli.commands import (
    blacklist,
    classifier,
    clean,
    continuity,
    control,
    convert,
    coverage,
    decontaminate,
    dedup,
    demo,
    difficulty,
    doctor,
    eval_,
    explain,
    export,
    gate,
    gc,
    import_,
    index,
    judge,
    models,
    pairs,
    perplexity,
    plan,
    quality,
    report,
    rules,
    run,
    sample,
    select,
    stats,
    status,
    stop,
    submit,
    synth,
    tags,
    templates,
    tier,
    train,
    verify,
    whatif,
)
from corpus import __version__
from corpus.errors import CorpusError, EnvironmentProblem

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
COMMANDS = (
    run,
    clean,
    dedup,
    decontaminate,
    import_,
    tier,
    submit,
    plan,
    status,
    stop,
    verify,
    explain,
    stats,
    sample,
    select,
    control,
    report,
    demo,
    doctor,
    gc,
    whatif,
    gate,
    convert,
    export,
    judge,
    coverage,
)
for module in COMMANDS:
    kind = getattr(module, "Command", None)  # how its words are parsed, where it has a way of its own
    app.command(name=module.__name__.rpartition(".")[2].rstrip("_"), cls=kind)(module.command)
app.add_typer(rules.app, name="rules")
app.add_typer(blacklist.app, name="blacklist")
app.add_typer(classifier.app, name="classifier")
app.add_typer(difficulty.app, name="difficulty")
app.add_typer(perplexity.app, name="perplexity")
app.add_typer(continuity.app, name="continuity")
app.add_typer(quality.app, name="quality")
app.add_typer(index.app, name="index")
app.add_typer(models.app, name="models")
app.add_typer(tags.app, name="tags")
app.add_typer(templates.app, name="templates")
app.add_typer(synth.app, name="synth")
app.add_typer(eval_.app, name="eval")
app.add_typer(pairs.app, name="pairs")
app.add_typer(train.app, name="train")


def _version(wanted: bool) -> None:
    if wanted:
        render.out(__version__)
        raise typer.Exit


@app.callback()
def options(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version."),
) -> None:
    """Raw text to tiered training data, with every row accounted for."""


@cache
def command() -> TyperGroup:
    """The commands as they are parsed; made once, since working out a hundred of them takes a tenth of a second."""
    return get_group(app)


def names() -> list[str]:
    """Every command as it is typed, in the order of the help."""
    return list(_names(app, ""))


def _names(group: typer.Typer, before: str) -> Iterator[str]:
    for found in group.registered_commands:
        if found.callback:
            yield before + (found.name or found.callback.__name__)
    for inner in group.registered_groups:
        if inner.typer_instance:
            yield from _names(inner.typer_instance, f"{before}{inner.name} ")


def main() -> None:
    """The entry point: runs a command and ends the process with its exit code (see corpus.errors)."""
    try:
        command()(prog_name="corpus")
    except CorpusError as error:
        render.note(f"error: {error}" if "\n" not in str(error) else str(error))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(_interrupted())
    except SystemExit as leaving:
        if leaving.code == INTERRUPTED:
            _interrupted()
        raise
    except OSError as error:
        # A directory that may not be written, a full disk, a store that does not answer.
        render.note(f"error: {error}. What was finished is kept: set this right and repeat the command")
        sys.exit(EnvironmentProblem.exit_code)
    except Exception:
        traceback.print_exc()
        render.note("This is a bug in corpus, not a mistake of yours: please report it with the lines above.")
        sys.exit(BUG)


def _interrupted() -> int:
    render.note("Interrupted. What was finished is kept: repeat the command to go on.")
    return INTERRUPTED


if __name__ == "__main__":
    main()
