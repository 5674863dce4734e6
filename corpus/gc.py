"""Removes what a run directory no longer needs: files of failed attempts, and slots of settings nobody asks for.

Late tasks of a stage may write for seconds after its commit, and another command may be at work, so nothing younger
than the grace period is touched. Committed files of planned or published stages are never touched.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyarrow.fs as pafs

from corpus import storage
from corpus.rundir import RunDir
from corpus.slot import Slot


@dataclass(frozen=True)
class Freed:
    """What was removed: locations below the run directory, sorted, and their size in bytes."""

    files: tuple[str, ...]
    bytes: int


@dataclass(frozen=True)
class _Found:
    path: str
    size: int
    changed: float


def collect(root: str, grace_hours: float = 24.0, now: float | None = None) -> Freed:
    """Delete what no manifest, receipt or command of the run at `root` names and no one touched for `grace_hours`.

    `now` is seconds since the epoch, for tests. UsageError when `root` is no run directory.
    """
    run = RunDir.open(root)
    before = (time.time() if now is None else now) - grace_hours * 3600
    live = {slot.root for slot in run.planned.values()} | {stage.slot.root for stage in run.published.values()}
    live_below = {storage.relative(slot, root) for slot in live}
    named = {path for slot in live for path in _named(Slot(slot), storage.relative(slot, root))}
    filesystem, base = storage.resolve(root)
    doomed: list[_Found] = []
    for slot, files in _by_slot(_listed(filesystem, base)).items():
        if slot in live_below:
            doomed += [file for file in files if file.path not in named and file.changed < before]
        elif all(file.changed < before for file in files):
            doomed += files
    for file in doomed:
        filesystem.delete_file(f"{base}/{file.path}")
    if storage.is_local(root):
        _drop_empty(filesystem, base, {parent for file in doomed for parent in _parents(file.path)})
    return Freed(tuple(sorted(file.path for file in doomed)), sum(file.size for file in doomed))


def _named(slot: Slot, below: str) -> Iterator[str]:
    """Every file of a slot that its manifest or a receipt names, and these themselves."""
    manifest = slot.load()
    if manifest is not None:
        yield f"{below}/manifest.json"
        yield from (f"{below}/{file.path}" for file in manifest.files())
    for receipt in slot.receipts():
        yield f"{below}/receipts/{receipt.key}.json"
        yield from (f"{below}/{file.path}" for part in receipt.parts for file in part.files)


def _listed(filesystem: pafs.FileSystem, base: str) -> Iterator[_Found]:
    """Files below `stages/` and in views that an interrupted run left half built."""
    roots = [f"{base}/stages"]
    children = filesystem.get_file_info(pafs.FileSelector(base, allow_not_found=True))
    roots += [info.path for info in children if info.base_name.startswith(".view-")]
    for root in roots:
        for info in filesystem.get_file_info(pafs.FileSelector(root, recursive=True, allow_not_found=True)):
            if info.type == pafs.FileType.File:
                yield _Found(info.path.removeprefix(f"{base}/"), info.size, info.mtime_ns / 1e9)


def _by_slot(files: Iterable[_Found]) -> dict[str, list[_Found]]:
    """Files by `stages/<stage>/<fingerprint>`; what is elsewhere by its first segment."""
    found: dict[str, list[_Found]] = {}
    for file in files:
        steps = file.path.split("/")
        found.setdefault("/".join(steps[:3]) if steps[0] == "stages" else steps[0], []).append(file)
    return found


def _parents(path: str) -> list[str]:
    steps = path.split("/")[:-1]
    return ["/".join(steps[:end]) for end in range(2 if steps[0] == "stages" else 1, len(steps) + 1)]


def _drop_empty(filesystem: pafs.FileSystem, base: str, candidates: set[str]) -> None:
    """Remove directories that held doomed files and hold nothing now, the deepest first."""
    for path in sorted(candidates, key=lambda item: -item.count("/")):
        if not filesystem.get_file_info(pafs.FileSelector(f"{base}/{path}", allow_not_found=True)):
            filesystem.delete_dir(f"{base}/{path}")
