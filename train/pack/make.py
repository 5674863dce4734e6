"""`corpus train pack`: tiers in, packed rows out, every record accounted for; committed by the manifest."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from corpus import storage
from corpus.errors import AuditError, UsageError
from train import tensors
from train.pack.encode import Words
from train.pack.shard import SPLITS, Account, Job, Shard, pack_shard
from train.pack.tiers import Tiers, find
from train.packed import FORMAT, MANIFEST
from train.templates import get
from train.templates.own import NAME, own

PACKER = "2"
LEAST, MOST, SHARDS = 4 << 20, 256 << 20, 64
"""Bytes of the row groups of a shard: a 64th of the tier, within these bounds."""
Group = tuple[str, int, int]
"""A row group: its file, its place there, its bytes before compression."""
Each = Callable[[Callable[[Any], Any], Sequence[Any]], Iterable[Any]]
"""A map over tasks, in any place, that keeps their order."""


def pack(
    given: str, tokenizer: str, out: str, seq_len: int, template: str | None = None, tiers: Sequence[str] = (),
    processes: int = 1, seed: int = 0, each: Each | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Pack the tiers of a run into rows of `seq_len` tokens below `out`, a new folder; the manifest.

    Shards are packed by `processes` of this machine, or wherever `each` takes them (`corpus.spread.spread`: the
    executors of a cluster, which must see the tokenizer and `out`). Conversations need a `template`: a family, or `own`
    for the tokenizer's. UsageError for what cannot be; AuditError when a tier has nothing to learn, or its account does
    not balance. Nothing is at `out` then.
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
    groups = {tier: [group for file in own for group in _groups(file)] for tier, own in found.files.items()}
    shards = [shard for tier, some in groups.items() for shard in cut(tier, some)]
    places = [group[:2] for some in groups.values() for group in some]
    sources = tuple(sorted({name for names in (each or _threads)(_sources, places) for name in names}))
    each = each or partial(_side_by_side, processes)
    with tensors.made(out) as folder:
        # A tokenizer that was not loaded travels as the name of its folder.
        job = Job(Words(tokenizer, words.chat), words.digest, seq_len, seed, str(folder), sources)
        page = _page(found, words, seq_len, sources, _tiers(each(partial(pack_shard, job), shards), seq_len))
        words.whole.chat_template = words.chat.jinja() if words.chat else words.whole.chat_template
        words.whole.save_pretrained(folder / "tokenizer")
        (folder / MANIFEST).write_text(json.dumps(page, ensure_ascii=False), encoding="utf-8")
        return page


def cut(tier: str, groups: Sequence[Group]) -> list[Shard]:
    """The shards of a tier: row groups in their order, until they have the bytes of a shard."""
    room = min(max(sum(size for _, _, size in groups) // SHARDS, LEAST), MOST)
    shards: list[list[tuple[str, int]]] = []
    held = room
    for file, group, size in groups:
        if held >= room:
            shards.append([])
            held = 0
        shards[-1].append((file, group))
        held += size
    return [Shard(tier, number, tuple(own)) for number, own in enumerate(shards)]


def _groups(file: str) -> list[Group]:
    with storage.open_read(file) as stream:
        about = pq.ParquetFile(stream).metadata
    return [(file, group, about.row_group(group).total_byte_size) for group in range(about.num_row_groups)]


def _sources(task: tuple[str, int]) -> list[str]:
    file, group = task
    with storage.open_read(file) as stream:
        parquet = pq.ParquetFile(stream)
        if "source" not in parquet.schema_arrow.names:
            return [""]
        return [name or "" for name in pc.unique(parquet.read_row_group(group, ["source"])["source"]).to_pylist()]


def _tiers(packed: Iterable[tuple[str, dict[str, Account]]], seq_len: int) -> dict[str, Any]:
    """What the manifest says of each tier, of the accounts of its shards."""
    whole: dict[str, dict[str, Account]] = {}
    for tier, splits in packed:
        for name, account in splits.items():
            whole.setdefault(tier, {}).setdefault(name, Account()).add(account)
    told = {
        tier: {name: splits[name].told(tier, seq_len) for name in SPLITS if name in splits}
        for tier, splits in whole.items()
    }
    for tier, split in told.items():
        if not split.get("train", {}).get("loss_tokens"):
            raise AuditError(f"{tier}: has no token to learn from: every record is empty, too long, or has no answer")
    return told


def _page(found: Tiers, words: Words, seq_len: int, sources: Sequence[str], told: dict[str, Any]) -> dict[str, Any]:
    chat = words.chat
    template = (
        None if chat is None else {"name": chat.name, "digest": hashlib.sha256(chat.jinja().encode()).hexdigest()}
    )
    page = {
        "format": FORMAT, "kind": found.kind, "seq_len": seq_len, "packer": PACKER,
        "tokenizer": {"digest": words.digest, "vocab_size": len(words.whole), "eos": words.eos, "pad": words.pad},
        "template": template, "sources": list(sources), "dataset": {"manifest_digest": found.digest}, "tiers": told,
    }  # fmt: skip
    return page | {"digest": hashlib.sha256(json.dumps(page, sort_keys=True).encode()).hexdigest()}


def _threads(function: Callable[[Any], Any], tasks: Sequence[Any]) -> Iterator[Any]:
    """A map for what waits for storage more than it works."""
    with ThreadPoolExecutor() as pool:
        yield from pool.map(function, tasks)


def _side_by_side(processes: int, function: Callable[[Any], Any], tasks: Sequence[Any]) -> Iterator[Any]:
    """A map over so many processes of this machine."""
    if min(processes, len(tasks)) <= 1:
        yield from map(function, tasks)
        return
    # Fresh processes: a fork would copy locks that the tokenizer's threads hold.
    with multiprocessing.get_context("spawn").Pool(min(processes, len(tasks))) as pool:
        yield from pool.imap(function, tasks)
