"""Sessions are started in processes of their own, so that no other test's JVM is in the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from corpus import session, session_settings, worker_daemon

ROOT = Path(session.__file__).parent.parent

FACTS = """
import json, os, sys, tempfile
from pathlib import Path
from corpus.session import open_session

def look(batches):
    import importlib.util, os, sys, threading
    import polars as pl
    import pyarrow as pa
    for batch in batches:
        pass
    yield pa.RecordBatch.from_pylist([{
        "python": sys.executable,
        "threads": [os.environ.get(n, "") for n in ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS")],
        "pool": pl.thread_pool_size(),
        "corpus": importlib.util.find_spec("corpus").origin,
        "cwd_on_path": "" in sys.path or os.getcwd() in sys.path,
    }])

before = {name: value for name, value in os.environ.items() if not name.startswith("SPARK_")}
scratch_before = set(Path(tempfile.gettempdir()).glob("corpus-spark-*"))
with open_session("local[2,4]", "facts", {"spark.sql.shuffle.partitions": "3"}, Path(sys.argv[1])) as spark:
    rows = spark.range(0, 4, 1, 4).mapInArrow(
        look, "python string, threads array<string>, pool long, corpus string, cwd_on_path boolean"
    ).toArrow().to_pylist()
    spark.sparkContext._jvm.System.err.println("straight from the JVM")
    with open_session("local[1]", "inner") as inner:
        same = inner is spark
    try:
        spark.range(1).mapInArrow(lambda batches: 1 / 0, "id long").toArrow()
    except Exception as caught:
        inside = type(caught).__name__
    facts = {
        "inside": inside,
        "rows": rows,
        "same": same,
        "alive": spark.range(5).count(),
        "conf": dict(spark.sparkContext.getConf().getAll()),
        "shuffle": spark.conf.get("spark.sql.shuffle.partitions"),
        "zone": spark.conf.get("spark.sql.session.timeZone"),
    }
try:
    with open_session("local[1]", "again") as spark:
        facts["again"] = [spark.sparkContext.master, spark.range(3).count()]
        spark.range(1).mapInArrow(lambda batches: 1 / 0, "id long").toArrow()
except Exception as caught:
    facts["outside"] = [type(caught).__name__, str(caught)]
after = {name: value for name, value in os.environ.items() if not name.startswith("SPARK_")}
facts["environment_untouched"] = after == before
facts["scratch_left"] = len(set(Path(tempfile.gettempdir()).glob("corpus-spark-*")) - scratch_before)
print(json.dumps(facts))
"""

HANG = """
import sys
from corpus.session import open_session

def hang(batches):
    import time
    for batch in batches:
        time.sleep(300)
        yield batch

with open_session("local[2,4]", "hang") as spark:
    print("ready", flush=True)
    spark.range(0, 2, 1, 2).mapInArrow(hang, "id long").toArrow()
"""


def _start(code: str, *arguments: str, cwd: Path) -> subprocess.Popen[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYSPARK", "SPARK"))}
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env={**environment, "PYTHONPATH": str(ROOT), "TMPDIR": str(cwd)},
    )


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    directory = tmp_path_factory.mktemp("s")
    # A file named like a module of the standard library, where the user happens to stand, must not break the workers.
    (directory / "queue.py").write_text("raise RuntimeError('imported from the working directory')\n", encoding="utf-8")
    log = directory / "logs" / "spark.log"
    with _start("import sys; sys.path.remove('')\n" + FACTS, str(log), cwd=directory) as process:
        out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    return {**json.loads(out.splitlines()[-1]), "out": out, "err": err, "log": log.read_text(encoding="utf-8")}


def test_nothing_of_spark_reaches_the_terminal(facts: dict[str, Any]) -> None:
    assert facts["err"] == ""
    assert facts["out"].count("\n") == 1
    assert "straight from the JVM" in facts["log"]


def test_workers_run_this_interpreter_with_one_thread_and_can_import_the_package(facts: dict[str, Any]) -> None:
    for row in facts["rows"]:
        assert row["python"] == sys.executable
        assert row["threads"] == ["1", "1", "1"]
        assert row["pool"] == 1
        assert Path(row["corpus"]) == ROOT / "corpus" / "__init__.py"
        assert not row["cwd_on_path"]


def test_the_caller_settles_what_it_names_and_we_the_rest(facts: dict[str, Any]) -> None:
    assert facts["shuffle"] == "3"
    assert facts["zone"] == "UTC"
    assert facts["conf"]["spark.master"] == "local[2,4]"
    assert facts["conf"]["spark.app.name"] == "facts"
    assert facts["conf"]["spark.python.unix.domain.socket.enabled"] == "true"
    assert "spark.executor.pyspark.memory" not in facts["conf"]


def test_a_session_inside_a_session_is_the_same_and_stays_open(facts: dict[str, Any]) -> None:
    assert facts["same"] is True
    assert facts["alive"] == 5


def test_a_session_can_follow_another_and_nothing_is_left_behind(facts: dict[str, Any]) -> None:
    assert facts["again"] == ["local[1]", 3]
    assert facts["environment_untouched"] is True
    assert facts["scratch_left"] == 0


def test_an_error_of_spark_keeps_its_name_and_message_when_the_jvm_is_gone(facts: dict[str, Any]) -> None:
    name, message = facts["outside"]
    assert name == facts["inside"]
    assert "ZeroDivisionError" in message


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, -signal.SIGINT), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_a_killed_driver_leaves_no_jvm_and_no_worker(number: signal.Signals, code: int, tmp_path: Path) -> None:
    with _start(HANG, cwd=tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        driver = psutil.Process(process.pid)
        deadline = time.monotonic() + 60
        while sum("worker_daemon" in " ".join(child.cmdline()) for child in _descendants(driver)) < 3:
            assert time.monotonic() < deadline, "the workers did not start"
            time.sleep(0.1)
        family = _descendants(driver)
        process.send_signal(number)
        process.communicate(timeout=60)
        assert process.returncode == code
    _, alive = psutil.wait_procs(family, timeout=20)
    assert [child for child in alive if child.is_running() and child.status() != psutil.STATUS_ZOMBIE] == []
    if number == signal.SIGTERM:
        assert list(tmp_path.glob("corpus-spark-*")) == []


def _descendants(process: psutil.Process) -> list[psutil.Process]:
    found = []
    for child in process.children(recursive=True):
        try:
            child.cmdline()
        except psutil.Error:
            continue
        found.append(child)
    return found


SUBMITTED = """
import os
from corpus.session import open_session

def look(batches):
    import os
    import pyarrow as pa
    for batch in batches:
        pass
    yield pa.RecordBatch.from_pylist([{"threads": os.environ.get("POLARS_MAX_THREADS", "")}])

with open_session("local[7]", "ours", {"spark.sql.shuffle.partitions": "9"}) as spark:
    context = spark.sparkContext
    rows = spark.range(0, 2, 1, 2).mapInArrow(look, "threads string").toArrow().to_pylist()
    print(context.master, context.appName, spark.conf.get("spark.sql.shuffle.partitions"), rows[0]["threads"])
try:
    context.parallelize([1]).count()
except Exception:
    print("stopped")
"""


@pytest.mark.slow
def test_under_spark_submit_its_master_and_settings_win_and_ours_fill_the_gaps(tmp_path: Path) -> None:
    import pyspark

    from corpus.java import find_java, launcher_home

    (tmp_path / "job.py").write_text(SUBMITTED, encoding="utf-8")
    given = ("--master", "local[2,4]", "--name", "theirs", "--conf", "spark.sql.shuffle.partitions=5")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYSPARK", "SPARK"))}
    environment |= {"JAVA_HOME": str(launcher_home(find_java())), "PYTHONPATH": str(ROOT)}
    environment |= {"PYSPARK_PYTHON": sys.executable}
    submit = Path(pyspark.__file__).parent / "bin" / "spark-submit"
    command = [submit, *given, "--conf", "spark.log.level=ERROR", tmp_path / "job.py"]
    answer = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=False)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.splitlines() == ["local[2,4] theirs 5 1", "stopped"]


def test_a_java_that_cannot_start_spark_is_the_users_problem_not_a_traceback(tmp_path: Path) -> None:
    program = tmp_path / "java" / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(
        '#!/bin/sh\n[ "$1" = -version ] && { echo \'openjdk version "21.0.1"\' >&2; exit 0; }\n'
        "echo no heap for you >&2\nexit 1\n",
        encoding="utf-8",
    )
    program.chmod(0o755)
    code = f"""
import os
os.environ["JAVA_HOME"] = {str(program.parent.parent)!r}
os.environ["XDG_CACHE_HOME"] = {str(tmp_path / "cache")!r}
from corpus.errors import EnvironmentProblem
from corpus.session import open_session
try:
    with open_session("local[1]"):
        pass
except EnvironmentProblem as problem:
    print(problem)
"""
    with _start(code, cwd=tmp_path) as process:
        out, err = process.communicate(timeout=60)
    assert err == ""
    assert "Spark did not start with Java 21.0.1" in out
    assert "no heap for you" in out
    assert "corpus doctor" in out


def test_what_a_killed_session_left_is_removed_and_a_live_one_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(session.tempfile, "tempdir", str(tmp_path))
    live, held = session._scratch_directory()
    dead = tmp_path / "corpus-spark-dead"
    fresh = tmp_path / "corpus-spark-fresh"
    for directory in (dead, fresh):
        directory.mkdir()
    for directory in (dead, live):
        os.utime(directory, (1, 1))
    other, held_too = session._scratch_directory()
    assert not dead.exists()
    assert live.is_dir()
    assert fresh.is_dir()
    assert other.is_dir()
    os.close(held)
    os.close(held_too)


@pytest.mark.parametrize(
    ("given", "overhead"),
    [({}, "1g"), ({"spark.executor.cores": "4"}, "4g"), ({"spark.executor.memoryOverheadFactor": "0.3"}, None)],
)
def test_executors_get_a_gigabyte_a_core_beside_the_heap(given: dict[str, str], overhead: str | None) -> None:
    chosen = session_settings.settings("spark://host:7077", given)
    assert chosen.get("spark.executor.memoryOverhead") == overhead
    assert "spark.python.daemon.module" not in chosen
    assert "spark.driver.host" not in chosen
    assert "spark.executorEnv.PYTHONPATH" not in chosen


def test_a_package_in_a_zip_is_not_asked_to_start_the_workers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert session_settings.settings("local[2]", {})["spark.python.daemon.module"] == "corpus.worker_daemon"
    (tmp_path / "shipped.zip").write_bytes(b"PK")
    monkeypatch.setattr(session_settings.corpus, "__file__", str(tmp_path / "shipped.zip" / "corpus" / "__init__.py"))
    assert not {"spark.python.daemon.module", "spark.executorEnv.PYTHONPATH"} & set(
        session_settings.settings("local", {})
    )


def test_preloading_starts_no_thread_that_a_fork_would_lose() -> None:
    code = (
        "import os\nfrom corpus.worker_daemon import preload\npreload()\nimport sys\n"
        "print('polars' in sys.modules, [open(f'/proc/self/task/{t}/comm').read().strip() "
        "for t in os.listdir('/proc/self/task')])"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **dict.fromkeys(session_settings.ONE_THREAD, "1")}
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    loaded, _, threads = answer.stdout.partition(" ")
    assert loaded == "False"
    assert set(eval(threads)) <= {"python", "python3", "jemalloc_bg_thd"}
    assert "pyarrow" in worker_daemon.PRELOADED
