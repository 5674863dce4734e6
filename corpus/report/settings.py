"""A pipeline as it may be shown to others: without anything that belongs to the machine it ran on."""

from __future__ import annotations

from typing import Any

import yaml

from corpus import storage
from corpus.config import Pipeline


def shown_settings(settings: Pipeline) -> dict[str, Any]:
    """What differs from the defaults, without the paths of sources; other files are told by their names alone."""
    shown = settings.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    for source in shown["sources"]:
        source.pop("paths", None)
    return {key: value if key == "select" else _named(value) for key, value in shown.items()}


def settings_yaml(settings: Pipeline) -> str:
    """The same as YAML."""
    return str(yaml.safe_dump(shown_settings(settings), allow_unicode=True, sort_keys=False)).rstrip()


def _named(value: Any) -> Any:
    """`value` with the names of files and directories in the place of their locations."""
    if isinstance(value, dict):
        return {key: _named(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_named(item) for item in value]
    if isinstance(value, str) and (value.startswith("/") or "://" in value or value.endswith((".yaml", ".yml"))):
        return storage.name_of(value.rstrip("/"))
    return value
