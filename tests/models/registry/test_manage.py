from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from corpus.errors import ConfigError, UsageError
from corpus.models.registry import manage, pins

Made = Callable[..., Path]


def test_a_pin_says_name_kind_licence_place_and_files_and_is_read_back(lm: Made) -> None:
    pin = manage.add(str(lm()))
    assert (pin.name, pin.kind, pin.licence) == ("tiny", "causal-lm", "apache-2.0")
    assert pins.read().models == (pin,)
    assert pins.place().parent.name == "models"


def test_a_name_is_pinned_once_unless_it_is_replaced(lm: Made) -> None:
    folder = lm()
    first = manage.add(str(folder))
    assert manage.add(str(folder)) == first
    (folder / "tokenizer.json").write_bytes(b"{ }")
    with pytest.raises(UsageError, match="is pinned already"):
        manage.add(str(folder))
    assert manage.add(str(folder), replace=True).digest != first.digest
    assert len(pins.read().models) == 1


def test_a_model_without_a_licence_is_not_pinned(lm: Made) -> None:
    folder = lm(**{"README.md": b"A model."})
    with pytest.raises(UsageError, match="says nothing of its licence"):
        manage.add(str(folder))
    assert manage.add(str(folder), licence="MIT").licence == "MIT"


@pytest.mark.parametrize("name", ["../x", "a b", "", "a/b/c", "-x"])
def test_names_that_cannot_be_are_refused(lm: Made, name: str) -> None:
    with pytest.raises(UsageError, match="is no name for a model"):
        manage.add(str(lm()), name)


def test_what_is_dangerous_is_not_pinned(lm: Made) -> None:
    with pytest.raises(ConfigError, match="is code"):
        manage.add(str(lm(**{"m.py": b""})))
    assert not pins.read().models


def test_models_that_have_changed_are_told_with_what_changed(lm: Made) -> None:
    manage.add(str(lm("one")))
    two = lm("two")
    manage.add(str(two))
    (two / "config.json").write_bytes(b'{"auto_map": {}}')
    (two / "new.py").write_bytes(b"")
    states = {one.pin.name: one.problems for one in manage.verify()}
    assert states["one"] == ()
    assert [said.split(": ")[-1].split(",")[0] for said in states["two"]] == [
        "new.py is new", "config.json has changed", "has an `auto_map`",
        "is code; a model of which a part is a program is not loaded. Remove it if the model works without it",
    ]  # fmt: skip
    assert [one.pin.name for one in manage.verify(("one",))] == ["one"]
    with pytest.raises(UsageError, match="no pinned model 'three'"):
        manage.verify(("three",))


def test_a_model_of_a_hub_comes_from_its_local_cache_and_is_not_fetched_unasked(lm: Made, tmp_path: Path) -> None:
    cached = tmp_path / "hub" / "models--somebody--tiny"
    commit = "0123456789abcdef0123456789abcdef01234567"
    (cached / "refs").mkdir(parents=True)
    (cached / "refs" / "main").write_text(commit)
    made = lm("blobs")
    (cached / "snapshots").mkdir()
    snapshot = cached / "snapshots" / commit
    snapshot.mkdir()
    for file in made.iterdir():
        (snapshot / file.name).symlink_to(file)
    pin = manage.add("somebody/tiny")
    assert (pin.name, pin.path, pin.source) == ("somebody/tiny", str(snapshot), f"somebody/tiny@{commit}")
    assert {one.name for one in pin.files} >= {"model.safetensors", "config.json"}
    with pytest.raises(UsageError, match="--allow-download fetches it"):
        manage.add("somebody/other")


def test_a_registry_that_is_wrong_is_told_with_every_mistake() -> None:
    pins.place().parent.mkdir(parents=True)
    pins.place().write_text('{"registry": 1, "models": [{"name": "a b", "kind": "gguf"}]}')
    with pytest.raises(ConfigError) as caught:
        pins.read()
    assert {one.message.split(":")[0] for one in caught.value.problems} >= {
        "models.0.name", "models.0.kind", "models.0.path", "models.0.files", "models.0.licence"
    }  # fmt: skip
