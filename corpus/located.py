"""YAML that remembers where every value stood, so that a mistake is reported as file:line:column.

Parsing is PyYAML's safe loader (no tags, no code); validation is pydantic's; this module joins the two: a
validation error's path of keys is looked up in the node tree to find the line the user must change.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from corpus.errors import ConfigError, Problem

MAX_BYTES = 1 << 20
MAX_ALIASES = 64
MAX_NODES = 200_000
MAX_SHOWN = 40
Step = str | int
T = TypeVar("T")


class Strict(BaseModel):
    """Base of every settings model: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False, populate_by_name=True)


@dataclass(frozen=True)
class Located:
    """A parsed YAML document: plain `value`, and the position of every node in it."""

    path: str
    value: Any
    positions: dict[tuple[Step, ...], tuple[int, int]]

    def position(self, loc: Sequence[Step]) -> tuple[int, int]:
        """Line and column of the nearest known node on the way to `loc`; (0, 0) when there is none."""
        steps = tuple(loc)
        while steps and steps not in self.positions:
            steps = steps[:-1]
        return self.positions.get(steps, (0, 0))

    def problem(self, loc: Sequence[Step], message: str) -> Problem:
        """A Problem at the nearest known position on the way to `loc`."""
        return Problem(self.path, *self.position(loc), message)


class _TooMany(ValueError):
    """More aliases or nodes than a file that a person wrote could need."""


class _Loader(yaml.SafeLoader):
    """SafeLoader that counts aliases: a few of them nested make a file of a kilobyte stand for billions of values."""

    aliases = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            self.aliases += 1
            if self.aliases > MAX_ALIASES:
                raise _TooMany(f"uses more than {MAX_ALIASES} YAML aliases")
        return super().compose_node(parent, index)


def parse(text: str, path: str) -> Located:
    """`text` as plain values with positions; ConfigError for anything that is not YAML, too large or repeated."""
    if len(text.encode(errors="surrogatepass")) > MAX_BYTES:
        raise ConfigError([Problem(path, 0, 0, f"is larger than {MAX_BYTES >> 10} KB; split it")])
    if "\0" in text:
        raise ConfigError([Problem(path, 0, 0, "contains a NUL character; save it as UTF-8 text")])
    positions: dict[tuple[Step, ...], tuple[int, int]] = {}
    problems: list[Problem] = []
    loader: _Loader | None = None
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            return Located(path, None, {(): (1, 1)})
        _walk(node, (), positions, problems, path)
        value = loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise ConfigError([Problem(path, line, column, f"is not YAML: {error.problem}")]) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        column = error.position - text.rfind("\n", 0, error.position)
        message = f"is not YAML: the character U+{int(error.character):04X} is not allowed"
        raise ConfigError([Problem(path, line, column, message)]) from None
    except RecursionError:
        raise ConfigError([Problem(path, 0, 0, "is nested too deeply")]) from None
    except (yaml.YAMLError, ValueError, OverflowError, TypeError, KeyError, AttributeError) as error:
        # PyYAML lets Python's own errors out of its scalar constructors: a 31st of February, a base-60 overflow.
        detail = (str(error).splitlines() or [type(error).__name__])[0]
        raise ConfigError([Problem(path, 0, 0, f"is not YAML: {detail}")]) from None
    finally:
        if loader is not None:
            loader.dispose()
    if problems:
        raise ConfigError(problems)
    return Located(path, value, positions)


def _walk(
    node: yaml.Node,
    at: tuple[Step, ...],
    positions: dict[tuple[Step, ...], tuple[int, int]],
    problems: list[Problem],
    path: str,
) -> None:
    if len(positions) > MAX_NODES:
        raise _TooMany(f"stands for more than {MAX_NODES} values")
    positions.setdefault(at, (node.start_mark.line + 1, node.start_mark.column + 1))
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(getattr(key, "value", key))
            if name in seen:
                mark = key.start_mark
                problems.append(Problem(path, mark.line + 1, mark.column + 1, f"key {name!r} is given twice"))
            seen.add(name)
            positions[(*at, name)] = (key.start_mark.line + 1, key.start_mark.column + 1)
            _walk(value, (*at, name), positions, problems, path)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _walk(item, (*at, index), positions, problems, path)


_WHOLE = object()


def validate(kind: type[T], located: Located, at: Sequence[Step] = (), value: Any = _WHOLE) -> T:
    """`value` (else the whole document) as `kind`; ConfigError with every problem, each at its line."""
    subject = located.value if value is _WHOLE else value
    try:
        return TypeAdapter(kind).validate_python(subject)
    except ValidationError as error:
        raise ConfigError([_explain(item, located, tuple(at), kind) for item in _told_once(error.errors())]) from None


def _told_once(errors: list[Any]) -> list[Any]:
    """Without "too few items" where items are there but wrong themselves."""
    inner = {item["loc"][:end] for item in errors for end in range(len(item["loc"]))}
    return [item for item in errors if item["type"] != "too_short" or item["loc"] not in inner]


def _explain(item: Any, located: Located, at: tuple[Step, ...], kind: Any) -> Problem:
    loc = tuple(item["loc"])
    name = str(loc[-1]) if loc else "the document"
    match item["type"]:
        case "extra_forbidden":
            message = f"unknown key {name!r}{suggest(name, _fields(kind))}"
        case "missing":
            message = f"key {name!r} is missing"
        case "value_error":
            message = f"{_owner(loc, located, at)}: {item['ctx']['error']}"
        case _:
            message = f"{_owner(loc, located, at)}: {item['msg']}{_shown(item.get('input'))}"
    return located.problem((*at, *loc), message)


def _owner(loc: tuple[Step, ...], located: Located, at: tuple[Step, ...]) -> str:
    """The key a user would look for: the last step of `loc` that stands in the file as a key."""
    for end in range(len(loc), 0, -1):
        if isinstance(loc[end - 1], str) and (*at, *loc[:end]) in located.positions:
            return str(loc[end - 1])
    return str(loc[-1]) if loc else "the document"


def _shown(value: Any) -> str:
    """`, not "..."` for a scalar short enough to print."""
    if value is None or isinstance(value, dict | list | tuple | BaseModel):
        return "" if value is not None else ", not empty"
    text = repr(value)
    return f", not {text}" if len(text) <= MAX_SHOWN else ""


def suggest(name: str, known: Iterable[str]) -> str:
    """`; did you mean "x"?` when something known is close to `name`, else nothing."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f'; did you mean "{close[0]}"?' if close else ""


def _fields(kind: Any) -> set[str]:
    """Every key that `kind` or a model inside it accepts."""
    found: set[str] = set()
    pending, seen = [kind], set()
    while pending:
        current = pending.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        if isinstance(current, type) and issubclass(current, BaseModel):
            for field_name, field in current.model_fields.items():
                found.add(field.alias or field_name)
                pending.append(field.annotation)
        else:
            pending.extend(getattr(current, "__args__", ()))
    return found
