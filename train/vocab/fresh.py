"""A byte-level BPE vocabulary made from nothing but texts, for small models that begin from scratch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

SPECIAL = ("<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>")
"""Ids 0 to 4: what is unknown, begins and ends a text, and the marks of the template `chatml`."""


def byte_level(batches: Iterable[Sequence[str]], size: int, special: Sequence[str] = SPECIAL) -> Any:
    """A fast tokenizer of at most `size` tokens (256 bytes and `special` among them), the first three of `special`
    being its unknown, beginning and ending token. Any text can be written with it, byte for byte."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=list(special), initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )  # fmt: skip
    raw.train_from_iterator(batches, trainer)
    unknown, begin, end = special[:3]
    return PreTrainedTokenizerFast(tokenizer_object=raw, unk_token=unknown, bos_token=begin, eos_token=end)
