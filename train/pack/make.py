"""`corpus train pack`: tiers in, packed rows out, every record accounted for; committed by the manifest.

Processes tokenise row groups side by side; their results are taken in the order of the files, so the number of
processes does not show. Sequences are laid into rows in windows of a fixed number of tokens, which bounds memory.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from corpus import storage
from corpus.errors import AuditError, UsageError
from train import tensors
from train.pack.encode import Encoded, Words, conversations, documents
from train.pack.fit import fit
from train.pack.tiers import Tiers, find
from train.pack.write import GROUP_TOKENS, Sequences, Writer, table_of
from train.packed import FORMAT, MANIFEST
from train.templates import get
from train.templates.own import NAME, own

PACKER = "1"
WINDOW = 32_000_000
"""Tokens that are laid into rows at once."""
BATCH = 1000
SPLITS = ("train", "validation")
Each = Callable[
    [Callable[[tuple[str, int]], dict[str, "Some"]], Iterable[tuple[str, int]]], Iterable[dict[str, "Some"]]
]


@dataclass
class Some:
    """What a row group of a tier gave, of one split."""

    sequences: Sequences
    sources: list[str]
    records: int
    counts: Counter[str]
    by_source: dict[str, tuple[int, int]]


def pack(
    given: str, tokenizer: str, out: str, seq_len: int, template: str | None = None, tiers: Sequence[str] = (),
    processes: int = 1, seed: int = 0,
) -> dict[str, Any]:  # fmt: skip
    """Pack the tiers of a run into rows of `seq_len` tokens below `out`, a new folder; the manifest.

    Conversations need a `template`: a family, or `own` for the tokenizer's. UsageError for what cannot be; AuditError
    when a tier has nothing to learn, or its account does not balance. Nothing is at `out` then.
    """
    found = find(given, tiers)
    if seq_len < 2:
        raise UsageError(f"seq_len {seq_len}: at least 2")
    words = Words(tokenizer)
    if found.kind == "sft":
        if template is None:
            raise UsageError("conversations need a template: --template qwen (or another family, or own)")
        words = Words(tokenizer, own(words.whole) if template == NAME else get(template))  # type: ignore[arg-type]
        words.check()
    elif template is not None:
        raise UsageError("documents have no template; leave --template out")
    _ = words.eos
    sources: dict[str, int] = {}
    with tensors.made(out) as folder, _side_by_side(words, seq_len, processes) as each:
        told = {tier: _tier(folder, tier, files, seq_len, seed, sources, each) for tier, files in found.files.items()}
        page = _page(found, words, seq_len, list(sources), told)
        words.whole.chat_template = words.chat.jinja() if words.chat else words.whole.chat_template
        words.whole.save_pretrained(folder / "tokenizer")
        (folder / MANIFEST).write_text(json.dumps(page, ensure_ascii=False), encoding="utf-8")
        return page


def _page(found: Tiers, words: Words, seq_len: int, sources: list[str], told: dict[str, Any]) -> dict[str, Any]:
    chat = words.chat
    template = (
        None if chat is None else {"name": chat.name, "digest": hashlib.sha256(chat.jinja().encode()).hexdigest()}
    )
    page = {
        "format": FORMAT, "kind": found.kind, "seq_len": seq_len, "packer": PACKER,
        "tokenizer": {"digest": words.digest, "vocab_size": len(words.whole), "eos": words.eos, "pad": words.pad},
        "template": template, "sources": sources, "dataset": {"manifest_digest": found.digest}, "tiers": told,
    }  # fmt: skip
    return page | {"digest": hashlib.sha256(json.dumps(page, sort_keys=True).encode()).hexdigest()}


@dataclass
class _Split:
    """A split of a tier while it is packed."""

    writer: Writer
    size: int
    seed: int
    held: list[Sequences] = field(default_factory=list)
    tokens_held: int = 0
    records: int = 0
    rows: int = 0
    tokens: int = 0
    sequences: int = 0
    loss_tokens: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    by_source: dict[str, list[int]] = field(default_factory=dict)

    def add(self, some: Some, sources: dict[str, int]) -> None:
        """Take what a row group gave; rows are written whenever a window is full."""
        places = np.array([sources.setdefault(name, len(sources)) for name in some.sources], np.int16)
        kept = some.sequences
        kept.sources = places[kept.sources] if len(kept.sources) else kept.sources
        self.records += some.records
        self.counts += some.counts
        for name, (records, tokens) in some.by_source.items():
            own = self.by_source.setdefault(name, [0, 0])
            own[0] += records
            own[1] += tokens
        if len(kept.ends):
            self.held.append(kept)
            self.tokens_held += len(kept.ids)
        if self.tokens_held >= WINDOW:
            self.flush()

    def flush(self) -> None:
        """Lay what is held into rows."""
        if not self.held:
            return
        whole = _joined(self.held)
        self.held, self.tokens_held = [], 0
        rows, count = fit(whole.lengths, self.size)
        order = np.random.default_rng([self.seed, self.rows]).permutation(count)
        self.writer.add(table_of(whole, rows, order))
        self.rows += count
        self.tokens += len(whole.ids)
        self.sequences += len(whole.ends)
        # The first token of a sequence has nothing before it, so it is no target.
        starts = whole.ends - whole.lengths
        asked = len(whole.ids) if whole.mask is None else int(whole.mask.sum())
        self.loss_tokens += asked - (len(starts) if whole.mask is None else int(whole.mask[starts].sum()))

    def told(self) -> dict[str, Any]:
        """What the manifest says of it. AuditError when records are missing."""
        dropped = {name: self.counts[name] for name in ("too_long", "no_target", "empty") if self.counts[name]}
        packed = sum(records for records, _ in self.by_source.values())
        if packed + sum(dropped.values()) != self.records:
            raise AuditError(
                f"{self.writer.below}: {self.records} records came in, {packed} were packed, {dropped} dropped"
            )
        return {
            "records": self.records, "packed": packed, "rows": self.rows, "tokens": self.tokens,
            "loss_tokens": self.loss_tokens, "fill": self.tokens / max(self.rows * self.size, 1),
            "truncated": self.counts["truncated"], "split_documents": self.counts["split_documents"],
            "dropped": dropped, "mean_document_tokens": self.tokens / max(self.sequences, 1),
            "by_source": {name: {"records": own[0], "tokens": own[1]} for name, own in sorted(self.by_source.items())},
            "files": self.writer.files,
        }  # fmt: skip


def _tier(
    folder: Path, tier: str, files: Sequence[str], seq_len: int, seed: int, sources: dict[str, int], each: Each
) -> dict[str, Any]:  # fmt: skip
    below = tier if "=" in tier else f"tier={tier}"
    group = max(1, GROUP_TOKENS // seq_len)
    splits = {name: _Split(Writer(folder, f"{below}/split={name}", group), seq_len, seed) for name in SPLITS}
    for parts in each(_group, _tasks(files)):
        for name, some in parts.items():
            splits[name].add(some, sources)
    for split in splits.values():
        split.flush()
        split.writer.close()
    told = {name: split.told() for name, split in splits.items() if split.records}
    if not told.get("train", {}).get("loss_tokens"):
        raise AuditError(f"{tier}: has no token to learn from: every record is empty, too long, or has no answer")
    return told


@contextmanager
def _side_by_side(words: Words, seq_len: int, processes: int) -> Iterator[Each]:
    """A map that keeps the order of its tasks, over so many processes."""
    if processes <= 1:
        _begin(words, seq_len)
        yield map
        return
    # Fresh processes: a fork would copy locks that the tokenizer's threads hold.
    with multiprocessing.get_context("spawn").Pool(processes, _begin, (words, seq_len)) as pool:
        yield pool.imap


def _tasks(files: Sequence[str]) -> Iterator[tuple[str, int]]:
    """The row groups of files, in order."""
    for file in files:
        with storage.open_read(file) as stream:
            groups = pq.ParquetFile(stream).num_row_groups
        yield from ((file, group) for group in range(groups))


_HERE: dict[str, Any] = {}


def _begin(words: Words, seq_len: int) -> None:
    _HERE.update(words=words, seq_len=seq_len)


def _group(task: tuple[str, int]) -> dict[str, Some]:
    """A row group, tokenised, by split."""
    words, size = _HERE["words"], _HERE["seq_len"]
    file, number = task
    with storage.open_read(file) as stream:
        parquet = pq.ParquetFile(stream)
        there = parquet.schema_arrow.names
        said = "messages" if words.chat else "text"
        if said not in there:
            raise UsageError(f"{file}: has no column {said!r}")
        table = parquet.read_row_group(number, columns=[name for name in (said, "source", "split") if name in there])
    texts = table[said].to_pylist()
    names = table["source"].to_pylist() if "source" in there else [""] * len(table)
    splits = np.array(table["split"].to_pylist() if "split" in there else ["train"] * len(table))
    other = sorted({str(name) for name in splits} - set(SPLITS))
    if other:
        raise UsageError(f"{file}: rows of the split {other[0]!r} would be lost; a split is one of {', '.join(SPLITS)}")
    found = {}
    for split in SPLITS:
        places = np.flatnonzero(splits == split)
        if len(places):
            found[split] = _some([texts[place] for place in places], [names[place] for place in places], words, size)
    return found


def _some(texts: list[Any], names: list[str], words: Words, size: int) -> Some:
    known = {name: place for place, name in enumerate(dict.fromkeys(names))}
    ids, masks, lengths, sources, counts = [], [], [], [], Counter[str]()
    by_source: dict[str, tuple[int, int]] = {}
    for at in range(0, len(texts), BATCH):
        some: list[Any] = [text or "" for text in texts[at : at + BATCH]]
        one: Encoded = conversations(words, some, size) if words.chat else documents(words, some, size)
        counts += one.counts
        ids += one.ids
        masks += one.masks or []
        seen = set()
        for record, row in zip(one.records, one.ids, strict=True):
            name = names[at + record]
            sources.append(known[name])
            lengths.append(len(row))
            records, tokens = by_source.get(name, (0, 0))
            by_source[name] = (records + (record not in seen), tokens + len(row))
            seen.add(record)
    whole = Sequences(
        np.concatenate(ids) if ids else np.zeros(0, np.int32),
        (np.concatenate(masks) if masks else np.zeros(0, np.bool_)) if words.chat else None,
        np.cumsum(np.array(lengths, np.int64)), np.array(sources, np.int16),
    )  # fmt: skip
    return Some(whole, list(known), len(texts), counts, by_source)


def _joined(some: Sequence[Sequences]) -> Sequences:
    shifts = np.cumsum([0, *(len(one.ids) for one in some[:-1])])
    return Sequences(
        np.concatenate([one.ids for one in some]),
        None if some[0].mask is None else np.concatenate([one.mask for one in some]),
        np.concatenate([one.ends + shift for one, shift in zip(some, shifts, strict=True)]),
        np.concatenate([one.sources for one in some]),
    )  # fmt: skip
