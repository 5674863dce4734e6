"""A grown vocabulary leaves ids and English as they were and reads Chinese shorter; a pruned one says the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpus.errors import UsageError
from train.vocab import bpe
from train.vocab.grow import frequent_characters, grow
from train.vocab.make import PAGE, grown_folder, pruned_folder

ENGLISH = [
    "The quick brown fox, aged 12, can't jump over “the lazy dog” — naïve café!\n\tdef f(x): return x**2  # done",
    "A bridge is built of stone; its arches carry the road.",
]
CHINESE = [
    "桥是石头砌成的，桥拱托着道路，河水从桥下流过。",
    "山里的小路很长，走路的人在石头上休息，喝河水。",
    "图书馆里有地图和旧书，学生在里面读书写字。",
]
MIXED = "用 Python 写的桥 bridge 程序，第 12 行。"


def base(folder: Path, byte_level: bool, seen: list[str], model: bool = True) -> Path:
    """A small Llama over a byte-pair vocabulary trained on `seen`, byte-level or with bytes to fall back to."""
    import torch
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    special = ["<unk>", "<s>", "</s>"]
    if byte_level:
        raw = Tokenizer(models.BPE())
        raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        raw.decoder = decoders.ByteLevel()
        alphabet = list(pre_tokenizers.ByteLevel.alphabet())
    else:
        raw = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
        raw.normalizer = normalizers.Replace(" ", "▁")
        raw.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
        alphabet = []
        special += [f"<0x{byte:02X}>" for byte in range(256)]
    trainer = trainers.BpeTrainer(
        vocab_size=600, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    raw.train_from_iterator(seen, trainer)
    if not byte_level:  # bytes are pieces, and only <unk>, <s> and </s> special
        parts = json.loads(raw.to_str())
        parts["added_tokens"] = parts["added_tokens"][:3]
        raw = Tokenizer.from_str(json.dumps(parts))
    raw.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    words = PreTrainedTokenizerFast(tokenizer_object=raw, unk_token="<unk>", bos_token="<s>", eos_token="</s>")
    words.save_pretrained(folder)
    if model:
        torch.set_num_threads(1)
        torch.manual_seed(0)
        LlamaForCausalLM(
            LlamaConfig(vocab_size=raw.get_vocab_size(), hidden_size=32, intermediate_size=48, num_hidden_layers=2,
                        num_attention_heads=4, bos_token_id=1, eos_token_id=2, pad_token_id=2)
        ).save_pretrained(folder)  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def tier(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("tier")
    pq.write_table(pa.table({"text": CHINESE * 20 + [MIXED, *ENGLISH]}), folder / "part-0.parquet")
    turns = [[{"role": "user", "content": "桥在哪里？"}, {"role": "assistant", "content": "桥在河上。"}]] * 3
    pq.write_table(pa.table({"messages": turns}), folder / "part-1.parquet")
    return str(folder)


@pytest.fixture(scope="module", params=[True, False], ids=["bytes", "characters"])
def small(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return base(tmp_path_factory.mktemp("base") / "m", request.param, [*ENGLISH * 5, "桥河"])


def loaded(folder: Path) -> tuple[Any, Any]:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    return AutoTokenizer.from_pretrained(folder), AutoModelForCausalLM.from_pretrained(folder)


def ids(tokenizer: Any, text: str) -> list[int]:
    return tokenizer(text, add_special_tokens=False)["input_ids"]


@pytest.mark.parametrize("way", ["characters", "bpe", "unigram"])
def test_english_is_segmented_as_before_and_chinese_shorter(small: Path, tier: str, tmp_path: Path, way: Any) -> None:
    page = grown_folder(str(small), [tier], str(tmp_path / "grown"), 40, way)
    (old, old_model), (new, new_model) = loaded(small), loaded(tmp_path / "grown")
    for text in ENGLISH:
        assert ids(new, text) == ids(old, text)
    for text in [*CHINESE, MIXED]:
        assert len(ids(new, text)) < len(ids(old, text))
        assert new.decode(ids(new, text)) == text
    vocab = new.get_vocab()
    assert all(vocab[piece] == number for piece, number in old.get_vocab().items())
    assert page["tokens_after"] < page["tokens_before"]
    assert json.loads((tmp_path / "grown" / PAGE).read_text()) == page
    rows = new_model.get_input_embeddings().weight
    assert rows.shape[0] % 64 == 0
    assert rows.shape[0] >= page["size"]
    before = old_model.get_input_embeddings().weight
    assert rows[: before.shape[0]].equal(before)


def test_a_new_row_is_the_mean_of_the_rows_it_was_written_with(small: Path, tier: str, tmp_path: Path) -> None:
    grown_folder(str(small), [tier], str(tmp_path / "grown"), 30)
    (old, old_model), (new, new_model) = loaded(small), loaded(tmp_path / "grown")
    checked = 0
    for character in set("".join(CHINESE)):
        (number, *rest), parts = ids(new, character), ids(old, character)
        if rest or number < len(old):
            continue
        for matrix in ("get_input_embeddings", "get_output_embeddings"):
            rows, before = getattr(new_model, matrix)().weight, getattr(old_model, matrix)().weight
            assert np.allclose(rows[number].detach(), before[parts].mean(0).detach(), atol=1e-6)
        checked += 1
    assert checked >= 20


def test_the_most_frequent_characters_come_first_and_only_as_many_as_wanted(small: Path) -> None:
    found = frequent_characters([["桥桥桥，河河", "A桥。〇"], ["河石"]])
    assert found == ["桥", "河", "石"]
    grown = grow(bpe.read(str(small)), [*found, "山", "水", "。", "x"], 2)
    assert len(grown.pieces) == 2
    assert not {"桥"} & set(grown.pieces) or not bpe.read(str(small)).vocab.get("桥")


def test_a_pruned_model_segments_the_corpus_as_before_and_gives_the_same_logits(
    small: Path, tier: str, tmp_path: Path
) -> None:
    import torch

    grown_folder(str(small), [tier], str(tmp_path / "grown"), 60, "bpe")
    only = tmp_path / "only"
    only.mkdir()
    pq.write_table(pa.table({"text": CHINESE[:2]}), only / "part.parquet")
    page = pruned_folder(str(tmp_path / "grown"), [str(only)], str(tmp_path / "pruned"))
    assert page["size"] < page["before"]
    (old, old_model), (new, new_model) = loaded(tmp_path / "grown"), loaded(tmp_path / "pruned")
    pieces = {number: piece for piece, number in new.get_vocab().items()}
    for text in CHINESE[:2]:
        first, second = old(text)["input_ids"], new(text)["input_ids"]
        assert old.convert_ids_to_tokens(first) == new.convert_ids_to_tokens(second)
        assert new.decode(second, skip_special_tokens=True) == text
        with torch.no_grad():
            one = old_model(torch.tensor([first])).logits[0]
            other = new_model(torch.tensor([second])).logits[0]
        same = [old.get_vocab()[pieces[number]] for number in range(page["size"])]
        assert torch.equal(one[:, same], other[:, : page["size"]])
    assert (new.eos_token_id, new_model.config.eos_token_id) == (new.convert_tokens_to_ids("</s>"),) * 2
    for text in [*ENGLISH, MIXED]:  # what the corpus did not have is still written, byte by byte
        assert new.decode(ids(new, text)) == text


def test_what_is_no_byte_pair_vocabulary_or_not_there_is_refused(small: Path, tier: str, tmp_path: Path) -> None:
    from tokenizers import Tokenizer, models

    Tokenizer(models.WordLevel({"a": 0}, unk_token="a")).save(str(tmp_path / "tokenizer.json"))
    for folder, said in ((tmp_path, "only byte-pair"), (tmp_path / "none", "holds no tokenizer.json")):
        with pytest.raises(UsageError, match=said):
            grown_folder(str(folder), [tier], str(tmp_path / "out"), 5)
    with pytest.raises(UsageError, match="is there already"):
        grown_folder(str(small), [tier], str(small), 5)
    assert not (tmp_path / "out").exists()
