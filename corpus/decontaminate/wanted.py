"""From settings to what a run looks for; mistakes in them are found before anything runs."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError

from corpus import config
from corpus.decontaminate.benchmarks import digest, files_of, read_items
from corpus.decontaminate.stage import Decontaminate
from corpus.errors import UsageError


def load_benchmarks(wanted: config.Decontaminate | None) -> Decontaminate | None:
    """What the settings ask for; ConfigError with every file that is missing, cannot be read or asks nothing."""
    if wanted is None:
        return None
    files = files_of(wanted.against)
    read_items(files)
    return Decontaminate(
        files=tuple(files),
        content=digest(files),
        action=wanted.action,
        words=wanted.words,
        characters=wanted.characters,
        coverage=wanted.coverage,
        view=wanted.view,
    )


def asked_for(
    against: Sequence[str], action: str, words: int, characters: int, coverage: float
) -> config.Decontaminate:
    """Settings as a command gives them; UsageError with everything that is wrong."""
    given = {"against": list(against), "action": action, "words": words, "characters": characters, "coverage": coverage}
    try:
        return config.Decontaminate.model_validate(given)
    except ValidationError as error:
        said = [f"--{one['loc'][0]} {one['input']}: {one['msg']}" for one in error.errors()]
        raise UsageError("\n".join(said)) from None
