"""What `corpus rules` shows of rules and rewrites."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from cli.render import out, preview, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corpus.ruleset.model import Rule
    from corpus.ruleset.rewrites import Rewrite

SIGNAL = 36


def rules(found: Sequence[Rule]) -> None:
    """One line a rule."""
    rows = [
        (item.id, preview(item.signal.column, SIGNAL), str(item.keep_when), item.otherwise, str(item.applies))
        for item in found
    ]
    table(("rule", "signal", "keeps", "otherwise", "of"), rows)


def rewrites(found: Sequence[Rewrite]) -> None:
    """One line a rewrite."""
    rows = [(item.id, preview(str(item.call), SIGNAL), str(item.applies)) for item in found]
    table(("rewrite", "does", "to"), rows)


def both(first: Sequence[Rule], second: Sequence[Rewrite]) -> None:
    """Rules, then rewrites, in the order they count or run."""
    if first or not second:
        rules(first)
    if first and second:
        out()
    if second:
        rewrites(second)


def rule(item: Rule) -> None:
    """One rule whole."""
    rows = [
        ("rule", item.id),
        ("signal", item.signal.column),
        ("keeps", str(item.keep_when)),
        ("otherwise", item.otherwise),
        *([("scope", item.scope)] if hasattr(item, "scope") else []),
        *_common(item),
    ]
    rows += [("keep example", preview(text)) for text in item.examples.keep]
    rows += [("drop example", preview(text)) for text in item.examples.drop]
    table(None, rows)


def rewrite(item: Rewrite) -> None:
    """One rewrite whole."""
    rows = [("rewrite", item.id), ("kernel", item.call.kernel)]
    rows += [(name, str(value)) for name, value in item.call.args]
    rows += [("of", ", ".join(one.partition(" ")[0] for one in item.call.many))] if item.call.many else []
    rows += _common(item)
    for example in item.examples:
        rows += [("before", preview(example.before)), ("after", preview(example.after))]
    table(None, rows)


def rule_json(item: Rule) -> dict[str, Any]:
    """A rule as scripts get it."""
    return {**_plain(item), "signal": item.signal.column, "keeps": str(item.keep_when)}


def rewrite_json(item: Rewrite) -> dict[str, Any]:
    """A rewrite as scripts get it."""
    shown = _plain(item)
    call = {"kernel": item.call.kernel, **dict(item.call.args)} | ({"of": item.call.many} if item.call.many else {})
    return {key: value for key, value in shown.items() if key != "call"} | {"rewrite": call}


def _common(item: Rule | Rewrite) -> list[tuple[str, str]]:
    rows = [("applies to", str(item.applies)), ("reason", item.reason), ("source", item.source), ("at", str(item.at))]
    return rows + ([("changed at", str(item.overridden))] if item.overridden else [])


def _plain(item: Rule | Rewrite) -> dict[str, Any]:
    shown = {key: value for key, value in asdict(item).items() if key != "idle"}
    return shown | {"at": str(item.at)} | ({"overridden": str(item.overridden)} if item.overridden else {})
