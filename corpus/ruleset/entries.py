"""Files of declared entries (rules, rewrites) -> the entries in order, or every mistake in all of them at once.

An entry is declared once by `- id:` and changed by `- override:` in a later place. What its other keys mean is the
business of its grammar; that ids are unique, that an override has something to change, and where a mistake is told is
the same for all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from corpus import located
from corpus.errors import ConfigError, Problem
from corpus.located import Located, Step, Strict
from corpus.resources import rules_root
from corpus.ruleset.model import Location

SUFFIXES = (".yaml", ".yml")
_NAME = re.compile(r"[a-z0-9_\-]+(/[a-z0-9_\-]+)*")
S = TypeVar("S", bound=Strict)


class Entry(Protocol):
    """A frozen dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def overridden(self) -> Location | None:
        """The last override that changed it."""

    @property
    def idle(self) -> Location | None:
        """The last override that left everything as it was."""


E = TypeVar("E", bound=Entry)


@dataclass(frozen=True)
class Item:
    """One item of a file. What is told of it begins with its name and stands at its place in the file."""

    document: Located
    index: int
    name: str
    value: Mapping[Any, Any]
    problems: list[Problem]

    @property
    def at(self) -> Location:
        """Where it stands."""
        return Location(self.document.path, self.document.position((self.index,))[0])

    def place(self, *steps: Step) -> tuple[Step, ...]:
        """The way to a key of the item."""
        return (self.index, *steps)

    def tell(self, steps: Sequence[Step], message: str) -> None:
        """A mistake at a key of the item."""
        self.problems.append(self.document.problem(self.place(*steps), f"{self.name}: {message}"))

    def blame(self, found: Sequence[Problem]) -> None:
        """Mistakes that have their places already."""
        self.problems.extend(replace(one, message=f"{self.name}: {one.message}") for one in found)

    def validated(self, kind: type[S]) -> S | None:
        """The item as `kind`; None after its mistakes were told."""
        try:
            return located.validate(kind, self.document, self.place(), self.value)
        except ConfigError as error:
            self.blame(error.problems)
            return None


class Change(Protocol):
    """What every override has: the id it changes, and whether it takes the entry away."""

    @property
    def override(self) -> str:
        """The id."""

    @property
    def disable(self) -> bool | None:
        """Whether it goes."""


class Grammar(Protocol[E]):
    """What one kind of entry means. `noun` is the word for one of them."""

    @property
    def noun(self) -> str:
        """The word for one of them."""

    def declared(self, item: Item) -> E | None:
        """The entry that `- id:` declares; None after its mistakes were told."""

    def change(self, item: Item) -> Change | None:
        """What `- override:` asks for; None after its mistakes were told."""

    def changed(self, item: Item, change: Any, old: E) -> E | None:
        """`old` with the change, `overridden` set; None after mistakes were told."""


@dataclass(frozen=True)
class Shelf:
    """Shipped files of one kind: below `root`, told of as `shown/...`, asked for by `names` (a directory is all its
    files in sorted order). `elsewhere` are folders below `root` that hold something else."""

    root: Path
    shown: str
    noun: str
    names: tuple[str, ...]
    elsewhere: tuple[str, ...] = ()

    @classmethod
    def of(cls, folder: str, noun: str, elsewhere: tuple[str, ...] = ()) -> Shelf:
        """What is shipped in a folder of `rules/` (empty: in `rules/` itself); its directories stand before its files.
        EnvironmentProblem where the rules are missing."""
        root = rules_root() / folder
        files = sorted(path.relative_to(root).with_suffix("").as_posix() for path in root.glob("**/*.yaml"))
        files = [name for name in files if name.split("/")[0] not in elsewhere]
        folders = sorted({name.split("/")[0] for name in files if "/" in name})
        return cls(root, f"rules/{folder}".rstrip("/"), noun, (*folders, *files), elsewhere)

    def document(self, name: str) -> Located:
        """The one file that a name means, parsed; ConfigError when it is none or cannot be."""
        problems: list[Problem] = []
        found = [read(shown, path, problems) for shown, path in self._found(name, problems)]
        if problems or found[0] is None:
            raise ConfigError(problems)
        return found[0]

    def files(self, names: Sequence[str], problems: list[Problem]) -> Iterator[tuple[str, Path]]:
        """Each file once, with the path it is told of by; names that are none go to `problems`."""
        seen: set[Path] = set()
        for name in names:
            for shown, path in self._found(name, problems):
                if path.resolve() in seen:
                    problems.append(Problem(shown, 0, 0, f"is asked for twice, the second time by {name!r}"))
                    continue
                seen.add(path.resolve())
                yield shown, path

    def _found(self, name: str, problems: list[Problem]) -> list[tuple[str, Path]]:
        if name.endswith(SUFFIXES):
            return [(name, Path(name))]
        if not _NAME.fullmatch(name) or name.split("/")[0] in self.elsewhere:
            problems.append(Problem(name, 0, 0, f"is neither a shipped {self.noun} nor the path of a .yaml file"))
            return []
        if name not in self.names:
            hint = located.suggest(name, self.names) or f"; there are {', '.join(self.names)}"
            problems.append(Problem(name, 0, 0, f"no such {self.noun}{hint}"))
            return []
        inside = sorted((self.root / name).glob("**/*.yaml")) or [self.root / f"{name}.yaml"]
        return [(f"{self.shown}/{path.relative_to(self.root).as_posix()}", path) for path in inside]


def read(shown: str, path: Path, problems: list[Problem]) -> Located | None:
    """The parsed file, or None after its mistakes went to `problems`."""
    try:
        return located.parse(path.read_text(encoding="utf-8"), shown)
    except ConfigError as error:
        problems += error.problems
    except (OSError, UnicodeDecodeError, ValueError) as error:
        detail = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        problems.append(Problem(shown, 0, 0, f"cannot be read: {detail}"))
    return None


def load(names: Sequence[str], shelf: Shelf, grammar: Grammar[E]) -> tuple[E, ...]:
    """The entries of `names` in the order they were declared; ConfigError with every problem of all files."""
    build = _Build(grammar)
    for shown, path in shelf.files(names, build.problems):
        document = read(shown, path, build.problems)
        if document is not None:
            build.add(document)
    if build.problems:
        raise ConfigError(build.problems)
    return tuple(build.entries.values())


@dataclass
class _Build(Generic[E]):
    """What has been read so far. `declared` holds the ids of broken entries too, so that one mistake is told once."""

    grammar: Grammar[E]
    entries: dict[str, E] = field(default_factory=dict)
    declared: dict[str, Location] = field(default_factory=dict)
    disabled: dict[str, Location] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def add(self, document: Located) -> None:
        noun = self.grammar.noun
        if not isinstance(document.value, list):
            if document.value is not None:
                self.problems.append(document.problem((), f"must be a list of {noun}s, each beginning with `- id:`"))
            return
        changed: dict[str, int] = {}
        for index, value in enumerate(document.value):
            if not isinstance(value, dict):
                self.problems.append(document.problem((index,), f"must be a {noun}: `- id:` or `- override:`"))
                continue
            item = Item(document, index, str(value.get("id", value.get("override"))), value, self.problems)
            if "override" in value:
                self._override(item, changed)
            else:
                self._declare(item)

    def _declare(self, item: Item) -> None:
        name = item.value.get("id")
        if isinstance(name, str):
            if name in self.declared:
                item.tell(("id",), f"is declared already at {self.declared[name]}; to change it, use override")
            self.declared.setdefault(name, item.at)
        made = self.grammar.declared(item)
        if made is not None:
            self.entries.setdefault(item.name, made)

    def _override(self, item: Item, changed: dict[str, int]) -> None:
        change = self.grammar.change(item)
        if change is None:
            return
        name = change.override
        if name in changed:
            first = item.document.position((changed[name],))[0]
            item.tell(("override",), f"is overridden already in line {first} of this file")
            return
        changed[name] = item.index
        old = self.entries.get(name)
        if old is None:
            self._absent(item, name)
        elif change.disable:
            self.disabled[name] = item.at
            del self.entries[name]
        else:
            new = self.grammar.changed(item, change, old)
            if new is not None:
                same = new == replace(old, overridden=new.overridden)
                self.entries[name] = replace(new, idle=item.at) if same else new

    def _absent(self, item: Item, name: str) -> None:
        if name in self.disabled:
            item.tell(("override",), f"was disabled at {self.disabled[name]}")
        elif name not in self.declared:
            message = f"no {self.grammar.noun} {name!r} stands before this override"
            hint = located.suggest(name, self.declared)
            self.problems.append(item.document.problem(item.place("override"), f"{message}{hint}"))
