"""Word lists: files of one term a line, and the manifests that say how they are matched and where they come from.

    # a comment
    加微信
    日赚上千<tab>2<tab>cap=3
    free money<tab>1<tab>boundary=word gaps=no

A list is named in a manifest (the shipped one, or that of the user's own lists in `$XDG_CONFIG_HOME/corpus/blacklists`)
or is a file named by its path, whose first line may say what a manifest would: `#! category=fruit action=mask`.
Mistakes are a ConfigError with file:line:column, all of a file at once.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from corpus.errors import ConfigError, Problem, UsageError
from corpus.kernels.matchview import view_of_term
from corpus.kernels.wordlist import ANY_EDGE, ASCII_EDGE, MAX_TERM, Pattern
from corpus.resources import blacklists_root

Boundary = Literal["word", "none", "auto"]
Action = Literal["drop", "drop_line", "mask", "flag"]
MANIFEST = "MANIFEST.toml"
MAX_BYTES = 32 << 20
MAX_WEIGHT = 1000.0
DIGEST = 12
NAME = re.compile(r"[a-z0-9][a-z0-9_\-]*(/[a-z0-9][a-z0-9_\-]*)*")
CATEGORY = re.compile(r"[a-z][a-z0-9_]*")
_SAID = "category=WORD, action=drop|drop_line|mask|flag, boundary=word|none|auto, gaps=yes|no or cap=NUMBER"
_OPTION = re.compile(r"(boundary|gaps|cap)=(\S+)")
_KEYS: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(
        ("name", "file", "language", "category", "source", "licence", "date", "sha256", "boundary", "action"), (str,)
    ),
    "gaps": (bool,),
    "cap": (int,),
}
_NEEDED = ("name", "file", "language", "category", "source", "licence", "date", "sha256")


@dataclass(frozen=True)
class Term:
    """One line of a list; None where the list's own setting holds."""

    text: str
    weight: float = 1.0
    boundary: Boundary | None = None
    gaps: bool | None = None
    cap: int | None = None


@dataclass(frozen=True)
class WordList:
    """A list. `boundary`: may letters touch a hit: `word` none at all, `none` any, `auto` any where the term holds
    Chinese and no Latin letter or digit where it does not. `gaps`: may a hit step over marks between Chinese
    characters. `cap`: hits of one term in a text that count towards its density at most. `action` is a hint."""

    name: str
    terms: tuple[Term, ...]
    language: str = ""
    category: str = "user"
    boundary: Boundary = "auto"
    gaps: bool = True
    cap: int = 5
    action: Action = "flag"
    source: str = ""
    licence: str = ""
    date: str = ""
    sha256: str = ""

    @property
    def packed(self) -> str:
        """What decides a match, as JSON: what a worker needs that has not the file."""
        terms = [[term.text, term.weight, term.boundary, term.gaps, term.cap] for term in self.terms]
        return json.dumps([self.boundary, self.gaps, self.cap, terms], ensure_ascii=False, separators=(",", ":"))

    @property
    def digest(self) -> str:
        """The first hex digits of the sha256 of `packed`: comments and provenance are not in it."""
        return hashlib.sha256(self.packed.encode()).hexdigest()[:DIGEST]

    def patterns(self, group: int) -> Iterator[Pattern]:
        """The terms as the kernel takes them."""
        for term in self.terms:
            edge = _edge(term.boundary or self.boundary, term.text)
            gaps = self.gaps if term.gaps is None else term.gaps
            yield Pattern(term.text, group, term.weight, self.cap if term.cap is None else term.cap, edge, gaps)


def unpacked(name: str, packed: str) -> WordList:
    """The list that `packed` was made from, without its provenance."""
    boundary, gaps, cap, terms = json.loads(packed)
    return WordList(name, tuple(Term(*term) for term in terms), boundary=boundary, gaps=gaps, cap=cap)


def digest_of(lists: Sequence[WordList]) -> str:
    """One digest for several lists in their order; that of a single list is its own."""
    if len(lists) == 1:
        return lists[0].digest
    return hashlib.sha256("".join(f"{one.category} {one.digest}\n" for one in lists).encode()).hexdigest()[:DIGEST]


def attach(lists: Sequence[WordList], packed: Sequence[str]) -> str:
    """Names, categories and terms of lists as JSON, for a worker; terms (`packed`) only of those that it has not."""
    rows = [[one.name, one.category, one.digest, terms] for one, terms in zip(lists, packed, strict=True)]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def some_of(said: str, chosen: Sequence[bool]) -> str | None:
    """What `attach` would say of the chosen lists alone; None of none."""
    rows = [row for row, wanted in zip(json.loads(said), chosen, strict=True) if wanted]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":")) if rows else None


def attached(said: str) -> list[WordList]:
    """The lists that `attach` told of; UsageError when a shipped one is not what it was then."""
    found = []
    for name, category, digest, packed in json.loads(said):
        one = unpacked(name, packed) if packed else load(name)
        if one.digest != digest:
            raise UsageError(f"word list {name!r} is {one.digest}, not {digest} as it was when the rules were read")
        found.append(replace(one, category=category))
    return found


def _edge(boundary: Boundary, text: str) -> int:
    if boundary == "none":
        return 0
    if boundary == "word":
        return ANY_EDGE
    return 0 if any(ord(character) >= 0x2E80 for character in text) else ASCII_EDGE


def user_root() -> Path:
    """Where the user's own lists are kept: `$XDG_CONFIG_HOME/corpus/blacklists`, else below `~/.config`."""
    base = os.environ.get("XDG_CONFIG_HOME", "")
    home = Path(base) if base and Path(base).is_absolute() else Path.home() / ".config"
    return home / "corpus" / "blacklists"


def names() -> list[str]:
    """Every list that has a name: shipped, then the user's own."""
    return [entry["name"] for root in (blacklists_root(), user_root()) for entry in entries(root)]


def shipped_names() -> list[str]:
    """The lists that every worker has."""
    return [entry["name"] for entry in entries(blacklists_root())]


def load(name: str, base: Path | None = None) -> WordList:
    """The list `name`: shipped, the user's own, or a `.txt` file (relative to `base`, else to the working directory).

    UsageError when there is none; ConfigError when its file is wrong or is not the one its manifest names.
    """
    if name.endswith(".txt"):
        path = (base or Path()) / Path(name).expanduser()
        content = _read(path, name)
        return WordList(
            name, parse(content, name), sha256=hashlib.sha256(content).hexdigest(), **said_of(content, name)
        )
    for root in (blacklists_root(), user_root()):
        for entry in entries(root):
            if entry["name"] == name:
                return _entered(root, entry)
    from corpus.located import suggest

    known = names()
    raise UsageError(f"no word list {name!r}{suggest(name, known) or '; there are ' + ', '.join(known)}")


def _entered(root: Path, entry: Mapping[str, Any]) -> WordList:
    path = root / entry["file"]
    shown = f"blacklists/{entry['file']}" if root == blacklists_root() else str(path)
    content = _read(path, shown)
    found = hashlib.sha256(content).hexdigest()
    if found != entry["sha256"]:
        message = f"has sha256 {found[:DIGEST]}..., its manifest says {entry['sha256'][:DIGEST]}...; add it anew"
        raise ConfigError([Problem(shown, 0, 0, message)])
    settings = {key: value for key, value in entry.items() if key != "file"}
    return WordList(terms=parse(content, shown), **settings)


def _read(path: Path, shown: str) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError([Problem(shown, 0, 0, f"is larger than {MAX_BYTES >> 20} MB")])
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{shown}: cannot be read: {error.strerror}") from None


def parse(content: bytes, shown: str) -> tuple[Term, ...]:
    """The terms of a file in order, each view once; ConfigError with every line that is wrong."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        broken = content[: error.start].count(b"\n") + 1
        raise ConfigError([Problem(shown, broken, 1, "is not UTF-8")]) from None
    problems: list[Problem] = []
    terms: list[Term] = []
    first: dict[tuple[int, ...], int] = {}
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.rstrip("\r ")
        if not line or line.startswith("#"):
            continue
        try:
            term = _term(line)
            view = tuple(view_of_term(term.text))
            if len(view) > MAX_TERM:
                raise ValueError(f"has more than {MAX_TERM} characters")
            if view in first:
                raise ValueError(f"{term.text!r} is found as line {first[view]} is; one of them is idle")
            first[view] = number
            terms.append(term)
        except ValueError as error:
            problems.append(Problem(shown, number, 1, str(error)))
    if not terms and not problems:
        problems.append(Problem(shown, 0, 0, "has no term"))
    if problems:
        raise ConfigError(problems)
    return tuple(terms)


def said_of(content: bytes, shown: str) -> dict[str, Any]:
    """What the first line of a file says of the whole list (`#! category=fruit action=mask boundary=word cap=3`);
    nothing where it is no such line. ConfigError with all that is wrong in it."""
    first = content.decode("utf-8-sig", "replace").split("\n", 1)[0].rstrip("\r ")
    if not first.startswith("#!"):
        return {}
    found: dict[str, Any] = {}
    problems: list[Problem] = []
    for said in first[2:].split():
        key, _, value = said.partition("=")
        if (key == "category" and CATEGORY.fullmatch(value)) or (key == "action" and value in get_args(Action)):
            found[key] = value
        else:
            try:
                found[key] = _option(key, value)
            except ValueError:
                problems.append(Problem(shown, 1, 1, f"{said!r} is not {_SAID}"))
    if problems:
        raise ConfigError(problems)
    return found


def _term(line: str) -> Term:
    text, *rest = line.split("\t")
    weight = rest[0].strip() if rest else ""
    options: dict[str, Any] = {}
    for said in " ".join(rest[1:]).split():
        match = _OPTION.fullmatch(said)
        if match is None:
            raise ValueError(f"option {said!r} is not boundary=word|none|auto, gaps=yes|no or cap=NUMBER")
        options[match[1]] = _option(match[1], match[2])
    try:
        number = float(weight) if weight else 1.0
    except ValueError:
        raise ValueError(f"weight {weight!r} is not a number") from None
    if not 0 < number <= MAX_WEIGHT:
        raise ValueError(f"weight {weight} is not above 0 and at most {MAX_WEIGHT:g}")
    return Term(text.strip(), number, **options)


def _option(key: str, value: str) -> Boundary | bool | int:
    if key == "boundary" and value in get_args(Boundary):
        return value  # type: ignore[return-value]
    if key == "gaps" and value in ("yes", "no"):
        return value == "yes"
    if key == "cap" and value.isascii() and value.isdigit() and len(value) < 7:
        return int(value)
    raise ValueError(f"{key}={value} is not boundary=word|none|auto, gaps=yes|no or cap=NUMBER")


def entries(root: Path) -> list[dict[str, Any]]:
    """The lists that the manifest below `root` names; none when there is no manifest. ConfigError when it is wrong."""
    path = root / MANIFEST
    if not path.is_file():
        return []
    shown = str(path)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError([Problem(shown, 0, 0, str(error))]) from None
    found = document.get("list", [])
    wrong = [(entry, message) for entry in found for message in _wrong(entry)]
    if wrong:
        raise ConfigError([Problem(shown, 0, 0, f"{entry.get('name', '?')}: {said}") for entry, said in wrong])
    return list(found)


def _wrong(entry: Mapping[str, Any]) -> Iterator[str]:
    for key in _NEEDED:
        if key not in entry:
            yield f"lacks {key!r}"
    for key, value in entry.items():
        if key not in _KEYS:
            yield f"has no use for {key!r}"
        elif type(value) not in _KEYS[key]:
            yield f"{key} is {value!r}"
    if not NAME.fullmatch(str(entry.get("name"))):
        yield "its name is not lower-case letters, digits, - and _, joined by /"
    if entry.get("boundary", "auto") not in get_args(Boundary):
        yield f"boundary is not one of {', '.join(get_args(Boundary))}"
    if entry.get("action", "flag") not in get_args(Action):
        yield f"action is not one of {', '.join(get_args(Action))}"
