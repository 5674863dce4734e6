"""Column names and types of everything written, and the contract between stages.

Four kinds of record share the envelope and the text: documents, conversations, preferences and prompts, which are
questions without answers. The text of a dialogue is a view of it, so one engine of rules, duplicates and scores serves
them all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from corpus.errors import ContractError

MESSAGES = pa.list_(pa.struct([pa.field("role", pa.string()), pa.field("content", pa.string())]))

RAW = pa.schema(
    [
        pa.field("source_key", pa.string(), nullable=False),
        pa.field("own_key", pa.bool_(), nullable=False),
        pa.field("text", pa.large_string(), nullable=False),
        pa.field("url", pa.string()),
        pa.field("title", pa.string()),
        pa.field("lang", pa.string()),
        pa.field("date", pa.string()),
        pa.field("meta", pa.large_string()),
    ]
)
"""What a reader yields: `source_key` is the record's own id (`own_key` true) or `path#ordinal`; `meta` is a JSON
object of every field that was not mapped, so that nothing the source said is lost."""

ENVELOPE = (
    pa.field("doc_id", pa.string(), nullable=False),
    pa.field("source", pa.string(), nullable=False),
    pa.field("source_key", pa.string(), nullable=False),
    pa.field("lang", pa.string()),
    pa.field("meta", pa.large_string()),
)

DOCUMENT = pa.schema(
    [
        *ENVELOPE,
        pa.field("lang_score", pa.float32()),
        pa.field("url", pa.string()),
        pa.field("title", pa.string()),
        pa.field("date", pa.string()),
        pa.field("text", pa.large_string(), nullable=False),
    ]
)
QUARANTINE = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("path", pa.string(), nullable=False),
        pa.field("ordinal", pa.int64(), nullable=False),
        pa.field("source_key", pa.string()),
        pa.field("stage", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("detail", pa.string()),
        pa.field("length", pa.int64(), nullable=False),
        pa.field("raw", pa.large_binary(), nullable=False),
    ]
)
"""One row for each thing that could not be read or processed. `raw` holds the bytes as found, cut at the
quarantine limit; `length` is how many there were, so `path`, `ordinal` and `length` find the rest."""


@dataclass(frozen=True)
class RecordKind:
    """What a run is about. `carried` are the columns that its text parts hold beside those of DOCUMENT; they are
    published after the text, which is the view of the whole record that the rules see."""

    name: str
    folder: str
    group: str
    carried: tuple[pa.Field, ...] = ()

    @property
    def stored(self) -> tuple[str, ...]:
        """The columns of a text part, in order."""
        return (*DOCUMENT.names, *(item.name for item in self.carried))

    @property
    def spoken(self) -> tuple[str, ...]:
        """The columns of messages, in the order in which they are said."""
        return tuple(item.name for item in self.carried if item.type == MESSAGES)

    def path(self, group: str) -> str:
        """Where below a run's data set a tier, stage or round lies."""
        return f"dataset/{self.folder}/{self.group}={group}"


VIEWS = (pa.field("instruction", pa.large_string()), pa.field("answer", pa.large_string()))
"""What a dialogue's last user turn and its last answer say: the views of rules beside the text."""


def viewed(batch: pa.RecordBatch, view: str) -> pa.Array:
    """A view of the records of a batch (`text`, `instruction`, `answer`); empty where a dialogue lacks it."""
    column = batch.column(view)
    return pc.fill_null(column, "") if column.null_count else column


KINDS = {
    kind.name: kind
    for kind in (
        RecordKind("document", "pretrain", "tier"),
        RecordKind("conversation", "sft", "stage", (*VIEWS, pa.field("messages", MESSAGES))),
        RecordKind(
            "preference",
            "preference",
            "round",
            (
                *VIEWS,
                pa.field("prompt", MESSAGES),
                pa.field("chosen", MESSAGES),
                pa.field("rejected", MESSAGES),
                pa.field("chosen_score", pa.float32()),
                pa.field("rejected_score", pa.float32()),
            ),
        ),
        RecordKind("prompt", "prompt", "tier", (*VIEWS, pa.field("prompt", MESSAGES))),
    )
}
"""The kinds of records by name."""
_GROUP = re.compile(r"/(?:tier|stage|round)=([^/]+)/")


def group_of(path: str) -> str:
    """The tier, stage or round that a file of a data set belongs to, by its path."""
    found = _GROUP.search(path)
    return found.group(1) if found else ""


@dataclass(frozen=True)
class Contract:
    """Columns a stage reads and adds, with their Arrow types, and whether it keeps every row."""

    reads: Mapping[str, pa.DataType] = field(default_factory=dict)
    adds: Mapping[str, pa.DataType] = field(default_factory=dict)
    keeps_rows: bool = True

    def chain(self, have: Mapping[str, pa.DataType], stage: str) -> dict[str, pa.DataType]:
        """The columns after this stage; ContractError lists every column that is missing or of another type."""
        wrong = [
            f"{stage}: needs column {name!r} of type {wanted}, "
            + (f"which is {have[name]} here" if name in have else "which no earlier stage provides")
            for name, wanted in self.reads.items()
            if name not in have or have[name] != wanted
        ]
        wrong += [
            f"{stage}: adds column {name!r} of type {kind}, which is {have[name]} already"
            for name, kind in self.adds.items()
            if name in have and have[name] != kind
        ]
        if wrong:
            raise ContractError("\n".join(wrong))
        return {**have, **self.adds}
