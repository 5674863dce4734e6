"""Candidates for seeds: the prompts of runs and of files in any format that `corpus import` knows."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson
import pyarrow as pa

from corpus import config, storage
from corpus.errors import UsageError
from corpus.importers.convert import convert
from corpus.importers.detect import SAMPLE, detect
from corpus.importers.model import NOTE, Format, Imported, Problem
from corpus.kernels.language import identify
from corpus.models.examples import chunks
from corpus.pairs.model import USER, Seed, prompt_id
from corpus.readers.fields import WHOLE

_STAGE = re.compile(r"/(?:stage|tier|round)=([^/]+)/")
_VIEWS = ("text", "instruction", "answer", "doc_id", "lang_score", "chosen", "rejected", "split")
KINDS = ("sft", "prompt", "preference")


def candidates(
    paths: Sequence[str], left_out: Counter[str], difficulty: str = "difficulty", by: str = ""
) -> Iterator[Seed]:
    """Every row with a prompt; rows without are counted in `left_out` by the importer's reason.

    Of a run its conversations, prompts and preferences are read. A conversation's prompt is all before its last answer,
    which stays as `answer`. `difficulty` and `by` name columns or fields of `meta`; where the row has no difficulty the
    number of its `stage=` is taken. UsageError when nothing can be read or a file is in no known format.
    """
    formats: dict[str, Format] = {}
    for chunk in chunks(_below(paths), config.Fields.model_construct(text=WHOLE)):
        left_out.update(str(row.reason) for row in chunk.quarantined)
        values = [orjson.loads(text) for text in chunk.records.column("text").to_pylist()]
        found: list[Seed] = []
        for place, value in zip(chunk.records.column("source_key").to_pylist(), values, strict=True):
            path = place.rpartition("#")[0]
            if path not in formats:
                formats[path] = _format(path, values)
            record = convert(value, formats[path])
            one = str(record.reason) if isinstance(record, Problem) else seed_of(record, place, difficulty, by)
            if isinstance(one, str):
                left_out[one] += 1
            else:
                found.append(one)
        yield from _spoken(found)


def _below(paths: Sequence[str]) -> list[str]:
    """A run stands for the dialogues of its data set."""
    found: list[str] = []
    for path in paths:
        inner = [storage.join(path, "dataset", kind) for kind in KINDS]
        found += [one for one in inner if storage.list_files(one)] or [path]
    return found


def _format(path: str, values: Sequence[Any]) -> Format:
    found = detect(values[:SAMPLE])
    if found.format is None or found.kind is None:
        raise UsageError(f"{path}: holds no prompts ({found.why}); corpus import --kind may help")
    return found.format


def seed_of(record: Imported, place: str, difficulty: str, by: str) -> Seed | str:
    """The seed of a record; why not, where it has no prompt that ends with the user."""
    turns = tuple((role, text) for role, text, *_ in record.messages or record.prompt or ())
    answer = None
    if record.messages is not None:
        turns, answer = turns[:-1], turns[-1][1]
    elif record.chosen:
        answer = record.chosen[-1][1]
    if not turns or turns[-1][0] != USER or not turns[-1][1].strip():
        return "no_prompt"
    meta = {name: value for name, value in (record.meta or {}).items() if name != NOTE and name not in _VIEWS}
    inner = meta.get("meta")
    fields: Mapping[str, Any] = {**(orjson.loads(inner) if isinstance(inner, str) and inner[:1] == "{" else {}), **meta}
    staged = _STAGE.search("/" + place.replace("\\", "/"))
    stage = staged[1] if staged else str(fields.get("stage") or "")
    return Seed(
        id=prompt_id(turns),
        prompt=turns,
        lang=str(fields.get("lang") or ""),
        difficulty=_number(fields.get(difficulty), stage),
        stage=stage,
        group=stage if by == "stage" else _said(fields.get(by)) if by else "",
        key=str(record.source_key or fields.get("source_key") or place),
        answer=answer,
        meta={name: value for name, value in fields.items() if name not in (NOTE, "meta", "messages", "prompt")},
    )


def _number(value: Any, stage: str) -> float | None:
    for one in (value, stage):
        try:
            found = float(one)
        except (TypeError, ValueError):
            continue
        if math.isfinite(found):
            return found
    return None


def _said(value: Any) -> str:
    """A group's name: of a list of tags the first."""
    if isinstance(value, list | tuple):
        value = value[0] if value else None
    return "" if value is None else str(value)


def _spoken(found: list[Seed]) -> Iterator[Seed]:
    """Seeds with the language of what the user says last, where the row does not say it."""
    texts = pa.array([one.prompt[-1][1] for one in found], pa.large_string())
    langs = identify(texts)[0].to_pylist() if found else []
    for one, lang in zip(found, langs, strict=True):
        yield one if one.lang else replace(one, lang=lang or "")
