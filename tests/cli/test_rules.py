"""`corpus rules` shows rewrites beside rules and runs the examples of both."""

from __future__ import annotations

import json
from pathlib import Path

from typing_it import Corpus

WRONG = """\
- id: my.notice
  rewrite: {kernel: lines_matching, pattern: '^广告$'}
  reason: a line that says no more than this
  source: a test
  examples: [{before: "a\\n广告", after: b}, {before: 广告牌, after: 广告牌}]
"""


def test_rewrites_are_listed_and_shown(corpus: Corpus) -> None:
    shown = json.loads(corpus("rules", "list", "rewrites/pii", "--json").out)
    assert [one["rewrite"]["kernel"] for one in shown["rewrites"]] == ["pii"]
    assert shown["rules"] == []
    assert "trim_ends" in corpus("rules", "show", "tails.advertising_zh").out
    wrong = corpus("rules", "show", "tails.advertising_zn")
    assert (wrong.code, "did you mean" in wrong.err) == (2, True)


def test_a_rewrite_that_does_not_what_it_says_is_an_audit_that_failed(corpus: Corpus, tmp_path: Path) -> None:
    (tmp_path / "my.yaml").write_text(WRONG, encoding="utf-8")
    said = corpus("rules", "test", tmp_path / "my.yaml")
    assert said.code == 3
    assert "my.notice: example 1 becomes" in said.err
    assert "examples: all hold" in corpus("rules", "test", "rewrites").out
