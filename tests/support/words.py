"""Tokenizers of both kinds, trained on a few sentences, with the marks of every family."""

from __future__ import annotations

from pathlib import Path

from train.templates import FAMILIES

SEEN = [
    "Human: 山有多高？\n\nAssistant: \n三千米，走上去要一天。",
    "User: How long is the bridge?\n\nAssistant: It is 300 m.",
    "[INST] 请写一首诗 [/INST] 月光照在水上。", "<human>:天气怎么样\n<bot>:晴，有风。", "user\nassistant\nsystem\n",
]  # fmt: skip


def folder(at: Path, byte_level: bool = True, chat_template: str | None = None, letters: str = "") -> str:
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    marks = sorted({mark for one in FAMILIES.values() for mark in one.marks})
    special = ["<unk>", "<s>", "</s>", *marks]
    if byte_level:
        raw = Tokenizer(models.BPE())
        raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        raw.decoder = decoders.ByteLevel()
        alphabet = list(pre_tokenizers.ByteLevel.alphabet())
    else:
        raw = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True))
        raw.normalizer = normalizers.Replace(" ", "▁")
        raw.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.Fuse()])
        alphabet = [*map(chr, range(33, 127)), "\n", "▁", *dict.fromkeys("".join(SEEN) + letters)]
    trainer = trainers.BpeTrainer(
        vocab_size=700, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    raw.train_from_iterator(SEEN * 3, trainer)
    found = PreTrainedTokenizerFast(tokenizer_object=raw, unk_token="<unk>", bos_token="<s>", eos_token="</s>")
    if chat_template:
        found.chat_template = chat_template
    found.save_pretrained(at)
    return str(at)
