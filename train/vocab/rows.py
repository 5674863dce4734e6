"""The rows of a model's embeddings, input and output, for a vocabulary that has grown or shrunk.

A new token begins as the mean of the rows of the tokens it was written with before, so the model reads the same text
much as it did (BELLE and Ziya left them random). The number of rows is padded to a multiple of 64 for the kernels.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from corpus.errors import UsageError
from train.models import SAFE

MULTIPLE = 64
IDS = ("bos_token_id", "eos_token_id", "pad_token_id", "decoder_start_token_id")


def load(folder: str) -> Any:
    """The causal LM in a local folder: safetensors, no code of others, no network."""
    from transformers import AutoModelForCausalLM

    try:
        return AutoModelForCausalLM.from_pretrained(folder, use_safetensors=True, dtype="auto", **SAFE)
    except (OSError, ValueError) as error:
        raise UsageError(f"{folder}: no model can be loaded: {str(error).splitlines()[0]}") from None


def grow_rows(model: Any, size: int, parts: dict[int, list[int]]) -> None:
    """Rows up to `size`, padded; each new one the mean of the rows of its `parts`, those of padding the mean of all."""
    import torch

    rows = -(-size // MULTIPLE) * MULTIPLE
    before = model.get_input_embeddings().weight.shape[0]
    if rows > before:
        model.resize_token_embeddings(rows, mean_resizing=False)
    with torch.no_grad():
        for weight in _weights(model):
            old = weight[:before].float()
            if rows > before:
                weight[before:] = old.mean(0).to(weight.dtype)
            for number, own in parts.items():
                weight[number] = (old[own].mean(0) if own else old.mean(0)).to(weight.dtype)


def prune_rows(model: Any, kept: np.ndarray[Any, np.dtype[np.int64]]) -> None:
    """Only the rows `kept`, in that order, padded with the mean; ids that the settings name follow."""
    import torch

    rows = -(-len(kept) // MULTIPLE) * MULTIPLE
    wanted = torch.from_numpy(kept)
    saved = [weight.detach()[wanted].clone() for weight in _weights(model)]
    model.resize_token_embeddings(rows, mean_resizing=False)
    with torch.no_grad():
        for weight, own in zip(_weights(model), saved, strict=True):
            weight[: len(kept)] = own
            weight[len(kept) :] = own.float().mean(0).to(weight.dtype)
    place = {int(old): new for new, old in enumerate(kept)}
    for settings in (model.config, model.generation_config):
        for name in IDS:
            old = getattr(settings, name, None)
            if old is not None:
                new = [place[one] for one in old if one in place] if isinstance(old, list) else place.get(old)
                setattr(settings, name, new)


def _weights(model: Any) -> list[Any]:
    """Input rows, and output rows where they are others."""
    first, last = model.get_input_embeddings().weight, model.get_output_embeddings()
    return [first] if last is None or last.weight is first else [first, last.weight]
