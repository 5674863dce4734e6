"""From what a user calls a model to files that may be loaded: a pin's name, or a path with the digest of its files.

Whatever is returned was hashed just before and looked at (`look`); scorers load nothing that did not come from here.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path

from corpus.errors import ConfigError, UsageError
from corpus.models.registry import pins
from corpus.models.registry.look import dangers, hashed, kind_of, listed
from corpus.models.registry.pins import Kind, PinnedFile, digest_of, short

_WITH_DIGEST = re.compile(r"^(?P<path>.+)@(?P<digest>[0-9a-f]{12,64})$", re.DOTALL)


@dataclass(frozen=True)
class Model:
    """A model whose files were those that were promised a moment ago. `digest` has 64 hex digits."""

    name: str
    kind: Kind
    path: Path
    digest: str
    licence: str = ""

    @property
    def reference(self) -> str:
        """What names it for any machine that has its files at this path: path and digest."""
        return f"{self.path}@{self.digest}"


def resolve(name: str, *kinds: Kind, base: Path | None = None) -> Model:
    """The model called `NAME`, `NAME@DIGEST`, `PATH` (of a pinned model) or `PATH@DIGEST`.

    NAME is a pin's; DIGEST are the first 12 digits or more of the digest of its files; a relative path is below `base`
    (else the working directory). `kinds` are those the caller can use. UsageError or ConfigError when it is not pinned
    and has no digest, its files are others than promised, it is of another kind, or could run code.
    """
    said = _WITH_DIGEST.match(name)
    bare, digest = (said["path"], said["digest"]) if said else (name, "")
    pin = pins.read().named(bare) if re.match(pins.NAME, bare) else None
    path = Path(pin.path) if pin is not None else ((base or Path()) / Path(bare).expanduser()).absolute()
    if pin is None and not path.exists():
        pins.must_be_there(pins.read(), bare)
    if pin is None and not digest:
        pin = pins.read().at(path)
    kind = pin.kind if pin is not None else _kind(path, kinds)
    if kinds and kind not in kinds:
        raise UsageError(f"{name}: is a model of the kind {kind}; {' or '.join(kinds)} is needed here")
    if not path.exists():
        raise UsageError(f"{path}: is not there any more; the pinned model {bare!r} names it")
    files = _files(path)
    found = digest_of(files)
    if pin is None and not digest:
        raise UsageError(
            f"{path}: is not pinned, and nothing is loaded that is not; pin it with corpus models add {path}, or name "
            f"it with its digest: {name}@{short(found)}"
        )
    if pin is not None and files != pin.files:
        raise UsageError(
            f"{path}: {'; '.join(changes(pin.files, files))}; if that is meant, pin it again with --replace"
        )
    if digest and not found.startswith(digest):
        raise UsageError(f"{path}: has the digest {short(found)}..., not {digest}")
    problems = dangers(path, kind)
    if problems:
        raise ConfigError(problems)
    return Model(pin.name if pin is not None else path.name, kind, path, found, pin.licence if pin is not None else "")


def changes(promised: tuple[PinnedFile, ...], there: tuple[PinnedFile, ...]) -> list[str]:
    """What is different between the files that were pinned and those there are, a line a file."""
    old, new = ({one.name: one for one in files} for files in (promised, there))
    said = [f"{name} is missing" for name in sorted(old.keys() - new.keys())]
    said += [f"{name} is new" for name in sorted(new.keys() - old.keys())]
    return said + [f"{name} has changed" for name in sorted(old.keys() & new.keys()) if old[name] != new[name]]


def _kind(path: Path, kinds: tuple[Kind, ...]) -> Kind:
    """The only kind the caller takes, else what the files say."""
    return kinds[0] if len(kinds) == 1 else kind_of(path)


def _files(path: Path) -> tuple[PinnedFile, ...]:
    """The files of a model, hashed once a process for each state of them."""
    stats = [(name, file.stat()) for name, file in listed(path)]
    return _remembered(path, tuple((name, one.st_size, one.st_mtime_ns, one.st_ino) for name, one in stats))


@functools.lru_cache(maxsize=64)
def _remembered(path: Path, state: tuple[tuple[str, int, int, int], ...]) -> tuple[PinnedFile, ...]:
    return hashed(path)
