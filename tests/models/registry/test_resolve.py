from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from corpus.errors import ConfigError, UsageError
from corpus.models.registry import manage, pins
from corpus.models.registry.look import hashed
from corpus.models.registry.resolve import resolve

Made = Callable[..., Path]


def test_a_pinned_model_is_found_by_name_and_by_path_and_says_its_digest(lm: Made, tmp_path: Path) -> None:
    folder = lm()
    pin = manage.add(str(folder), "small")
    for said in ("small", str(folder), f"small@{pin.digest[:12]}", f"{folder}@{pin.digest}"):
        found = resolve(said, "causal-lm")
        assert (found.kind, found.path, found.digest) == ("causal-lm", folder, pin.digest)
        by_digest = said.startswith("/") and "@" in said
        assert (found.name, found.licence) == (("tiny", "") if by_digest else ("small", "apache-2.0"))
    assert resolve("tiny", base=tmp_path).name == "small"


def test_nothing_is_found_that_is_neither_pinned_nor_named_with_its_digest(lm: Made) -> None:
    folder = lm()
    digest = pins.digest_of(hashed(folder))
    with pytest.raises(UsageError, match=f"is not pinned.*{folder}@{digest[:12]}"):
        resolve(str(folder), "causal-lm")
    assert resolve(f"{folder}@{digest[:12]}", "causal-lm").digest == digest
    with pytest.raises(UsageError, match="has the digest"):
        resolve(f"{folder}@{'0' * 12}", "causal-lm")


def test_a_copy_elsewhere_has_the_same_digest(lm: Made, tmp_path: Path) -> None:
    pin = manage.add(str(lm()))
    shutil.copytree(tmp_path / "tiny", tmp_path / "copy")
    assert resolve(f"{tmp_path / 'copy'}@{pin.digest}", "causal-lm").path == tmp_path / "copy"


def test_a_reference_names_the_model_without_a_registry(lm: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    manage.add(str(lm()))
    found = resolve("tiny", "causal-lm")
    monkeypatch.setenv("XDG_CONFIG_HOME", "/nowhere")
    assert resolve(found.reference, "causal-lm").digest == found.digest


def test_changed_new_and_missing_files_are_all_told(lm: Made) -> None:
    folder = lm()
    manage.add(str(folder))
    (folder / "config.json").write_bytes(b'{"architectures": ["GPT2LMHeadModel"]}')
    (folder / "README.md").unlink()
    (folder / "extra.txt").write_bytes(b"x")
    with pytest.raises(UsageError, match=r"README\.md is missing; extra\.txt is new; config\.json has changed"):
        resolve("tiny", "causal-lm")


def test_a_digest_is_no_leave_to_run_code(lm: Made) -> None:
    folder = lm(**{"code.py": b"x"})
    with pytest.raises(ConfigError, match="is code"):
        resolve(f"{folder}@{pins.digest_of(hashed(folder))}", "causal-lm")


def test_a_model_of_another_kind_and_a_name_that_is_none_are_refused(lm: Made) -> None:
    manage.add(str(lm()))
    with pytest.raises(UsageError, match="kind causal-lm; sentence-transformers is needed"):
        resolve("tiny", "sentence-transformers")
    with pytest.raises(UsageError, match='did you mean "tiny"'):
        resolve("tinny", "causal-lm")
    (Path(pins.read().models[0].path)).rename(Path(pins.read().models[0].path).with_name("gone"))
    with pytest.raises(UsageError, match="is not there any more"):
        resolve("tiny", "causal-lm")
