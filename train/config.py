"""A stage's settings from one strict YAML file, with changes from the command line (`--set a.b=c`)."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml

from corpus import located
from corpus.errors import ConfigError, Problem, UsageError
from corpus.located import Located

T = TypeVar("T")


def load(kind: type[T], path: str, changes: Sequence[str] = ()) -> T:
    """The file as `kind`; each change sets one key, its value read as YAML.

    UsageError when there is no such file or a change is no assignment; ConfigError with every mistake, at its line.
    """
    file = Path(path)
    if not file.is_file():
        raise UsageError(f"{path}: no such file")
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ConfigError([Problem(path, 0, 0, "is not UTF-8 text")]) from None
    found = located.parse(text, path)
    value = copy.deepcopy(found.value) if found.value is not None else {}
    for change in changes:
        _set(value, change)
    return located.validate(kind, Located(path, value, found.positions))


def _set(value: Any, change: str) -> None:
    name, given, text = change.partition("=")
    if not given or not name:
        raise UsageError(f"--set {change}: must look like key=value, such as learning_rate=2e-5 or lora.r=64")
    try:
        new = _number(yaml.safe_load(text)) if text else None
    except yaml.YAMLError:
        raise UsageError(f"--set {change}: {text!r} is not a YAML value") from None
    *path, last = name.split(".")
    here = value
    for step in path:
        inner = here[int(step)] if isinstance(here, list) else here.setdefault(step, {})
        if not isinstance(inner, dict | list):
            raise UsageError(f"--set {change}: {step} holds {inner!r}, which has nothing inside")
        here = inner
    if isinstance(here, list):
        here[int(last)] = new
    else:
        here[last] = new


def _number(value: Any) -> Any:
    """YAML 1.1 takes 2e-5 for text; people who write it mean the number."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value
