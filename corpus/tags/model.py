"""What a taxonomy of tags is: labels, the terms and patterns that speak for each, and when they are enough."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

import pyarrow as pa

from corpus.ruleset.model import Location

VERSION = 1
"""Raise it when the tags of any text change with the taxonomies as they are."""
Labels = Literal["one", "many"]
Per = Literal["text", "thousand"]
Of = Literal["text", "ask"]
DIGEST = 16


@dataclass(frozen=True)
class Cue:
    """A pattern that speaks for its tag, or with a negative weight against it. It counts once, and only in texts that
    have at least `min_chars` and at most `max_chars` characters."""

    match: str
    weight: float
    min_chars: int | None = None
    max_chars: int | None = None


@dataclass(frozen=True)
class Tag:
    """One label. `terms` are matched on the view of word lists; `least` is the score from which the tag is given.

    `keep` are texts that must get the tag, `other` texts that must not.
    """

    id: str
    zh: str
    en: str
    least: float
    distinct: int
    terms: tuple[tuple[str, float], ...]
    cues: tuple[Cue, ...]
    keep: tuple[str, ...]
    other: tuple[str, ...]
    at: Location


@dataclass(frozen=True)
class Model:
    """A classifier that the user trained: it decides where its probability reaches `least`, the rules elsewhere."""

    name: str
    digest: str
    least: float
    directory: str


@dataclass(frozen=True)
class Taxonomy:
    """Tags of one column.

    `labels`: the best tag alone or all that reach their score. `of`: what is judged of an instruction row, all of it or
    what is asked (instruction and input); of a document it is the text. `head` and `tail` are the characters at the
    text's ends that are read; 0 and 0 is the whole text. A text of more than `most` characters gets no tag; 0 is any
    length. `per`: scores are sums over the text, or for each 1,000 characters (of three bytes: see `score.BYTES`), a
    text shorter than `floor` taken as that long. `cap`: hits of a term that count; 0 is all. `gaps`: may a Chinese term
    be found with spaces and marks inside.
    """

    name: str
    column: str
    labels: Labels
    of: Of
    head: int
    tail: int
    most: int
    per: Per
    floor: int
    cap: int
    gaps: bool
    source: str
    groups: tuple[tuple[str, str, str], ...]
    tags: tuple[Tag, ...]
    model: Model | None = None

    @property
    def type(self) -> pa.DataType:
        """The type of the column: a string, or a list of them; null where nothing is given."""
        return pa.string() if self.labels == "one" else pa.list_(pa.string())

    @property
    def leaves(self) -> tuple[str, ...]:
        """The ids of the tags in their order."""
        return tuple(tag.id for tag in self.tags)


@dataclass(frozen=True)
class TagSet:
    """Taxonomies that are applied together, each to its own column."""

    taxonomies: tuple[Taxonomy, ...]

    @property
    def digest(self) -> str:
        """A digest of all that decides a tag: no label, example, source or place of a file."""
        essence = [VERSION, *(_essence(one) for one in self.taxonomies)]
        text = json.dumps(essence, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:DIGEST]


def _essence(one: Taxonomy) -> dict[str, Any]:
    keys = ("column", "labels", "of", "head", "tail", "most", "per", "floor", "cap", "gaps")
    tags = [
        [tag.id, tag.least, tag.distinct, tag.terms, [list(asdict(cue).values()) for cue in tag.cues]]
        for tag in one.tags
    ]
    model = None if one.model is None else [one.model.digest, one.model.least]
    return {**{key: getattr(one, key) for key in keys}, "tags": tags, "model": model}
