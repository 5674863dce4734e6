"""Where a model comes from: a page in every checkpoint, written last, so that a checkpoint without it is not one.

The page names what was trained on (the digests of the tiers' manifests), how far, with which settings and versions, and
the parent model with its own page, so the chain leads from any model back to raw files.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from corpus import storage
from corpus.errors import ContractError

PAGE = "data_provenance.json"
FINAL = "model"
"""Where below a run's `out` the trained model lies, beside its checkpoints: nothing in it is a pickle."""
PACKAGES = ("torch", "transformers", "deepspeed", "peft", "trl", "accelerate", "tokenizers", "corpus-tiers")
_CHECKPOINT = re.compile(r"checkpoint-(\d+)\Z")


def read(folder: str | Path) -> dict[str, Any] | None:
    """The page in a folder; None where there is none."""
    path = Path(folder) / PAGE
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def write(folder: str | Path, page: Mapping[str, Any]) -> None:
    """Put the page there, whole or not at all."""
    told = json.dumps(page, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    storage.put_atomic(str(Path(folder) / PAGE), told.encode())


def page(stage: str, data: Mapping[str, Any], settings: Mapping[str, Any], parent: str | None) -> dict[str, Any]:
    """What all checkpoints of a run share. `data` identifies what is read; `parent` is the folder of the model that the
    run began with, None for one from scratch."""
    found = {
        "stage": stage,
        "data": dict(data),
        "settings": dict(settings),
        "packages": versions(),
        "parent": None if parent is None else {"folder": parent, "provenance": read(parent)},
    }
    return found | {"fingerprint": fingerprint(stage, data, settings)}


def fingerprint(stage: str, data: Mapping[str, Any], settings: Mapping[str, Any]) -> str:
    """64 hex digits of what a run must share with the checkpoint it goes on from."""
    told = json.dumps([stage, data, settings], ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(told.encode()).hexdigest()


def versions() -> dict[str, str]:
    """Of the packages that decide what training does."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def finish(trainer: Any, out: str) -> str:
    """Write the model of a trainer as others take it; every rank must call. Its folder."""
    from train import distributed

    folder = Path(out) / FINAL
    trainer.save_model(str(folder))
    distributed.together()
    if trainer.is_world_process_zero():
        (folder / "training_args.bin").unlink(missing_ok=True)
    return str(folder)


def chain(folder: str | Path) -> list[dict[str, Any]]:
    """The pages of a model and its parents, the youngest first."""
    found, here = [], read(folder)
    while here:
        found.append(here)
        here = (here.get("parent") or {}).get("provenance")
    return found


def latest(out: str | Path) -> Path | None:
    """The checkpoint with the highest step that is complete."""
    steps = {int(match[1]): path for path in Path(out).glob("checkpoint-*") if (match := _CHECKPOINT.match(path.name))}
    return next((steps[step] for step in sorted(steps, reverse=True) if (steps[step] / PAGE).is_file()), None)


def resumable(out: str | Path, wanted: Mapping[str, Any]) -> Path | None:
    """The checkpoint that a run with the page `wanted` goes on from; None where there is none.

    ContractError when the last one belongs to another run, with everything that differs.
    """
    found = latest(out)
    if found is None:
        return None
    there = read(found) or {}
    if there["fingerprint"] != wanted["fingerprint"]:
        lines = "".join(f"\n  {line}" for line in differences(there, wanted))
        raise ContractError(f"{found}: was made by another run; name another `out`, or set this right:{lines}")
    return found


def differences(there: Mapping[str, Any], here: Mapping[str, Any]) -> list[str]:
    """A line for each value that two pages do not share, of those that a run must share with its checkpoint."""
    told = [
        {name: value for part in ("data", "settings") for name, value in _flat(page.get(part) or {}, part)}
        for page in (there, here)
    ]
    names = sorted(set(told[0]) | set(told[1]))
    return [
        f"{name}: {told[0].get(name, 'nothing')!r} there, {told[1].get(name, 'nothing')!r} here"
        for name in names
        if told[0].get(name) != told[1].get(name)
    ]


def _flat(value: Any, name: str) -> list[tuple[str, Any]]:
    if not isinstance(value, Mapping):
        return [(name, value)]
    return [pair for key, inner in value.items() for pair in _flat(inner, f"{name}.{key}")]


def recorder(shared: Mapping[str, Any], progress: Callable[[int], Mapping[str, Any]]) -> Any:
    """A callback of transformers' Trainer: when all else of a checkpoint is there, the first rank writes the page.

    `progress` says of a step what was consumed until then.
    """
    from transformers import TrainerCallback

    class Recorder(TrainerCallback):  # type: ignore[misc]
        def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            """Called after the checkpoint was written."""
            from train import distributed

            distributed.together()
            if state.is_world_process_zero:
                here = Path(args.output_dir) / f"checkpoint-{state.global_step}"
                write(here, {**shared, "step": state.global_step, **progress(state.global_step)})

    return Recorder()
