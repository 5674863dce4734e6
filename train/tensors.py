"""Tensors of a model folder, one at a time, and their digest: no folder is ever held whole in memory."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.errors import UsageError

INDEX = "model.safetensors.index.json"
SHARD = 4 << 30
WEIGHTS = (".safetensors", ".bin", ".pt", ".pth", ".safetensors.index.json")


@dataclass(frozen=True)
class Folder:
    """A model folder: the safetensors file that holds each tensor, by name."""

    path: Path
    files: dict[str, Path]

    def tensor(self, name: str) -> Any:
        """One tensor, read from its file."""
        from safetensors import safe_open

        with safe_open(self.files[name], framework="pt") as opened:
            return opened.get_tensor(name)


def folder(path: str) -> Folder:
    """The safetensors in a folder. UsageError when there are none, or a tensor is in two of them."""
    from safetensors import safe_open

    found: dict[str, Path] = {}
    for file in sorted(Path(path).glob("*.safetensors")):
        with safe_open(file, framework="pt") as opened:
            for name in opened.keys():  # noqa: SIM118 - it is no dict
                if name in found:
                    raise UsageError(f"{path}: tensor {name} is in {found[name].name} and in {file.name}")
                found[name] = file
    if not found:
        raise UsageError(
            f"{path}: holds no safetensors; only those are read (convert with transformers' save_pretrained)"
        )
    return Folder(Path(path), found)


def bits(tensor: Any) -> Any:
    """The bytes of a tensor as a flat uint8 tensor."""
    import torch

    return tensor.contiguous().reshape(-1).view(torch.uint8)


def described(name: str, tensor: Any) -> bytes:
    """A line for the digest of a model: name, type, shape and the digest of the bytes."""
    content = hashlib.sha256(memoryview(bits(tensor).numpy())).hexdigest()
    return f"{name} {tensor.dtype} {list(tensor.shape)} {content}\n".encode()


def digest(model: Folder) -> str:
    """sha256 over all tensors in order of their names; how they are spread over files does not matter."""
    found = hashlib.sha256()
    for name in sorted(model.files):
        found.update(described(name, model.tensor(name)))
    return found.hexdigest()


def write(tensors: Iterator[tuple[str, Any]], target: Path, shard: int = SHARD) -> str:
    """Files of at most `shard` bytes with their index, as transformers reads them; the digest, for names in order."""
    from safetensors.torch import save_file

    held: dict[str, Any] = {}
    size, total, count, where = 0, 0, 0, {}
    found = hashlib.sha256()

    def flush() -> None:
        nonlocal size, count
        count += 1
        name = f"model-{count:05d}.safetensors"
        save_file(held, target / name, metadata={"format": "pt"})
        where.update(dict.fromkeys(held, name))
        held.clear()
        size = 0

    for name, tensor in tensors:
        if held and size + tensor.nbytes > shard:
            flush()
        held[name] = tensor.contiguous()
        size, total = size + tensor.nbytes, total + tensor.nbytes
        found.update(described(name, tensor))
    flush()
    if count == 1:
        (target / "model-00001.safetensors").rename(target / "model.safetensors")
    else:
        page = {"metadata": {"total_size": total}, "weight_map": where}
        (target / INDEX).write_text(json.dumps(page, indent=1), encoding="utf-8")
    return found.hexdigest()


@contextmanager
def made(out: str) -> Iterator[Path]:
    """A new folder, made aside and moved to `out` when the block ends well. UsageError when `out` is there."""
    target = Path(out)
    if target.exists():
        raise UsageError(f"{out}: is there already; name a folder that is not")
    aside = target.with_name(f".{target.name}.writing")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        yield aside
        aside.replace(target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def copy_rest(source: Path, target: Path, but: Collection[str] = ()) -> None:
    """Every file of a model folder that is no weight, nor named in `but`, nor there already: settings, tokenizer,
    provenance."""
    for path in source.iterdir():
        other = path.is_file() and not path.name.endswith(WEIGHTS) and path.name not in but
        if other and not (target / path.name).exists():
            (target / path.name).write_bytes(path.read_bytes())
