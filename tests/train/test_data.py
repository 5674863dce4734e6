"""What a model is given: documents that do not see each other, targets that the mask allows, where each is from."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import packing
import pytest
from objectstore import bucket, s3_address

from corpus import storage
from train import packed
from train.data import IGNORE, Collate, Rows
from train.plan import Plan, Wanted, make

__all__ = ["bucket", "s3_address"]


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    pack = packed.read(packing.pack(tmp_path_factory.mktemp("pack"), {"stage=1": 9, "stage=2": 6}))
    parts = {tier: part for (tier, split), part in pack.parts.items() if split == "train"}
    return make(parts, [Wanted({"stage=1": 1}), Wanted({"stage=2": 1})], 2, 0)


def test_rows_are_those_of_the_plan_in_any_process(plan: Plan) -> None:
    rows, other = Rows(plan), pickle.loads(pickle.dumps(Rows(plan)))
    seen = {tuple(rows[index]["input_ids"]) for index in range(len(plan))}
    assert len(seen) == len(plan) == 14
    for index in reversed(range(len(plan))):
        assert np.array_equal(rows[index]["input_ids"], other[index]["input_ids"])
    assert {rows[index]["tier"] for index in range(8)} == {0}


def test_rows_are_read_from_an_object_store_as_from_a_disk(bucket: Callable[[str], str], tmp_path: Path) -> None:
    here = packing.pack(tmp_path / "pack", {"stage=1": 9, "stage=2": 6})
    for file in storage.list_files(here):
        with storage.open_write(bucket(f"pack/{storage.relative(file.uri, here)}")) as stream:
            stream.write(storage.read_bytes(file.uri))
    there = bucket("pack")
    found = []
    for root in (here, f"file://{here}", there):
        pack = packed.read(root)
        parts = {tier: part for (tier, split), part in pack.parts.items() if split == "train"}
        made = make(parts, [Wanted({"stage=1": 1, "stage=2": 1})], 2, 0)
        # As in a worker, which opens the files anew.
        rows = pickle.loads(pickle.dumps(Rows(made, (0, 2))))
        found.append([{name: np.asarray(value).tolist() for name, value in rows[at].items()} for at in range(14)])
    assert found[0] == found[1] == found[2]


def test_rows_that_make_a_split_even_ask_nothing(plan: Plan) -> None:
    rows = Rows(plan, even=4)
    assert len(rows) == 16
    assert [int(Collate(pad=0)([rows[index]])["labels"].ne(IGNORE).sum()) > 0 for index in (13, 14, 15)] == [
        True,
        False,
        False,
    ]


def test_nothing_but_what_the_mask_allows_is_asked(plan: Plan) -> None:
    rows = [Rows(plan, (0, 5))[index] for index in (0, 9)]
    rows[0] = {**rows[0], "input_ids": rows[0]["input_ids"][:20], "loss_mask": rows[0]["loss_mask"][:20],
               "seq_lengths": np.array([12, 8])}  # fmt: skip
    batch = Collate(pad=0, sources=True)(rows)
    assert batch["input_ids"].shape == (2, 32)
    assert batch["tokens"].tolist() == [20, 32]
    for number, row in enumerate(rows):
        starts = set(np.cumsum(row["seq_lengths"]) - row["seq_lengths"])
        for place in range(32):
            asked = place < len(row["input_ids"]) and row["loss_mask"][place] and place not in starts
            assert (batch["labels"][number, place] != IGNORE) == asked
    assert batch["position_ids"][0].tolist() == [*range(12), *range(8), *range(12)]
    assert batch["source"][0].tolist() == [0] * 12 + [1] * 8 + [-1] * 12
    assert set(batch["source"][1].tolist()) == {5, 6}


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_documents_do_not_see_each_other(plan: Plan, attention: str, tmp_path: Path) -> None:
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    torch.manual_seed(0)
    config = AutoConfig.from_pretrained(packing.llama(tmp_path))
    model = AutoModelForCausalLM.from_config(config, attn_implementation=attention).eval()
    rows: list[dict[str, Any]] = [Rows(plan)[index] for index in range(3)]
    rows[1] = {**rows[1], "input_ids": rows[1]["input_ids"][:11], "loss_mask": rows[1]["loss_mask"][:11],
               "seq_lengths": np.array([6, 5])}  # fmt: skip
    batch = Collate(pad=0)(rows)
    with torch.no_grad():
        together = model(input_ids=batch["input_ids"], position_ids=batch["position_ids"], use_cache=False).logits
        for number, row in enumerate(rows):
            start = 0
            for length in row["seq_lengths"].tolist():
                alone = model(torch.tensor(row["input_ids"][None, start : start + length].astype(np.int64))).logits[0]
                assert torch.allclose(together[number, start : start + length], alone, atol=1e-5)
                start += length
        seen = model(input_ids=batch["input_ids"], use_cache=False).logits
    assert not torch.allclose(together, seen, atol=1e-2)
