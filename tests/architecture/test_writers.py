"""Nothing writes from Spark's workers but corpus.parts, and nothing opens a session but corpus.session."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
CALLS = {
    "mapInArrow": {"corpus/parts.py", "corpus/spark.py", "corpus/jvm_archive.py", "corpus/doctor.py"},
    "getOrCreate": {"corpus/session.py"},
    "collect": {"corpus/jvm_archive.py", "corpus/spread.py"},  # accounts of tasks, never records
    "toPandas": set(),
    "foreachPartition": set(),
    "rlike": set(),
}


def attributes(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and ast.unparse(node.func) != "gc.collect"
    }


def spark_modules() -> dict[str, set[str]]:
    return {
        str(path.relative_to(ROOT)): attributes(path)
        for path in sorted((ROOT / "corpus").rglob("*.py"))
        if "pyspark" in path.read_text(encoding="utf-8") or "mapInArrow" in path.read_text(encoding="utf-8")
    }


def test_only_these_modules_call_what_writes_or_collects() -> None:
    modules = spark_modules()
    assert "corpus/parts.py" in modules
    for call, allowed in CALLS.items():
        assert {name for name, used in modules.items() if call in used} <= allowed, call


def test_library_files_stay_short() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for folder in ("corpus", "cli", "train")
        for path in (ROOT / folder).rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 450
    }
    assert long == {}


def test_nothing_loads_pickles_or_runs_yaml_tags() -> None:
    for path in sorted((ROOT / "corpus").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        assert not names & {"pickle", "dill", "joblib", "shelve", "marshal"}, path
        assert "pandas" not in names, path
