"""The same pipeline under spark-submit: a zip with the packages and their data, a two-line driver, a command line.

The driver runs on this machine (client mode) and reads the pipeline file; executors get the zip, and need a Python with
the dependencies of this package but not the package itself.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import corpus
from corpus.errors import EnvironmentProblem
from corpus.resources import blacklists_root, rules_root

ZIP, DRIVER = "corpus.zip", "corpus_main.py"
_DRIVER = '''\
"""What spark-submit runs: the command line, imported from the zip that comes along."""

from cli.main import main

main()
'''
_EPOCH = (1980, 1, 1, 0, 0, 0)
_LEFT_OUT = ("__pycache__", "_data")


@dataclass(frozen=True)
class Bundle:
    """The two files that spark-submit needs."""

    archive: Path
    driver: Path


def bundle(directory: Path, others: Sequence[Path] = ()) -> Bundle:
    """Write the zip and the driver script into `directory`. `others` are directories of packages to add to `corpus`.

    The zip holds the package with its data files and, under `corpus/_data`, the shipped rules and word lists. Equal
    files give an equal zip.
    """
    directory.mkdir(parents=True, exist_ok=True)
    archive, driver = directory / ZIP, directory / DRIVER
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, path in sorted(_members(others)):
            packed.writestr(zipfile.ZipInfo(name, _EPOCH), path.read_bytes(), zipfile.ZIP_DEFLATED)
    driver.write_text(_DRIVER, encoding="utf-8")
    return Bundle(archive, driver)


def _members(others: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    for package in (Path(corpus.__file__).resolve().parent, *others):
        for path in package.rglob("*"):
            inside = path.relative_to(package)
            if path.is_file() and not set(inside.parts) & set(_LEFT_OUT):
                yield f"{package.name}/{inside.as_posix()}", path
    for find in (rules_root, blacklists_root):
        with contextlib.suppress(EnvironmentProblem):
            root = find()
            for path in root.rglob("*"):
                if path.is_file():
                    yield f"corpus/_data/{root.name}/{path.relative_to(root).as_posix()}", path


def command(files: Bundle, master: str, arguments: Sequence[str], options: Sequence[str] = ()) -> list[str]:
    """What to type after `spark-submit`: `options` are the user's own and win over ours, `arguments` go to `corpus`."""
    ours = ["--master", master, "--name", "corpus", "--py-files", str(files.archive), "--conf", "spark.log.level=WARN"]
    return [*ours, *options, str(files.driver), *arguments]


def submit(master: str, arguments: Sequence[str], options: Sequence[str] = (), others: Sequence[Path] = ()) -> int:
    """Run `corpus` with `arguments` under the spark-submit of the installed PySpark; its exit code.

    Spark joins the two outputs of a driver; here the last line goes to standard output again, where a program that
    asked for JSON expects it, and all others to standard error. Raises EnvironmentProblem when there is no usable Java.
    """
    with tempfile.TemporaryDirectory(prefix="corpus-submit-") as directory:
        files = bundle(Path(directory), others)
        line = [str(spark_home() / "bin" / "spark-submit"), *command(files, master, arguments, options)]
        if "--json" not in arguments:
            return subprocess.run(line, env=environment(), check=False).returncode
        with subprocess.Popen(line, env=environment(), stdout=subprocess.PIPE) as process:
            last = b""
            for said in process.stdout or ():
                sys.stderr.buffer.write(last)
                sys.stderr.flush()
                last = said
        sys.stdout.buffer.write(last)
        sys.stdout.flush()
        return process.returncode


def spark_home() -> Path:
    """The directory of the installed PySpark, which is a complete Spark."""
    import pyspark

    return Path(pyspark.__file__).resolve().parent


def environment() -> Mapping[str, str]:
    """The variables that Spark's own scripts need: its home, a Java, this Python unless another one is named."""
    from corpus.java import find_java, launcher_home

    return {
        "PYSPARK_PYTHON": sys.executable,
        **os.environ,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "SPARK_HOME": str(spark_home()),
        "JAVA_HOME": str(launcher_home(find_java())),
    }
