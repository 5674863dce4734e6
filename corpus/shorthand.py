"""Pipelines without a pipeline file: settings for `corpus clean`, `corpus dedup` and `corpus tier` from paths."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from corpus import pipeline, storage
from corpus.config import Decontaminate, Dedup, Fields, Near, Normalise, Pipeline, Source, below, rebase
from corpus.errors import UsageError
from corpus.flow import plan_slots
from corpus.importers.convert import KINDS as KIND_OF
from corpus.importers.detect import Detected
from corpus.importers.formats import detected
from corpus.kernels.signal import SignalCall
from corpus.located import suggest
from corpus.rundir import RunDir
from corpus.schema import KINDS

COMPRESSED = (".gz", ".zst", ".zstd", ".bz2", ".xz")
FORMATS = (
    *(".jsonl", ".ndjson", ".json", ".parquet", ".csv", ".tsv", ".txt", ".text", ".html", ".htm"),
    *(".warc", ".wet", ".arc"),
)
IMPORTERS = {str(fmt): str(kind) for fmt, kind in KIND_OF.items() if fmt != "configuration"}
"""The formats of dialogues, and what their rows become."""
AS_READ = Normalise(newlines=False, unicode="none", controls=False, trailing_space=False, blank_lines=None)
"""The text as it came."""


def clean(
    inputs: Sequence[str], rules: Sequence[str] = (), fields: Fields | None = None, lang: str | None = None
) -> Pipeline:
    """Ingest, normalise, measure and decide: the shipped rules, or the sets and files named; no duplicates removed."""
    given = {"rules": tuple(below(Path.cwd(), rule) for rule in rules)} if rules else {}
    base = _pipeline("clean", inputs, fields, lang)
    return base.model_copy(update={"dedup": Dedup(exact=False), **given})


def dedup(
    inputs: Sequence[str], fields: Fields | None = None, lang: str | None = None, settings: Dedup | None = None
) -> Pipeline:
    """Ingest and duplicates, exact and near unless `settings` says otherwise, and nothing else: the text as it came, no
    quality rule, empty and short records kept."""
    base = _pipeline("dedup", inputs, fields, lang)
    wanted = settings if settings is not None else Dedup(near=Near())
    return base.model_copy(update={"rules": (), "normalise": AS_READ, "tiers": "single", "dedup": wanted})


def decontaminate(
    inputs: Sequence[str], wanted: Decontaminate, fields: Fields | None = None, lang: str | None = None
) -> Pipeline:
    """Ingest and look for benchmark items, and nothing else: the text as it came, no rule, no duplicates removed."""
    base = _pipeline("decontaminate", inputs, fields, lang)
    given = {"rules": (), "normalise": AS_READ, "dedup": Dedup(exact=False), "decontaminate": wanted}
    return rebase(base.model_copy(update=given), Path.cwd())


def dialogues(
    inputs: Sequence[str],
    kind: str | None = None,
    importer: str | None = None,
    lang: str | None = None,
    *,
    dedup: bool = False,
) -> tuple[Pipeline, dict[str, Detected]]:
    """Ingest conversations or preferences, check their roles, and nothing else; and what each source looks like.

    UsageError when `kind` is none that there is, and when the sources look like records of several kinds, or of none.
    """
    base = _pipeline("import", inputs, None, lang)
    found = {} if importer is not None else {source.name: detected(source) for source in base.sources}
    known = [name for name in KINDS if name != "document"]
    if importer is not None and importer not in IMPORTERS:
        raise UsageError(f"--importer {importer!r}{suggest(importer, IMPORTERS)}: is not one of {', '.join(IMPORTERS)}")
    alike = {str(one.kind) for one in found.values() if one.kind is not None}
    if importer is not None:
        alike = {str(IMPORTERS[importer])}
    if kind is not None and kind not in known:
        raise UsageError(f"--kind {kind!r}: is not one of {', '.join(known)}")
    if kind is None and (len(alike) != 1 or not alike <= set(known)):
        said = "; ".join(f"{name}: {one.format or 'nothing known'} ({one.kind})" for name, one in found.items())
        raise UsageError(
            f"the inputs are not all of one kind: {said or importer}. Import each kind by itself, or name --kind"
        )
    sources = tuple(source.model_copy(update={"importer": importer or "auto"}) for source in base.sources)
    given = {
        "kind": kind or alike.pop(),
        "sources": sources,
        "rules": (),
        "difficulty": False,
        "dedup": Dedup(exact=dedup),
    }
    return base.model_copy(update=given), found


def retier(root: str, tiers: str | None = None) -> pipeline.Pipeline:
    """The pipeline of the run at `root` with another tier policy: a shipped name or a .yaml file, else its own.

    It measures what the run measured, so that the stages before `tier` are found committed; signals that only the new
    policy looks at are measured beside. UsageError when the input or the rules are not those of the run any more:
    then this would be another run.
    """
    run = RunDir.open(root)
    stages = run.need_published()
    settings = run.settings.model_copy(update={"tiers": below(Path.cwd(), tiers)} if tiers else {})
    measured = [SignalCall.from_stored(values) for values in stages["measure"].manifest.details["settings"]]
    wanted = pipeline.compose(settings, also=measured)
    slots = plan_slots(wanted, root, wanted.splits())
    if slots["text"] != stages["text"].slot:
        raise UsageError(f"{root}: its input is not what it was; use `corpus run` to make the run anew")
    if slots["measure"] == stages["measure"].slot and slots["decide"] != stages["decide"].slot:
        raise UsageError(f"{root}: its rules are not what they were; use `corpus run` to apply them")
    return wanted


def _pipeline(name: str, inputs: Sequence[str], fields: Fields | None, lang: str | None) -> Pipeline:
    sources = sources_from(inputs, fields or Fields(), lang)
    return rebase(Pipeline(name=name, sources=sources), Path.cwd())


def sources_from(inputs: Sequence[str], fields: Fields, lang: str | None = None) -> tuple[Source, ...]:
    """A source for each name that the inputs give, in the order given; inputs of one name are one source."""
    paths: dict[str, list[str]] = {}
    for given in inputs:
        paths.setdefault(source_name(given), []).append(given)
    if not paths:
        raise UsageError("nothing to read: name files, directories or globs")
    return tuple(Source(name=name, paths=tuple(some), fields=fields, lang=lang) for name, some in paths.items())


def source_name(given: str) -> str:
    """`news` for `a/news.jsonl.gz`, `a/news/`, `a/news/*.html` and `s3://bucket/a/news.parquet?...`."""
    bare = given if storage.is_local(given) else given.partition("?")[0].partition("://")[2]
    if any(mark in bare for mark in "*?["):
        fixed = re.split(r"[*?\[]", bare, maxsplit=1)[0]
        bare = fixed.rpartition("/")[0] or ("/" if fixed.startswith("/") else ".")
        name = _directory_name(bare, given)
    elif storage.is_local(given) and Path(bare.removeprefix("file://")).expanduser().is_dir():
        name = _directory_name(bare, given)
    else:
        name = _stem(bare.rstrip("/").rpartition("/")[2])
    name = re.sub(r"[^\w.\-]+", "-", name).lstrip(".-")[:128]
    if not name:
        raise UsageError(f"{given}: gives no source a name; write a pipeline file and name it there")
    return name


def _directory_name(bare: str, given: str) -> str:
    if storage.is_local(given):
        return Path(bare.removeprefix("file://")).expanduser().absolute().resolve().name
    return bare.rstrip("/").rpartition("/")[2]


def _stem(name: str) -> str:
    for suffixes in (COMPRESSED, FORMATS):
        for suffix in suffixes:
            if name.lower().endswith(suffix) and len(name) > len(suffix):
                name = name[: -len(suffix)]
                break
    return name
