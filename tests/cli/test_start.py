"""The command line is light until it has work to do."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

from building import prose, write_jsonl
from typing_it import command, environment, typed

HEAVY = ("pyspark", "torch", "polars", "pyarrow", "numpy", "numba", "pydantic", "yaml", "orjson", "rich")
LIMIT = 0.3


def test_help_imports_nothing_heavy() -> None:
    code = "import sys, json, cli.main; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment(), check=True)
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert not loaded & set(HEAVY)


def test_help_takes_less_than_300_ms_of_processor_time() -> None:
    taken = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command("--help"), capture_output=True, env=environment(), check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(taken) < LIMIT


def test_plan_and_rules_start_neither_spark_nor_torch(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "in.jsonl", [{"text": prose(1)}])
    (tmp_path / "p.yaml").write_text("name: t\nsources: [{name: s, paths: in.jsonl}]\n", encoding="utf-8")
    code = (
        "import sys\n"
        "from cli.main import main\n"
        "try: main()\n"
        "except SystemExit as leaving: assert leaving.code == 0\n"
        "assert not {'pyspark', 'torch', 'py4j'} & sys.modules.keys()\n"
    )
    for arguments in (["plan", str(tmp_path / "p.yaml"), "--out", str(tmp_path / "run")], ["rules", "lint"]):
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments], capture_output=True, text=True, env=environment(), check=False
        )
        assert done.returncode == 0, done.stderr


def test_the_version_is_that_of_the_package() -> None:
    from corpus import __version__

    assert typed("--version").out == f"{__version__}\n"
