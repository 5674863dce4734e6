"""The directory of a model: `card.json` and the files that it names. It appears whole, in a place where nothing was.

Models of every kind are kept so. Nothing is loaded whose bytes are not those the card names.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, Field, ValidationError

from corpus.errors import ConfigError, Problem, UsageError
from corpus.located import Strict

CARD = "card.json"
MAX_BYTES = 8 << 20
DIGEST = 12
C = TypeVar("C", bound=BaseModel)


class File(Strict):
    """A file beside the card."""

    name: Annotated[str, Field(pattern=r"^[\w][\w.\-]*$")]
    bytes: Annotated[int, Field(ge=1)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


def user_root() -> Path:
    """Where models are looked up by name: `$XDG_CONFIG_HOME/corpus/models`, else below `~/.config`."""
    base = os.environ.get("XDG_CONFIG_HOME", "")
    home = Path(base) if base and Path(base).is_absolute() else Path.home() / ".config"
    return home / "corpus" / "models"


def find(name: str, base: Path | None, noun: str, make: str) -> Path:
    """The directory of a model: `name` below `base` (else the working directory), else below `user_root`.

    A path of the card itself is taken too. UsageError, with the places looked at, when there is none: it calls the
    model by `noun` and says by `make` how one is made.
    """
    given = Path(name).expanduser()
    if given.name == CARD:
        given = given.parent
    places = [(base or Path()) / given, *([] if given.is_absolute() else [user_root() / given])]
    for place in places:
        if (place / CARD).is_file():
            return place
    looked = " or ".join(str(place) for place in places)
    raise UsageError(f"no {noun} {name!r}: there is no {CARD} in {looked}; {make}")


def read(directory: Path, kind: type[C]) -> C:
    """The card in a directory; ConfigError with everything that is wrong with it."""
    path = directory / CARD
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError([Problem(str(path), 0, 0, f"is larger than {MAX_BYTES >> 20} MB")])
        return kind.model_validate_json(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from None
    except ValidationError as error:
        said = [(".".join(map(str, one["loc"])) or "the card", one["msg"]) for one in error.errors()]
        raise ConfigError([Problem(str(path), 0, 0, f"{part}: {message}") for part, message in said]) from None


def text_of(card: Strict) -> bytes:
    """The card as it is written."""
    return card.model_dump_json(indent=2).encode() + b"\n"


def digest_of(*parts: str) -> str:
    """The first hex digits of a sha256 over what decides a score."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:DIGEST]


def file_of(path: Path) -> File:
    """The name, size and digest of a file of a model."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return File(name=path.name, bytes=path.stat().st_size, sha256=digest.hexdigest())


def check(directory: Path, files: Sequence[File]) -> None:
    """UsageError unless every file is there with the size and the digest that the card names."""
    for file in files:
        path = directory / file.name
        if not path.is_file():
            raise UsageError(f"{path}: is missing; the card beside it names it")
        found = file_of(path)
        if found != file:
            raise UsageError(
                f"{path}: has {found.bytes} bytes and sha256 {found.sha256[:DIGEST]}..., its card says {file.bytes} "
                f"and {file.sha256[:DIGEST]}...; it is not loaded. Restore the file, or make the model anew"
            )


def state(directory: Path, card: Strict, files: Sequence[File]) -> tuple[Path, str, tuple[int, ...]]:
    """What a model that was loaded is known again by: its directory, its card, and when its files were written."""
    paths = [directory / file.name for file in files]
    stamps = tuple(path.stat().st_mtime_ns for path in paths if path.is_file())
    return directory.absolute(), card.model_dump_json(), stamps


def table_of(path: Path) -> pa.Table:
    """The model that is kept as Parquet; UsageError when it is none."""
    try:
        return pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise UsageError(f"{path}: is no Parquet file: {error}") from None


def put_table(table: pa.Table, path: Path) -> File:
    """Write a model as Parquet."""
    pq.write_table(table, path, compression="zstd", use_dictionary=False)
    return file_of(path)


def must_be_free(out: Path) -> None:
    """UsageError unless `out` is not there, or is an empty directory."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out}: is there already; name a new directory, nothing is overwritten")


@contextmanager
def written(out: Path) -> Iterator[Path]:
    """A directory beside `out` that becomes `out` when all of it was written, and goes when that failed."""
    out.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".model-", dir=out.parent))
    aside.chmod(0o755)
    try:
        yield aside
        if out.is_dir():
            out.rmdir()
        aside.replace(out)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
