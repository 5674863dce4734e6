"""whatif, rules overlap, rules fit and gate as a user types them."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from building import prose, write_jsonl
from typing_it import Corpus, Said

from corpus.ruleset.load import load_rules


def last_object(said: Said) -> Any:
    return json.loads(said.out.splitlines()[-1])


def test_whatif_shows_what_comes_and_goes(corpus: Corpus, dirty: str) -> None:
    said = corpus("whatif", dirty, "--set", "common.too_short.min=1", "--disable", "zh.short", "-n", 2)
    assert said.code == 0
    for words in ("come back", "common.too_short  1", "1, kept at least 20, now keeps at least 1", "短", "Duplicates"):
        assert words in said.out, words
    found = last_object(corpus("whatif", dirty, "--set", "common.too_short.min=1", "--json"))["whatif"]
    assert found["changes"][0]["kind"] == "back"
    assert found["changes"][0]["examples"][0]["source_key"] == "short"
    wrong = corpus("whatif", dirty, "--set", "common.too_shrot.min=1")
    assert wrong.code == 2
    assert "did you mean" in wrong.err


def test_overlap_lists_rules_and_pairs(corpus: Corpus, dirty: str) -> None:
    said = corpus("rules", "overlap", dirty)
    assert said.code == 0
    for words in ("alone", "common.too_short", "fail together", "never fail here"):
        assert words in said.out, words
    found = last_object(corpus("rules", "overlap", dirty, "--json"))["overlap"]
    assert found["removed"] == sum(rule["decides"] for rule in found["rules"])


def test_fit_writes_an_overlay_that_loads(corpus: Corpus, tmp_path: Path) -> None:
    clean = write_jsonl(tmp_path / "clean.jsonl", [{"text": prose(n)} for n in range(60)])
    asked = ("rules", "fit", "--reference", clean, "--target", clean, "--rules", "zh/web", "--keep", "0.9")
    shown = corpus(*asked)
    assert shown.code == 0
    assert "zh.punct_ratio_high" in shown.out
    assert "- override: zh.punct_ratio_high" in shown.out
    out = tmp_path / "o.yaml"
    found = last_object(corpus(*asked, "--out", out, "--json"))
    assert found["out"] == str(out)
    assert out.read_text(encoding="utf-8") == found["fit"]["overlay"]
    assert load_rules(["zh/web", str(out)]).rules != load_rules(["zh/web"]).rules
    assert corpus(*asked, "--out", tmp_path / "o.txt").code == 2


def test_gate_passes_and_fails_with_its_exit_codes(corpus: Corpus, dirty: str, tmp_path: Path) -> None:
    passed = corpus("gate", dirty, "--limit", "0.5", "--out", tmp_path / "g")
    assert passed.code == 0, passed.err
    assert "passed: 0 of 45" in passed.out
    failed = corpus("gate", dirty, "--limit", "0.001", "--out", tmp_path / "g", "--json")
    assert failed.code == 3
    assert last_object(failed)["gate"]["passed"] is False
    assert "too small" in failed.err
    assert "is left as it is" in failed.err


def test_gate_takes_the_verdicts_of_people_and_prints_what_they_refused(
    corpus: Corpus, dirty: str, tmp_path: Path
) -> None:
    assert corpus("gate", dirty, "--limit", "0.9", "--out", tmp_path, "-n", 20).code == 0
    path = tmp_path / "sheet.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 20
    for number, row in enumerate(rows):
        row["verdict"], row["note"] = ("defect", "an advertisement") if number == 4 else ("ok", "")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    failed = corpus("gate", dirty, "--judged", path)
    assert failed.code == 3
    assert "1 of 20 records are defective, judged by people" in failed.out
    assert rows[4]["doc_id"] in failed.err
    assert "an advertisement" in failed.err
    assert corpus("gate", dirty, "--judged", path, "--limit", "0.6").code == 0
    assert corpus("gate", dirty, "--judged", tmp_path / "nothing.csv").code == 2
