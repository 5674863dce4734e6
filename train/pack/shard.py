"""A shard of a tier, packed by itself: row groups that stand together are read, tokenised, laid into rows and written.

Which row groups make a shard depends on their sizes alone, and a shard on nothing but its row groups, so the pack is
the same whoever does them: one process, many, or the executors of a cluster.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from corpus import storage
from corpus.errors import AuditError, UsageError
from train.pack.encode import Encoded, Words, conversations, documents
from train.pack.fit import fit
from train.pack.write import GROUP_TOKENS, Sequences, Writer, table_of

WINDOW = 16_000_000
"""Tokens that are laid into rows at once; bounds the memory of a shard."""
BATCH = 1000
SPLITS = ("train", "validation")


@dataclass(frozen=True)
class Job:
    """What all shards share. `digest` is that of the tokenizer, `sources` are the names whose places the rows hold."""

    words: Words
    digest: str
    seq_len: int
    seed: int
    out: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Shard:
    """The `number`-th of a tier: row groups, as file and place, in order."""

    tier: str
    number: int
    groups: tuple[tuple[str, int], ...]


@dataclass
class Account:
    """What became of the records of a split; accounts of shards add up to that of the tier."""

    records: int = 0
    rows: int = 0
    tokens: int = 0
    sequences: int = 0
    loss_tokens: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    by_source: dict[str, list[int]] = field(default_factory=dict)
    files: list[dict[str, Any]] = field(default_factory=list)

    def add(self, other: Account) -> None:
        """Take in the account of a later shard."""
        for name in ("records", "rows", "tokens", "sequences", "loss_tokens"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.counts += other.counts
        self.files += other.files
        for source, (records, tokens) in other.by_source.items():
            self.of(source, records, tokens)

    def of(self, source: str, records: int, tokens: int) -> None:
        """Count records and tokens of a source."""
        own = self.by_source.setdefault(source, [0, 0])
        own[0] += records
        own[1] += tokens

    def told(self, tier: str, size: int) -> dict[str, Any]:
        """What the manifest says of a split, of rows of `size` tokens. AuditError when records are missing."""
        dropped = {name: self.counts[name] for name in ("too_long", "no_target", "empty") if self.counts[name]}
        packed = sum(records for records, _ in self.by_source.values())
        if packed + sum(dropped.values()) != self.records:
            raise AuditError(f"{tier}: {self.records} records came in, {packed} were packed, {dropped} dropped")
        return {
            "records": self.records, "packed": packed, "rows": self.rows, "tokens": self.tokens,
            "loss_tokens": self.loss_tokens, "fill": self.tokens / max(self.rows * size, 1),
            "truncated": self.counts["truncated"], "split_documents": self.counts["split_documents"],
            "dropped": dropped, "mean_document_tokens": self.tokens / max(self.sequences, 1),
            "by_source": {name: {"records": own[0], "tokens": own[1]} for name, own in sorted(self.by_source.items())},
            "files": self.files,
        }  # fmt: skip


_HERE: dict[tuple[str, str | None], Words] = {}
"""Tokenizers of this process by what they are, not where: one may change in its folder between two packs."""


def pack_shard(job: Job, shard: Shard) -> tuple[str, dict[str, Account]]:
    """Write the rows of a shard below `job.out`; its tier, and the account of each split. UsageError for a file that
    cannot be packed."""
    # Tasks come one after the other into the same process: its tokenizer is loaded once.
    chat = job.words.chat.jinja() if job.words.chat else None
    words = _HERE.setdefault((job.digest, chat), job.words)
    splits = {name: _Split(job, shard, name) for name in SPLITS}
    for file, group in shard.groups:
        _read(file, group, words, job, splits)
    for split in splits.values():
        split.flush()
        split.writer.close()
        split.account.files = split.writer.files
    return shard.tier, {name: split.account for name, split in splits.items() if split.account.records}


class _Split:
    """The sequences of a split that no row holds yet, and what was written."""

    def __init__(self, job: Job, shard: Shard, name: str) -> None:
        below = shard.tier if "=" in shard.tier else f"tier={shard.tier}"
        group = max(1, GROUP_TOKENS // job.seq_len)
        self.writer = Writer(Path(job.out), f"{below}/split={name}/part-{shard.number:05d}", group)
        self.size, self.seed = job.seq_len, (job.seed, shard.number)
        self.account = Account()
        self.held: list[Sequences] = []

    def add(self, some: Sequences) -> None:
        """Rows are written whenever a window is full."""
        self.held.append(some)
        if sum(len(one.ids) for one in self.held) >= WINDOW:
            self.flush()

    def flush(self) -> None:
        """Lay what is held into rows."""
        if not self.held:
            return
        whole, self.held, account = _joined(self.held), [], self.account
        rows, count = fit(whole.lengths, self.size)
        order = np.random.default_rng([*self.seed, account.rows]).permutation(count)
        self.writer.add(table_of(whole, rows, order))
        account.rows += count
        account.tokens += len(whole.ids)
        account.sequences += len(whole.ends)
        # The first token of a sequence has nothing before it, so it is no target.
        starts = whole.ends - whole.lengths
        asked = len(whole.ids) if whole.mask is None else int(whole.mask.sum())
        account.loss_tokens += asked - (len(starts) if whole.mask is None else int(whole.mask[starts].sum()))


def _read(file: str, group: int, words: Words, job: Job, splits: dict[str, _Split]) -> None:
    """A row group, tokenised, to its splits."""
    with storage.open_read(file) as stream:
        parquet = pq.ParquetFile(stream)
        there = parquet.schema_arrow.names
        said = "messages" if words.chat else "text"
        if said not in there:
            raise UsageError(f"{file}: has no column {said!r}")
        table = parquet.read_row_group(group, columns=[name for name in (said, "source", "split") if name in there])
    texts = table[said].to_pylist()
    names = table["source"].to_pylist() if "source" in there else [""] * len(table)
    of = np.array(table["split"].to_pylist() if "split" in there else ["train"] * len(table))
    other = sorted({str(name) for name in of} - set(SPLITS))
    if other:
        raise UsageError(f"{file}: rows of the split {other[0]!r} would be lost; a split is one of {', '.join(SPLITS)}")
    known = {name: place for place, name in enumerate(job.sources)}
    for name, split in splits.items():
        places = np.flatnonzero(of == name)
        for at in range(0, len(places), BATCH):
            some = places[at : at + BATCH]
            _encoded([texts[one] or "" for one in some], [names[one] or "" for one in some], words, known, split)


def _encoded(texts: list[Any], names: list[str], words: Words, known: dict[str, int], split: _Split) -> None:
    one: Encoded = conversations(words, texts, split.size) if words.chat else documents(words, texts, split.size)
    account = split.account
    account.records += len(texts)
    account.counts += one.counts
    seen = set()
    for record, row in zip(one.records, one.ids, strict=True):
        account.of(names[record], record not in seen, len(row))
        seen.add(record)
    if one.ids:
        lengths = np.array([len(row) for row in one.ids], np.int64)
        sources = np.array([known[names[record]] for record in one.records], np.int16)
        mask = np.concatenate(one.masks or []) if words.chat else None
        split.add(Sequences(np.concatenate(one.ids), mask, np.cumsum(lengths), sources))


def _joined(some: Sequence[Sequences]) -> Sequences:
    shifts = np.cumsum([0, *(len(one.ids) for one in some[:-1])])
    return Sequences(
        np.concatenate([one.ids for one in some]),
        None if some[0].mask is None else np.concatenate([one.mask for one in some]),
        np.concatenate([one.ends + shift for one, shift in zip(some, shifts, strict=True)]),
        np.concatenate([one.sources for one in some]),
    )  # fmt: skip
