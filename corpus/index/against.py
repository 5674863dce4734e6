"""The indexes that a pipeline names: opened, and found to be comparable with what it makes, before anything runs."""

from __future__ import annotations

from corpus.config import Dedup
from corpus.errors import ConfigError, CorpusError, Problem
from corpus.index.generation import Index, Shape

WHERE = "dedup.against"


def open_indexes(dedup: Dedup) -> tuple[Index, ...]:
    """The indexes that a pipeline names, each at its latest generation.

    ConfigError for each that is none, or whose keys are not made as the pipeline makes them.
    """
    opened: list[Index] = []
    problems: list[Problem] = []
    if dedup.against and not dedup.exact and dedup.near is None:
        problems.append(Problem(WHERE, 0, 0, "needs `exact: true` or `near` to compare by; nothing is compared now"))
    for root in dedup.against:
        try:
            index = Index.open(root)
        except CorpusError as error:
            problems.append(Problem(WHERE, 0, 0, str(error)))
            continue
        said = _unlike(index.now.shape, Shape.of(dedup.exact, dedup.near))
        problems += [Problem(WHERE, 0, 0, f"{root}: {said}")] if said else []
        opened.append(index)
    if problems:
        raise ConfigError(problems)
    return tuple(opened)


def _unlike(have: Shape, asked: Shape) -> str | None:
    """Why an index cannot be looked in with the keys that a pipeline makes."""
    if asked.exact is not None and have.exact != asked.exact:
        return "has no exact keys of the version that this program makes; build it anew, or set `exact: false`"
    if asked.near is None or asked.key == have.key:
        return None
    if have.near is None:
        return "has no signatures; build it from runs with `dedup: {near: {}}`, or leave `near` out"
    near = have.near
    return f"has signatures of another kind; say `near: {{bands: {near.bands}, rows: {near.rows}, seed: {near.seed}}}`"
