"""Frees what an index no longer needs: pieces that were merged, and those of commands that did not end."""

from __future__ import annotations

import time

import pyarrow.fs as pafs

from corpus import storage
from corpus.gc import Freed
from corpus.index.generation import FOLDER, GONE_FOLDER, TAKEN_FOLDER, Index, load_all
from corpus.index.segment import FOLDER as SEGMENTS


def is_index(root: str) -> bool:
    """Whether there is an index at `root`."""
    return bool(storage.list_files(storage.join(root, FOLDER)))


def sweep(root: str, grace_hours: float = 24.0, now: float | None = None) -> Freed:
    """Delete what the latest generation does not name and no one touched for `grace_hours`.

    Earlier generations of that age go too, with what they alone name. `now` is seconds since the epoch, for tests.
    UsageError when `root` is no index.
    """
    latest = Index.open(root).now
    before = (time.time() if now is None else now) - grace_hours * 3600
    filesystem, base = storage.resolve(root)
    found = [
        info
        for folder in (FOLDER, SEGMENTS, GONE_FOLDER, TAKEN_FOLDER)
        for info in filesystem.get_file_info(
            pafs.FileSelector(f"{base}/{folder}", recursive=True, allow_not_found=True)
        )
        if info.type == pafs.FileType.File
    ]
    changed = {info.path.removeprefix(f"{base}/"): info.mtime_ns / 1e9 for info in found}
    sizes = {info.path.removeprefix(f"{base}/"): info.size for info in found}
    named: set[str] = set()
    for path, generation in load_all(root).items():
        if generation.number == latest.number or changed.get(path, before) >= before:
            named |= {path, *(file.path for file in generation.files())}
    doomed = sorted(path for path, when in changed.items() if path not in named and when < before)
    for path in doomed:
        filesystem.delete_file(f"{base}/{path}")
        folder = path.rpartition("/")[0]
        if storage.is_local(root) and not filesystem.get_file_info(pafs.FileSelector(f"{base}/{folder}")):
            filesystem.delete_dir(f"{base}/{folder}")
    return Freed(tuple(doomed), sum(sizes[path] for path in doomed))
