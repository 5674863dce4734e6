"""The only place that builds a SparkSession.

A session of ours owns its JVM: it is started with the settings below, its output and that of the Python workers goes
to a log file and never to the user's terminal, and it is gone when the context ends, however it ends. A session
somebody else made (a notebook's, a test's, spark-submit's) is used as it is, and a session that was active before is
never stopped.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from corpus import jvm_archive
from corpus.errors import EnvironmentProblem
from corpus.java import Java, find_java
from corpus.session_settings import LOGGING, default_master, java_options, java_variables, python_variables, settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

EXIT_SECONDS = 60
"""How long a JVM may take to end by itself before it is killed."""

CANCEL_SECONDS = 10
"""How long a terminated session waits for its jobs to be cancelled."""

_SCRATCH = "corpus-spark-"
_SCRATCH_AGE = 60
"""Seconds before a scratch directory without a lock counts as left behind: a new one is locked long before."""
_SOCKET_PATH = 104
"""Longest name of a Unix domain socket on every system, in bytes."""


@contextlib.contextmanager
def open_session(
    master: str | None = None,
    app: str = "corpus",
    conf: Mapping[str, str] | None = None,
    log: Path | None = None,
) -> Iterator[SparkSession]:
    """A SparkSession for the length of the block.

    An active session is handed over as it is, `master` and `conf` then have no say, and it lives on afterwards. Under
    spark-submit its master and its settings win over ours. Otherwise a JVM is started for `master` (by default
    `default_master()`), with our settings, then `conf` over them. What the JVM and the Python workers say goes to the
    file `log`, appended, or to a temporary one. SIGTERM ends the block as SystemExit(143), so that the JVM and the
    workers end too. Raises EnvironmentProblem when Java or Spark cannot be started.
    """
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    if SparkContext._active_spark_context is not None:
        yield SparkSession.getActiveSession() or SparkSession.builder.getOrCreate()
    elif "PYSPARK_GATEWAY_PORT" in os.environ or SparkContext._gateway is not None:
        with _in_running_jvm(master, app, conf or {}) as spark:
            yield spark
    else:
        with _unwind_on_sigterm(), _launched(master or default_master(), app, conf or {}, log) as spark:
            yield spark


@contextlib.contextmanager
def _in_running_jvm(master: str | None, app: str, conf: Mapping[str, str]) -> Iterator[SparkSession]:
    """A session in a JVM that spark-submit or the user started: what the user gave it stays."""
    from pyspark import SparkConf, SparkContext
    from pyspark.sql import SparkSession

    SparkContext._ensure_initialized()  # connects to the JVM, of which SparkConf then reads the properties
    given = SparkConf()
    given.setIfMissing("spark.app.name", app)
    chosen = given.get("spark.master") or master or default_master()
    for name, value in {**settings(chosen, dict(given.getAll())), **conf}.items():
        if not name.startswith("spark.driver."):
            given.setIfMissing(name, value)
    with _environment(python_variables(chosen)):
        spark = SparkSession.builder.config(conf=given).getOrCreate()
    try:
        yield spark
    finally:
        spark.stop()


@contextlib.contextmanager
def _launched(master: str, app: str, conf: Mapping[str, str], log: Path | None) -> Iterator[SparkSession]:
    """A session in a JVM of our own, which is gone afterwards."""
    from pyspark import SparkConf, SparkContext
    from pyspark.errors import PySparkRuntimeError
    from pyspark.java_gateway import launch_gateway
    from pyspark.sql import SparkSession

    java = find_java()
    scratch, held = _scratch_directory()
    log = log or scratch / "spark.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    (scratch / "log4j2.properties").write_text(LOGGING, encoding="utf-8")
    merged = {**settings(master, conf), **conf}
    merged.setdefault("spark.sql.warehouse.dir", str(scratch / "warehouse"))
    if len(str(scratch)) < _SOCKET_PATH - len("/.00000000-0000-0000-0000-000000000000.sock"):
        merged.setdefault("spark.python.unix.domain.socket.dir", str(scratch))
    merged["spark.driver.extraJavaOptions"] = shlex.join(
        [
            *java_options(java, archive=not any(name in str(conf) for name in jvm_archive.OWN_OPTIONS)),
            f"-Dlog4j2.configurationFile={(scratch / 'log4j2.properties').as_uri()}",
            f"-Dderby.system.home={scratch}",
            *shlex.split(conf.get("spark.driver.extraJavaOptions", "")),
        ]
    )
    settled = SparkConf(loadDefaults=False).setMaster(master).setAppName(app).setAll(list(merged.items()))
    process: subprocess.Popen[bytes] | None = None
    try:
        # Spark's own variables reach the JVM and, through it, the workers; the driver keeps its environment.
        with _environment({**python_variables(master), **java_variables(java)}), log.open("ab") as output:
            try:
                gateway = launch_gateway(settled, {"stdout": output, "stderr": output})
                process = gateway.proc
                spark = SparkSession(SparkContext(conf=settled, gateway=gateway))
            except (PySparkRuntimeError, OSError) as error:
                raise EnvironmentProblem(_start_failed(error, log, java)) from None
            except Exception as error:
                # Everything Spark itself refuses (an unreachable master, a wrong setting) comes as a Py4J error.
                if type(error).__module__.startswith("py4j"):
                    raise EnvironmentProblem(_start_failed(error, log, java)) from None
                raise
        try:
            yield spark
        except Exception as error:
            # PySpark clean-up that runs while a signal unwinds it raises errors of its own: the signal is the cause.
            if (interruption := _interruption(error)) is not None:
                raise interruption from None
            raise _outliving(error) from None
        finally:
            with contextlib.suppress(Exception), warnings.catch_warnings(action="ignore"):
                spark.stop()
    finally:
        _end(process)
        shutil.rmtree(scratch, ignore_errors=True)
        os.close(held)


def _interruption(error: BaseException) -> BaseException | None:
    """The SystemExit or KeyboardInterrupt during whose handling `error` was raised, if any."""
    at: BaseException | None = error
    while at is not None and not isinstance(at, SystemExit | KeyboardInterrupt):
        at = at.__context__
    return at


def _outliving(error: Exception) -> Exception:
    """`error`, or its like when it is one of PySpark's that ask the JVM for their own message and so die with it."""
    import pyspark.errors
    from pyspark.errors.exceptions.captured import CapturedException

    if not isinstance(error, CapturedException):
        return error
    kind = getattr(pyspark.errors, type(error).__name__, pyspark.errors.PySparkException)
    plain: Exception = kind(message=str(error))
    return plain.with_traceback(error.__traceback__)


def _scratch_directory() -> tuple[Path, int]:
    """A fresh temporary directory and the descriptor that locks it; what killed sessions left behind is removed."""
    for left in Path(tempfile.gettempdir()).glob(f"{_SCRATCH}*"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime < _SCRATCH_AGE:
                continue
            held = os.open(left, os.O_RDONLY)
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left, ignore_errors=True)
            finally:
                os.close(held)
    scratch = Path(tempfile.mkdtemp(prefix=_SCRATCH))
    held = os.open(scratch, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    return scratch, held


def _end(process: subprocess.Popen[bytes] | None) -> None:
    """End the JVM: it leaves when its standard input closes, and takes the Python workers along."""
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    gateway = SparkContext._gateway
    if gateway is not None and process is not None and gateway.proc is process:
        with contextlib.suppress(Exception):
            gateway.shutdown()
        SparkContext._gateway = SparkContext._jvm = None
        SparkContext._active_spark_context = None
        SparkSession._instantiatedSession = None
    if process is None:
        return
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
    try:
        process.wait(EXIT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _start_failed(error: Exception, log: Path, java: Java) -> str:
    said = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()][-8:]
    first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return "\n".join(
        [
            f"Spark did not start with Java {java.version} ({java.home}): {first}",
            *(f"  {line}" for line in said),
            "Run `corpus doctor --spark` to see what is missing.",
        ]
    )


@contextlib.contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _unwind_on_sigterm() -> Iterator[None]:
    """Turn SIGTERM into SystemExit(143) in the main thread, unless the program handles it already."""
    ours = threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL

    def leave(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        _cancel_jobs()
        raise SystemExit(128 + signal.SIGTERM)

    if ours:
        signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        if ours:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _cancel_jobs() -> None:
    """Cancel what runs, so that no clean-up waits for it; from another thread, since this one's connection is busy."""
    from pyspark import SparkContext

    context = SparkContext._active_spark_context
    if context is None:
        return

    def cancel() -> None:
        with contextlib.suppress(Exception):
            context.cancelAllJobs()

    helper = threading.Thread(target=cancel, name="corpus-cancel", daemon=True)
    helper.start()
    helper.join(CANCEL_SECONDS)
