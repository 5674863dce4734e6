from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import neural
import numpy as np
import pytest
import torch

from corpus.errors import ConfigError, UsageError
from corpus.models.causal.model import CausalLM, load, nats, token_nats
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


@pytest.mark.parametrize("kind", ["llama", "gpt2"])
@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("keeps", [True, False])
def test_the_nats_of_a_token_do_not_depend_on_which_others_are_wanted(
    loaded: Loader, kind: str, alone: bool, keeps: bool
) -> None:
    lm = loaded(kind, alone=alone, batch_tokens=50)
    assert lm.keeps
    lm = dataclasses.replace(lm, keeps=keeps)
    drawn = np.random.default_rng(3)
    rows = [drawn.integers(2, 40, many) for many in (9, 1, 0, 30, 17, 2)]
    some = [drawn.random(len(one)) < 0.4 for one in rows]
    for mask in some:
        mask[:1] = False
    before = lm.work.tokens
    whole = token_nats(lm, rows, [np.arange(len(one)) > 0 for one in rows])
    assert lm.work.tokens - before == 9 + 30 + 17 + 2  # a single token has nothing to be judged by
    found = token_nats(lm, rows, some)
    for row, mask, all_of_it, part in zip(rows, some, whole, found, strict=True):
        assert len(all_of_it) == max(0, len(row) - 1)
        np.testing.assert_allclose(part, all_of_it[mask[1:]], rtol=1e-5)
    scores = torch.log_softmax(lm.network(torch.from_numpy(rows[3])[None]).logits[0, :-1].double(), dim=1)
    np.testing.assert_allclose(whole[3], -scores[np.arange(29), rows[3][1:]].detach().numpy(), rtol=1e-4)
    with pytest.raises(ValueError, match="nothing stands before"):
        token_nats(lm, rows[:1], [np.ones(9, bool)])
