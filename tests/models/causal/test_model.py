from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import neural
import numpy as np
import pytest

from corpus.errors import ConfigError, UsageError
from corpus.models.causal.model import CausalLM, load, nats
from corpus.models.registry import manage

Loader = Callable[..., CausalLM]


@pytest.fixture(autouse=True)
def _own_registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def test_a_pinned_model_is_loaded_by_its_name_and_says_its_digest(tmp_path: Path) -> None:
    folder = neural.causal(tmp_path / "tiny")
    with pytest.raises(UsageError, match="is not pinned"):
        load(str(folder))
    pin = manage.add(str(folder), licence="none")
    lm = load("tiny")
    assert lm.digest == pin.digest[:12]
    assert lm.most == 64
    assert load("tiny") is lm


def test_a_model_that_changed_or_brings_code_is_not_loaded(tmp_path: Path) -> None:
    folder = neural.causal(tmp_path / "tiny")
    manage.add(str(folder), licence="none")
    (folder / "modeling_tiny.py").write_text("raise SystemExit('ran')")
    with pytest.raises(UsageError, match=r"modeling_tiny\.py is new"):
        load("tiny")
    with pytest.raises(ConfigError, match="is code"):
        manage.add(str(folder), licence="none", replace=True)


def test_files_that_the_library_cannot_load_are_a_mistake_of_the_user(tmp_path: Path) -> None:
    folder = neural.causal(tmp_path / "tiny")
    (folder / "config.json").write_text('{"architectures": ["NoSuchForCausalLM"], "model_type": "no_such"}')
    manage.add(str(folder), licence="none")
    with pytest.raises(UsageError, match="transformers cannot load it"):
        load("tiny")


@pytest.mark.parametrize("most", [1, 65])
def test_sequences_longer_than_the_model_takes_are_refused(loaded: Loader, most: int) -> None:
    with pytest.raises(UsageError, match="takes sequences of 2 to 64 tokens"):
        loaded(most=most)


def test_tokens_that_nothing_stands_before_are_not_counted(loaded: Loader) -> None:
    lm = loaded()
    one = np.array([3, 4, 5], np.int64)
    found = nats(lm, [one, one, one[:1], one[:0], one], np.array([0, 1, 0, 0, 3]))
    assert found[0] == found[1] > 0
    assert found[2:].tolist() == [0, 0, 0]
    with pytest.raises(ValueError, match="65 tokens"):
        nats(lm, [np.zeros(65, np.int64)], np.array([1]))
