"""What evolution, continuation and grounding start from: rows of files and runs, as they are read."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import orjson

from corpus import config, storage
from corpus.errors import UsageError
from corpus.importers.convert import convert
from corpus.importers.detect import SAMPLE, detect
from corpus.importers.model import Format, Kind, Problem
from corpus.models.examples import chunks
from corpus.readers.fields import WHOLE
from corpus.synth.dealing import hashed
from corpus.synth.model import ASSISTANT, USER, Given

LOOKED_AT = 2000
"""Characters of a document that tell its language."""


class Sources:
    """Rows by number, read when they are first asked for; `left_out` counts what could not be used, by reason."""

    def __init__(self, rows: Iterator[Given], left_out: Counter[str] | None = None) -> None:
        self._rows, self._held = rows, list[Given]()
        self.left_out = Counter[str]() if left_out is None else left_out

    def get(self, number: int) -> Given | None:
        """Row `number` (from 0); None when there are not so many."""
        while len(self._held) <= number:
            row = next(self._rows, None)
            if row is None:
                return None
            self._held.append(row)
        return self._held[number]

    def __len__(self) -> int:
        """How many there are; reads them all."""
        self._held += self._rows
        return len(self._held)


def sampled(sources: Sources, most: int, seed: int) -> Sources:
    """At most `most` of the rows, chosen and ordered by the hash of their ids: the same whatever the order of files."""
    numbered = iter(range(1 << 62))
    rows = ((hashed("sample", row.id, seed), next(numbered), row) for row in iter(_all(sources)))
    return Sources(iter([row for _, _, row in heapq.nsmallest(most, rows)]), sources.left_out)


def _all(sources: Sources) -> Iterator[Given]:
    number = 0
    while (row := sources.get(number)) is not None:
        yield row
        number += 1


def in_lang(sources: Sources, lang: str) -> Sources:
    """The rows in `zh` or `en`, by their instruction or, of a document, the beginning of its text; the others are
    counted as left out."""
    from corpus.synth.checks import in_language

    def chosen() -> Iterator[Given]:
        for row in _all(sources):
            if in_language(row.instruction or row.output[:LOOKED_AT], lang):
                yield row
            else:
                sources.left_out["other_language"] += 1

    return Sources(chosen(), sources.left_out)


def all_of(sources: Sources) -> tuple[Given, ...]:
    """Every row."""
    return tuple(_all(sources))


def shipped_seeds(lang: str) -> tuple[Given, ...]:
    """The seed tasks that come with the package."""
    from corpus.synth.seeds import load

    return tuple(Given(one.id, one.instruction, one.input, one.output, one.category) for one in load(lang))


def rows_of(paths: Sequence[str], *, prompts: bool = False) -> Sources:
    """Conversations of files in any format that `corpus import` knows, or of runs (`RUN/dataset/sft`); with `prompts`
    questions without answers, too (`RUN/dataset/prompt`), whose output is empty.

    Alpaca rows keep instruction and input apart; of a conversation the last question and answer are those of the row.
    UsageError when nothing can be read or a file is in no known format.
    """
    left_out: Counter[str] = Counter()
    below = _below(paths, "sft")
    below = _below(below, "prompt") if prompts else below
    return Sources(_conversations(below, left_out, prompts), left_out)


def documents_of(paths: Sequence[str], text: str | None = None, key: str | None = None, least: int = 1) -> Sources:
    """Documents of files in any readable format, or of runs (`RUN/dataset/pretrain`); those of fewer than `least`
    characters are left out. UsageError when nothing can be read."""
    left_out: Counter[str] = Counter()
    return Sources(_documents(_below(paths, "pretrain"), config.Fields(text=text, id=key), least, left_out), left_out)


def _below(paths: Sequence[str], kind: str) -> list[str]:
    """A run stands for its data set."""
    inner = [(path, storage.join(path, "dataset", kind)) for path in paths]
    return [below if storage.list_files(below) else path for path, below in inner]


def _documents(paths: Sequence[str], fields: config.Fields, least: int, left_out: Counter[str]) -> Iterator[Given]:
    for chunk in chunks(paths, fields):
        left_out.update(str(row.reason) for row in chunk.quarantined)
        rows = chunk.records
        for key, text in zip(rows.column("source_key").to_pylist(), rows.column("text").to_pylist(), strict=True):
            if len(text.strip()) < least:
                left_out["too_short"] += 1
            else:
                yield Given(key, "", "", text)


def _conversations(paths: Sequence[str], left_out: Counter[str], prompts: bool) -> Iterator[Given]:
    formats: dict[str, Format] = {}
    for chunk in chunks(paths, config.Fields.model_construct(text=WHOLE)):
        left_out.update(str(row.reason) for row in chunk.quarantined)
        values = [orjson.loads(text) for text in chunk.records.column("text").to_pylist()]
        places = chunk.records.column("source_key").to_pylist()
        paths = [place.rpartition("#")[0] for place in places]
        for path, place, value in zip(paths, places, values, strict=True):
            if path not in formats:
                own = (one for other, one in zip(paths, values, strict=True) if other == path)
                formats[path] = _format(path, list(islice(own, SAMPLE)), prompts)
            found = row_of(value, formats[path], place)
            if isinstance(found, str):
                left_out[found] += 1
            else:
                yield found


def _format(path: str, values: Sequence[Any], prompts: bool) -> Format:
    found = detect(values)
    wanted = (Kind.CONVERSATION, None, Kind.PROMPT) if prompts else (Kind.CONVERSATION, None)
    if found.format is None or found.kind not in wanted:
        raise UsageError(f"{path}: holds no conversations ({found.why}); corpus import --kind conversation may help")
    return found.format


def row_of(value: Any, fmt: Format, place: str) -> Given | str:
    """A row of a file as something to start from; why not, where it is no conversation."""
    record = convert(value, fmt)
    if isinstance(record, Problem):
        return str(record.reason)
    if record.kind == Kind.PROMPT and record.prompt:
        key = value.get("id") or value.get("doc_id")
        return Given(str(key) if key is not None else place, record.prompt[-1][1], "", "", "")
    turns = tuple((role, text) for role, text, *_ in record.messages or ())
    if len(turns) < 2 or turns[-1][0] != ASSISTANT or turns[-2][0] != USER:
        return "no_answer"
    if not {role for role, _ in turns} <= {"system", USER, ASSISTANT}:
        return "has_tools"
    own = value.get("id") or value.get("doc_id")
    known = str(own) if own is not None else place
    category = str(value.get("category") or "")
    plain = {name: value.get(name) for name in ("instruction", "input", "output")}
    if len(turns) == 2 and isinstance(plain["instruction"], str) and isinstance(plain["output"], str):
        return Given(known, plain["instruction"].strip(), str(plain["input"] or "").strip(), plain["output"].strip(),
                     category)  # fmt: skip
    return Given(known, turns[-2][1], "", turns[-1][1], category, turns)
