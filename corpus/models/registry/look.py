"""What a model's files are before any loader sees them: listed, hashed, and searched for what could run as code.

Refused are Python files, anything that unpickles (by the end of its name and by its first bytes), a configuration that
names code (`auto_map`, modules of others) and weights in another format than safetensors. Loading such a file can run
whatever its author wished; a digest would only say that it is the same danger as before.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from corpus.errors import ConfigError, Problem, UsageError
from corpus.models.directory import CARD
from corpus.models.fasttext_file import MAGIC, examine
from corpus.models.registry.pins import Kind, PinnedFile

PICKLES = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib", ".dill")
CODE = (".py", ".pyc", ".pyd", ".so", ".dll", ".dylib")
NEURAL: tuple[Kind, ...] = ("causal-lm", "sentence-transformers")
MAX_JSON = 64 << 20
_BLOCK = 4 << 20
_OURS = "sentence_transformers."
_KENLM = b"mmap lm http://kheafield.com/code format version"


@dataclass(frozen=True)
class Looked:
    """A model that may be pinned: an absolute path, what it is, and all of its files by name."""

    path: Path
    kind: Kind
    files: tuple[PinnedFile, ...]


def look(path: Path, kind: Kind | None = None) -> Looked:
    """The model in a directory or file; its kind is read from its files where it is not given.

    ConfigError with everything that forbids to trust it; UsageError when it is not there or its kind cannot be told.
    Hidden files and directories are no part of a model.
    """
    path = path.expanduser().absolute()
    if not path.exists():
        raise UsageError(f"{path}: is not there")
    names = [name for name, _ in listed(path)]
    if not names:
        raise UsageError(f"{path}: holds no file")
    found = kind_of(path) if kind is None else kind
    problems = dangers(path, found)
    if problems:
        raise ConfigError(problems)
    return Looked(path, found, hashed(path))


def listed(path: Path) -> Iterator[tuple[str, Path]]:
    """The files of a model with their names, in the order of the names; links to files are followed, as loaders do."""
    if path.is_file():
        yield path.name, path
        return
    for one in sorted(path.rglob("*")):
        name = one.relative_to(path)
        if one.is_file() and not any(step.startswith(".") for step in name.parts):
            yield name.as_posix(), one


def hashed(path: Path) -> tuple[PinnedFile, ...]:
    """Every file with its size and sha256."""
    return tuple(_hashed(name, file) for name, file in listed(path))


def _hashed(name: str, file: Path) -> PinnedFile:
    digest, size = hashlib.sha256(), 0
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return PinnedFile(name=name, bytes=size, sha256=digest.hexdigest())


def kind_of(path: Path) -> Kind:
    """What the files say they are; UsageError, with the kinds there are, when they do not say."""
    if path.is_dir():
        if (path / CARD).is_file():
            card = _json(path / CARD)
            kind = card.get("kind") if isinstance(card, dict) else None
            if kind == "continuity":
                return "continuity"
            return "ngram-lm" if kind in ("ngram", "arpa", "kenlm") else "classifier"
        if (path / "modules.json").is_file():
            return "sentence-transformers"
        config = _json(path / "config.json") if (path / "config.json").is_file() else None
        names = config.get("architectures") if isinstance(config, dict) else None
        if isinstance(names, list) and any(str(one).endswith(("ForCausalLM", "LMHeadModel")) for one in names):
            return "causal-lm"
        if config is None and (path / "tokenizer.json").is_file():
            return "tokenizer"
    else:
        with path.open("rb") as stream:
            start = stream.read(64)
        if start.lstrip().startswith(b"\\data\\") or path.name.endswith((".arpa", ".arpa.gz")):
            return "arpa"
        if start.startswith(_KENLM):
            return "kenlm"
        if start[:4] == struct.pack("<i", MAGIC):
            return "fasttext" if _is_fasttext(path) else "floret"
        if start[:1] == b"{" and path.name.endswith(".json"):
            return "tokenizer"
    raise UsageError(
        f"{path}: its files do not say what it is; name it with --kind, one of {', '.join(get_args(Kind))}"
    )


def _is_fasttext(path: Path) -> bool:
    try:
        examine(path)
    except UsageError:
        return False
    return True


def dangers(path: Path, kind: Kind) -> list[Problem]:
    """Everything that forbids to load the files as a model of this kind, by file."""
    problems: list[Problem] = []
    weights = False
    for name, file in listed(path):
        weights |= name.endswith(".safetensors")
        for said in _of_file(name, file, kind):
            problems.append(Problem(str(file), 0, 0, said))
    if kind in NEURAL:
        problems += [Problem(str(path), 0, 0, said) for said in _lacking(path, kind, weights)]
    return problems


def _of_file(name: str, file: Path, kind: Kind) -> Iterator[str]:
    low = name.lower()
    if low.endswith(CODE):
        yield "is code; a model of which a part is a program is not loaded. Remove it if the model works without it"
        return
    if kind in (*NEURAL, "tokenizer") and low.endswith(PICKLES):
        yield (
            "is a pickle by its name, and unpickling runs code; only safetensors are loaded. Convert it, or remove it "
            "where a .safetensors file stands beside it"
        )
        return
    if not (kind == "classifier" and low.endswith(".npz")) and _unpickles(file):
        yield "begins as a pickle does, and unpickling runs code; only safetensors are loaded"
        return
    if low.endswith(".safetensors"):
        yield from _torn(file)
    elif low.endswith(".json") and kind in (*NEURAL, "tokenizer"):
        yield from _of_json(Path(name).name, file)


def _unpickles(file: Path) -> bool:
    """Whether the first bytes are those of a pickle from protocol 2 on, or of a zip archive, which torch writes."""
    with file.open("rb") as stream:
        start = stream.read(4)
    return (start[:1] == b"\x80" and start[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05")) or start == b"PK\x03\x04"


def _torn(file: Path) -> Iterator[str]:
    """A safetensors file is a length, a JSON header and the bytes that the header lays out, without a gap or a rest."""
    size = file.stat().st_size
    with file.open("rb") as stream:
        start = stream.read(8)
        many = struct.unpack("<Q", start)[0] if len(start) == 8 else size
        if many > min(size - 8, MAX_JSON):
            yield "is no safetensors file, or is cut off"
            return
        try:
            header = json.loads(stream.read(many))
            ends = [one["data_offsets"][1] for name, one in header.items() if name != "__metadata__"]
        except (ValueError, KeyError, TypeError, AttributeError, IndexError):
            yield "is no safetensors file: its header is not readable"
            return
    if 8 + many + max(ends, default=0) != size:
        yield f"is cut off or damaged: has {size} bytes, its header lays out {8 + many + max(ends, default=0)}"


def _of_json(name: str, file: Path) -> Iterator[str]:
    checks: dict[str, Callable[[Any], Iterator[str]]] = {"modules.json": _modules}
    check = checks.get(name, _config if "config" in name else None)
    if check is None:
        return
    try:
        found = _json(file)
    except ValueError as error:
        yield f"is not readable: {error}"
        return
    yield from check(found)


def _config(found: Any) -> Iterator[str]:
    if not isinstance(found, dict):
        return
    if "auto_map" in found:
        yield "has an `auto_map`, which names code to run; remote code is never run"
    for key in ("activation_function", "loss_fct"):
        named = found.get(key)
        if isinstance(named, str) and "." in named and not named.startswith("torch.nn."):
            yield f"names the code {named!r} as its `{key}`; only those of torch.nn are used"


def _modules(found: Any) -> Iterator[str]:
    if not isinstance(found, list):
        yield "is no list of modules"
        return
    for one in found:
        named = one.get("type") if isinstance(one, dict) else None
        if not isinstance(named, str) or not named.startswith(_OURS):
            yield f"names the module {named!r}; only those of sentence_transformers are loaded"


def _lacking(path: Path, kind: Kind, weights: bool) -> Iterator[str]:
    if not path.is_dir():
        yield f"is a file; a model of the kind {kind} is a directory"
        return
    if not weights:
        yield "has no .safetensors file; only safetensors are loaded"
    if kind == "causal-lm":
        for name in ("config.json", "tokenizer.json"):
            if not (path / name).is_file():
                yield f"has no {name}"
    elif not (path / "modules.json").is_file():
        yield "has no modules.json, which says how tokens become one vector"


def _json(path: Path) -> Any:
    if path.stat().st_size > MAX_JSON:
        raise ValueError(f"is larger than {MAX_JSON >> 20} MB")
    return json.loads(path.read_bytes())
