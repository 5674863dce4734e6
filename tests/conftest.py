"""One Spark session for the whole suite; a builder of small run directories."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

if TYPE_CHECKING:
    from building import Go
    from pyspark.sql import SparkSession

ROOT = Path(__file__).parents[1]
# Thousands of tests and a hundred packages are no garbage: looking through them again and again takes minutes in all.
gc.set_threshold(100_000, 20, 20)
# A test says whether something holds, never how long it takes: machines differ, and kernels compile at the first call.
hypothesis.settings.register_profile("corpus", deadline=None)
hypothesis.settings.load_profile("corpus")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_DATASETS_OFFLINE", "1")
# Nothing here compiles a torch model, and its compiler takes a second of every process that imports transformers.
os.environ.setdefault("TORCHDYNAMO_DISABLE", "1")
# A JVM of the suite lives for seconds: what its second compiler would do for it costs more than it brings.
os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1")
# Spark's workers take their environment when the session starts; the object store of the tests accepts anything.
os.environ.setdefault("AWS_ACCESS_KEY_ID", "testing")
os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "testing")
os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests go first, so that no worker is left with one at the end while the others are idle. They
    then share the cores with one another, so what ends a hanging test waits longer."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    for item in items:
        if item.path in slow and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(900))
    items.sort(key=lambda item: item.path not in slow)


def pytest_collection_finish() -> None:
    """What is there now stays to the end."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    from corpus.session import open_session

    paths = os.pathsep.join(str(ROOT / folder) for folder in (".", "tests/support"))
    conf = {"spark.executorEnv.PYTHONPATH": paths, "spark.sql.shuffle.partitions": "3"}
    with open_session("local[2,4]", app="tests", conf=conf) as session:
        yield session


@pytest.fixture
def go(spark: SparkSession) -> Go:
    """Run settings into a directory on the suite's session."""
    from corpus import pipeline
    from corpus.execute import Result, execute

    def run(wanted: Any, root: Path, extra: Sequence[Any] = (), **options: Any) -> Result:
        composed = wanted if isinstance(wanted, pipeline.Pipeline) else pipeline.compose(wanted, extra)
        return execute(composed, str(root), spark=spark, **options)

    return run
