"""What `corpus models` does: pin a model, and see whether those that are pinned are still what they were.

A model of a hub is found in the local cache that its client keeps; nothing is fetched unless the user asks.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import BaseModel

from corpus.errors import EnvironmentProblem, UsageError
from corpus.models import directory
from corpus.models.registry import pins
from corpus.models.registry.look import dangers, hashed, look
from corpus.models.registry.pins import Kind, Pin
from corpus.models.registry.resolve import changes

WANTED = ("*.safetensors", "*.json", "*.txt", "*.model", "*.jinja", "README.md")
"""Files of a hub's model that are fetched; never code, never a pickle."""
_MAX_README = 1 << 20


@dataclass(frozen=True)
class State:
    """A pin and everything that is wrong with it now; nothing when it can be loaded."""

    pin: Pin
    problems: tuple[str, ...]


def add(
    given: str,
    name: str | None = None,
    kind: Kind | None = None,
    licence: str | None = None,
    *,
    allow_download: bool = False,
    replace: bool = False,
) -> Pin:
    """Pin the model in a directory or file, or the one a hub calls `given`; `name` is the path's last step by default.

    The licence is read from the model's README where it is not given. UsageError when the name is taken (unless
    `replace`), there is no licence, or nothing is there; ConfigError with everything that forbids to trust it.
    """
    path, source = _place(given, allow_download)
    called = (given if source else path.name) if name is None else name
    if not _is_name(called):
        raise UsageError(f"{called!r} is no name for a model: letters, digits, `_`, `.` and `-`; give one with --name")
    registry = pins.read()
    there = registry.named(called)
    found = look(path, kind)
    said = licence or _licence(found.path) or _licence_of_card(found.path)
    if not said:
        raise UsageError(f"{found.path}: says nothing of its licence; name it with --licence (`unknown` is one)")
    pin = Pin(name=called, kind=found.kind, path=str(found.path), files=found.files, licence=said, source=source)
    if there is not None and not replace and there != pin:
        raise UsageError(
            f"a model {called!r} is pinned already, at {there.path}; choose another --name, or --replace it"
        )
    pins.write(registry.with_pin(pin))
    return pin


def verify(names: tuple[str, ...] = ()) -> list[State]:
    """Every pinned model, or those named, hashed again; UsageError for a name that is not pinned."""
    registry = pins.read()
    wanted = [pins.must_be_there(registry, name) for name in names] or registry.models
    return [State(pin, tuple(_wrong(pin))) for pin in wanted]


def _wrong(pin: Pin) -> list[str]:
    path = Path(pin.path)
    if not path.exists():
        return ["is not there any more"]
    said = changes(pin.files, hashed(path))
    return said + [str(problem) for problem in dangers(path, pin.kind)]


def _place(given: str, allow_download: bool) -> tuple[Path, str]:
    """Where the model is, and the name and commit a hub gives it, empty for a path."""
    path = Path(given).expanduser()
    if path.exists():
        return path.absolute(), ""
    if not _is_name(given) or "/" not in given:
        raise UsageError(f"{path}: is not there")
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
    except ImportError:
        raise EnvironmentProblem(f"{given}: models of a hub need the package huggingface-hub") from None
    try:
        cache = os.environ.get("HF_HUB_CACHE") or None
        found = Path(
            snapshot_download(given, cache_dir=cache, local_files_only=not allow_download, allow_patterns=list(WANTED))
        )
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError, ValueError) as error:
        if not allow_download:
            raise UsageError(
                f"{given}: is no path, and the cache of models of the hub does not hold it; --allow-download fetches it"
            ) from None
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise UsageError(f"{given}: cannot be fetched: {first}") from None
    return found.absolute(), f"{given}@{found.name}"


def _licence(path: Path) -> str:
    """The licence that the front matter of a README names."""
    readme = path / "README.md"
    if not path.is_dir() or not readme.is_file() or readme.stat().st_size > _MAX_README:
        return ""
    text = readme.read_text(encoding="utf-8", errors="replace")
    if not text.startswith("---"):
        return ""
    try:
        front = yaml.safe_load(text.split("---", 2)[1])
    except yaml.YAMLError:
        return ""
    said = front.get("license") if isinstance(front, dict) else None
    return said if isinstance(said, str) else ""


class _Licensed(BaseModel):
    """What a card of any kind may say."""

    licence: str = ""


def _licence_of_card(path: Path) -> str:
    return directory.read(path, _Licensed).licence if (path / directory.CARD).is_file() else ""


def _is_name(said: str) -> bool:
    return re.match(pins.NAME, said) is not None


def offline() -> None:
    """Let no library look at a hub from here on; for processes that load models."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["TRANSFORMERS_OFFLINE"] = "1"
