"""Spark's Python daemon with what every worker needs imported once, before it forks.

Spark puts its own zip first on the import path, so every start compiles PySpark anew; the installed package beside it
has it compiled. A forked worker then starts in milliseconds and shares the pages. Only modules that start no thread
at import are loaded here (jemalloc's, which pyarrow brings, is built to survive a fork); polars starts one that a
fork would lose, so each worker imports polars itself.
"""

from __future__ import annotations

import gc
import importlib
import sys
from importlib.machinery import PathFinder
from pathlib import Path

PRELOADED = (
    "numpy",
    "pyarrow",
    "pyarrow.compute",
    "pyarrow.fs",
    "pyarrow.parquet",
    "pyspark.worker",
    "numba",
    "orjson",
    "xxhash",
    "zstandard",
    "corpus.schema",
    "corpus.quarantine",
    "corpus.storage",
)
"""Modules loaded before the first fork; a missing one is left for the worker that needs it to complain about."""


def preload() -> None:
    """Import PRELOADED and keep the garbage collector off what was imported, so that forks go on sharing it."""
    for name in PRELOADED:
        try:
            importlib.import_module(name)
        except ImportError:
            continue
    gc.collect()
    gc.freeze()


def prefer_installed() -> None:
    """Take `pyspark.zip` off the import path when the package that carries the zip is installed and importable."""
    others = [entry for entry in sys.path if not entry.endswith("pyspark.zip")]
    found = PathFinder.find_spec("pyspark", others)
    if found is None or found.origin is None:
        return
    package = Path(found.origin).resolve().parent
    zips = [entry for entry in sys.path if entry.endswith("pyspark.zip")]
    if all(package in Path(entry).resolve().parents for entry in zips):
        sys.path[:] = others


if __name__ == "__main__":
    prefer_installed()
    from pyspark.daemon import manager

    preload()
    manager()
