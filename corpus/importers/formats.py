"""The format of each source of dialogues, told or found out from its first rows, before anything runs."""

from __future__ import annotations

from itertools import islice

import orjson

from corpus.config import Fields, Limits, Pipeline, Source
from corpus.errors import ConfigError, Problem
from corpus.importers.detect import SAMPLE, SURE, Detected, detect
from corpus.importers.model import Format
from corpus.importers.reading import AUTO
from corpus.located import suggest
from corpus.readers.fields import WHOLE
from corpus.readers.plan import plan_splits
from corpus.readers.read import read_split

_HEAD = 4 << 20


def with_importers(settings: Pipeline) -> Pipeline:
    """`settings` with the format of every source; as they are where the records are documents.

    ConfigError with every source whose format is unknown, or cannot be told with a confidence of SURE.
    """
    if settings.kind == "document":
        return settings
    known = [str(fmt) for fmt in Format if fmt != Format.CONFIGURATION]
    problems: list[Problem] = []
    sources = []
    for place, source in enumerate(settings.sources):
        fmt = source.importer
        if fmt == AUTO:
            found = detected(source)
            fmt = str(found.format or "")
            if found.format is None or found.format == Format.CONFIGURATION or found.confidence < SURE:
                sure = (
                    f"{found.format} with a confidence of {found.confidence:.2f}" if found.format else "nothing known"
                )
                said = f"source {source.name!r} looks like {sure}: {found.why}"
                problems.append(Problem("sources", 0, 0, f"{said}. Name its `importer`: one of {', '.join(known)}"))
        elif fmt not in known:
            said = f"source {source.name!r}: no importer {fmt!r}{suggest(fmt, known)}"
            problems.append(Problem(f"sources.{place}.importer", 0, 0, f"{said}; there are {', '.join(known)}"))
        sources.append(source.model_copy(update={"importer": fmt}))
    if problems:
        raise ConfigError(problems)
    return settings.model_copy(update={"sources": tuple(sources)})


def detected(source: Source) -> Detected:
    """What the first rows of a source look like."""
    whole = source.model_copy(update={"fields": Fields.model_construct(text=WHOLE)})
    rows = (
        orjson.loads(text)
        for split in plan_splits((source,), _HEAD)
        for chunk in read_split(split, whole, Limits())
        for text in chunk.records.column("text").to_pylist()
    )
    return detect(list(islice(rows, SAMPLE)))
