"""The doctor names what is missing and what to do."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import pytest

from train import doctor


def test_what_is_here_is_fine_and_what_is_not_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {one.what: one for one in doctor.examine(str(tmp_path))}
    assert found["torch"].level == "fine"
    assert found["torch"].said == importlib.metadata.version("torch")
    assert "GB free" in found["disk"].said
    monkeypatch.setattr(doctor, "PACKAGES", ("no-such-package",))
    (lacking,) = [one for one in doctor.examine(str(tmp_path)) if one.level == "wrong"]
    assert (lacking.what, "pip install" in lacking.said) == ("no-such-package", True)


def test_a_folder_that_cannot_be_written_is_wrong(tmp_path: Path) -> None:
    gone = doctor.examine(str(tmp_path / "none"))
    assert [one.what for one in gone if one.level == "wrong"] == ["disk"]
