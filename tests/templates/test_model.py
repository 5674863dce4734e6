"""A wrong task is told where it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.errors import ConfigError, UsageError
from corpus.templates.model import load, shipped

HEAD = "templates: 1\nname: own\nabout: x\nfields: [text]\nen: ['{text}']\n"


def test_a_dozen_kinds_of_task_are_shipped() -> None:
    assert len(shipped()) >= 12
    assert all(load(name).name == name for name in shipped())


@pytest.mark.parametrize(
    ("rest", "told"),
    [
        ("answer: '{word}'\nzh: ['{text}']\n", "is no field"),
        ("answer: '{label}'\nlabels: {a: {zh: 甲, en: a}}\nzh: ['{label}']\n", "must not show the label"),
        ("answer: x\nspellings: {'1': b}\nzh: ['{text}']\n", "which is no label"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, rest: str, told: str) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(HEAD + rest, encoding="utf-8")
    with pytest.raises(ConfigError, match=told):
        load(str(path))


def test_an_unknown_task_is_refused() -> None:
    with pytest.raises(UsageError, match="corpus templates list"):
        load("sentimant")
