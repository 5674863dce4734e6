"""The shipped rules and lists are found, and their absence is explained."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from corpus import resources
from corpus.errors import EnvironmentProblem


def test_the_shipped_directories_are_found_and_valid():
    assert (resources.rules_root() / "common").is_dir()
    manifest = (resources.blacklists_root() / "MANIFEST.toml").read_text(encoding="utf-8")
    assert tomllib.loads(manifest)["list"]


def test_data_inside_the_package_comes_first(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "corpus")
    (tmp_path / "rules" / "common").mkdir(parents=True)
    (tmp_path / "pyproject.toml").touch()
    assert resources.rules_root() == tmp_path / "rules"
    (tmp_path / "corpus" / "_data" / "rules" / "common").mkdir(parents=True)
    assert resources.rules_root() == tmp_path / "corpus" / "_data" / "rules"


def test_a_stranger_named_rules_beside_the_package_is_not_ours(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "corpus")
    (tmp_path / "rules" / "common").mkdir(parents=True)
    with pytest.raises(EnvironmentProblem, match="Reinstall the package"):
        resources.rules_root()
