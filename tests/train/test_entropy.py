"""Losses in chunks are those of the whole, gradients too; a batch laid end to end is the same batch."""

from __future__ import annotations

from pathlib import Path

import packing
import pytest
import torch

from train import entropy, packed
from train.data import IGNORE, Collate, Rows
from train.entropy import end_to_end, token_losses
from train.plan import Wanted, make


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("chunk", [20, 370, 1 << 26])
def test_losses_and_gradients_are_those_of_the_whole(
    kind: torch.dtype, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entropy, "CHUNK", chunk)
    torch.manual_seed(0)
    labels = torch.randint(50, (3, 17))
    labels[torch.rand(3, 17) < 0.3] = IGNORE
    first = (4 * torch.randn(3, 17, 50)).to(kind).requires_grad_()
    second = first.detach().clone().requires_grad_()
    losses, asked = token_losses(first, labels)
    whole = torch.nn.functional.cross_entropy(
        second[:, :-1].float().flatten(0, 1), labels[:, 1:].flatten(), ignore_index=IGNORE, reduction="none"
    ).view(3, 16)
    assert torch.equal(losses[:, :-1], whole)
    assert torch.equal(asked[:, :-1], labels[:, 1:] != IGNORE)
    assert not losses[:, -1].any()
    assert not asked[:, -1].any()
    weights = torch.rand(3, 17)
    (losses * weights).sum().backward()
    (whole * weights[:, :-1]).sum().backward()
    assert first.grad is not None
    assert second.grad is not None
    assert first.grad.dtype == kind
    assert torch.equal(first.grad, second.grad)


def test_rows_end_to_end_are_the_same_rows(tmp_path: Path) -> None:
    from transformers import AutoConfig, AutoModelForCausalLM

    pack = packed.read(packing.pack(tmp_path / "pack", {"one": 8}))
    part = pack.parts["one", "train"]
    rows = Rows(make({"one": part}, [Wanted({"one": 1})], 4, 0))
    batch = Collate(pad=0)([rows[index] for index in range(3)])
    given = {name: batch[name] for name in ("input_ids", "position_ids")}
    flat = end_to_end(given)
    lengths = [length for index in range(3) for length in rows[index]["seq_lengths"].tolist()]
    assert flat.pop("cu_seq_lens_q").diff().tolist() == flat.pop("cu_seq_lens_k").diff().tolist() == lengths
    assert flat.pop("max_length_q") == flat.pop("max_length_k") == max(lengths)
    config = AutoConfig.from_pretrained(packing.llama(tmp_path / "shape"))
    model = AutoModelForCausalLM.from_config(config).eval()
    with torch.no_grad():
        apart, together = (
            token_losses(model(**one, use_cache=False).logits, batch["labels"])[0] for one in (given, flat)
        )
    assert torch.allclose(apart, together, atol=1e-5)
