"""Small packed tiers in the format of docs/packing.md, written by hand, that a tiny model can learn."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

WORDS, SEQ = 64, 32


def pack(
    root: Path, tiers: dict[str, int], kind: str = "sft", group: int = 4, validation: int = 4, seed: int = 0
) -> str:
    """`tiers` and their rows. Each document counts upwards from a number, so the next token can be learnt."""
    page: dict[str, Any] = {
        "format": 1, "kind": kind, "seq_len": SEQ, "packer": "test", "sources": ["one", "two"],
        "tokenizer": {"digest": "t" * 64, "vocab_size": WORDS, "eos": 1, "pad": 0},
        "template": None, "dataset": {"manifest_digest": "m" * 64}, "tiers": {},
    }  # fmt: skip
    drawn = np.random.default_rng(seed)
    for tier, rows in tiers.items():
        page["tiers"][tier] = {}
        for split, count in (("train", rows), ("validation", validation)):
            path = f"tier={tier}/split={split}/part-00000.parquet"
            table = table_of(drawn, count, kind)
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(table, root / path, row_group_size=group)
            page["tiers"][tier][split] = {
                "records": count * 2, "rows": count, "tokens": count * SEQ, "loss_tokens": count * SEQ // 2,
                "mean_document_tokens": SEQ / 2,
                "files": [{"path": path, "rows_in_groups": groups(count, group)}],
            }  # fmt: skip
    page["digest"] = hashlib.sha256(json.dumps(page, sort_keys=True).encode()).hexdigest()
    (root / "manifest.json").write_text(json.dumps(page))
    return str(root)


def groups(rows: int, size: int) -> list[int]:
    return [min(size, rows - at) for at in range(0, rows, size)]


def table_of(drawn: np.random.Generator, count: int, kind: str) -> pa.Table:
    columns: dict[str, list[Any]] = {"input_ids": [], "loss_mask": [], "seq_lengths": [], "seq_sources": []}
    for _ in range(count):
        cut = int(drawn.integers(8, SEQ - 8))
        lengths = [cut, SEQ - cut]
        ids: list[int] = []
        for length in lengths:
            ids += [
                2 + (int(drawn.integers(WORDS)) + place) % (WORDS - 2) if place == 0 else 0 for place in range(length)
            ]
            for place in range(len(ids) - length + 1, len(ids)):
                ids[place] = 2 + (ids[place - 1] - 1) % (WORDS - 2)
        columns["input_ids"].append(ids)
        columns["loss_mask"].append([place % 2 == 0 for place in range(SEQ)])
        columns["seq_lengths"].append(lengths)
        columns["seq_sources"].append([0, 1])
    if kind == "pretrain":
        columns.pop("loss_mask")
    types: Sequence[tuple[str, pa.DataType]] = [
        ("input_ids", pa.list_(pa.int32())), ("loss_mask", pa.list_(pa.bool_())),
        ("seq_lengths", pa.list_(pa.int32())), ("seq_sources", pa.list_(pa.int16())),
    ]  # fmt: skip
    return pa.table({name: pa.array(columns[name], kind_) for name, kind_ in types if name in columns})


def llama(folder: Path, hidden: int = 64) -> str:
    """The configuration of a tiny Llama over the words of `pack`."""
    from transformers import LlamaConfig

    LlamaConfig(
        vocab_size=WORDS, hidden_size=hidden, intermediate_size=2 * hidden, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=SEQ, bos_token_id=1, eos_token_id=1, pad_token_id=0,
    ).save_pretrained(folder)  # fmt: skip
    return str(folder)
