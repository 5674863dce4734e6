"""How far a run is: what each stage has committed or has receipts for, read from the run directory alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import orjson

from corpus import storage
from corpus.detach import Running, running
from corpus.manifest import Manifest, RowAccount
from corpus.rundir import RunDir
from corpus.slot import Slot
from corpus.stages.publish import group_parts

State = Literal["committed", "working", "waiting"]
BY_PART = (
    *("decide", "dedup-lines", "dedup-paragraphs", "dedup-spans"),
    *("sample", "perplexity", "embed", "cluster", "columns", "quality", "tier"),
)
"""Stages that leave a receipt for each text part."""


@dataclass(frozen=True)
class StageStatus:
    """One stage: committed with its account, or `done` receipts of `units` (None where no one can know yet)."""

    name: str
    state: State
    done: int = 0
    units: int | None = None
    account: RowAccount | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Status:
    """A run: its stages in order, whether it is published, and the detached process that works on it, if alive."""

    root: str
    stages: tuple[StageStatus, ...]
    published: bool
    running: Running | None


def status(root: str) -> Status:
    """The state of every stage of the last command given for `root`; UsageError when it is no run directory."""
    run = RunDir.open(root)
    splits = orjson.loads(storage.read_bytes(storage.join(root, "run.json"))).get("splits")
    stages = stage_states(run.planned, splits, run.settings.publish.file_bytes)
    current = {name: stage.slot for name, stage in run.published.items()}
    return Status(root, stages, current == run.planned, running(root))


def stage_states(slots: Mapping[str, Slot], splits: int | None, file_bytes: int) -> tuple[StageStatus, ...]:
    """What is there of each stage, in order."""
    manifests = {name: slot.load() for name, slot in slots.items()}
    text = manifests.get("text")
    return tuple(
        _done(name, manifest)
        if manifest is not None
        else _begun(name, slots[name], _units(name, text, splits, file_bytes))
        for name, manifest in manifests.items()
    )


def _done(name: str, manifest: Manifest) -> StageStatus:
    return StageStatus(name, "committed", account=manifest.account, seconds=manifest.seconds)


def _begun(name: str, slot: Slot, units: int | None) -> StageStatus:
    listed = storage.list_files(storage.join(slot.root, "receipts"))
    done = sum(storage.name_of(info.uri).endswith(".json") for info in listed)
    started = done > 0 or bool(storage.list_files(slot.root))
    return StageStatus(name, "working" if started else "waiting", done=done, units=units)


def _units(name: str, text: Manifest | None, splits: int | None, file_bytes: int) -> int | None:
    if name == "text":
        return splits
    if name in BY_PART:
        return None if text is None else sum(part.rows > 0 for part in text.parts)
    if name == "publish":
        return None if text is None else len(group_parts(text.parts, 2 * file_bytes))
    if name in ("measure", "fingerprint", "lines", "sign-paragraphs", "anchors", "tag"):
        return splits if text is None else None
    return None
