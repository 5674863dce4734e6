"""The run that these tests look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from dirty import dirty_pipeline, write_dirty

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@pytest.fixture(scope="session")
def dirty(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> str:
    from corpus.execute import execute

    folder = tmp_path_factory.mktemp("dirty")
    execute(dirty_pipeline(write_dirty(folder)), str(folder / "run"), spark=spark, split_bytes=1 << 14)
    return str(folder / "run")
