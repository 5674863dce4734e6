"""spark-submit gets everything it needs, and a real cluster gives what this machine gives."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from building import Go, contents
from dirty import write_dirty
from typing_it import ROOT, command, typed

from corpus import pipeline
from corpus.submit import bundle, environment, spark_home

PIPELINE = """\
name: t
sources: [{name: news, paths: news.jsonl, priority: 1}, {name: more, paths: more.jsonl}]
limits: {quarantine_share: 0.5}
"""


def test_the_zip_is_the_same_for_the_same_files(tmp_path: Path) -> None:
    first, second = (bundle(tmp_path / name, [ROOT / "cli"]) for name in "ab")
    assert first.archive.read_bytes() == second.archive.read_bytes()
    names = zipfile.ZipFile(first.archive).namelist()
    assert not [name for name in names if "__pycache__" in name or name.startswith("/")]
    assert len(names) == len(set(names))


def test_everything_runs_from_the_zip_alone_with_its_rules_and_tables(tmp_path: Path) -> None:
    write_dirty(tmp_path)
    (tmp_path / "p.yaml").write_text(PIPELINE, encoding="utf-8")
    files = bundle(tmp_path / "bundle", [ROOT / "cli"])
    code = (
        "import sys; sys.argv = ['corpus', *sys.argv[1:]]\n"
        "import corpus\n"
        "assert '.zip' in corpus.__file__, corpus.__file__\n"
        "from cli.main import main\n"
        "main()\n"
    )
    for arguments in (["plan", "p.yaml", "--json"], ["rules", "test", "common"]):
        done = subprocess.run(
            [sys.executable, "-P", "-c", code, *arguments],
            env={**os.environ, "PYTHONPATH": str(files.archive)},
            capture_output=True,
            text=True,
            cwd=tmp_path,
            check=False,
        )
        assert done.returncode == 0, done.stderr


def test_write_prints_the_plain_spark_submit_line(tmp_path: Path) -> None:
    write_dirty(tmp_path)
    (tmp_path / "p.yaml").write_text(PIPELINE, encoding="utf-8")
    options = ["--out", "run", "--master", "yarn", "--write", "files", "--", "--num-executors", "4"]
    said = typed("submit", "p.yaml", *options, cwd=tmp_path)
    assert said.code == 0, said.err
    words = said.out.split()
    assert words[0] == "spark-submit"
    assert words[words.index("--py-files") + 1] == "files/corpus.zip"
    driver = words.index("files/corpus_main.py")
    assert words.index("--num-executors") < driver
    assert words[driver + 1 :] == [
        *("run", str(tmp_path / "p.yaml"), "--out", str(tmp_path / "run"), "--split-mb", "32"),
    ]
    assert (tmp_path / "files" / "corpus.zip").exists()
    assert not (tmp_path / "run").exists()


@contextmanager
def standalone(folder: Path) -> Iterator[str]:
    """A Spark master and a worker with two cores on loopback, from the installed PySpark."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"spark://127.0.0.1:{port}"
    variables = {**environment(), "SPARK_LOCAL_IP": "127.0.0.1"}
    daemons = []
    try:
        for name, options in (
            ("master.Master", ["--host", "127.0.0.1", "--port", str(port)]),
            ("worker.Worker", ["--host", "127.0.0.1", "-c", "2", "-m", "2g", "-d", str(folder / "work"), url]),
        ):
            log = folder / f"{name}.log"
            line = [str(spark_home() / "bin" / "spark-class"), f"org.apache.spark.deploy.{name}", "--webui-port", "0"]
            with log.open("wb") as output:
                daemons.append(subprocess.Popen([*line, *options], env=variables, stdout=output, stderr=output))
            _wait_for(log, "New state: ALIVE" if "Master" in name else "Successfully registered with master")
        yield url
    finally:
        for daemon in daemons:
            daemon.terminate()
            daemon.wait(60)


def _wait_for(log: Path, line: str) -> None:
    end = time.monotonic() + 90
    while line not in log.read_text(encoding="utf-8", errors="replace"):
        assert time.monotonic() < end, log.read_text(encoding="utf-8", errors="replace")[-2000:]
        time.sleep(0.1)


@pytest.mark.slow
def test_a_standalone_cluster_gives_the_digests_of_this_machine(go: Go, tmp_path: Path) -> None:
    write_dirty(tmp_path)
    (tmp_path / "p.yaml").write_text(PIPELINE, encoding="utf-8")
    go(pipeline.read(tmp_path / "p.yaml"), tmp_path / "here")
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "SPARK_LOCAL_IP": "127.0.0.1"}
    with standalone(tmp_path) as url:
        line = command("submit", str(tmp_path / "p.yaml"), "--out", str(tmp_path / "there"), "--master", url, "--json")
        done = subprocess.run(line, env=variables, capture_output=True, text=True, timeout=240, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        shipped = list((tmp_path / "work").rglob("corpus.zip"))
        assert shipped, "executors got the zip"
    (answer,) = done.stdout.splitlines()
    assert json.loads(answer)["account"]["in"] == 64
    assert contents(tmp_path / "there") == contents(tmp_path / "here")


@pytest.mark.slow
def test_exit_codes_come_through_spark_submit(tmp_path: Path) -> None:
    write_dirty(tmp_path)
    (tmp_path / "p.yaml").write_text(PIPELINE.replace("0.5", "0.01"), encoding="utf-8")
    said = typed("submit", str(tmp_path / "p.yaml"), "--out", str(tmp_path / "run"), "--master", "local[1,4]", "--json")
    assert said.code == 4
    assert "limits.quarantine_share" in said.err + said.out
