"""Compiled kernels: one signature each, cached for the user, also when the code is imported from a zip.

numba's own cache looks for the source file's directory and time stamp, so code that Spark ships in a zip never hits.
Here the key is the text of the sources (the kernel's module and the sibling modules it imports), the versions and
the processor, so any copy of the same code shares one compiled file and an edited one never meets a stale one. The
files are pickle: they live in a directory of the user's own (mode 0700), and one that others could write is not used.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.util
import os
import pkgutil
import re
import stat
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any

import numba
import numpy as np
from numba.core import caching, types

U8 = types.Array(types.uint8, 1, "C", readonly=True)
U16 = types.Array(types.uint16, 1, "C", readonly=True)
U32 = types.Array(types.uint32, 1, "C", readonly=True)
U64 = types.Array(types.uint64, 1, "C", readonly=True)
I64 = types.Array(types.int64, 1, "C", readonly=True)
U8_OUT = types.Array(types.uint8, 1, "C")
U32_OUT = types.Array(types.uint32, 1, "C")
I32_OUT = types.Array(types.int32, 1, "C")
I64_OUT = types.Array(types.int64, 1, "C")
U64_OUT = types.Array(types.uint64, 1, "C")
F32_OUT = types.Array(types.float32, 1, "C")
F64_OUT = types.Array(types.float64, 1, "C")
U8_GRID = types.Array(types.uint8, 2, "C", readonly=True)
U8_GRID_OUT = types.Array(types.uint8, 2, "C")
I32_GRID_OUT = types.Array(types.int32, 2, "C")
I64_GRID_OUT = types.Array(types.int64, 2, "C")
U64_GRID_OUT = types.Array(types.uint64, 2, "C")
INT = types.int64


def helper(function: Callable[..., Any]) -> Any:
    """A function that only kernels call; it is compiled into each of them."""
    return numba.njit(nogil=True, error_model="numpy")(function)


def kernel(*arguments: Any) -> Callable[[Callable[..., Any]], Any]:
    """Compile for exactly these argument types, at the first call, from the cache where it has them.

    One signature a kernel keeps compile time small, and a cache entry can never be taken for another's. An argument
    of another type is a TypeError. Kernels release the GIL and use no fast-math, so results do not depend on the
    processor.
    """

    def wrap(function: Callable[..., Any]) -> Any:
        dispatcher = numba.njit(nogil=True, error_model="numpy")(function)
        compiled = False

        def ready() -> None:
            nonlocal compiled
            if not compiled:
                _compile(dispatcher, function, arguments)
                compiled = True

        @functools.wraps(function)
        def call(*values: Any) -> Any:
            if not compiled:
                ready()
            return dispatcher(*values)

        call.ready = ready  # type: ignore[attr-defined]
        return call

    return wrap


def compile_all(package: str = "corpus", first: int = 0, step: int = 1) -> int:
    """Compile kernels of a package or module into the cache before processes need them; how many.

    Processes that meet an empty cache at the same moment would each compile the same. All kernels take minutes the
    first time: several processes can take every `step`-th from the `first`. What is in the cache is only read.
    """
    root = importlib.import_module(package)
    inner = pkgutil.walk_packages(getattr(root, "__path__", ()), f"{package}.")
    modules = [root, *(importlib.import_module(found.name) for found in inner)]
    values = (value for module in modules for value in vars(module).values() if isinstance(value, FunctionType))
    kernels = {id(value): value.ready for value in values if hasattr(value, "ready")}
    chosen = list(kernels.values())[first::step]
    for ready in chosen:
        ready()
    return len(chosen)


def _compile(dispatcher: Any, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    home = cache_home()
    if home is not None:
        dispatcher._cache = _Cache(function)
    dispatcher.compile(tuple(arguments))
    dispatcher.disable_compile()


@functools.cache
def cache_home() -> Path | None:
    """A directory of this user's alone, made if need be; None when there is none, and nothing is cached then.

    `$XDG_CACHE_HOME/corpus/kernels`, else `~/.cache/corpus/kernels`, else `corpus-kernels-<uid>` in the temporary
    directory, as on executors whose home cannot be written.
    """
    base = os.environ.get("XDG_CACHE_HOME")
    candidates = [Path(base) if base and Path(base).is_absolute() else None, _home_cache()]
    found = [path / "corpus" / "kernels" for path in candidates if path is not None]
    found.append(Path(tempfile.gettempdir()) / f"corpus-kernels-{_uid()}")
    return next((path for path in found if _private(path)), None)


def _home_cache() -> Path | None:
    try:
        return Path.home() / ".cache"
    except RuntimeError:
        return None


def _uid() -> int:
    return os.getuid() if hasattr(os, "getuid") else 0


def _private(path: Path) -> bool:
    """Whether `path` is, or could be made, a directory that only this user can write."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        info = path.lstat()
        if not stat.S_ISDIR(info.st_mode) or (hasattr(os, "getuid") and info.st_uid != os.getuid()):
            return False
        if stat.S_IMODE(info.st_mode) & 0o077:
            path.chmod(0o700)
        with tempfile.TemporaryFile(dir=path):
            return True
    except OSError:
        return False


class _Locator(caching._CacheLocator):
    """Where the compiled form of one function lies: a directory named by everything it depends on."""

    def __init__(self, function: Callable[..., Any]) -> None:
        home = cache_home()
        assert home is not None  # noqa: S101  _compile asked
        self._stamp = source_digest(function.__module__)
        self._path = home / self._stamp[:32]

    def get_cache_path(self) -> str:
        """The directory of this version of the code."""
        return str(self._path)

    def get_source_stamp(self) -> str:
        """The digest of the sources; the directory is named by it already."""
        return self._stamp

    def get_disambiguator(self) -> str:
        """Nothing more: names are unique within a module, modules within a digest."""
        return "k"

    @classmethod
    def from_function(cls, function: Callable[..., Any], source_path: str) -> _Locator:
        """For any function, wherever its source lies."""
        return cls(function)


class _Implementation(caching.CompileResultCacheImpl):
    _locator_classes = (_Locator,)


class _Cache(caching.FunctionCache):
    """A cache that can be absent, full or damaged without stopping the work."""

    _impl_class = _Implementation

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The compiled function, or None."""
        try:
            return super().load_overload(sig, target_context)
        except Exception:  # a damaged pickle can raise anything; compiling again is always right
            with contextlib.suppress(OSError):
                self.flush()
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep it if that is possible. Files are written aside and renamed, so processes cannot break each other."""
        try:
            super().save_overload(sig, data)
        except OSError:
            self.disable()


_IMPORT = re.compile(r"^from (corpus\.(?:kernels|graph|dedup)(?:\.\w+)*) import \(?([\w, ]*)", re.MULTILINE)


@functools.cache
def source_digest(module: str) -> str:
    """Hex digest of a module's source, of the kernel modules it imports, and of the versions that compile it."""
    digest = hashlib.sha256(repr((numba.__version__, np.__version__, sys.version_info[:3])).encode())
    for name, text in sorted(_sources(module).items()):
        digest.update(f"{name}\0{len(text)}\0{text}".encode())
    return digest.hexdigest()


def _sources(module: str) -> dict[str, str]:
    found: dict[str, str] = {}
    pending = [module]
    while pending:
        name = pending.pop()
        if name in found:
            continue
        found[name] = _source(name)
        for match in _IMPORT.finditer(found[name]):
            inner = [f"{match[1]}.{name.split()[0]}" for name in match[2].split(",") if name.strip()]
            pending += [match[1], *(name for name in inner if _is_module(name))]
    return found


def _is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False  # its parent is a module, so it is a name in it


def _source(module: str) -> str:
    """The module's text through its own loader, which reads zips too; its byte code where no text was shipped."""
    spec = importlib.util.find_spec(module)
    loader: Any = spec.loader if spec else None
    text = loader.get_source(module) if hasattr(loader, "get_source") else None
    if text is not None:
        return str(text)
    code = loader.get_code(module) if hasattr(loader, "get_code") else None
    return hashlib.sha256(repr(_code_parts(code)).encode()).hexdigest() if code else module


def _code_parts(code: Any) -> tuple[Any, ...]:
    constants = tuple(_code_parts(item) if hasattr(item, "co_code") else repr(item) for item in code.co_consts)
    return (code.co_code, code.co_names, constants)
