"""What a model lost on each token, and the batch laid out so that FlashAttention keeps documents apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch

from train.data import IGNORE

CHUNK = 1 << 26
"""Logits that are held in 32 bits at a time: 256 MB, and twice that for what is made of them."""


def token_losses(logits: Any, labels: Any) -> tuple[Any, Any]:
    """The cross-entropy in 32 bits of each token of `labels` (rows, length), predicted from the one before it, and
    whether it is asked for; the last place of a row predicts nothing and is not.

    Beside the logits as the model gave them only their gradient is held, in the same precision: the whole in 32 bits,
    with its logarithms and gradient, takes four times as much and is soon the most of all memory.
    """
    targets = torch.nn.functional.pad(labels[:, 1:], (0, 1), value=IGNORE)
    losses = _Entropy.apply(logits.flatten(0, 1), targets.flatten())
    return losses.view(labels.shape), targets != IGNORE


def _entropy(logits: Any, targets: Any) -> Any:
    return torch.nn.functional.cross_entropy(logits.float(), targets, ignore_index=IGNORE, reduction="none")


class _Entropy(torch.autograd.Function):  # type: ignore[misc]
    """Chunk after chunk, and again for the gradient, which leaves nothing of a chunk behind."""

    @staticmethod
    def forward(ctx: Any, logits: Any, targets: Any) -> Any:
        ctx.save_for_backward(logits, targets)
        return torch.cat([_entropy(some, asked) for some, asked in _chunks(logits, targets)])

    @staticmethod
    def backward(ctx: Any, above: Any) -> tuple[Any, None]:
        logits, targets = ctx.saved_tensors
        found = torch.empty_like(logits)
        for into, some, asked, own in _chunks(found, logits, targets, above):
            with torch.enable_grad():
                part = some.detach().requires_grad_()
                into.copy_(torch.autograd.grad(_entropy(part, asked), part, own)[0])
        return found, None


def _chunks(logits: Any, *others: Any) -> Iterator[tuple[Any, ...]]:
    size = max(1, CHUNK // logits.shape[-1])
    return zip(*(whole.split(size) for whole in (logits, *others)), strict=True)


def end_to_end(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The rows of a batch as one, with where each document begins, as FlashAttention takes documents of any length.

    transformers looks for documents in a batch of one row alone: in more rows they would see each other.
    """
    from transformers.modeling_flash_attention_utils import prepare_fa_kwargs_from_position_ids

    starts, longest = prepare_fa_kwargs_from_position_ids(inputs["position_ids"])
    return {
        **{name: value.reshape(1, -1) for name, value in inputs.items()},
        "cu_seq_lens_q": starts[0], "cu_seq_lens_k": starts[1],
        "max_length_q": int(longest[0]), "max_length_k": int(longest[1]),
    }  # fmt: skip
