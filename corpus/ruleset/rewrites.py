"""Declared rewrites: YAML files beside the rules -> the changes a run makes to texts, or every mistake at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import pyarrow as pa
from pydantic import Field, model_validator

from corpus import located
from corpus.errors import ConfigError, Problem
from corpus.kernels.rewrites.catalogue import KERNELS, Kernel, RewriteCall, rewrite
from corpus.kernels.signal import Signal
from corpus.located import Located, Strict, suggest
from corpus.resources import rules_root
from corpus.ruleset.bind import bind
from corpus.ruleset.load import read
from corpus.ruleset.model import Applies, Location, applies_essence
from corpus.ruleset.spec import AppliesSpec, RuleId, Sentence

FOLDER = "rewrites"
S = TypeVar("S", bound=Strict)


@dataclass(frozen=True)
class Example:
    """A text, and what the rewrite makes of it; the same when it must not change."""

    before: str
    after: str


@dataclass(frozen=True)
class Rewrite:
    """A change to the texts of the records it applies to, with why it is made and what it must do."""

    id: str
    call: RewriteCall
    applies: Applies
    reason: str
    source: str
    examples: tuple[Example, ...]
    at: Location
    overridden: Location | None = None

    def essence(self) -> dict[str, Any]:
        """What changes a text, as JSON values; reasons and examples do not."""
        return {
            "id": self.id,
            "kernel": self.call.kernel,
            "args": [list(pair) for pair in self.call.args],
            "many": list(self.call.many),
            "applies": applies_essence(self.applies),
        }


class ExampleSpec(Strict):
    """One example as written."""

    before: str
    after: str


class RewriteSpec(Strict):
    """One rewrite as written."""

    id: RuleId
    rewrite: dict[str, Any]
    reason: Sentence
    source: Sentence
    examples: Annotated[tuple[ExampleSpec, ...], Field(min_length=2)]
    applies: AppliesSpec = AppliesSpec()

    @model_validator(mode="after")
    def _both_kinds(self) -> RewriteSpec:
        changes = [example.before != example.after for example in self.examples]
        if all(changes) or not any(changes):
            raise ValueError("examples need one that changes and one that must not (before and after the same)")
        return self


class RewriteOverrideSpec(Strict):
    """A change to a rewrite that stands earlier."""

    override: str
    disable: Literal[True] | None = None
    rewrite: dict[str, Any] | None = None
    applies: AppliesSpec | None = None
    examples: tuple[ExampleSpec, ...] | None = None

    @model_validator(mode="after")
    def _does_something(self) -> RewriteOverrideSpec:
        others = self.model_fields_set - {"override", "disable"}
        if self.disable and others:
            raise ValueError(f"disable: true leaves no use for {', '.join(sorted(others))}")
        if not self.disable and not others:
            raise ValueError("changes nothing; give rewrite, applies or disable: true")
        return self


def shipped_rewrites() -> list[str]:
    """The names of the rewrites that come with the package."""
    root = rules_root() / FOLDER
    return sorted(path.relative_to(root).with_suffix("").as_posix() for path in root.glob("**/*.yaml"))


def load_rewrites(names: Sequence[str]) -> tuple[Rewrite, ...]:
    """The rewrites of `names`, in the order they run.

    A name is a shipped file (`common`, `zh`, `pii`) or the path of a file that ends in .yaml or .yml. A later file may
    change a rewrite of an earlier one: `- override: ID` with the keys to change, or `disable: true`. Raises ConfigError
    with every problem of all files.
    """
    build = _Build()
    for shown, path in _files(names, build.problems):
        document = read(shown, path, build.problems)
        if document is not None:
            build.add(document)
    if build.problems:
        raise ConfigError(build.problems)
    return tuple(build.found.values())


def test_rewrites(rewrites: Sequence[Rewrite]) -> list[Problem]:
    """Examples that the real kernels change otherwise than they say; empty when all hold."""
    problems: list[Problem] = []
    for one in rewrites:
        texts = pa.array([example.before for example in one.examples], pa.large_string())
        for number, (example, found) in enumerate(
            zip(one.examples, rewrite(texts, one.call).text.to_pylist(), strict=True), start=1
        ):
            if found != example.after:
                at = one.overridden or one.at
                message = f"{one.id}: example {number} becomes {found!r}, not {example.after!r}"
                problems.append(Problem(at.path, at.line, 1, message))
    return problems


def _files(names: Sequence[str], problems: list[Problem]) -> Iterator[tuple[str, Path]]:
    seen: set[Path] = set()
    shipped = shipped_rewrites() if names else []
    for name in names:
        if name.endswith((".yaml", ".yml")):
            shown, path = name, Path(name)
        elif name in shipped:
            shown, path = f"rules/{FOLDER}/{name}.yaml", rules_root() / FOLDER / f"{name}.yaml"
        else:
            hint = suggest(name, shipped) or f"; there are {', '.join(shipped)}"
            problems.append(Problem(name, 0, 0, f"no such rewrites{hint}"))
            continue
        if path.resolve() in seen:
            problems.append(Problem(shown, 0, 0, f"is asked for twice, the second time by {name!r}"))
            continue
        seen.add(path.resolve())
        yield shown, path


@dataclass
class _Build:
    found: dict[str, Rewrite] = field(default_factory=dict)
    declared: dict[str, Location] = field(default_factory=dict)
    disabled: dict[str, Location] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def add(self, document: Located) -> None:
        if not isinstance(document.value, list):
            if document.value is not None:
                self.problems.append(document.problem((), "must be a list of rewrites, each beginning with `- id:`"))
            return
        changed: set[str] = set()
        for index, item in enumerate(document.value):
            if not isinstance(item, dict):
                self.problems.append(document.problem((index,), "must be a rewrite: `- id:` or `- override:`"))
            elif "override" in item:
                self._override(document, index, item, changed)
            else:
                self._declare(document, index, item)

    def _declare(self, document: Located, index: int, item: dict[Any, Any]) -> None:
        name, at = item.get("id"), Location(document.path, document.position((index,))[0])
        if isinstance(name, str):
            if name in self.declared:
                message = f"{name}: is declared already at {self.declared[name]}; to change it, use override"
                self.problems.append(document.problem((index, "id"), message))
            self.declared.setdefault(name, at)
        spec = self._validated(RewriteSpec, document, index, item)
        raw = spec.rewrite if spec else item.get("rewrite")
        call = self._bound(document, index, str(name), raw) if isinstance(raw, dict) else None
        if spec is None or call is None:
            return
        examples = tuple(Example(example.before, example.after) for example in spec.examples)
        made = Rewrite(spec.id, call, spec.applies.over(Applies()), spec.reason, spec.source, examples, at)
        self.found.setdefault(spec.id, made)

    def _override(self, document: Located, index: int, item: dict[Any, Any], changed: set[str]) -> None:
        spec = self._validated(RewriteOverrideSpec, document, index, item)
        if spec is None:
            return
        name, place = spec.override, (index, "override")
        if name in changed:
            self.problems.append(document.problem(place, f"{name}: is overridden already in this file"))
            return
        changed.add(name)
        if name not in self.found:
            if name in self.disabled:
                self.problems.append(document.problem(place, f"{name}: was disabled at {self.disabled[name]}"))
            elif name not in self.declared:
                message = f"no rewrite {name!r} stands before this override{suggest(name, self.declared)}"
                self.problems.append(document.problem(place, message))
            return
        old, at = self.found[name], Location(document.path, document.position((index,))[0])
        if spec.disable:
            self.disabled[name] = at
            del self.found[name]
            return
        call: RewriteCall | None = old.call
        if spec.rewrite is not None:
            call = self._bound(document, index, name, spec.rewrite)
        if call is None:
            return
        # The examples belong to the call they were written for.
        examples = old.examples if call == old.call else ()
        if spec.examples is not None:
            examples = tuple(Example(example.before, example.after) for example in spec.examples)
        applies = spec.applies.over(old.applies) if spec.applies else old.applies
        self.found[name] = replace(old, call=call, applies=applies, examples=examples, overridden=at)

    def _validated(self, kind: type[S], document: Located, index: int, item: dict[Any, Any]) -> S | None:
        name = item.get("id", item.get("override"))
        try:
            return located.validate(kind, document, (index,), item)
        except ConfigError as error:
            self.problems += [replace(found, message=f"{name}: {found.message}") for found in error.problems]
            return None

    def _bound(self, document: Located, index: int, name: str, raw: dict[str, Any]) -> RewriteCall | None:
        """The call that `rewrite:` stands for; None after its mistakes were told."""
        place = (index, "rewrite")
        kernel = KERNELS.get(str(raw.get("kernel")))
        many: tuple[str, ...] = ()
        wrong: list[Problem] = []
        if kernel is not None and kernel.many is not None:
            raw = dict(raw)
            many, wrong = _listed(kernel, raw.pop(kernel.many.name, None), document, place)
        call = bind(raw, _AS_SIGNALS, document, place)
        if isinstance(call, list):
            wrong = call + wrong
        if wrong or isinstance(call, list):
            self.problems += [replace(found, message=f"{name}: {found.message}") for found in wrong]
            return None
        return RewriteCall(call.kernel, call.args, many)


_AS_SIGNALS = {
    kernel.name: Signal(kernel.name, "rewrites", kernel.doc, "count", pa.int32(), kernel.params)
    for kernel in KERNELS.values()
}
"""Arguments of rewrites are bound as those of signals are, so mistakes in them read the same."""


def _listed(
    kernel: Kernel, raw: Any, document: Located, place: tuple[str | int, ...]
) -> tuple[tuple[str, ...], list[Problem]]:
    """The values of a list parameter in the order of its choices; all of them when it is left out."""
    assert kernel.many is not None  # noqa: S101  the caller asked
    choices, at = kernel.many.choices, (*place, kernel.many.name)
    if raw is None:
        return choices, []
    values = raw if isinstance(raw, list) else [raw]
    wrong = [
        document.problem(at, f"{kernel.name}: {kernel.many.name}: no {value!r}{suggest(str(value), choices)}")
        for value in values
        if value not in choices
    ]
    return tuple(choice for choice in choices if choice in values), wrong
