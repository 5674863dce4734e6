"""What a tuned model is beyond its base, for those who may have the base: exact to the bit, checked before and after.

A tensor that both have in one shape and type is stored as the exclusive or of their bytes, which loses nothing in any
precision (FastChat's and Ziya's difference in fp16 does); any other is stored whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from corpus.errors import UsageError, VerifyError
from train import tensors
from train.tensors import Folder

PAGE = "delta.json"


def make(base: str, tuned: str, out: str) -> dict[str, Any]:
    """Write the delta of `tuned` over `base`, with the other files of `tuned`; its page."""
    first, second = tensors.folder(base), tensors.folder(tuned)
    whole: list[str] = []

    def differences() -> Iterator[tuple[str, Any]]:
        for name in sorted(second.files):
            tensor = second.tensor(name)
            other = first.tensor(name) if name in first.files else None
            if other is None or (other.dtype, other.shape) != (tensor.dtype, tensor.shape):
                whole.append(name)
                yield name, tensor
            else:
                yield name, _xor(tensor, other)

    with tensors.made(out) as folder:
        tensors.write(differences(), folder)
        tensors.copy_rest(second.path, folder)
        page = {"base": tensors.digest(first), "tuned": tensors.digest(second), "whole": whole}
        (folder / PAGE).write_text(json.dumps(page, indent=1) + "\n", encoding="utf-8")
        return page


def apply(base: str, delta: str, out: str) -> str:
    """Write the tuned model that `delta` makes of `base`; its digest.

    UsageError when `delta` is none or belongs to another base, VerifyError when the result is not what was tuned;
    nothing is written then.
    """
    first, change = tensors.folder(base), tensors.folder(delta)
    path = change.path / PAGE
    if not path.is_file():
        raise UsageError(f"{delta}: holds no {PAGE}; it is no delta")
    page = json.loads(path.read_text(encoding="utf-8"))
    found = tensors.digest(first)
    if found != page["base"]:
        raise UsageError(f"{base}: is not the base of {delta}: its tensors have {found[:16]}, not {page['base'][:16]}")
    with tensors.made(out) as folder:
        tuned = tensors.write(_restored(first, change, frozenset(page["whole"])), folder)
        if tuned != page["tuned"]:
            raise VerifyError(
                f"{delta}: gives a model with digest {tuned[:16]}, not {page['tuned'][:16]}; it is damaged"
            )
        tensors.copy_rest(change.path, folder)
        (folder / PAGE).unlink()
        return tuned


def _restored(base: Folder, change: Folder, whole: frozenset[str]) -> Iterator[tuple[str, Any]]:
    for name in sorted(change.files):
        tensor = change.tensor(name)
        yield name, tensor if name in whole else _xor(tensor, base.tensor(name))


def _xor(one: Any, other: Any) -> Any:
    return (tensors.bits(one) ^ tensors.bits(other)).view(one.dtype).reshape(one.shape)
