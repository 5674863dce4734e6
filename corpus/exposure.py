"""The published state of a run directory: plain folders that any tool can glob, made from a committed publish stage.

The committed files stay in their slot. `dataset/`, `rejected/` and `quarantine/` are a view of them: hard links on a
local disk, server-side copies elsewhere. A new view is built beside the old one and swapped in by renaming; repeating a
run repairs a view that an interruption left half done. `published.json` names the stages that the view shows.
"""

from __future__ import annotations

import fcntl
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import orjson

from corpus import storage
from corpus.config import Pipeline
from corpus.manifest import encode
from corpus.report.card import dataset_card
from corpus.slot import Committed

FOLDERS = ("dataset", "rejected", "quarantine")
POINTER = "published.json"


def expose(root: str, stages: Mapping[str, Committed], settings: Pipeline) -> bool:
    """Make the run directory show the committed `publish` stage; False when it does already."""
    with _alone(root):
        return _expose(root, stages, settings)


def _expose(root: str, stages: Mapping[str, Committed], settings: Pipeline) -> bool:
    publish = stages["publish"]
    pointer = orjson.dumps(
        {
            "stages": {name: storage.relative(done.slot.root, root) for name, done in stages.items()},
            "content": publish.manifest.content,
        },
        option=orjson.OPT_INDENT_2,
    )
    if _current(root) == pointer and is_whole(root, publish):
        return False
    files = {view_path(file.path): storage.join(publish.slot.root, file.path) for file in publish.manifest.files()}
    extra = {
        "dataset/README.md": dataset_card(settings, stages).encode(),
        "dataset/manifest.json": encode(publish.manifest),
    }
    if storage.is_local(root):
        _swap(Path(storage.resolve(root)[1]), files, extra)
    else:
        _replace(root, files, extra)
    storage.put_atomic(storage.join(root, POINTER), pointer)
    return True


@contextmanager
def _alone(root: str) -> Iterator[None]:
    """One process at a time changes the view of a local run directory; the lock goes with the process that holds it."""
    if not storage.is_local(root):
        yield
        return
    path = Path(storage.resolve(root)[1])
    path.mkdir(parents=True, exist_ok=True)
    with (path / ".view.lock").open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def view_path(path: str) -> str:
    """Where the run directory shows a committed file: its path without the attempt."""
    return path.partition("/")[2]


def is_whole(root: str, publish: Committed) -> bool:
    """Whether every published file is in view, with its size, and no other Parquet file is."""
    wanted = {view_path(file.path): file.bytes for file in publish.manifest.files()}
    found: dict[str, int] = {}
    for folder in FOLDERS:
        at = storage.join(root, folder)
        for info in storage.list_files(at):
            found[f"{folder}/{storage.relative(info.uri, at)}"] = info.size
    return {path: size for path, size in found.items() if path.endswith(".parquet")} == wanted and {
        "dataset/README.md",
        "dataset/manifest.json",
    } <= found.keys()


def _current(root: str) -> bytes | None:
    try:
        return storage.read_bytes(storage.join(root, POINTER))
    except FileNotFoundError:
        return None


def _swap(root: Path, files: Mapping[str, str], extra: Mapping[str, bytes]) -> None:
    """Build the view under a hidden name, then rename folder by folder."""
    fresh = root / f".view-{uuid.uuid4().hex[:12]}"
    for folder in FOLDERS:
        (fresh / folder).mkdir(parents=True, exist_ok=True)
    for path, uri in files.items():
        storage.link_or_copy(uri, str(fresh / path))
    for path, data in extra.items():
        (fresh / path).write_bytes(data)
    for folder in FOLDERS:
        old = root / folder
        if old.exists():
            old.rename(fresh / f"{folder}.old")
        (fresh / folder).rename(root / folder)
    shutil.rmtree(fresh, ignore_errors=True)


def _replace(root: str, files: Mapping[str, str], extra: Mapping[str, bytes]) -> None:
    """Object stores: copy what is new, then delete what is not in view any more."""
    for path, uri in files.items():
        storage.link_or_copy(uri, storage.join(root, path))
    for path, data in extra.items():
        storage.put_atomic(storage.join(root, path), data)
    wanted = {*files, *extra}
    for folder in FOLDERS:
        at = storage.join(root, folder)
        for info in storage.list_files(at):
            if f"{folder}/{storage.relative(info.uri, at)}" not in wanted:
                storage.delete_file(info.uri)
