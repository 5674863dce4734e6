"""docs/rules.md says what the shipped files say."""

from __future__ import annotations

import pytest

from corpus.kernels.catalogue import SIGNALS
from corpus.resources import rules_root
from corpus.ruleset.catalogue import main, refreshed
from corpus.ruleset.load import load_rules, shipped_names

PAGE = rules_root().parent / "docs" / "rules.md"


def test_the_page_is_fresh():
    assert main(["--check", str(PAGE)]) == 0, "run python -m corpus.ruleset.catalogue"


def test_every_rule_and_signal_stands_on_the_page():
    page = PAGE.read_text(encoding="utf-8")
    for name in shipped_names():
        for rule in load_rules([name]).rules:
            assert f"| `{rule.id}` |" in page
    for signal in SIGNALS:
        assert f"| `{signal}` |" in page


def test_a_stale_page_is_noticed_and_rewritten(tmp_path, capsys):
    path = tmp_path / "rules.md"
    path.write_text(PAGE.read_text(encoding="utf-8").replace("`common.too_short`", "`common.gone`"), encoding="utf-8")
    assert main(["--check", str(path)]) == 1
    assert "is stale" in capsys.readouterr().err
    assert main([str(path)]) == 0
    assert main(["--check", str(path)]) == 0


def test_a_page_without_markers_is_refused():
    with pytest.raises(ValueError, match="lacks <!-- rules: begin -->"):
        refreshed("# Rules\n")
