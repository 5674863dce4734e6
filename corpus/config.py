"""Pipeline YAML -> frozen, strict settings; every mistake at once, each with its file and line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, field_validator

from corpus import located
from corpus.config_dedup import Dedup as Dedup
from corpus.config_dedup import Guard as Guard
from corpus.config_dedup import Near as Near
from corpus.config_dedup import NearParagraphs as NearParagraphs
from corpus.config_dedup import Patterns as Patterns
from corpus.config_dedup import RepeatedLines as RepeatedLines
from corpus.config_dedup import RepeatedSpans as RepeatedSpans
from corpus.config_dedup import Semantic as Semantic
from corpus.config_dedup import Share as Share
from corpus.config_dedup import View as View
from corpus.errors import ConfigError, Problem
from corpus.located import Strict

Name = Annotated[str, Field(pattern=r"^[\w][\w.\-]{0,127}$")]
Format = Literal["auto", "jsonl", "json", "parquet", "csv", "tsv", "text", "lines", "html", "warc", "wet"]
Compression = Literal["auto", "none", "gzip", "zstd", "bz2", "xz"]
Encoding = Literal["auto", "utf-8", "gb18030", "big5", "utf-16"]
Extractor = Literal["accurate", "fast", "none"]


class Fields(Strict):
    """Where each column comes from: a field's name, or a dotted path into nested objects; unset means guessed.

    Guesses, first that is present: text <- text, content, body; id <- id, doc_id, url; url <- url; title <- title;
    lang <- lang, language; date <- date. An explicit mapping is never guessed around: a record without it is
    quarantined when it is the text, and null otherwise.
    """

    text: str | None = None
    id: str | None = None
    url: str | None = None
    title: str | None = None
    lang: str | None = None
    date: str | None = None


class Source(Strict):
    """One named origin of records. The name is part of every record's identity.

    `importer` is the format of its conversations or preferences, `auto` for what their first rows look like.
    """

    name: Name
    paths: tuple[str, ...] = Field(min_length=1)
    format: Format = "auto"
    compression: Compression = "auto"
    encoding: Encoding = "auto"
    fields: Fields = Fields()
    extractor: Extractor = "accurate"
    importer: str = "auto"
    lang: str | None = None
    license: str | None = None
    priority: int = 0

    @field_validator("paths", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value


class Limits(Strict):
    """Bounds that protect a run: sizes that are quarantined, shares that stop it (exit 4)."""

    record_bytes: int = Field(default=64 << 20, ge=1024)
    depth: int = Field(default=64, ge=1, le=900)
    bomb_ratio: int = Field(default=2000, ge=10)
    bomb_bytes: int = Field(default=1 << 40, ge=1 << 20)
    quarantine_share: Share = 0.05
    drop_share: tuple[Share, Share] = (0.0, 1.0)


class Dates(Strict):
    """ISO dates, both ends included; a record without a date is kept unless `required`."""

    start: str | None = Field(default=None, alias="from", pattern=r"^\d{4}(-\d\d(-\d\d)?)?$")
    end: str | None = Field(default=None, alias="to", pattern=r"^\d{4}(-\d\d(-\d\d)?)?$")
    required: bool = False


class Sampling(Strict):
    """A seeded share of the records, chosen by their ids, so the same records whatever the order."""

    share: Share = 1.0
    seed: int = 0


class Select(Strict):
    """Which records are worth paying for; applied before anything else."""

    sources: Patterns = Patterns()
    languages: Patterns = Patterns()
    urls: Patterns = Patterns()
    keywords: Patterns = Patterns()
    dates: Dates = Dates()
    sample: Sampling = Sampling()


class Normalise(Strict):
    """Harmless repairs of the text; every line and every letter stays. `blank_lines: null` bounds no run of them."""

    newlines: bool = True
    unicode: Literal["none", "NFC"] = "NFC"
    controls: bool = True
    trailing_space: bool = True
    blank_lines: Annotated[int, Field(ge=0, le=1000)] | None = 2

    @property
    def idle(self) -> bool:
        """Whether the text is left as it was read, byte for byte."""
        repairs = (self.newlines, self.controls, self.trailing_space, self.blank_lines is not None)
        return not any(repairs) and self.unicode == "none"


class Decontaminate(Strict):
    """Benchmark items are looked for in every text that is left, and records with one are dropped, cut or flagged.

    `against` are files of questions, directories or globs, each file a benchmark by itself; `name=path` makes all that
    the path gives one benchmark. An item is found where `coverage` of its weight stands in one place, counted by grams
    of so many `words`, or so many `characters` of Chinese and its like.
    """

    against: tuple[str, ...] = Field(min_length=1)
    action: Literal["drop", "cut", "flag"] = "drop"
    words: int = Field(default=8, ge=4, le=100)
    characters: int = Field(default=13, ge=6, le=200)
    coverage: float = Field(default=0.7, ge=0.3, le=1)
    view: View = "text"

    @field_validator("against", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value


class LanguageModel(Strict):
    """How surprising each text is to an n-gram model that the run trains itself: columns `perplexity` and
    `worst_perplexity`.

    It is trained on a sample of `sample` records, of the sources that `reference` lets in: those that are written as
    all should be.
    """

    reference: Patterns = Patterns()
    order: int = Field(default=4, ge=2, le=5)
    sample: int = Field(default=50_000, ge=1, le=10_000_000)


class Causal(Strict):
    """What a causal LM, a pinned `model`, says of each record.

    Of a document: `bits_per_character`, `peak_nats`, and what `disorder` random orders and as many crossings cost it:
    `order_cost`, `seam_cost`. Of a conversation: `answer_loss` and `ifd` of its last answer, which its difficulty is
    made of, too. It reads the first `tokens`, by default as many as it can see; in bf16 on a GPU, and with `half` on a
    CPU.
    """

    model: str
    disorder: int = Field(default=4, ge=0, le=64)
    tokens: int | None = Field(default=None, ge=2)
    half: bool = False


class Embed(Strict):
    """A vector for each record that is left: by a sentence-transformers `model` (a directory or a pinned name), else by
    one of `dim` dimensions that the run fits to a sample of `sample` records."""

    model: str | None = None
    view: View = "text"
    dim: int = Field(default=128, ge=8, le=4096)
    sample: int = Field(default=50_000, ge=1, le=10_000_000)
    seed: int = Field(default=1, ge=0)


_Named = TypeVar("_Named", Causal, Embed)


class Cluster(Strict):
    """Records by what they are about: spherical k-means of their vectors, trained on `sample` of them. Without `k` the
    number of clusters follows from the number of records."""

    k: int | None = Field(default=None, ge=2, le=1_000_000)
    sample: int = Field(default=200_000, ge=2, le=10_000_000)
    iterations: int = Field(default=20, ge=1, le=1000)
    seed: int = Field(default=1, ge=0)


class Columns(Strict):
    """Columns of a file of the user's own (Parquet), joined to the records by `id`, which holds published `doc_id`s: a
    judge's scores, a label. A record that the file lacks has null."""

    file: str
    take: tuple[str, ...] = Field(min_length=1)
    id: str = "doc_id"


class Publish(Strict):
    """The shape of the published data set."""

    file_bytes: int = Field(default=256 << 20, ge=1 << 16)
    tokenizer: str | None = None
    chars_per_token: Mapping[str, float] = Field(default={"zh": 1.5, "ja": 1.5, "ko": 1.6, "*": 4.2})
    title: str | None = None
    license: str | None = None


class Pipeline(Strict):
    """A whole run, as written in a pipeline file.

    `continuity` names a model of `corpus continuity train`; `difficulty` scores dialogues; `round` is the number under
    which preferences are published. Without `tiers` documents go by the policy `default`, conversations by `stages`,
    preferences into their round, prompts into one tier.
    """

    name: Name
    kind: Literal["document", "conversation", "preference", "prompt"] = "document"
    sources: tuple[Source, ...] = Field(min_length=1)
    select: Select = Select()
    normalise: Normalise = Normalise()
    rewrites: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    rules: tuple[str, ...] = ("common", "zh/web", "en/web")
    dedup: Dedup = Dedup()
    decontaminate: Decontaminate | None = None
    tags: tuple[str, ...] = ()
    perplexity: LanguageModel | None = None
    continuity: str | None = None
    causal: Causal | None = None
    embed: Embed | None = None
    cluster: Cluster | None = None
    columns: tuple[Columns, ...] = ()
    quality: str | None = None
    difficulty: bool | None = None
    round: int = Field(default=1, ge=1)
    tiers: str = "default"
    publish: Publish = Publish()
    limits: Limits = Limits()

    @property
    def embedding(self) -> Embed | None:
        """How records get vectors; clusters need them, whether asked for or not."""
        return self.embed or (Embed() if self.clustering is not None else None)

    @property
    def semantic_shared(self) -> float:
        """The share of their shingles that semantic duplicates must have in common."""
        semantic, embed = self.dedup.semantic, self.embedding
        if semantic is None or embed is None:
            return 0.0
        return semantic.shared if semantic.shared is not None else 0.3 if embed.model is None else 0.0

    @property
    def scoring_difficulty(self) -> bool:
        """Whether dialogues get a difficulty: the default stages of conversations need it, asked for or not."""
        return self.kind == "conversation" and self.tiers == "default" if self.difficulty is None else self.difficulty

    @property
    def clustering(self) -> Cluster | None:
        """How records get clusters; semantic duplicates need them, whether asked for or not."""
        return self.cluster or (Cluster() if self.dedup.semantic is not None else None)


def load(path: str | Path) -> Pipeline:
    """The pipeline in a YAML file; relative paths in it are relative to the file.

    Raises ConfigError with every problem of the file, each with its line.
    """
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            [Problem(str(path), 0, 0, f"cannot be read: {getattr(error, 'strerror', None) or error}")]
        ) from None
    document = located.parse(text, str(path))
    pipeline = located.validate(Pipeline, document)
    names = [source.name for source in pipeline.sources]
    repeated = [
        document.problem(("sources", index, "name"), f"source {name!r} is declared twice; give each its own name")
        for index, name in enumerate(names)
        if name in names[:index]
    ]
    if repeated:
        raise ConfigError(repeated)
    return rebase(pipeline, file.parent)


def rebase(pipeline: Pipeline, base: Path) -> Pipeline:
    """`pipeline` with relative locations made relative to `base`."""
    sources = tuple(
        source.model_copy(update={"paths": tuple(_absolute(base, path) for path in source.paths)})
        for source in pipeline.sources
    )
    rules = tuple(below(base, rule) for rule in pipeline.rules)
    rewrites = tuple(below(base, name) for name in pipeline.rewrites)
    lines = tuple(below(base, name) for name in pipeline.lines)
    tiers = below(base, pipeline.tiers)
    tokenizer = pipeline.publish.tokenizer
    publish = pipeline.publish.model_copy(update={"tokenizer": tokenizer and _absolute(base, tokenizer)})
    against = tuple(_absolute(base, path) for path in pipeline.dedup.against)
    dedup = pipeline.dedup.model_copy(update={"against": against})
    decontaminate = pipeline.decontaminate and _rebased(base, pipeline.decontaminate)
    named = {"rules": rules, "rewrites": rewrites, "lines": lines, "tiers": tiers, "dedup": dedup}
    named |= {"decontaminate": decontaminate, "tags": tuple(below(base, name) for name in pipeline.tags)}
    named |= {
        "quality": pipeline.quality and below(base, pipeline.quality),
        "causal": _model_below(base, pipeline.causal),
        "embed": _model_below(base, pipeline.embed),
    }
    named["columns"] = tuple(one.model_copy(update={"file": _absolute(base, one.file)}) for one in pipeline.columns)
    return pipeline.model_copy(update={"sources": sources, "publish": publish, **named})


def _rebased(base: Path, wanted: Decontaminate) -> Decontaminate:
    from corpus.decontaminate.benchmarks import Against

    given = [Against.of(one) for one in wanted.against]
    against = tuple(Against(one.name, _absolute(base, one.path)).given for one in given)
    return wanted.model_copy(update={"against": against})


def _model_below(base: Path, asked: _Named | None) -> _Named | None:
    """A model's directory beside the pipeline file by its full path; a pinned name as it is."""
    if asked is None or asked.model is None or not (base / Path(asked.model).expanduser()).is_dir():
        return asked
    return asked.model_copy(update={"model": _absolute(base, asked.model)})


def below(base: Path, name: str) -> str:
    """The name of a shipped rule set or policy as it is; the path of a user's YAML file made absolute below `base`."""
    return _absolute(base, name) if name.endswith((".yaml", ".yml")) else name


def _absolute(base: Path, path: str) -> str:
    return path if "://" in path else str((base / Path(path).expanduser()).absolute())
