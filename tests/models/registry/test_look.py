from __future__ import annotations

import hashlib
import pickle
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from corpus.errors import ConfigError, UsageError
from corpus.models.fasttext_file import MAGIC
from corpus.models.registry.look import dangers, kind_of, look

Made = Callable[..., Path]


def test_every_file_is_named_with_its_sha256_but_hidden_ones(lm: Made) -> None:
    folder = lm(**{"part/vocab.txt": b"a\nb", ".git/config": b"x", ".cache/code.py": b"x"})
    files = {one.name: one for one in look(folder).files}
    assert set(files) == {"README.md", "config.json", "model.safetensors", "part/vocab.txt", "tokenizer.json"}
    assert files["part/vocab.txt"].sha256 == hashlib.sha256(b"a\nb").hexdigest()
    assert files["part/vocab.txt"].bytes == 3


def test_everything_that_is_wrong_is_said_at_once(lm: Made) -> None:
    folder = lm(
        **{
            "modeling.py": b"print(1)",
            "pytorch_model.bin": b"weights",
            "training_args.pt": b"x",
            "weights.dat": pickle.dumps({"a": 1}, protocol=4),
            "archive.dat": b"PK\x03\x04rest",
            "config.json": b'{"architectures": ["LlamaForCausalLM"], "auto_map": {"AutoModel": "modeling.Model"}}',
            "tokenizer_config.json": b'{"auto_map": {"AutoTokenizer": ["x.Y", null]}}',
            "model.safetensors": struct.pack("<Q", 2) + b"{}" + b"rest",
        }
    )
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ConfigError) as caught:
        look(folder)
    said = {Path(one.path).name: one.message for one in caught.value.problems}
    assert set(said) == {
        "modeling.py", "pytorch_model.bin", "training_args.pt", "weights.dat", "archive.dat", "config.json",
        "tokenizer_config.json", "model.safetensors", "tiny",
    }  # fmt: skip
    assert "is code" in said["modeling.py"]
    assert all("unpickling runs code" in said[name] for name in ("pytorch_model.bin", "weights.dat", "archive.dat"))
    assert "remote code is never run" in said["config.json"]
    assert "has 14 bytes, its header lays out 10" in said["model.safetensors"]
    assert said["tiny"] == "has no tokenizer.json"


def test_a_vocabulary_may_hold_any_word(lm: Made) -> None:
    assert not dangers(lm(**{"tokenizer.json": b'{"model": {"vocab": {"auto_map": 1}}}'}), "causal-lm")


@pytest.mark.parametrize(
    ("modules", "said"),
    [
        (b'[{"type": "custom_module.Transformer"}]', "names the module 'custom_module.Transformer'"),
        (b'{"type": "sentence_transformers.models.Pooling"}', "no list of modules"),
        (b'[{"type": "sentence_transformers.models.Pooling"}]', ""),
    ],
)
def test_modules_of_others_are_refused(lm: Made, modules: bytes, said: str) -> None:
    found = dangers(lm(**{"modules.json": modules}), "sentence-transformers")
    assert ([one.message.partition(said)[1] for one in found] == [said]) if said else not found


def test_an_activation_of_others_is_refused(lm: Made) -> None:
    files = {"modules.json": b"[]", "2_Dense/config.json": b'{"activation_function": "os.system"}'}
    assert "'os.system'" in dangers(lm(**files), "sentence-transformers")[0].message


@pytest.mark.parametrize("content", [b"", b"\xff" * 40, struct.pack("<Q", 9) + b'{"w": 1}}'])
def test_weights_that_are_no_safetensors_are_refused(lm: Made, content: bytes) -> None:
    assert "is no safetensors file" in dangers(lm(**{"model.safetensors": content}), "causal-lm")[0].message


def test_the_kind_is_what_the_files_say(lm: Made, tmp_path: Path, ads: Path) -> None:
    assert kind_of(lm()) == "causal-lm"
    assert kind_of(lm("st", **{"modules.json": b"[]"})) == "sentence-transformers"
    assert kind_of(ads) == "classifier"
    (tmp_path / "lm").mkdir()
    (tmp_path / "lm" / "card.json").write_text('{"kind": "ngram"}')
    assert kind_of(tmp_path / "lm") == "ngram-lm"
    words = tmp_path / "words"
    words.mkdir()
    (words / "tokenizer.json").write_bytes(b"{}")
    assert kind_of(words) == kind_of(words / "tokenizer.json") == "tokenizer"
    for name, content, kind in (
        ("a.lm", b"\n\\data\\\nngram 1=1\n", "arpa"),
        ("b.bin", b"mmap lm http://kheafield.com/code format version 5\n", "kenlm"),
        ("c.bin", struct.pack("<ii", MAGIC, 12) + bytes(200), "floret"),
    ):
        (tmp_path / name).write_bytes(content)
        assert kind_of(tmp_path / name) == kind
    (tmp_path / "d").write_bytes(b"hello")
    with pytest.raises(UsageError, match="name it with --kind"):
        kind_of(tmp_path / "d")


def test_a_model_of_fasttext_may_end_in_bin_and_may_not_be_a_pickle(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(struct.pack("<ii", MAGIC, 12) + bytes(200))
    assert look(path).kind == "floret"
    path.write_bytes(pickle.dumps([1], protocol=2))
    with pytest.raises(ConfigError, match="begins as a pickle does"):
        look(path, "floret")


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not there"):
        look(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="holds no file"):
        look(tmp_path / "empty")
