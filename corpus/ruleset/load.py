"""Rule files -> one RuleSet, or every mistake in all of them at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from corpus import located
from corpus.errors import ConfigError, Problem
from corpus.kernels.catalogue import SIGNALS
from corpus.kernels.signal import Signal, SignalCall
from corpus.located import Located, Step, Strict
from corpus.resources import rules_root
from corpus.ruleset.bind import bind, wrong_bound
from corpus.ruleset.model import Applies, Bound, Examples, Location, Rule, RuleSet
from corpus.ruleset.spec import OverrideSpec, RuleSpec

_NAME = re.compile(r"[a-z0-9_\-]+(/[a-z0-9_\-]+)*")
_SUFFIXES = (".yaml", ".yml")
_OTHERS = ("rewrites", "tiers")
"""Folders beside the rule sets that hold something else."""
S = TypeVar("S", bound=Strict)


def load_rules(names: Sequence[str], signals: Mapping[str, Signal] = SIGNALS) -> RuleSet:
    """The rules of `names`, in order.

    A name is a shipped set (`zh/web`), a shipped directory (`common`: its files in sorted order) or the path of a
    file that ends in .yaml or .yml. A later file may change a rule of an earlier one: `- override: ID` with the
    keys to change, or `disable: true`. Raises ConfigError with every problem of all files.
    """
    build = _Build(signals)
    for shown, path in _files(names, build.problems):
        document = read(shown, path, build.problems)
        if document is not None:
            build.add(document)
    if build.problems:
        raise ConfigError(build.problems)
    return RuleSet(tuple(build.rules.values()))


def shipped_names() -> list[str]:
    """Every name of a shipped rule set: directories, then single files."""
    root = rules_root()
    files = sorted(path.relative_to(root).with_suffix("").as_posix() for path in root.glob("*/**/*.yaml"))
    files = [name for name in files if name.split("/")[0] not in _OTHERS]
    return sorted({name.split("/")[0] for name in files}) + files


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


def _files(names: Sequence[str], problems: list[Problem]) -> Iterator[tuple[str, Path]]:
    root = rules_root()
    seen: set[Path] = set()
    for name in names:
        if name.endswith(_SUFFIXES):
            found = [(name, Path(name))]
        elif not _NAME.fullmatch(name) or name.split("/")[0] in _OTHERS:
            problems.append(Problem(name, 0, 0, "is neither a shipped rule set nor the path of a .yaml file"))
            continue
        elif (root / name).is_dir():
            inside = sorted((root / name).glob("**/*.yaml"))
            found = [(f"rules/{path.relative_to(root).as_posix()}", path) for path in inside]
        else:
            found = [(f"rules/{name}.yaml", root / f"{name}.yaml")]
            if not found[0][1].is_file():
                hint = located.suggest(name, shipped_names()) or f"; there are {', '.join(shipped_names())}"
                problems.append(Problem(name, 0, 0, f"no such rule set{hint}"))
                continue
        for shown, path in found:
            if path.resolve() in seen:
                problems.append(Problem(shown, 0, 0, f"is asked for twice, the second time by {name!r}"))
                continue
            seen.add(path.resolve())
            yield shown, path


@dataclass
class _Build:
    """What has been read so far. `declared` holds the ids of broken rules too, so that one mistake is told once."""

    signals: Mapping[str, Signal]
    rules: dict[str, Rule] = field(default_factory=dict)
    declared: dict[str, Location] = field(default_factory=dict)
    disabled: dict[str, Location] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def add(self, document: Located) -> None:
        if not isinstance(document.value, list):
            if document.value is not None:
                self.problems.append(document.problem((), "must be a list of rules, each beginning with `- id:`"))
            return
        changed: dict[str, int] = {}
        for index, item in enumerate(document.value):
            if not isinstance(item, dict):
                self.problems.append(document.problem((index,), "must be a rule: `- id:` or `- override:`"))
            elif "override" in item:
                self._override(document, index, item, changed)
            else:
                self._declare(document, index, item)

    def _declare(self, document: Located, index: int, item: dict[Any, Any]) -> None:
        name, at = item.get("id"), self._location(document, index)
        if isinstance(name, str):
            if name in self.declared:
                message = f"{name}: is declared already at {self.declared[name]}; to change it, use override"
                self.problems.append(document.problem((index, "id"), message))
            self.declared.setdefault(name, at)
        spec = self._validated(RuleSpec, document, index, item)
        raw = spec.signal if spec else item.get("signal")
        call = self._bound_call(document, index, str(name), raw) if isinstance(raw, dict) else None
        if spec is None or call is None:
            return
        bound, applies = spec.keep_when.over(Bound()), spec.applies.over(Applies())
        if self._bounded(document, index, spec.id, call, bound):
            self.rules.setdefault(
                spec.id,
                Rule(
                    id=spec.id,
                    signal=call,
                    keep_when=bound,
                    otherwise=spec.otherwise,
                    reason=spec.reason,
                    source=spec.source,
                    applies=applies,
                    examples=spec.examples.expanded(),
                    at=at,
                ),
            )

    def _override(self, document: Located, index: int, item: dict[Any, Any], changed: dict[str, int]) -> None:
        spec = self._validated(OverrideSpec, document, index, item)
        if spec is None:
            return
        name, place = spec.override, (index, "override")
        if name in changed:
            first = document.position((changed[name],))[0]
            self.problems.append(document.problem(place, f"{name}: is overridden already in line {first} of this file"))
            return
        changed[name] = index
        if name not in self.rules:
            message = self._absent(name)
            if message:
                self.problems.append(document.problem(place, message))
            return
        old, at = self.rules[name], self._location(document, index)
        if spec.disable:
            self.disabled[name] = at
            del self.rules[name]
            return
        new = replace(
            old,
            keep_when=spec.keep_when.over(old.keep_when) if spec.keep_when else old.keep_when,
            applies=spec.applies.over(old.applies) if spec.applies else old.applies,
            otherwise=spec.otherwise or old.otherwise,
            reason=spec.reason or old.reason,
            source=spec.source or old.source,
            overridden=at,
        )
        # The examples belong to the bound they were written for.
        kept = old.examples if (new.keep_when, new.applies) == (old.keep_when, old.applies) else Examples()
        new = replace(new, examples=spec.examples.expanded() if spec.examples else kept)
        if self._bounded(document, index, name, new.signal, new.keep_when):
            self.rules[name] = new

    def _absent(self, name: str) -> str | None:
        if name in self.disabled:
            return f"{name}: was disabled at {self.disabled[name]}"
        if name in self.declared:
            return None
        return f"no rule {name!r} stands before this override{located.suggest(name, self.declared)}"

    def _validated(self, kind: type[S], document: Located, index: int, item: dict[Any, Any]) -> S | None:
        name = item.get("id", item.get("override"))
        try:
            return located.validate(kind, document, (index,), item)
        except ConfigError as error:
            self.problems += [replace(found, message=f"{name}: {found.message}") for found in error.problems]
            return None

    def _bound_call(self, document: Located, index: int, name: str, raw: dict[str, Any]) -> SignalCall | None:
        call = bind(raw, self.signals, document, (index, "signal"))
        if isinstance(call, SignalCall):
            return call
        self.problems += [replace(found, message=f"{name}: {found.message}") for found in call]
        return None

    def _bounded(self, document: Located, index: int, name: str, call: SignalCall, bound: Bound) -> bool:
        place: tuple[Step, ...] = (index, "keep_when")
        wrong = [
            document.problem((*place, key), f"{name}: {message}")
            for key, message in wrong_bound(self.signals[call.kernel], bound)
        ]
        if bound.min is not None and bound.max is not None and bound.min > bound.max:
            wrong.append(document.problem(place, f"{name}: keeps nothing: {bound}"))
        self.problems += wrong
        return not wrong

    @staticmethod
    def _location(document: Located, index: int) -> Location:
        return Location(document.path, document.position((index,))[0])
