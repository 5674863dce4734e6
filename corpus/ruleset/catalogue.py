"""The generated part of docs/rules.md: every shipped rule, line rule, rewrite and tier policy, every signal.

python -m corpus.ruleset.catalogue            rewrite the page between its markers
python -m corpus.ruleset.catalogue --check    exit 1 when the page is not what would be written
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from corpus.kernels.catalogue import SIGNALS
from corpus.kernels.rewrites.catalogue import KERNELS, Kernel
from corpus.kernels.signal import Param, Signal
from corpus.resources import rules_root
from corpus.ruleset.lines import load_line_rules, shipped_line_rules
from corpus.ruleset.load import load_rules, shipped_names
from corpus.ruleset.model import Rule
from corpus.ruleset.policy import TierPolicy, load_tiers
from corpus.ruleset.rewrites import load_rewrites, shipped_rewrites

PAGE = Path("docs/rules.md")


def sections() -> dict[str, str]:
    """The generated text of each marked part of the page, by the name in its markers."""
    sets = [name for name in shipped_names() if "/" in name]
    policies = sorted(path.stem for path in (rules_root() / "tiers").glob("*.yaml"))
    return {
        "rules": "\n\n".join(_rule_table(name, load_rules([name]).rules) for name in sets),
        "lines": "\n\n".join(_line_table(name) for name in _files(shipped_line_rules())),
        "rewrites": "\n\n".join(_rewrite_table(name) for name in _files(shipped_rewrites())),
        "kernels": _kernel_table(KERNELS),
        "tiers": "\n\n".join(_tier_list(name, load_tiers(name)) for name in policies),
        "signals": _signal_table(SIGNALS),
    }


def refreshed(page: str) -> str:
    """`page` with every marked part generated anew; ValueError when a marker is missing."""
    for name, text in sections().items():
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        before, found, rest = page.partition(begin)
        _, closed, after = rest.partition(end)
        if not found or not closed:
            raise ValueError(f"the page lacks {begin} or {end}")
        page = f"{before}{begin}\n\n{text}\n\n{end}{after}"
    return page


def _rule_table(name: str, rules: Sequence[Rule]) -> str:
    rows = [
        (
            f"`{rule.id}`",
            f"{_code(rule.signal.column)} {rule.keep_when}",
            rule.otherwise,
            str(rule.applies),
            rule.reason,
            rule.source,
        )
        for rule in rules
    ]
    return f"#### {name}\n\n" + _table(("rule", "keeps when", "else", "applies to", "reason", "source"), rows)


def _files(names: Sequence[str]) -> list[str]:
    """The names of files, without the directories that stand for all that is in them."""
    return [name for name in names if not any(other.startswith(f"{name}/") for other in names)]


def _line_table(name: str) -> str:
    rows = [
        (
            f"`{rule.id}`",
            rule.scope,
            f"{_code(rule.signal.column)} {rule.keep_when}",
            str(rule.applies),
            rule.reason,
            rule.source,
        )
        for rule in load_line_rules([name])
    ]
    return f"#### lines: {name}\n\n" + _table(("rule", "scope", "keeps when", "applies to", "reason", "source"), rows)


def _rewrite_table(name: str) -> str:
    rows = [
        (f"`{item.id}`", _code(item.call.kernel), str(item.applies), item.reason, item.source)
        for item in load_rewrites([name])
    ]
    return f"#### rewrites: {name}\n\n" + _table(("rewrite", "kernel", "applies to", "reason", "source"), rows)


def _tier_list(name: str, policy: TierPolicy) -> str:
    if policy.stages is not None:
        lines = [f"#### {name}", "", f"{len(policy.tiers)} stages, cut by `{policy.stages.column}`."]
        filled = [f"- **{leaf.name}**: {leaf.target:,.0f}" for leaf in policy.leaves]
        return "\n".join([*lines, *(["", "Filled by category, targets:", "", *filled] if filled else [])])
    lines = [f"#### {name}", "", f"Groups of fewer than {policy.min_group} records use a wider group.", ""]
    for tier in policy.tiers:
        conditions = "; ".join(str(condition) for condition in tier.when)
        lines.append(f"- **{tier.name}**: {_escaped(conditions) or 'the rest'}")
    return "\n".join(lines)


def _signal_table(signals: Mapping[str, Signal]) -> str:
    rows = [(f"`{item.name}`", _parameters(item.params), item.unit, item.doc) for item in signals.values()]
    return _table(("signal", "arguments", "unit", "what it says"), rows)


def _kernel_table(kernels: Mapping[str, Kernel]) -> str:
    rows = [
        (f"`{item.name}`", _parameters((*item.params, *([item.many] if item.many else []))), item.doc)
        for item in kernels.values()
    ]
    return _table(("kernel", "arguments", "what it does"), rows)


def _parameters(params: Sequence[Param]) -> str:
    return "<br>".join(_parameter(param) for param in params)


def _parameter(param: Param) -> str:
    said = f"`{param.name}`"
    if param.choices:
        said += f": {', '.join(param.choices)}"
    elif param.minimum is not None or param.maximum is not None:
        said += (
            f": {param.minimum:g} to {param.maximum:g}" if param.maximum is not None else f": from {param.minimum:g}"
        )
    return said + (f" ({param.default})" if param.default is not None else "")


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    lines += ["| " + " | ".join(_escaped(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def _code(text: str) -> str:
    return f"`{text}`"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def main(arguments: Sequence[str]) -> int:
    """Rewrite or check the page; the exit status."""
    paths = [Path(argument) for argument in arguments if argument != "--check"]
    path = paths[0] if paths else PAGE
    page = path.read_text(encoding="utf-8")
    fresh = refreshed(page)
    if "--check" not in arguments:
        path.write_text(fresh, encoding="utf-8")
        return 0
    if fresh != page:
        sys.stderr.write(f"{path} is stale; run python -m corpus.ruleset.catalogue\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
