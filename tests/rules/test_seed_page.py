"""docs/rules-seed.md names only what there is, and leaves out no more than it may."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

from cli.main import names as commands
from corpus import wordlists
from corpus.kernels.catalogue import SIGNALS
from corpus.kernels.rewrites.catalogue import KERNELS
from corpus.ruleset.load import load_rules, shipped_names
from corpus.ruleset.rewrites import load_rewrites, shipped_rewrites

PAGE = Path(__file__).parents[2] / "docs" / "rules-seed.md"
ROWS = [
    [cell.strip() for cell in line.strip().strip("|").split(" | ")]
    for line in PAGE.read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith(("| theirs", "|---"))
]
OURS = sorted({name for row in ROWS for name in re.findall(r"`([^`]+)`", row[-1])})
NOT_NAMES = {
    "a<b and c>d",
    "a[0]",
    "……",
    "==",
    "C++",
    "*",
    "?",
    r"\r\n",
    "[4096:-1024]",
    "chapter",
    "numbered",
    "clauses",
}
"""Text that the page shows as code, and values of arguments."""


def known() -> set[str]:
    rules = load_rules([name for name in shipped_names() if "/" not in name])
    found = {rule.id for rule in rules.rules} | {one.id for one in load_rewrites(shipped_rewrites())}
    found |= {call.column for call in rules.calls} | {f"corpus {one}" for one in commands()} | set(shipped_names())
    found |= {f"{name}.{choice}" for name, one in SIGNALS.items() for param in one.params for choice in param.choices}
    return found | set(SIGNALS) | set(KERNELS) | set(wordlists.shipped_names()) | {"dedup-exact", "corpus classifier"}


KNOWN = known()


@pytest.mark.parametrize("name", [name for name in OURS if name not in NOT_NAMES])
def test_what_the_page_names_is_there(name: str) -> None:
    assert any(fnmatch(one, name) for one in KNOWN), name


def test_every_row_is_answered_and_few_are_left_out() -> None:
    assert len(ROWS) > 60
    for row in ROWS:
        assert len(row) == 2, row
        assert "`" in row[1] or "not done" in row[1] or "normalisation of every run" in row[1] or "view" in row[1], row
        assert "not yet" not in row[1], row
    left = re.findall(r"[Nn]ot done \((\d+)\)", PAGE.read_text(encoding="utf-8"))
    assert left == [str(number) for number in range(1, len(left) + 1)]
    assert len(left) <= 15
