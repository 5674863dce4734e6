"""Tiny neural models with random weights, built in code and saved as their libraries save them."""

from __future__ import annotations

from pathlib import Path

CHARACTERS = "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏，。？abcdefghijklmnopqrstuvwxyz .\n0123456789"
CHAT = (
    "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)


def tokenizer(chat: bool = False, ends: bool = True):  # type: ignore[no-untyped-def]
    """A token for each character; `ends`: with a token that begins and ends a text."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = ["[UNK]", "</s>", *dict.fromkeys(CHARACTERS), "<", ">"]
    raw = Tokenizer(models.WordLevel({word: place for place, word in enumerate(words)}, unk_token="[UNK]"))
    raw.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    special = {"bos_token": "</s>", "eos_token": "</s>"} if ends else {}
    found = PreTrainedTokenizerFast(tokenizer_object=raw, unk_token="[UNK]", **special)
    if chat:
        found.chat_template = CHAT
    return found


def causal(folder: Path, kind: str = "llama", chat: bool = False, ends: bool = True, seed: int = 0) -> Path:
    """A causal LM of two small layers over `tokenizer`, with 64 places."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

    torch.set_num_threads(1)  # on these sizes more threads only wait for one another
    torch.manual_seed(seed)
    words = tokenizer(chat, ends)
    if kind == "llama":
        network = LlamaForCausalLM(
            LlamaConfig(
                vocab_size=len(words), hidden_size=32, intermediate_size=48, num_hidden_layers=2,
                num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=64, initializer_range=0.3,
            )
        )  # fmt: skip
    else:
        network = GPT2LMHeadModel(
            GPT2Config(vocab_size=len(words), n_positions=64, n_embd=32, n_layer=2, n_head=4, initializer_range=0.3)
        )
    network.save_pretrained(folder)
    words.save_pretrained(folder)
    return folder


def sentences(folder: Path, places: int = 32, dim: int = 24, seed: int = 0) -> Path:
    """A sentence-transformers model: a small BERT over characters and word pieces, mean pooling."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    torch.set_num_threads(1)  # on these sizes more threads only wait for one another
    torch.manual_seed(seed)
    bert = folder.with_name(folder.name + "-bert")
    bert.mkdir(parents=True)
    letters = [one for one in dict.fromkeys(CHARACTERS) if one.strip()]
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{one}" for one in letters if one.isascii())]
    (bert / "vocab.txt").write_text("\n".join(pieces), encoding="utf-8")
    words = BertTokenizerFast(str(bert / "vocab.txt"), model_max_length=places)
    words.save_pretrained(bert)
    config = BertConfig(
        vocab_size=len(pieces), hidden_size=dim, num_hidden_layers=2, num_attention_heads=4, intermediate_size=32,
        max_position_embeddings=places, initializer_range=0.5,
    )  # fmt: skip
    BertModel(config).save_pretrained(bert)
    transformer = Transformer(str(bert), max_seq_length=places)
    SentenceTransformer(modules=[transformer, Pooling(dim)], device="cpu").save_pretrained(str(folder))
    return folder
