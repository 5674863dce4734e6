from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest
from typing_it import Corpus


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "config.json").write_text('{"architectures": ["LlamaForCausalLM"]}')
    (folder / "tokenizer.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", 2) + b"{}")
    return folder


def test_a_model_is_pinned_listed_and_verified(corpus: Corpus, tiny: Path) -> None:
    added = corpus("models", "add", tiny, "--licence", "MIT")
    assert added.code == 0, added.err
    assert "tiny: causal-lm, 3 files" in added.out
    listed = json.loads(corpus("models", "list", "--json").out)["models"]
    assert [(one["name"], one["kind"], one["licence"]) for one in listed] == [("tiny", "causal-lm", "MIT")]
    assert listed[0]["digest"][:12] in corpus("models", "list").out
    assert "tiny: as pinned" in corpus("models", "verify").out

    (tiny / "tokenizer.json").write_text("{ }")
    changed = corpus("models", "verify", "tiny")
    assert changed.code == 3
    assert "tokenizer.json has changed" in changed.out
    assert json.loads(corpus("models", "verify", "--json").out)["models"][0]["problems"] == [
        "tokenizer.json has changed"
    ]


def test_mistakes_end_with_2_and_pin_nothing(corpus: Corpus, tiny: Path) -> None:
    (tiny / "code.py").write_text("")
    (tiny / "more.bin").write_bytes(b"x")
    refused = corpus("models", "add", tiny, "--licence", "MIT")
    assert refused.code == 2
    assert len(refused.err.strip().splitlines()) == 2
    for arguments, said in (
        (("add", tiny, "--kind", "gguf"), "--kind gguf: is not one of causal-lm"),
        (("add", tiny.parent / "none"), "is not there"),
        (("verify", "tiny"), "no pinned model 'tiny'"),
    ):
        answer = corpus("models", *arguments)
        assert answer.code == 2, answer
        assert said in answer.err
    assert "nothing is pinned" in corpus("models", "list").out
