"""What settings of a pipeline mean and what in them cannot be, for `corpus.pipeline.compose`; before anything runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from corpus import config
from corpus.columns import SCORES
from corpus.errors import ConfigError, Problem, UsageError
from corpus.located import suggest
from corpus.ruleset.policy import Tier, TierPolicy, load_tiers
from corpus.tokens import load_tokenizer

if TYPE_CHECKING:
    from corpus.models.registry.resolve import Model


def tiers_of(settings: config.Pipeline) -> TierPolicy:
    """The tier policy; without one of the user's, that of the kind of records."""
    if settings.tiers != "default" or settings.kind == "document":
        return load_tiers(settings.tiers)
    if settings.kind == "conversation" and settings.scoring_difficulty:
        return load_tiers("stages")
    if settings.kind == "prompt":
        return load_tiers("single")
    return TierPolicy((Tier(str(settings.round)),))


def of_dialogues(settings: config.Pipeline) -> config.Pipeline:
    """Settings of a run of dialogues with the format of every source; ConfigError for what would change their texts.

    The text of a dialogue is a view of its messages, which are published as they came.
    """
    from corpus.importers.formats import with_importers

    changing = {
        "rewrites": bool(settings.rewrites),
        "lines": bool(settings.lines),
        "dedup.lines": settings.dedup.lines is not None,
        "dedup.paragraphs": settings.dedup.paragraphs is not None,
        "dedup.spans": settings.dedup.spans is not None,
        "decontaminate.action": settings.decontaminate is not None and settings.decontaminate.action == "cut",
    }
    said = f"changes texts, and a {settings.kind} is published as it came; leave it out"
    problems = [Problem(key, 0, 0, f"{key}: {said}") for key, asked in changing.items() if asked]
    if problems:
        raise ConfigError(problems)
    return with_importers(settings)


def check_views(settings: config.Pipeline) -> None:
    """ConfigError for every view of dialogues that is asked of documents."""
    views = {
        "dedup.view": settings.dedup.view,
        "embed.view": settings.embed.view if settings.embed else "text",
        "decontaminate.view": settings.decontaminate.view if settings.decontaminate else "text",
    }
    alone = [Problem(key, 0, 0, f"{key}: a document has no {view}") for key, view in views.items() if view != "text"]
    if alone and settings.kind == "document":
        raise ConfigError(alone)


def check_columns(wanted: Collection[str], known: Mapping[str, str]) -> None:
    """ConfigError for every column that a tier policy looks at and no stage stores."""
    problems = [
        Problem(
            "tiers",
            0,
            0,
            f"the policy looks at the column {name!r}, which no stage of this pipeline stores"
            + (suggest(name, known) or _giver(name)),
        )
        for name in wanted
        if name not in known
    ]
    if problems:
        raise ConfigError(problems)


def _giver(name: str) -> str:
    """Which key of a pipeline gives a column."""
    givers = {name: stage for stage, (_, columns) in SCORES.items() for name in columns}
    key = givers.get(name, "tags" if name.startswith(("tag_", "has_")) else None)
    return f"; ask for it with the key {key!r}" if key else "; join a file that has it with the key 'columns'"


def embedder_of(embed: config.Embed | None) -> str | None:
    """The digest of a named embedding model; ConfigError when it cannot be used."""
    if embed is None or embed.model is None:
        return None
    from corpus.embed.sentence import load

    try:
        return load(embed.model).digest
    except UsageError as error:
        raise ConfigError([Problem("embed.model", 0, 0, str(error))]) from None


def continuity_of(name: str | None) -> str | None:
    """The digest of a named continuity model; ConfigError when it cannot be used."""
    if name is None:
        return None
    from corpus.models.continuity.files import load

    try:
        return load(name).card.digest
    except UsageError as error:
        raise ConfigError([Problem("continuity", 0, 0, str(error))]) from None


def causal_of(settings: config.Pipeline) -> Model | None:
    """The causal LM that is named; ConfigError when it cannot be used, EnvironmentProblem without the packages."""
    asked = settings.causal
    if asked is None:
        return None
    if settings.kind not in ("document", "conversation"):
        raise ConfigError([Problem("causal", 0, 0, f"reads documents and conversations, not kind {settings.kind!r}")])
    from corpus.models.causal.model import check_longest
    from corpus.models.registry.resolve import resolve

    try:
        model = resolve(asked.model, "causal-lm")
        check_longest(model, asked.tokens if settings.kind == "conversation" else None)
        return model
    except UsageError as error:
        raise ConfigError([Problem("causal.model", 0, 0, str(error))]) from None


def check_tokenizer(path: str | None) -> None:
    """A tokenizer file that cannot be used is a mistake of the pipeline, found before anything runs."""
    if path is None:
        return
    try:
        load_tokenizer(path)
    except UsageError as error:
        raise ConfigError([Problem("publish.tokenizer", 0, 0, str(error))]) from None
