"""Names and files of either kind, as a person gives them to `corpus rules`: the rules and the rewrites among them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.errors import ConfigError, Problem
from corpus.ruleset import lines
from corpus.ruleset.entries import SUFFIXES, read
from corpus.ruleset.load import load_rules, shipped_names
from corpus.ruleset.model import RuleSet
from corpus.ruleset.rewrites import FOLDER, Rewrite, load_rewrites, shipped_rewrites


@dataclass(frozen=True)
class Declared:
    """Rules in rule-set order, those for records before those for lines, and rewrites in the order they run."""

    rules: RuleSet
    rewrites: tuple[Rewrite, ...]


def load_declared(names: Sequence[str]) -> Declared:
    """What `names` declare: rule sets and rule files, `rewrites` (all shipped ones), `rewrites/NAME`, and files of
    rewrites, told from rule files by what stands in them; so too `lines`, `lines/NAME` and files of line rules. Without
    names everything that is shipped.

    ConfigError with every problem of all files.
    """
    asked = list(names) or [*(name for name in shipped_names() if "/" not in name), FOLDER, lines.FOLDER]
    of_lines = [name for name in asked if lines.is_line_rules(name)]
    asked = [name for name in asked if name not in of_lines]
    changes = [name for name in asked if _is_rewrites(name, asked)]
    rules = [name for name in asked if name not in changes]
    shipped = [one for name in changes for one in (shipped_rewrites() if name == FOLDER else [_bare(name)])]
    found: list[Any] = []
    problems: list[Problem] = []
    loaders: list[Callable[[], Any]] = [
        lambda: load_rules(rules),
        lambda: load_rewrites(shipped),
        lambda: lines.load_line_rules(lines.bare(of_lines)),
    ]
    for load in loaders:
        try:
            found.append(load())
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    return Declared(RuleSet((*found[0].rules, *found[2])), found[1])


def _bare(name: str) -> str:
    return name if name.endswith(SUFFIXES) else name.removeprefix(f"{FOLDER}/")


def _is_rewrites(name: str, asked: Sequence[str]) -> bool:
    if not name.endswith(SUFFIXES):
        return name == FOLDER or name.startswith(f"{FOLDER}/")
    items = _items(name)
    if any("rewrite" in item for item in items):
        return True
    overrides = {str(item.get("override")) for item in items if "override" in item}
    if not overrides or any({"signal", "keep_when", "otherwise"} & set(item) for item in items):
        return False
    others = [one for one in asked if one.endswith(SUFFIXES) and one != name]
    known = {str(item.get("id")) for one in others for item in _items(one) if "rewrite" in item}
    known |= {one.id for one in load_rewrites(shipped_rewrites())}
    return bool(overrides & known)


def _items(path: str) -> list[dict[Any, Any]]:
    """The items of a file that are mappings; none of one that cannot be read, which its loader tells."""
    document = read(path, Path(path), [])
    value = document.value if document is not None else None
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
