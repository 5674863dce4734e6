"""Other tools in environments of their own: installed once with pinned versions, then run on the same lines.

What each is given is its own recommendation for Chinese, with two processes; what it read is split evenly over two
files before its clock starts.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from measured import Watch

HERE = Path(__file__).parent
PROCESSES = 2


@dataclass(frozen=True)
class Peer:
    """`environment` names the file of requirements; `command` is what to run, given its bin directory, IN and OUT."""

    name: str
    environment: str
    settings: str
    command: Callable[[Path, Path, Path], list[str]]


@dataclass(frozen=True)
class Outcome:
    """What a peer took; `kept` and `removed` are told by the records' ids."""

    name: str
    settings: str
    seconds: float
    cpu: float
    peak: int
    rows: int
    kept: int
    removed: set[str]


def _script(name: str, *more: str) -> Callable[[Path, Path, Path], list[str]]:
    script = str(HERE / f"run_{name}.py")
    return lambda binaries, given, out: [
        *(str(path) for path in (binaries / "python", script, given, out)), str(PROCESSES), *more
    ]  # fmt: skip


PEERS = {
    peer.name: peer
    for peer in (
        Peer("datatrove-jieba", "datatrove", "words of jieba, 5 in a shingle, 14 x 8", _script("datatrove", "jieba")),
        Peer(
            "datatrove-characters",
            "datatrove",
            "characters, 5 in a shingle, 14 x 8",
            _script("datatrove", "characters"),
        ),
        Peer(
            "data-juicer", "data_juicer", "characters, 5 in a shingle, 256 permutations at 0.7", _script("data_juicer")
        ),
    )
}


def environment(name: str, cache: Path) -> Path:
    """The bin directory of an environment below `cache`, made where there is none; CalledProcessError if that fails."""
    home = cache / name
    wanted = (HERE / f"{name}.txt").read_text(encoding="utf-8")
    done = home / "installed.txt"
    if not done.exists() or done.read_text(encoding="utf-8") != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
        install = [str(home / "bin" / "pip"), "install", "--quiet", "-r", str(HERE / f"{name}.txt")]
        subprocess.run(install, check=True, capture_output=True, text=True)
        done.write_text(wanted, encoding="utf-8")
    return home / "bin"


def _lines(files: Sequence[str]) -> Iterator[bytes]:
    for file in files:
        with Path(file).open("rb") as handle:
            yield from (line for line in handle if line.strip())


def _split(lines: Iterable[bytes], folder: Path) -> None:
    handles = [(folder / f"{number}.jsonl").open("wb") for number in range(PROCESSES)]
    for number, line in enumerate(lines):
        handles[number % PROCESSES].write(line.rstrip(b"\n") + b"\n")
    for handle in handles:
        handle.close()


def _ids(folder: Path) -> list[str]:
    return [json.loads(line)["id"] for line in _lines([str(path) for path in sorted(folder.glob("*.jsonl"))])]


def run_peer(peer: Peer, files: Sequence[str], scratch: Path, cache: Path) -> Outcome | str:
    """What a peer took and removed, or why it could not be run. Lines need a distinct `id` each."""
    try:
        binaries = environment(peer.environment, cache)
    except subprocess.CalledProcessError as error:
        return f"{peer.name}: cannot be installed here: {(error.stderr or '').strip()[-500:]}"
    # Data-Juicer installs what it misses when it first runs, and jieba builds its dictionary.
    for folder, lines in ((scratch / "warm", islice(_lines(files), 40)), (scratch, _lines(files))):
        given, out = folder / "in", folder / "out"
        for made in (given, out / "kept"):
            made.mkdir(parents=True)
        _split(lines, given)
        with Watch() as watch, (folder / "log").open("wb") as log:
            ended = subprocess.run(peer.command(binaries, given, out), stdout=log, stderr=log, cwd=folder, check=False)
        if ended.returncode:
            said = (folder / "log").read_text(encoding="utf-8", errors="replace")
            return f"{peer.name}: ended with {ended.returncode}: {said[-1500:]}"
    before, kept = set(_ids(given)), set(_ids(out / "kept"))
    return Outcome(
        name=peer.name,
        settings=peer.settings,
        seconds=watch.seconds,
        cpu=watch.cpu,
        peak=watch.peak,
        rows=len(before),
        kept=len(kept),
        removed=before - kept,
    )
