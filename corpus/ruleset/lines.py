"""Line rules: declared as rules are, with a scope; what fails one is cut from its text, and the record goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from corpus.kernels.catalogue import SIGNALS
from corpus.kernels.units import Scope
from corpus.resources import rules_root
from corpus.ruleset.entries import SUFFIXES, Item, Shelf, load, read
from corpus.ruleset.load import RuleEntries
from corpus.ruleset.model import Rule, RuleSet
from corpus.ruleset.spec import OverrideSpec

FOLDER = "lines"
SCOPES: tuple[Scope, ...] = ("line", "paragraph")


@dataclass(frozen=True)
class LineRule(Rule):
    """A rule whose signal is measured on every line, or paragraph, alone, without outer spaces.

    Lengths in `applies` are those of the line; language, source and kind those of its record.
    """

    scope: Scope = "line"

    def essence(self) -> dict[str, Any]:
        """What decides whether a line goes, as JSON values."""
        return {"id": self.id, "scope": self.scope, "rule": RuleSet((self,)).digest}


def shipped_line_rules() -> list[str]:
    """The names of the line rules that come with the package: `zh`, `en/c4`, and `en` for all below it."""
    return list(Shelf.of(FOLDER, "line rules").names)


def load_line_rules(names: Sequence[str]) -> tuple[LineRule, ...]:
    """The line rules of `names`, in the order that decides under which one a line is counted.

    A name is a shipped file (`zh`, `en/c4`), a shipped directory, or the path of a file that ends in .yaml or .yml. A
    later file may change a rule of an earlier one. Raises ConfigError with every problem of all files.
    """
    return load(names, Shelf.of(FOLDER, "line rules"), _LineRules(RuleEntries(SIGNALS)))


def is_line_rules(name: str) -> bool:
    """Whether a name given to `corpus rules` means line rules: `lines`, `lines/NAME`, a file with a `scope` in it or
    with a change to a shipped line rule."""
    if not name.endswith(SUFFIXES):
        return name.split("/")[0] == FOLDER
    document = read(name, Path(name), [])
    items = document.value if document is not None and isinstance(document.value, list) else []
    items = [item for item in items if isinstance(item, dict)]
    if any("scope" in item for item in items):
        return True
    changed = {item["override"] for item in items if "override" in item}
    return bool(changed) and not changed.isdisjoint(rule.id for rule in load_line_rules(bare([FOLDER])))


def bare(names: Sequence[str]) -> list[str]:
    """`lines` as all shipped files, `lines/zh` as `zh`, files as they are."""
    files = [name for name in shipped_line_rules() if (rules_root() / FOLDER / f"{name}.yaml").is_file()]
    return [
        one
        for name in names
        for one in (files if name == FOLDER else [name if name.endswith(SUFFIXES) else name.removeprefix(f"{FOLDER}/")])
    ]


@dataclass(frozen=True)
class _LineRules:
    """What the keys of a line rule mean: those of a rule, and `scope`."""

    rules: RuleEntries
    noun: str = "line rule"

    def declared(self, item: Item) -> LineRule | None:
        scope = item.value.get("scope")
        if scope not in SCOPES:
            item.tell(("scope",), f"scope must say what is judged and cut: {' or '.join(SCOPES)}")
        rest = {key: value for key, value in item.value.items() if key != "scope"}
        rule = self.rules.declared(replace(item, value=rest))
        if rule is None or scope not in SCOPES or not self._sound(item, rule):
            return None
        return LineRule(**{part.name: getattr(rule, part.name) for part in fields(Rule)}, scope=scope)

    def change(self, item: Item) -> OverrideSpec | None:
        return self.rules.change(item)

    def changed(self, item: Item, change: OverrideSpec, old: LineRule) -> LineRule | None:
        new = self.rules.changed(item, change, old)
        return new if isinstance(new, LineRule) and self._sound(item, new) else None

    def _sound(self, item: Item, rule: Rule) -> bool:
        if rule.otherwise != "drop":
            item.tell(("otherwise",), f"a line is dropped or kept; there is no {rule.otherwise} for it")
        signal = SIGNALS[rule.signal.kernel]
        if signal.reads != "text":
            item.tell(("signal", "kernel"), f"{signal.name} is of a record, a line has none")
        return rule.otherwise == "drop" and signal.reads == "text"
