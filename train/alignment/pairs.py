"""Preference tiers as TRL reads them, with an account: which pairs are too long to teach anything is known beforehand.

Rows are memory-mapped, never loaded; their order is drawn once from the seed, so it is the same on every rank and after
every restart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from corpus import storage
from corpus.errors import UsageError

ID = "doc_id"
PAIR = ("prompt", "chosen", "rejected")
BATCH = 1000


@dataclass(frozen=True)
class Pairs:
    """`rows` is a `datasets.Dataset` of prompt, chosen, rejected (messages), doc_id and source; then the account: rows
    `read`, those `too_long` (their prompt leaves no room for an answer), those of `others`, the other splits."""

    rows: Any
    read: int
    too_long: int
    others: int


def files_of(tiers: Sequence[str]) -> list[str]:
    """The Parquet files of tiers: folders, files or globs, in order. UsageError when there are none."""
    found = [file.uri for tier in tiers for file in storage.expand(tier)[1] if file.uri.endswith(".parquet")]
    if not found:
        raise UsageError(
            f"{', '.join(tiers)}: no Parquet file is there; name a tier, such as RUN/dataset/preference/round=1"
        )
    return found


def read_pairs(
    tiers: Sequence[str],
    split: str,
    tokenizer: Any,
    max_length: int,
    cache: str,
    seed: int = 0,
    want: Sequence[str] = PAIR,
) -> Pairs:
    """The rows of `split` (all rows, where the files have no such column), in an order drawn from `seed`.

    `cache` is a folder for the memory-mapped copy. UsageError when a column is missing or no row is left.
    """
    from datasets import Dataset

    files = files_of(tiers)
    for file in files:
        with storage.open_read(file) as stream:
            missing = [name for name in want if name not in pq.read_schema(stream).names]
        if missing:
            raise UsageError(f"{file}: lacks the columns {', '.join(missing)}; it is no tier of preferences")
    whole = Dataset.from_parquet(files, cache_dir=cache, columns=[*_there(files[0], (ID, "source", "split")), *want])
    rows = whole
    if "split" in whole.column_names:
        places = np.flatnonzero(np.array(whole.data.column("split").to_pylist()) == split)
        rows = whole.select(places).remove_columns("split")
    others = len(whole) - len(rows)
    fits = rows.map(
        lambda batch: {"fits": _fits(batch, tokenizer, max_length)}, batched=True, batch_size=BATCH,
        remove_columns=rows.column_names, load_from_cache_file=False, keep_in_memory=True,
    )  # fmt: skip
    kept = np.flatnonzero(fits.data.column("fits").to_numpy())
    if not len(kept):
        raise UsageError(f"{', '.join(tiers)}: no pair of split {split} fits into max_length {max_length}")
    order = np.random.default_rng(seed).permutation(kept)
    return Pairs(rows.select(order), len(whole), len(rows) - len(kept), others)


def _there(file: str, names: Sequence[str]) -> list[str]:
    with storage.open_read(file) as stream:
        known = pq.read_schema(stream).names
    return [name for name in names if name in known]


def _fits(batch: dict[str, list[Any]], tokenizer: Any, most: int) -> list[bool]:
    """Whether each prompt leaves a token or more for the answer: TRL would leave the others out without a word."""
    texts = [
        tokenizer.apply_chat_template(prompt, tokenize=False, add_generation_prompt=True) for prompt in batch["prompt"]
    ]
    return [len(ids) < most for ids in tokenizer(texts, add_special_tokens=False)["input_ids"]]
