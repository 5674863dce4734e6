from __future__ import annotations

import json
import random
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit

from corpus.demo.prose import distinct
from corpus.errors import ConfigError, UsageError
from corpus.models.directory import read, text_of
from corpus.models.ngram.card import Card
from corpus.models.ngram.evaluate import SHARES, evaluate_files
from corpus.models.ngram.files import adopt_file, train_files
from corpus.models.ngram.kenlm import MAGIC, measurer
from corpus.models.ngram.scorer import load, opened
from corpus.models.ngram.train import Settings

ARPA = """\\data\\
ngram 1=5
ngram 2=2

\\1-grams:
-2\t<unk>
-99\t<s>\t-0.5
-1\t</s>
-0.5\t天\t-0.25
-0.75\t地

\\2-grams:
-0.125\t<s> 天
-0.25\t天 地

\\end\\
"""


def rows(lang: str = "zh", many: int = 150, seed: int = 0) -> list[str]:
    return [item.text for item in distinct(lang, many, random.Random(seed))]


def written(path: Path, texts: Sequence[str], **more: str) -> Path:
    path.write_text("".join(json.dumps({"text": text, **more}) + "\n" for text in texts), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`zh` and `en`, models of the demo's texts, and `zh.jsonl`, `en.jsonl`, what they were trained on."""
    folder = tmp_path_factory.mktemp("models")
    for lang in ("zh", "en"):
        train_files([str(written(folder / f"{lang}.jsonl", rows(lang)))], folder / lang, Settings())
    return folder


def test_the_card_says_what_the_model_is_and_how_good(folder: Path) -> None:
    card = read(folder / "zh", Card)
    assert card.about is not None
    assert set(card.about.languages) == {"zh"}
    assert card.trained is not None
    assert card.trained.rows == 150
    held = card.trained.held_out
    assert held is not None
    assert held.bits < held.bits_alone
    assert held.perplexity == pytest.approx(2**held.bits, rel=1e-3)
    text = (folder / "zh" / "card.json").read_text(encoding="utf-8")
    assert str(folder) not in text


def test_the_same_texts_give_the_same_bytes_in_any_order_and_files(folder: Path) -> None:
    texts = rows()
    random.Random(1).shuffle(texts)
    parts = [written(folder / "one.jsonl", texts[:40]), written(folder / "two.jsonl", texts[40:])]
    again = train_files([str(path) for path in parts], folder / "again", Settings())
    assert again.model == read(folder / "zh", Card).model
    assert again.digest == read(folder / "zh", Card).digest


def test_a_stored_model_scores_as_it_did(folder: Path) -> None:
    model = load(str(folder / "zh"))
    text = pa.array(rows(seed=2, many=5))
    assert model.ours is not None
    assert model.columns(text).equals(model.ours.columns(text))
    assert load("zh", folder).card == model.card


def test_a_changed_model_is_not_loaded(folder: Path, tmp_path: Path) -> None:
    for name in ("model.parquet", "card.json"):
        (tmp_path / name).write_bytes((folder / "zh" / name).read_bytes())
    content = bytearray((tmp_path / "model.parquet").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "model.parquet").write_bytes(content)
    with pytest.raises(UsageError, match="it is not loaded"):
        opened(tmp_path)
    (tmp_path / "model.parquet").unlink()
    with pytest.raises(UsageError, match="is missing"):
        opened(tmp_path)


def test_a_model_of_another_card_is_not_loaded(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "model.parquet").write_bytes((folder / "en" / "model.parquet").read_bytes())
    card = read(folder / "zh", Card).model_copy(update={"model": read(folder / "en", Card).model})
    (tmp_path / "card.json").write_bytes(text_of(card))
    with pytest.raises(UsageError, match="is not the model that the card beside it describes"):
        opened(tmp_path)


@pytest.mark.parametrize("content", ["{", '{"kind": "ngram"}', '{"card": 1, "kind": "word2vec"}'])
def test_a_card_that_is_none_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "card.json").write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match="card.json"):
        opened(tmp_path)


def test_nothing_is_overwritten_and_a_failed_training_leaves_nothing(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing is overwritten"):
        train_files([str(folder / "zh.jsonl")], folder / "zh", Settings())
    empty = written(tmp_path / "empty.jsonl", [""])
    with pytest.raises(UsageError, match="too little text"):
        train_files([str(empty)], tmp_path / "model", Settings())
    assert [path.name for path in tmp_path.iterdir()] == ["empty.jsonl"]


def test_evaluation_is_by_language_and_says_what_has_no_score(folder: Path) -> None:
    done = evaluate_files(load(str(folder / "zh")), [str(folder / "zh.jsonl"), str(folder / "en.jsonl")])
    assert list(done.languages) == ["zh"]
    assert done.none == 150
    assert done.shares == SHARES
    values = done.languages["zh"].values
    assert list(values) == sorted(values)


def test_an_arpa_file_is_taken_in_and_scores(tmp_path: Path) -> None:
    (tmp_path / "theirs.arpa").write_text(ARPA, encoding="utf-8")
    card = adopt_file(tmp_path / "theirs.arpa", tmp_path / "model", "chars", source="here", licence="own")
    assert (card.kind, card.source) == ("arpa", "here")
    found = load(str(tmp_path / "model")).columns(pa.array(["天地", "", None]), pa.array(["zh"] * 3))
    total = 0.125 + 0.25 + 1  # <s> 天, 天 地, then </s> after 地, which has no weight
    assert found["perplexity"].to_pylist() == [pytest.approx(10 ** (total / 3), rel=1e-5), None, None]


def test_pieces_are_those_of_the_tokenizer_and_texts_are_normalised_as_declared(tmp_path: Path) -> None:
    (tmp_path / "theirs.arpa").write_text(ARPA, encoding="utf-8")
    tokenizer = Tokenizer(WordLevel({"天": 0, "地": 1, "?": 2}, unk_token="?"))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    pieces = adopt_file(tmp_path / "theirs.arpa", tmp_path / "pieces", "pieces", tmp_path / "tokenizer.json", "folded")
    words = adopt_file(tmp_path / "theirs.arpa", tmp_path / "words", "words")
    assert pieces.digest != words.digest
    text = pa.array(["天 地\n地", None])
    one, two = (load(str(tmp_path / name)).columns(text) for name in ("pieces", "words"))
    assert one["perplexity"].to_pylist() == two["perplexity"].to_pylist()
    (tmp_path / "pieces" / "tokenizer.json").write_text("{}", encoding="utf-8")
    with pytest.raises(UsageError, match="it is not loaded"):
        opened(tmp_path / "pieces")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"tokens": "syllables"}, "is not one of chars, words, pieces"),
        ({"tokens": "chars", "normalise": "cc"}, "is not one of none, folded"),
        ({"tokens": "pieces"}, "needs --tokenizer"),
    ],
)
def test_a_way_of_reading_that_is_none_is_refused(tmp_path: Path, given: dict[str, str], said: str) -> None:
    (tmp_path / "theirs.arpa").write_text(ARPA, encoding="utf-8")
    with pytest.raises(UsageError, match=said):
        adopt_file(tmp_path / "theirs.arpa", tmp_path / "model", **given)  # type: ignore[arg-type]


def test_a_kenlm_binary_needs_its_package_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "theirs.bin").write_bytes(MAGIC + b" 5\n\0" + bytes(100))
    card = adopt_file(tmp_path / "theirs.bin", tmp_path / "model", "chars")
    assert card.kind == "kenlm"
    monkeypatch.setitem(sys.modules, "kenlm", None)
    with pytest.raises(UsageError, match=r"corpus-tiers\[kenlm\]"):
        load(str(tmp_path / "model"))


def test_sentences_and_numbers_of_kenlm_are_those_of_the_kernel() -> None:
    """`full_scores` as the package gives it: log10, the n-gram's length and whether the token is unknown."""

    class Package:
        asked: list[str] = []  # noqa: RUF012  a test's own

        def full_scores(self, line: str, bos: bool, eos: bool) -> list[tuple[float, int, bool]]:
            assert (bos, eos) == (True, True)
            self.asked.append(line)
            return [(-1.0, 1, False)] * len(line.split()) + [(-2.0, 2, False)]

    found = measurer(Package(), singly=True)(pa.array(["天地 人\n\u3000\r\n好", None]), 3)
    assert Package.asked == ["天 地 人", "好"]
    each = np.array([1, 1, 1, 2, 1, 2]) * np.log2(10)
    assert found[0].tolist() == pytest.approx([6, each.sum(), each[3:].mean(), each.std()])
    assert found[1, 0] == 0
