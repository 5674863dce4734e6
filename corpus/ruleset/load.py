"""Rule files -> one RuleSet, or every mistake in all of them at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from corpus import wordlists
from corpus.kernels.catalogue import SIGNALS
from corpus.kernels.signal import Signal, SignalCall
from corpus.ruleset.bind import bind, worst_of, wrong_bound
from corpus.ruleset.entries import Item, Shelf, load
from corpus.ruleset.model import Action, Applies, Bound, Examples, Rule, RuleSet
from corpus.ruleset.spec import OverrideSpec, RuleSpec

_OTHERS = ("lines", "quality", "rewrites", "tags", "tiers")
"""Folders beside the rule sets that hold something else."""


def load_rules(names: Sequence[str], signals: Mapping[str, Signal] = SIGNALS) -> RuleSet:
    """The rules of `names`, in order.

    A name is a shipped set (`zh/web`), a shipped directory (`common`: its files in sorted order) or the path of a
    file that ends in .yaml or .yml. A later file may change a rule of an earlier one: `- override: ID` with the
    keys to change, or `disable: true`. Raises ConfigError with every problem of all files.
    """
    return RuleSet(load(names, _shelf(), RuleEntries(signals)))


def shipped_names() -> list[str]:
    """Every name of a shipped rule set: directories, then single files."""
    return list(_shelf().names)


def _shelf() -> Shelf:
    return Shelf.of("", "rule set", _OTHERS)


@dataclass(frozen=True)
class RuleEntries:
    """What the keys of a rule mean."""

    signals: Mapping[str, Signal]
    noun: str = "rule"

    def declared(self, item: Item) -> Rule | None:
        """The rule that an entry declares; None after its mistakes were told."""
        spec = item.validated(RuleSpec)
        raw = spec.signal if spec else item.value.get("signal")
        call = self._call(item, raw) if isinstance(raw, dict) else None
        if spec is None or call is None:
            return None
        bound = spec.keep_when.over(Bound())
        otherwise = spec.otherwise or _said_by_list(item, call)
        worst = self._bounded(item, call, bound)
        if worst is None or otherwise is None:
            return None
        return Rule(
            id=spec.id,
            signal=worst,
            keep_when=bound,
            otherwise=otherwise,
            reason=spec.reason,
            source=spec.source,
            applies=spec.applies.over(Applies()),
            examples=spec.examples.expanded(),
            at=item.at,
        )

    def change(self, item: Item) -> OverrideSpec | None:
        """What an override asks for; None after its mistakes were told."""
        return item.validated(OverrideSpec)

    def changed(self, item: Item, change: OverrideSpec, old: Rule) -> Rule | None:
        """The rule with what an override changes; None after its mistakes were told."""
        new = replace(
            old,
            keep_when=change.keep_when.over(old.keep_when) if change.keep_when else old.keep_when,
            applies=change.applies.over(old.applies) if change.applies else old.applies,
            otherwise=change.otherwise or old.otherwise,
            reason=change.reason or old.reason,
            source=change.source or old.source,
            overridden=item.at,
        )
        # The examples belong to the bound they were written for.
        kept = old.examples if (new.keep_when, new.applies) == (old.keep_when, old.applies) else Examples()
        new = replace(new, examples=change.examples.expanded() if change.examples else kept)
        worst = self._bounded(item, new.signal, new.keep_when)
        return replace(new, signal=worst) if worst is not None else None

    def _call(self, item: Item, raw: dict[str, Any]) -> SignalCall | None:
        call = bind(raw, self.signals, item.document, item.place("signal"))
        if isinstance(call, SignalCall):
            return call
        item.blame(call)
        return None

    def _bounded(self, item: Item, call: SignalCall, bound: Bound) -> SignalCall | None:
        """The call, with what is worst where it is measured turn by turn; None after it was told why it cannot be."""
        wrong = list(wrong_bound(self.signals[call.kernel], bound))
        for key, message in wrong:
            item.tell(("keep_when", key), message)
        empty = bound.min is not None and bound.max is not None and bound.min > bound.max
        if empty:
            item.tell(("keep_when",), f"keeps nothing: {bound}")
        worst = worst_of(call, bound)
        if worst is None and not wrong:
            item.tell(("keep_when",), f"{call.view}: the worst turn decides, so give min or max, not both")
        return None if wrong or empty else worst


def _said_by_list(item: Item, call: SignalCall) -> Action | None:
    """What the word list of a signal says should be done; None after it was told that nothing says it."""
    name = call.arguments.get("list")
    if name is None or "+" in str(name):
        item.problems.append(item.document.problem(item.place(), f"{item.name}: key 'otherwise' is missing"))
        return None
    action = wordlists.load(str(name), Path(item.document.path).parent).action
    if action == "drop" or action == "flag":
        return action
    said = f"{name} says {action}, which a rewrite does (by_action); say otherwise: drop, demote or flag"
    item.tell((), f"key 'otherwise' is missing: {said}")
    return None
