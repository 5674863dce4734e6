"""One storage layer for local disks, S3, GCS and HDFS: list, read, write whole files, commit atomically.

A location is a plain string: a local path or a URI that `pyarrow.fs` understands (`s3://bucket/key`,
`s3://bucket/key?endpoint_override=127.0.0.1:5000&scheme=http`, `hdfs://name/path`, `gs://bucket/key`). Settings in the
query string stay with every location derived from it. Credentials come from the environment, never from a location
that is written down.
"""

from __future__ import annotations

import functools
import glob as local_glob
import hashlib
import os
import posixpath
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa
import pyarrow.fs as pafs

from corpus.errors import UsageError

CHUNK = 1 << 20
_TREES = ("hdfs:", "viewfs:")


@dataclass(frozen=True, order=True)
class FileInfo:
    """A file found by `list_files`: its location and its size in bytes."""

    uri: str
    size: int


def is_local(uri: str) -> bool:
    """Whether `uri` is a path of this machine."""
    return "://" not in uri or uri.startswith("file://")


def join(uri: str, *names: str) -> str:
    """`uri` extended by path segments, its query string kept at the end."""
    base, mark, query = uri.partition("?") if not is_local(uri) else (uri, "", "")
    return posixpath.join(base.rstrip("/") or "/", *names) + mark + query


def name_of(uri: str) -> str:
    """The last path segment."""
    return posixpath.basename(_bare(uri).rstrip("/"))


def _bare(uri: str) -> str:
    return uri if is_local(uri) else uri.partition("?")[0]


@functools.lru_cache(maxsize=64)
def _remote(root: str, query: str) -> pafs.FileSystem:
    """The filesystem of a URI's scheme, authority and query; one a process, since making one reads credentials."""
    try:
        return pafs.FileSystem.from_uri(f"{root}/?{query}" if query else f"{root}/")[0]
    except (pa.ArrowInvalid, OSError, ImportError) as error:
        raise UsageError(f"cannot open {root}: {error}. Run `corpus doctor` to see what is missing.") from None


def resolve(uri: str) -> tuple[pafs.FileSystem, str]:
    """The filesystem and the path inside it."""
    if is_local(uri):
        return _local(), str(Path(uri.removeprefix("file://")).expanduser().absolute())
    base, _, query = uri.partition("?")
    scheme, _, rest = base.partition("://")
    authority, _, path = rest.partition("/")
    filesystem = _remote(f"{scheme}://{authority}", query)
    return filesystem, f"/{path}" if scheme in {"hdfs", "viewfs"} else f"{authority}/{path}".rstrip("/")


@functools.lru_cache(maxsize=1)
def _local() -> pafs.LocalFileSystem:
    return pafs.LocalFileSystem()


def size(uri: str) -> int | None:
    """Bytes of a file; None when there is none."""
    filesystem, path = resolve(uri)
    info = filesystem.get_file_info(path)
    return info.size if info.type == pafs.FileType.File else None


def exists(uri: str) -> bool:
    """Whether a file or directory is there."""
    filesystem, path = resolve(uri)
    return bool(filesystem.get_file_info(path).type != pafs.FileType.NotFound)


def open_read(uri: str) -> pa.NativeFile:
    """A seekable stream of the file's bytes as they are (never decompressed)."""
    filesystem, path = resolve(uri)
    return filesystem.open_input_file(path)


def open_write(uri: str) -> pa.NativeFile:
    """A stream to a new file; parent directories are made."""
    filesystem, path = resolve(uri)
    _make_parents(uri)
    return filesystem.open_output_stream(path, compression=None)


def _make_parents(uri: str) -> None:
    """The directories above a file, where storage has any; an object store would keep empty objects for them."""
    if is_local(uri) or uri.startswith(_TREES):
        filesystem, path = resolve(uri)
        filesystem.create_dir(posixpath.dirname(path), recursive=True)


def read_bytes(uri: str) -> bytes:
    """The whole file; FileNotFoundError when there is none."""
    with open_read(uri) as stream:
        return cast(bytes, stream.read())


def put_atomic(uri: str, data: bytes, *, replace: bool = True) -> bool:
    """Write a small file so that readers see all of it or none; False when it exists and `replace` is false.

    Local: temporary file, fsync, rename (or link, which fails if the name is taken). Object stores: one PUT, which is
    atomic; there, two writers that both find the name free can both write, the last one stays.
    """
    filesystem, path = resolve(uri)
    if not is_local(uri):
        if not replace and exists(uri):
            return False
        temporary = f"{path}.{uuid.uuid4().hex}.tmp" if uri.startswith(_TREES) else path
        _make_parents(uri)
        with filesystem.open_output_stream(temporary, compression=None) as stream:
            stream.write(data)
        if temporary != path:
            filesystem.move(temporary, path)
        return True
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary_file = target.with_name(f".{target.name}.{uuid.uuid4().hex}.tmp")
    try:
        with temporary_file.open("xb") as handle:
            handle.write(data)
            handle.flush()
            os.fsync(handle.fileno())
        if replace:
            temporary_file.replace(target)
        else:
            try:
                os.link(temporary_file, target)
            except FileExistsError:
                return False
        _sync_directory(target.parent)
    finally:
        temporary_file.unlink(missing_ok=True)
    return True


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def list_files(uri: str, *, recursive: bool = True) -> list[FileInfo]:
    """Files under a directory, sorted by location; empty when there is no such directory."""
    filesystem, path = resolve(uri)
    if filesystem.get_file_info(path).type != pafs.FileType.Directory and is_local(uri):
        return []
    selector = pafs.FileSelector(path, recursive=recursive, allow_not_found=True)
    return sorted(
        FileInfo(_like(uri, info.path), info.size)
        for info in filesystem.get_file_info(selector)
        if info.type == pafs.FileType.File
    )


def _like(uri: str, path: str) -> str:
    """`path` of the same filesystem as `uri`, as a location."""
    if is_local(uri):
        return path
    base, mark, query = uri.partition("?")
    scheme, _, rest = base.partition("://")
    if scheme in {"hdfs", "viewfs"}:
        return f"{scheme}://{rest.partition('/')[0]}{path}{mark}{query}"
    return f"{scheme}://{path}{mark}{query}"


def expand(pattern: str) -> tuple[str, list[FileInfo]]:
    """The fixed root of a file, directory or glob, and the files it names, hidden ones left out, sorted.

    Names relative to the root are what record ids are made of, so moving a data set does not change them. A `?` is a
    wildcard in local patterns alone: in a URI it begins the query.
    """
    bare = _bare(pattern)
    if not any(mark in bare for mark in "*?["):
        found = size(pattern)
        if found is not None:
            root, _, _ = bare.rpartition("/")
            return _with_query(root or ".", pattern), [FileInfo(pattern, found)]
        files = list_files(pattern)
        return pattern, [info for info in files if not _hidden(relative(info.uri, pattern))]
    fixed = bare[: min(bare.index(mark) for mark in "*?[" if mark in bare)].rpartition("/")[0]
    root = _with_query(fixed or ("/" if bare.startswith("/") else "."), pattern)
    if is_local(pattern):
        names = sorted(local_glob.glob(bare.removeprefix("file://"), recursive=True))
        matched = [FileInfo(name, Path(name).stat().st_size) for name in names if Path(name).is_file()]
        named = {info.uri for info in matched}
        below = [info for name in names if Path(name).is_dir() for info in list_files(name)]
        matched += [info for info in dict.fromkeys(below) if info.uri not in named]
    else:
        matches = re.compile(glob_regex(bare)).match
        matched = [info for info in list_files(root) if matches(_bare(info.uri))]
    return root, sorted(info for info in matched if not _hidden(relative(info.uri, root)))


def glob_regex(pattern: str) -> str:
    """A glob as a regular expression for whole locations: `*` and `?` stay inside a segment, `**/` crosses them.

    What lies below a directory that the glob names is named too.
    """
    out: list[str] = []
    for token in re.split(r"(\*\*/|\*\*|\*|\?|\[[^\]]+\])", pattern):
        match token:
            case "**/":
                out.append("(?:.*/)?")
            case "**":
                out.append(".*")
            case "*":
                out.append("[^/]*")
            case "?":
                out.append("[^/]")
            case _ if token.startswith("["):
                out.append(token.replace("[!", "[^").replace("\\", "\\\\"))
            case _:
                out.append(re.escape(token))
    return "".join(out) + r"(?:/.*)?\Z"


def _with_query(base: str, like: str) -> str:
    query = like.partition("?")[2] if not is_local(like) else ""
    return f"{base}?{query}" if query else base


def _hidden(name: str) -> bool:
    return any(part.startswith((".", "_")) for part in name.split("/"))


def relative(uri: str, root: str) -> str:
    """`uri` below `root`, with forward slashes."""
    if is_local(uri):
        return os.path.relpath(resolve(uri)[1], resolve(root)[1]).replace(os.sep, "/")
    return _bare(uri).removeprefix(_bare(root).rstrip("/") + "/")


def delete_tree(uri: str) -> None:
    """Remove a directory and what is in it; nothing when there is none."""
    filesystem, path = resolve(uri)
    if filesystem.get_file_info(path).type == pafs.FileType.Directory:
        filesystem.delete_dir(path)


def delete_file(uri: str) -> None:
    """Remove a file; nothing when there is none."""
    filesystem, path = resolve(uri)
    if filesystem.get_file_info(path).type == pafs.FileType.File:
        filesystem.delete_file(path)


def link_or_copy(source: str, target: str) -> None:
    """Make `target` the same bytes as `source`: a hard link on a local disk, else a copy."""
    filesystem, path = resolve(target)
    _make_parents(target)
    if is_local(source) and is_local(target):
        try:
            os.link(resolve(source)[1], path)
            return
        except OSError:
            pass
    pafs.copy_files(resolve(source)[1], path, source_filesystem=resolve(source)[0], destination_filesystem=filesystem)


def sha256(uri: str) -> str:
    """Hex digest of the file's bytes."""
    digest = hashlib.sha256()
    with open_read(uri) as stream:
        for block in _blocks(stream):
            digest.update(block)
    return digest.hexdigest()


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    while block := stream.read(CHUNK):
        yield block
