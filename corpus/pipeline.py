"""A pipeline as stages in order: composed from settings, checked against each other, before any Spark is started."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from corpus import config, located
from corpus.columns import EVOL, SCORES
from corpus.composing import (
    causal_of,
    check_columns,
    check_tokenizer,
    check_views,
    continuity_of,
    embedder_of,
    of_dialogues,
    tiers_of,
)
from corpus.decontaminate.stage import Decontaminate
from corpus.decontaminate.wanted import load_benchmarks
from corpus.dedup.one_a_key import DedupExact, DedupUrls
from corpus.errors import ConfigError, ContractError, Problem
from corpus.index.against import open_indexes
from corpus.index.generation import Index
from corpus.kernels.signal import SignalCall
from corpus.learned.joined import Joining, load_joinings
from corpus.located import Located, Step
from corpus.readers.plan import input_digest, plan_splits
from corpus.readers.split import Split
from corpus.ruleset.lines import load_line_rules
from corpus.ruleset.load import load_rules
from corpus.ruleset.model import CHARS, RuleSet, sorted_calls
from corpus.ruleset.policy import TierPolicy, load_tiers
from corpus.ruleset.quality import QualityPolicy, load_quality
from corpus.ruleset.rewrites import load_rewrites
from corpus.schema import KINDS, RAW, RecordKind
from corpus.scores.conversation import FACETS
from corpus.stage import COUNTED, DROPPED, RowStage, Sidecar
from corpus.stages.anchors import SpanAnchors
from corpus.stages.facets import Facets
from corpus.stages.fingerprint import Fingerprint
from corpus.stages.identify import Identify
from corpus.stages.ingest import Ingest
from corpus.stages.line_rules import LineRules
from corpus.stages.lines import LineKeys
from corpus.stages.measure import Measure
from corpus.stages.normalise import Normalise
from corpus.stages.repeated_lines import RepeatedLines
from corpus.stages.rewrite import Rewrite
from corpus.stages.select import Select
from corpus.stages.sign import Sign
from corpus.stages.sign_paragraphs import SignParagraphs
from corpus.stages.tag import Tags
from corpus.stages.url_keys import UrlKeys
from corpus.tags.load import load_tags

if TYPE_CHECKING:
    from corpus.models.registry.resolve import Model

SPLIT_BYTES = 32 << 20


@dataclass(frozen=True)
class Pipeline:
    """Everything a run does, in order: ingest, `rows`, `sidecars`, identify, decide, dedup, tier, publish."""

    settings: config.Pipeline
    rules: RuleSet
    tiers: TierPolicy
    rows: tuple[RowStage, ...]
    sidecars: tuple[Sidecar, ...]
    identify: Identify = field(default_factory=Identify)
    keyed: tuple[DedupUrls | DedupExact, ...] = ()
    lines: RepeatedLines | None = None
    against: tuple[Index, ...] = ()
    decontaminate: Decontaminate | None = None
    joined: tuple[Joining, ...] = ()
    quality: QualityPolicy | None = None
    embedder: str | None = None
    continuity: str | None = None
    causal: Model | None = None

    @property
    def kind(self) -> RecordKind:
        """What the records are."""
        return KINDS[self.settings.kind]

    @property
    def tag_types(self) -> dict[str, pa.DataType]:
        """The columns of the tags, by name."""
        return next((dict(one.contract.adds) for one in self.sidecars if isinstance(one, Tags)), {})

    @property
    def joined_types(self) -> dict[str, pa.DataType]:
        """The columns of the user's own, by name."""
        return {name: kind for one in self.joined for name, kind in zip(one.declared.take, one.types, strict=True)}

    @property
    def scores(self) -> dict[str, str]:
        """Every column that a stage before the tiers stores, and the stage."""
        settings = self.settings
        asked = {
            "perplexity": settings.perplexity is not None,
            "continuity": settings.continuity is not None,
            "causal": settings.causal is not None and settings.kind == "document",
            "answers": settings.causal is not None and settings.kind == "conversation",
            "cluster": settings.clustering is not None,
            "difficulty": settings.scoring_difficulty,
            "facets": any(isinstance(one, Facets) for one in self.sidecars),
            "quality": self.quality is not None,
        }
        found = {name: stage for stage, (_, columns) in SCORES.items() if asked[stage] for name in columns}
        if self.quality is not None and settings.scoring_difficulty:
            found[EVOL] = "quality"
        found |= dict.fromkeys(self.tag_types, Tags.name)
        return found | dict.fromkeys(self.joined_types, "columns")

    @property
    def tiers_read(self) -> frozenset[str]:
        """The stages whose columns the tier policy looks at."""
        return frozenset(self.scores[name] for name in self.tiers.stored if name in self.scores)

    @property
    def sources(self) -> tuple[config.Source, ...]:
        """The sources that `select.sources` lets in."""
        wanted = self.settings.select.sources
        return tuple(source for source in self.settings.sources if _let_in(source.name, wanted))

    def spared(self, wanted: config.Patterns) -> frozenset[str]:
        """The names of the sources that `wanted` does not let in."""
        return frozenset(source.name for source in self.settings.sources if not _let_in(source.name, wanted))

    def splits(self, split_bytes: int = SPLIT_BYTES) -> list[Split]:
        """The input cut into units of work; a pure function of the files found."""
        return plan_splits(self.sources, split_bytes)

    def check(self) -> dict[str, pa.DataType]:
        """Chain every contract on schemas alone; ContractError lists all mismatches. Returns the final columns."""
        have: dict[str, pa.DataType] = {item.name: item.type for item in (*RAW, *self.kind.carried)}
        problems: list[str] = []
        stages: list[Any] = [Ingest(self.settings.sources[0], self.kind), *self.rows, *self.sidecars]
        for stage in stages:
            try:
                have = stage.contract.chain(have, stage.name)
            except ContractError as error:
                problems.append(str(error))
            have = {name: kind for name, kind in have.items() if name != DROPPED and not name.startswith(COUNTED)}
        if problems:
            raise ContractError("\n".join(problems))
        return have


def compose(settings: config.Pipeline, extra: Sequence[RowStage] = (), also: Sequence[SignalCall] = ()) -> Pipeline:
    """The stages that `settings` ask for; `extra` row stages of the caller's own run after normalisation, `also` are
    signals to measure beside those that the rules and the tier policy look at.

    Raises ConfigError with every problem of every rule and rewrite file and of the tier policy.
    """
    (
        rules, tiers, rewrites, lines, _, against, decontaminate, tags, quality, joined, embedder, continuity, causal,
    ) = _collect(
        lambda: load_rules(settings.rules),
        lambda: tiers_of(settings),
        lambda: load_rewrites(settings.rewrites),
        lambda: load_line_rules(settings.lines),
        lambda: check_tokenizer(settings.publish.tokenizer),
        lambda: open_indexes(settings.dedup),
        lambda: load_benchmarks(settings.decontaminate),
        lambda: load_tags(settings.tags) if settings.tags else None,
        lambda: load_quality(settings.quality) if settings.quality is not None else None,
        lambda: load_joinings(settings.columns),
        lambda: embedder_of(settings.embed),
        lambda: continuity_of(settings.continuity),
        lambda: causal_of(settings),
    )  # fmt: skip
    asked = quality.calls if quality is not None else ()
    dialogues = settings.kind != "document"
    if dialogues:
        settings = of_dialogues(settings)
    calls = sorted_calls({CHARS, *rules.calls, *tiers.calls, *asked, *also})
    changes: tuple[RowStage, ...] = (Rewrite(rewrites),) if rewrites else ()
    changes += (LineRules(lines),) if lines else ()
    repairs: tuple[RowStage, ...] = () if dialogues else (Normalise(settings.normalise),)
    rows: tuple[RowStage, ...] = (Select(settings.select), *repairs, *changes, *extra)
    spoken = KINDS[settings.kind].spoken
    sidecars: tuple[Sidecar, ...] = (Measure(calls, spoken) if spoken else Measure(calls),)
    keyed: tuple[DedupUrls | DedupExact, ...] = ()
    if settings.dedup.urls is not None:
        sidecars += (UrlKeys(),)
        keyed += (DedupUrls(settings.dedup.urls),)
    if settings.dedup.exact:
        sidecars += (Fingerprint(settings.dedup.view),)
        keyed += (DedupExact(settings.dedup.keep),)
    if settings.dedup.near is not None or settings.semantic_shared > 0:
        sidecars += (Sign(settings.dedup.near or config.Near(), settings.dedup.view),)
    repeated, frequent = settings.dedup.lines, None
    if repeated is not None:
        sidecars += (LineKeys(repeated.scope, repeated.min_characters),)
        cut, names = repeated.sources, [source.name for source in settings.sources]
        spared = {name for name in names if not _let_in(name, cut)}
        keep = settings.dedup.keep
        frequent = RepeatedLines(repeated.documents, repeated.share, repeated.keep_first, keep, frozenset(spared))
    if settings.dedup.paragraphs is not None:
        sidecars += (SignParagraphs(settings.dedup.paragraphs),)
    if tags is not None:
        sidecars += (Tags(tags, "instruction" if settings.kind != "document" else "text"),)
    if quality is not None and dialogues and set(quality.columns) & set(FACETS):
        sidecars += (Facets(),)
    if settings.dedup.spans is not None:
        sidecars += (SpanAnchors(settings.dedup.spans.min_units, settings.dedup.spans.within),)
    pipeline = Pipeline(
        settings,
        rules,
        tiers,
        rows,
        sidecars,
        keyed=keyed,
        lines=frequent,
        against=against,
        decontaminate=decontaminate,
        joined=joined,
        quality=quality,
        embedder=embedder,
        continuity=continuity,
        causal=causal,
    )
    check_views(settings)
    check_columns(tiers.stored, pipeline.scores)
    if not pipeline.sources:
        raise ConfigError([Problem("select.sources", 0, 0, "lets no source in; widen include or narrow exclude")])
    pipeline.check()
    return pipeline


def read(path: str | Path) -> Pipeline:
    """The pipeline in a file; ConfigError with every problem of the file, its rule files and its tier policy."""
    try:
        return compose(config.load(path))
    except ConfigError as error:
        problems = list(error.problems)
    try:
        document = located.parse(Path(path).read_text(encoding="utf-8"), str(path))
    except (ConfigError, OSError, UnicodeDecodeError):
        raise ConfigError(problems) from None
    if not isinstance(document.value, dict):
        raise ConfigError(problems)
    named = _named(document, Path(path).parent)
    rules = [name for name, place in named.items() if place[0] == "rules"]
    loaders: list[Callable[[], Any]] = [lambda: load_rules(rules)] if rules else []
    changes = [name for name, place in named.items() if place[0] == "rewrites"]
    loaders += [lambda: load_rewrites(changes)] if changes else []
    lines = [name for name, place in named.items() if place[0] == "lines"]
    loaders += [lambda: load_line_rules(lines)] if lines else []
    loaders += [partial(load_tiers, name) for name, place in named.items() if place[0] == "tiers" and name != "tiers"]
    try:
        _collect(*loaders)
    except ConfigError as error:
        problems.extend(error.problems)
    raise ConfigError([_placed(problem, document, named) for problem in problems])


def _named(document: Located, base: Path) -> dict[str, tuple[Step, ...]]:
    """What the pipeline names, and where: rule sets, rewrites and the tier policy."""
    rules, tiers = document.value.get("rules"), document.value.get("tiers")
    found: dict[str, tuple[Step, ...]] = {
        "select.sources": ("select", "sources"),
        "publish.tokenizer": ("publish", "tokenizer"),
        "dedup.against": ("dedup", "against"),
        "decontaminate.against": ("decontaminate", "against"),
        "embed.model": ("embed", "model"),
        "causal": ("causal",),
        "causal.model": ("causal", "model"),
        "columns": ("columns",),
        "tiers": ("tiers",),
        "quality": ("quality",),
    }
    for index, name in enumerate(rules if isinstance(rules, list) else ()):
        if isinstance(name, str):
            found[config.below(base, name)] = ("rules", index)
    for key in ("rewrites", "lines"):
        names = document.value.get(key)
        for index, name in enumerate(names if isinstance(names, list) else ()):
            if isinstance(name, str):
                found.setdefault(config.below(base, name), (key, index))
    if isinstance(tiers, str):
        found[config.below(base, tiers)] = ("tiers",)
    return found


def _placed(problem: Problem, document: Located, named: dict[str, tuple[Step, ...]]) -> Problem:
    """The problem of a whole file or name, at the line of the pipeline that names it; any other as it is."""
    if problem.line or problem.path not in named:
        return problem
    return document.problem(named[problem.path], f"{problem.path}: {problem.message}")


def _collect(*loaders: Callable[[], Any]) -> list[Any]:
    """What each loader gives; ConfigError with the problems of all of them."""
    found: list[Any] = []
    problems: list[Problem] = []
    for load in loaders:
        try:
            found.append(load())
        except ConfigError as error:
            problems.extend(error.problems)
    if problems:
        raise ConfigError(problems)
    return found


def text_settings(pipeline: Pipeline, splits: Sequence[Split]) -> dict[str, Any]:
    """What decides the cleaned text: the input, how it is read, and every row stage."""
    limits = pipeline.settings.limits
    return {
        "input": input_digest(splits),
        "kind": pipeline.kind.name,
        "sources": [Ingest(source, pipeline.kind).settings() for source in pipeline.sources],
        "limits": limits.model_dump(mode="json", include={"record_bytes", "depth", "bomb_ratio", "bomb_bytes"}),
        "ingest": Ingest.version,
        "rows": [[stage.name, stage.version, stage.settings()] for stage in pipeline.rows],
    }


def calls_of(pipeline: Pipeline) -> tuple[SignalCall, ...]:
    """Every signal the pipeline measures."""
    return next(stage.calls for stage in pipeline.sidecars if isinstance(stage, Measure))


def _let_in(name: str, wanted: config.Patterns) -> bool:
    """Whether a source of this name is asked for."""
    return (not wanted.include or _matches(name, wanted.include)) and not _matches(name, wanted.exclude)


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
