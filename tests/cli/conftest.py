"""A finished run to look at, and the command line in this process."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from dirty import dirty_pipeline, write_dirty
from typing_it import Corpus, Said

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@pytest.fixture(scope="session")
def dirty(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> str:
    from corpus.execute import execute

    folder = tmp_path_factory.mktemp("dirty")
    execute(dirty_pipeline(write_dirty(folder)), str(folder / "run"), spark=spark, split_bytes=1 << 14)
    return str(folder / "run")


@pytest.fixture
def corpus(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Corpus:
    """`corpus` with these arguments, through its entry point; a Spark session that is open is used."""
    from cli.main import main

    def run(*arguments: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["corpus", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as leaving:
            main()
        said = capsys.readouterr()
        code = leaving.value.code
        return Said(code if isinstance(code, int) else 0, said.out, said.err)

    return run
