from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import corpus

SAFE = {"PYTHONSAFEPATH": "1"}
SCRIPT = """
import sys
from numba.core import event

class Compiled(event.Listener):
    count = 0
    def on_start(self, happening):
        Compiled.count += 1
    def on_end(self, happening):
        pass

event.register("numba:compile", Compiled())
import pyarrow as pa
from corpus.kernels import digest
print(digest.hash_bytes(b"hello") == 0xCBD8A7B341BD9B025B1E906A48AE1D19, Compiled.count, digest.__file__)
"""


HOME = "from corpus.kernels.numba_cache import cache_home; print(cache_home())"


def run(cache: Path, *paths: str, script: str = SCRIPT, **extra: str) -> list[str]:
    """The words that a fresh process prints; `paths` come first on its import path."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache), "PYTHONPATH": os.pathsep.join(paths), **SAFE, **extra}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.fixture(scope="module")
def source() -> Path:
    (folder,) = corpus.__path__
    return Path(folder).parent


@pytest.fixture
def zipped(source: Path, tmp_path: Path) -> Path:
    target = tmp_path / "corpus.zip"
    with zipfile.ZipFile(target, "w") as archive:
        for file in sorted((source / "corpus").rglob("*")):
            if file.suffix in {".py", ".npz"}:
                archive.write(file, file.relative_to(source))
    return target


def test_a_zip_hits_what_a_folder_compiled_and_keeps_it_private(source: Path, zipped: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    good, compiled, _ = run(cache, str(source))
    assert (good, int(compiled) > 0) == ("True", True)
    good, compiled, file = run(cache, str(zipped))
    assert (good, compiled) == ("True", "0")
    assert str(zipped) in file
    home = cache / "corpus" / "kernels"
    assert home.stat().st_mode & 0o777 == 0o700


def test_what_was_compiled_beforehand_is_not_compiled_again(source: Path, tmp_path: Path) -> None:
    ahead = "from corpus.kernels.numba_cache import compile_all; print(compile_all('corpus.kernels.digest', {}, 2))"
    some, others = (int(run(tmp_path, str(source), script=ahead.format(first))[0]) for first in (0, 1))
    assert 0 <= some - others <= 1
    assert run(tmp_path, str(source))[:2] == ["True", "0"]


def test_damaged_cache_files_are_compiled_anew(source: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    run(cache, str(source))
    for file in (cache / "corpus" / "kernels").rglob("*.nb?"):
        file.write_bytes(file.read_bytes()[:50])
    good, compiled, _ = run(cache, str(source))
    assert (good, int(compiled) > 0) == ("True", True)


def test_processes_that_compile_at_once_all_get_it_right(source: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path), "PYTHONPATH": str(source), **SAFE}
    started = [
        subprocess.Popen([sys.executable, "-c", SCRIPT], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    answers = [process.communicate()[0].split()[0] for process in started]
    assert answers == ["True"] * 3
    assert run(tmp_path, str(source))[:2] == ["True", "0"]


def test_a_cache_that_others_can_write_is_closed_to_them(source: Path, tmp_path: Path) -> None:
    home = tmp_path / "corpus" / "kernels"
    home.mkdir(parents=True)
    home.chmod(0o777)
    assert run(tmp_path, str(source), script=HOME) == [str(home)]
    assert home.stat().st_mode & 0o777 == 0o700


def test_a_cache_that_cannot_be_written_is_done_without(source: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    elsewhere = tmp_path / f"corpus-kernels-{os.getuid()}"
    nowhere = {"HOME": str(blocked), "TMPDIR": str(tmp_path)}
    assert run(blocked, str(source), script=HOME, **nowhere) == [str(elsewhere)]
    elsewhere.rmdir()
    elsewhere.write_text("taken")
    good, compiled, _ = run(blocked, str(source), **nowhere)
    assert (good, int(compiled) > 0) == ("True", True)
    assert elsewhere.read_text() == "taken"


def test_a_changed_source_changes_the_key(zipped: Path, source: Path, tmp_path: Path) -> None:
    show = "from corpus.kernels.numba_cache import source_digest; print(source_digest('corpus.kernels.digest'))"
    before = run(tmp_path, str(source), script=show)
    assert run(tmp_path, str(zipped), script=show) == before
    changed = tmp_path / "changed"
    with zipfile.ZipFile(zipped) as archive:
        archive.extractall(changed)
    with (changed / "corpus" / "kernels" / "memory.py").open("a") as file:
        file.write("# edited\n")
    assert run(tmp_path, str(changed), script=show) != before
