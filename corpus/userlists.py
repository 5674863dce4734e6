"""The user's own word lists: adding one, and looking at what a list finds."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pyarrow as pa

from corpus import config, wordlists
from corpus.errors import UsageError
from corpus.kernels.wordlist import compile_patterns, locate, scan
from corpus.readers.plan import plan_splits
from corpus.readers.read import read_split
from corpus.resources import blacklists_root
from corpus.wordlists import CATEGORY, MANIFEST, NAME, Action, WordList


@dataclass(frozen=True)
class Hit:
    """A term in a text; `start` and `end` in characters of the text, `found` what stands there."""

    term: str
    start: int
    end: int
    found: str


@dataclass(frozen=True)
class Counted:
    """What a list finds in a corpus: hits of each term that has any, the most first, and records with a hit."""

    records: int
    with_hits: int
    characters: int
    hits: tuple[tuple[str, int], ...]


def add(file: Path, name: str, category: str | None = None, action: str | None = None) -> WordList:
    """Check `file` and keep a copy of it as the user's list `name`, in the place of an older one of that name.

    ConfigError with every line that is wrong; UsageError for a name that cannot be one or that a shipped list has.
    """
    if not NAME.fullmatch(name):
        raise UsageError(f"{name!r} cannot be a name: use lower-case letters, digits, - and _, joined by /")
    if name in {entry["name"] for entry in wordlists.entries(blacklists_root())}:
        raise UsageError(f"{name!r} is a shipped list; choose another name")
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from None
    wordlists.parse(content, str(file))
    said = wordlists.said_of(content, str(file))
    if action is not None and action not in get_args(Action):
        raise UsageError(f"--action is one of {', '.join(get_args(Action))}, not {action!r}")
    if category is not None and not CATEGORY.fullmatch(category):
        raise UsageError(f"{category!r} cannot be a category: use lower-case letters, digits and _")
    root = wordlists.user_root()
    entry = {
        "name": name,
        "file": f"{name}.txt",
        "language": "",
        "category": category or said.get("category", "user"),
        "source": "the user",
        "licence": "",
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "sha256": hashlib.sha256(content).hexdigest(),
        "boundary": said.get("boundary", "auto"),
        "gaps": said.get("gaps", True),
        "cap": said.get("cap", 5),
        "action": action or said.get("action", "flag"),
    }
    kept = [old for old in wordlists.entries(root) if old["name"] != name]
    _write(root / f"{name}.txt", content)
    _write(root / MANIFEST, _toml([*kept, entry]).encode())
    return wordlists.load(name)


def _write(path: Path, content: bytes) -> None:
    """Put a file in its place whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=".adding-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(aside).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(aside).unlink()
        raise


def _toml(entries: Sequence[dict[str, Any]]) -> str:
    """The manifest's text: a JSON string, number or truth value is one of TOML too."""
    tables = [
        "[[list]]\n" + "\n".join(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in entry.items())
        for entry in entries
    ]
    return "# Written by `corpus blacklist add`.\n\n" + "\n\n".join(tables) + "\n"


def hits(found: WordList, text: str) -> list[Hit]:
    """Every hit of a list in a text, in order."""
    automaton = compile_patterns(list(found.patterns(0)), 1)
    raw = text.encode("utf-8", "replace")
    located = locate(pa.array([raw.decode()], pa.large_string()), automaton).to_pydict()
    result = []
    for pattern, start, end in zip(located["pattern"], located["start"], located["end"], strict=True):
        before, inside = raw[:start].decode(), raw[start:end].decode()
        result.append(Hit(automaton.patterns[pattern].text, len(before), len(before) + len(inside), inside))
    return result


def count(found: WordList, paths: Sequence[str], field: str | None = None) -> Counted:
    """Hits by term in the records of `paths`, in any readable format. UsageError when nothing can be read."""
    automaton = compile_patterns(list(found.patterns(0)), 1)
    totals = np.zeros(len(found.terms), np.int64)
    records = with_hits = characters = 0
    for text in _texts(paths, field):
        seen = scan(text, automaton)
        patterns = locate(text, automaton).column("pattern").to_numpy()
        totals += np.bincount(patterns, minlength=len(totals))
        records += len(text)
        with_hits += int((seen.hits[:, 0] > 0).sum())
        characters += int(seen.chars.sum())
    order = sorted(np.flatnonzero(totals).tolist(), key=lambda index: (-totals[index], found.terms[index].text))
    return Counted(records, with_hits, characters, tuple((found.terms[i].text, int(totals[i])) for i in order))


def _texts(paths: Sequence[str], field: str | None) -> Iterator[pa.Array]:
    fields = config.Fields(text=field) if field else config.Fields()
    source = config.Source(name="stats", paths=tuple(str(Path(path).absolute()) for path in paths), fields=fields)
    for split in plan_splits([source], 32 << 20):
        for chunk in read_split(split, source, config.Limits()):
            if chunk.records.num_rows:
                yield chunk.records.column("text")
