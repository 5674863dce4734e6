"""Declared rewrites: YAML files beside the rules -> the changes a run makes to texts, or every mistake at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import pyarrow as pa
from pydantic import Field, model_validator

from corpus import wordlists
from corpus.errors import Problem
from corpus.kernels.rewrites.catalogue import KERNELS, LISTS, Kernel, RewriteCall
from corpus.kernels.signal import Signal
from corpus.located import Strict, suggest
from corpus.ruleset.bind import bind, pinned
from corpus.ruleset.entries import Item, Shelf, load
from corpus.ruleset.model import Applies, Location, applies_essence
from corpus.ruleset.spec import AppliesSpec, RuleId, Sentence

FOLDER = "rewrites"
DONE_BY_REWRITES = ("drop_line", "mask")
"""What a word list may say that a rewrite does; `drop` and `flag` are for rules."""


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
    idle: Location | None = None
    """The last override that left everything as it was."""

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
    reason: Sentence | None = None
    source: Sentence | None = None
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
    return list(Shelf.of(FOLDER, FOLDER).names)


def load_rewrites(names: Sequence[str]) -> tuple[Rewrite, ...]:
    """The rewrites of `names`, in the order they run.

    A name is a shipped file (`common`, `zh`, `pii`) or the path of a file that ends in .yaml or .yml. A later file may
    change a rewrite of an earlier one: `- override: ID` with the keys to change, or `disable: true`. Raises ConfigError
    with every problem of all files.
    """
    return load(names, Shelf.of(FOLDER, FOLDER), _Rewrites()) if names else ()


class _Rewrites:
    """What the keys of a rewrite mean."""

    noun = "rewrite"

    def declared(self, item: Item) -> Rewrite | None:
        spec = item.validated(RewriteSpec)
        raw = spec.rewrite if spec else item.value.get("rewrite")
        call = _call(item, raw) if isinstance(raw, dict) else None
        if spec is None or call is None:
            return None
        applies = spec.applies.over(Applies())
        return Rewrite(spec.id, call, applies, spec.reason, spec.source, _examples(spec.examples), item.at)

    def change(self, item: Item) -> RewriteOverrideSpec | None:
        return item.validated(RewriteOverrideSpec)

    def changed(self, item: Item, change: RewriteOverrideSpec, old: Rewrite) -> Rewrite | None:
        call = old.call if change.rewrite is None else _call(item, change.rewrite)
        if call is None:
            return None
        # The examples belong to the call they were written for.
        examples = old.examples if call == old.call else ()
        return replace(
            old,
            call=call,
            applies=change.applies.over(old.applies) if change.applies else old.applies,
            reason=change.reason or old.reason,
            source=change.source or old.source,
            examples=examples if change.examples is None else _examples(change.examples),
            overridden=item.at,
        )


def _examples(written: Sequence[ExampleSpec]) -> tuple[Example, ...]:
    return tuple(Example(example.before, example.after) for example in written)


def _call(item: Item, raw: dict[str, Any]) -> RewriteCall | None:
    """The call that `rewrite:` stands for; None after its mistakes were told."""
    place = item.place("rewrite")
    kernel = KERNELS.get(str(raw.get("kernel")))
    many: tuple[str, ...] = ()
    attached = ""
    wrong: list[Problem] = []
    if kernel is not None and kernel.many is not None:
        raw = dict(raw)
        values = raw.pop(kernel.many.name, None)
        if kernel.many.name == LISTS:
            many, attached, wrong = _lists(kernel, values, item)
        else:
            many, wrong = _chosen(kernel, values, item)
    call = bind(raw, _AS_SIGNALS, item.document, place)
    if isinstance(call, list):
        wrong = call + wrong
    if wrong or isinstance(call, list):
        item.blame(wrong)
        return None
    return RewriteCall(call.kernel, call.args, many, attached)


_AS_SIGNALS = {
    kernel.name: Signal(kernel.name, "rewrites", kernel.doc, "count", pa.int32(), kernel.params)
    for kernel in KERNELS.values()
}
"""Arguments of rewrites are bound as those of signals are, so mistakes in them read the same."""


def _chosen(kernel: Kernel, raw: Any, item: Item) -> tuple[tuple[str, ...], list[Problem]]:
    """The values of a list parameter in the order of its choices; all of them when it is left out."""
    assert kernel.many is not None  # noqa: S101  the caller asked
    choices, at = kernel.many.choices, item.place("rewrite", kernel.many.name)
    if raw is None:
        return choices, []
    values = raw if isinstance(raw, list) else [raw]
    wrong = [
        item.document.problem(at, f"{kernel.name}: {kernel.many.name}: no {value!r}{suggest(str(value), choices)}")
        for value in values
        if value not in choices
    ]
    return tuple(choice for choice in choices if choice in values), wrong


def _lists(kernel: Kernel, raw: Any, item: Item) -> tuple[tuple[str, ...], str, list[Problem]]:
    """The word lists in the order they are named: what decides what each does, and what a worker needs of them all."""
    at = item.place("rewrite", LISTS)
    names = raw if isinstance(raw, list) else [raw] if raw is not None else []
    wrong: list[Problem] = []
    if not names or not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
        return (), "", [item.document.problem(at, f"{kernel.name}: lists must name word lists, each once")]
    found: list[wordlists.WordList] = []
    packed: list[str] = []
    for name in names:
        one = pinned(name, item.document, at, kernel.name)
        if isinstance(one, list):
            wrong += one
            continue
        found.append(one[0])
        packed.append(one[1])
        if kernel.name == "by_action" and one[0].action not in DONE_BY_REWRITES:
            said = f"{name} says {one[0].action}, which a rule on term_density does, not a rewrite"
            wrong.append(item.document.problem(at, f"{kernel.name}: {said}"))
    action = kernel.name == "by_action"
    many = [f"{one.name}@{one.digest} {one.category}" + (f" {one.action}" if action else "") for one in found]
    return tuple(many), wordlists.attach(found, packed), wrong
