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
Step = str | int
T = TypeVar("T")


class Strict(BaseModel):
    """Base of every settings model: frozen, unknown keys refused, no silent conversions of strings to numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False, populate_by_name=True)


@dataclass(frozen=True)
class Located:
    """A parsed YAML document: plain `value`, and the position of every node in it."""

    path: str
    value: Any
    positions: dict[tuple[Step, ...], tuple[int, int]]

    def problem(self, loc: Sequence[Step], message: str) -> Problem:
        """A Problem at the nearest known position on the way to `loc`."""
        steps = tuple(loc)
        while steps and steps not in self.positions:
            steps = steps[:-1]
        line, column = self.positions.get(steps, (0, 0))
        return Problem(self.path, line, column, message)


class _Loader(yaml.SafeLoader):
    """SafeLoader that notices repeated keys, which YAML's authors forbid and PyYAML accepts."""


def parse(text: str, path: str) -> Located:
    """`text` as plain values with positions; ConfigError for anything that is not YAML, too large or repeated."""
    if len(text.encode()) > MAX_BYTES:
        raise ConfigError([Problem(path, 0, 0, f"is larger than {MAX_BYTES >> 10} KB; split it")])
    if "\0" in text:
        raise ConfigError([Problem(path, 0, 0, "contains a NUL character; save it as UTF-8 text")])
    loader = _Loader(text)
    positions: dict[tuple[Step, ...], tuple[int, int]] = {}
    problems: list[Problem] = []
    try:
        aliases = sum(isinstance(token, yaml.AliasToken) for token in yaml.scan(text, Loader=yaml.SafeLoader))
        if aliases > MAX_ALIASES:
            raise ConfigError([Problem(path, 0, 0, f"uses {aliases} YAML aliases; at most {MAX_ALIASES} are read")])
        node = loader.get_single_node()
        if node is None:
            return Located(path, None, {(): (1, 1)})
        _walk(node, (), positions, problems, path)
        value = loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise ConfigError([Problem(path, line, column, f"is not YAML: {error.problem}")]) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError([Problem(path, 0, 0, f"is not YAML: {str(error).splitlines()[0]}")]) from None
    finally:
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


def validate(kind: type[T], located: Located, at: Sequence[Step] = (), value: Any = None) -> T:
    """`value` (else the whole document) as `kind`; ConfigError with every problem, each at its line."""
    subject = located.value if value is None else value
    try:
        return TypeAdapter(kind).validate_python(subject)
    except ValidationError as error:
        raise ConfigError([_explain(item, located, tuple(at), kind) for item in error.errors()]) from None


def _explain(item: Any, located: Located, at: tuple[Step, ...], kind: Any) -> Problem:
    loc = tuple(item["loc"])
    name = str(loc[-1]) if loc else "the document"
    match item["type"]:
        case "extra_forbidden":
            message = f"unknown key {name!r}{suggest(name, _fields(kind))}"
        case "missing":
            message = f"key {name!r} is missing"
        case _:
            message = f"{name}: {item['msg']}"
    return located.problem((*at, *loc), message)


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
