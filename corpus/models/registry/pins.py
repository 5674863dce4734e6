"""The registry of models: a JSON file that says of each model a user trusts where it is, what it is and its bytes.

`$XDG_CONFIG_HOME/corpus/models/registry.json`. A model is data: it is known by the sha256 of every file, and is loaded
only when its files still have them.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import Field, ValidationError

from corpus.errors import ConfigError, Problem, UsageError
from corpus.located import Strict, suggest
from corpus.models.directory import DIGEST, user_root

FILE = "registry.json"
MAX_BYTES = 64 << 20
NAME = r"^[A-Za-z0-9_][A-Za-z0-9_.\-]*(/[A-Za-z0-9_][A-Za-z0-9_.\-]*)?$"
"""A name, or two with a slash between, as model hubs have them."""
Kind = Literal[
    "causal-lm",
    "sentence-transformers",
    "classifier",
    "floret",
    "fasttext",
    "ngram-lm",
    "arpa",
    "kenlm",
    "continuity",
    "tokenizer",
]
"""What can be pinned; `classifier` is a directory with a card (`corpus classifier train`)."""


class PinnedFile(Strict):
    """A file of a model; `name` is its path below the model's directory with `/`, or the name of a single file."""

    name: str
    bytes: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Pin(Strict):
    """A model that is trusted: `path` is absolute, a directory or a file; `files` are all of its files by name."""

    name: Annotated[str, Field(pattern=NAME)]
    kind: Kind
    path: str
    files: Annotated[tuple[PinnedFile, ...], Field(min_length=1)]
    licence: Annotated[str, Field(min_length=1)]
    source: str = ""

    @property
    def digest(self) -> str:
        """The digest of all files; see `digest_of`."""
        return digest_of(self.files)

    @property
    def bytes(self) -> int:
        """The sum of the files."""
        return sum(one.bytes for one in self.files)


class Registry(Strict):
    """All pins, in the order of their names."""

    registry: Literal[1] = 1
    models: tuple[Pin, ...] = ()

    def named(self, name: str) -> Pin | None:
        """The pin of a name."""
        return next((one for one in self.models if one.name == name), None)

    def at(self, path: Path) -> Pin | None:
        """The pin of a place, if it has one."""
        return next((one for one in self.models if one.path == str(path)), None)

    def with_pin(self, pin: Pin) -> Registry:
        """The registry with `pin` in the place of the one of its name, if any."""
        others = [one for one in self.models if one.name != pin.name]
        return self.model_copy(update={"models": tuple(sorted([*others, pin], key=lambda one: one.name))})


def digest_of(files: tuple[PinnedFile, ...]) -> str:
    """A sha256 (64 hex digits) over name, size and sha256 of all files in the order of their names.

    The path of the model is not in it: a copy elsewhere has the same digest.
    """
    lines = sorted(f"{one.name}\0{one.bytes}\0{one.sha256}\n" for one in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def short(digest: str) -> str:
    """The first digits, which columns and messages show."""
    return digest[:DIGEST]


def place() -> Path:
    """Where the registry of this user is."""
    return user_root() / FILE


def read(path: Path | None = None) -> Registry:
    """The registry; an empty one where there is no file. ConfigError with everything that is wrong with it."""
    path = place() if path is None else path
    try:
        if not path.exists():
            return Registry()
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError([Problem(str(path), 0, 0, f"is larger than {MAX_BYTES >> 20} MB")])
        found = Registry.model_validate_json(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from None
    except ValidationError as error:
        raise ConfigError(
            [
                Problem(str(path), 0, 0, f"{'.'.join(map(str, one['loc'])) or 'the registry'}: {one['msg']}")
                for one in error.errors()
            ]
        ) from None
    names = [one.name for one in found.models]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError([Problem(str(path), 0, 0, f"{name}: is there twice") for name in twice])
    return found


def write(registry: Registry, path: Path | None = None) -> Path:
    """Put the registry in the place of the one there is, whole or not at all."""
    path = place() if path is None else path
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, aside = tempfile.mkstemp(prefix=".registry-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(registry.model_dump_json(indent=2).encode() + b"\n")
        Path(aside).replace(path)
    finally:
        Path(aside).unlink(missing_ok=True)
    return path


def kind_named(said: str) -> Kind:
    """`said` as a kind; UsageError when it is none."""
    if said not in get_args(Kind):
        raise UsageError(f"--kind {said}: is not one of {', '.join(get_args(Kind))}")
    return said  # type: ignore[return-value]


def must_be_there(registry: Registry, name: str) -> Pin:
    """The pin of a name; UsageError, with the names there are, when there is none."""
    pin = registry.named(name)
    if pin is None:
        known = [one.name for one in registry.models]
        said = f"; pinned are {', '.join(known)}" if known else "; nothing is pinned"
        raise UsageError(f"no pinned model {name!r}{suggest(name, known)}{said}")
    return pin
