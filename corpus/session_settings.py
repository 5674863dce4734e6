"""What Spark is told when a session of ours starts: settings, options of the JVM, variables of the processes."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import corpus
from corpus import jvm_archive
from corpus.java import Java, launcher_home

DRIVER_MEMORY = "1g"
"""Heap of the driver's JVM unless CORPUS_DRIVER_MEMORY says otherwise: text never enters it."""

ONE_THREAD = ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "MKL_NUM_THREADS")
"""Variables that keep the libraries of a worker from starting one thread for each core: Spark starts the workers."""

LOGGING = """\
rootLogger.level = warn
rootLogger.appenderRef.stderr.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{yyyy-MM-dd HH:mm:ss} %p %c{1}: %m%n%ex
logger.repl.name = org.apache.spark.repl.Main
logger.repl.level = warn
logger.native.name = org.apache.hadoop.util.NativeCodeLoader
logger.native.level = error
logger.parquet.name = org.apache.parquet.CorruptStatistics
logger.parquet.level = error
"""
"""Log4j settings: warnings and errors of the JVM to its standard error, which a session sends to its log."""


def usable_cores() -> int:
    """Cores this process may run on: its affinity mask, not the machine's total."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def default_master() -> str:
    """`local[N,4]` with N the usable cores: four attempts a task, because with one a dead worker fails the job."""
    return f"local[{usable_cores()},4]"


def settings(master: str, given: Mapping[str, str]) -> dict[str, str]:
    """Our Spark settings for `master`, where the user set `given`: what correctness, speed and quiet need."""
    chosen = {
        "spark.driver.memory": os.environ.get("CORPUS_DRIVER_MEMORY", DRIVER_MEMORY),
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.adaptive.enabled": "true",
        "spark.sql.execution.arrow.maxBytesPerBatch": str(16 << 20),
        "spark.python.unix.domain.socket.enabled": "true",
        "spark.python.worker.reuse": "true",
        "spark.python.worker.faulthandler.enabled": "true",
        "spark.sql.execution.pyspark.udf.faulthandler.enabled": "true",
        # A worker stuck in native code is killed and its task tried again; a long split takes minutes, not hours.
        "spark.sql.execution.pyspark.udf.idleTimeoutSeconds": "7200",
        "spark.sql.execution.pyspark.udf.killOnIdleTimeout": "true",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.catalogImplementation": "in-memory",
        # Numbers of threads multiply with the number of workers; a working directory is no place to import from.
        **{f"spark.executorEnv.{name}": "1" for name in (*ONE_THREAD, "PYTHONSAFEPATH")},
    }
    if is_local(master):
        chosen["spark.driver.host"] = chosen["spark.driver.bindAddress"] = "127.0.0.1"
        root = Path(corpus.__file__).resolve().parent.parent
        if root.is_dir():  # and not a zip, which a worker can import from only after its daemon has started
            chosen["spark.python.daemon.module"] = "corpus.worker_daemon"
            if root.name not in {"site-packages", "dist-packages"}:
                chosen["spark.executorEnv.PYTHONPATH"] = str(root)
    elif "spark.executor.memoryOverheadFactor" not in given:
        # The workers live outside the heap: about 1 GB each, and one for each core of an executor.
        chosen["spark.executor.memoryOverhead"] = f"{given.get('spark.executor.cores', '1')}g"
    return chosen


def is_local(master: str) -> bool:
    """Whether everything runs on this machine, started by the driver."""
    return master.startswith("local")


def java_options(java: Java, *, archive: bool = True) -> Sequence[str]:
    """Options of the driver's JVM: a collector without background work of its own, and the class archive if built."""
    return ["-XX:+UseParallelGC", *(jvm_archive.options(java) if archive else [])]


def python_variables(master: str) -> dict[str, str]:
    """Which interpreter the workers run: this very one here, the one the user named on a cluster."""
    python = sys.executable if is_local(master) else os.environ.get("PYSPARK_PYTHON", sys.executable)
    return {"PYSPARK_PYTHON": python, "PYSPARK_DRIVER_PYTHON": sys.executable}


def java_variables(java: Java) -> dict[str, str]:
    """Which Java the launcher scripts start, and how."""
    # The launcher only prints a command line: compiling it well would take longer than it runs.
    return {"JAVA_HOME": str(launcher_home(java)), "SPARK_LAUNCHER_OPTS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}
